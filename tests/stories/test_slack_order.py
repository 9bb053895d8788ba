"""Words said in quick succession are told in that order, by workers that do many things at once, and by several."""

import re
from contextlib import AsyncExitStack

from bot.processes import run_parts
from bot.sandbox.slack import People
from bot.wiring import wire
from tests.stories.test_chat import opened
from tests.stories.town import BOB_IN_SLACK, Town, town

WORDS = 40


async def test_words_in_chat_are_told_to_staff_in_the_order_they_were_said(here: Town) -> None:
    await opened(here)

    await _say(here, here.people)

    assert _told(here) == [*range(WORDS)]


async def test_two_processes_tell_each_word_once_and_in_order(postgres_url: str) -> None:
    """Slack brings each message to both, as it does when an answer was late."""
    async with town(postgres_url) as here, AsyncExitStack() as stack:
        await opened(here)
        settings = here.running.wired.settings
        wired = await stack.enter_async_context(wire(settings, here.clock))
        other = await stack.enter_async_context(run_parts(wired, frozenset({"web", "worker"})))
        there = People.over_http(here.slack.workspace, f"http://127.0.0.1:{other.web_port}", patience=60)
        stack.push_async_callback(there.close)

        await _say(here, here.people, there)

        assert _told(here) == [*range(WORDS)]


async def _say(here: Town, people: People, *others: People) -> None:
    place = here.slack.workspace.direct(BOB_IN_SLACK).id
    for number in range(WORDS):
        assert (await people.say(BOB_IN_SLACK, place, f"mot {number}")).outcome == "ok"
        for other in others:
            assert (await other.redeliver(people.sent[-1], new_id=number % 2 == 0)).outcome == "ok"
    await here.settled()


def _told(here: Town) -> list[int]:
    told = " ".join(here.staff.thread())
    return [int(number) for number in re.findall(r"mot (\d+)", told)]
