"""What speaks for a robot is kept with the decision; a page's two choices within seconds are told to staff."""

from datetime import timedelta

import pytest

from bot.channels.web.seals import Shown
from bot.channels.web.signals import signals
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.notices import Purpose
from tests.channels.web.front import NOW, Front

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SLOW = timedelta(seconds=4)


async def _a_quote(front: Front) -> str:
    await front.open()
    await front.diagnose()
    await front.quote()
    return await front.mailed(Purpose.QUOTE)


@pytest.mark.parametrize(
    ("after", "agent", "found"),
    [
        (SLOW, FIREFOX, ()),
        (SLOW, "Lynx/2.9.2 libwww-FM/2.14", ()),
        (timedelta(milliseconds=300), FIREFOX, ("quick",)),
        (SLOW, " ", ("no_agent",)),
        (SLOW, "python-requests/2.32", ("odd_agent",)),
        (SLOW, "Mozilla/5.0 (compatible; LinkScanner/1.0)", ("odd_agent",)),
        (timedelta(0), "", ("quick", "no_agent")),
    ],
)
def test_each_signal_has_its_name(after: timedelta, agent: str, found: tuple[str, ...]) -> None:
    assert signals(Shown(at=NOW, wording_sha256=""), NOW + after, agent) == found


async def test_quick_click_counts_and_its_evidence_says_so(front: Front) -> None:
    path = await _a_quote(front)
    page = await front.look(path)

    await front.post(path, page.hidden | {"choice": "accept"}, User_Agent="curl/8")

    accepted = next(told.fact for told in await front.story() if isinstance(told.fact, f.QuoteAccepted))
    assert accepted.evidence.signals == ("quick", "odd_agent")


async def test_both_choices_of_a_page_within_seconds_are_held_asked_again_and_told_to_staff(front: Front) -> None:
    path = await _a_quote(front)
    page = await front.look(path)
    mails = len(await front.mails())

    await front.click(path, "accept", page)
    front.clock.turn(SLOW)
    second = await front.click(path, "decline", page)
    third = await front.click(path, "decline", page)

    doubted = [told.fact for told in await front.story() if isinstance(told.fact, f.DecisionDoubted)]
    assert (second.status, third.status) == (409, 409)
    assert second.plain.startswith("Deux réponses différentes sont parties de la même page en quelques secondes")
    assert [fact.choice for fact in doubted] == ["decline"]
    assert (await front.now()).stage is Stage.WORKING
    assert [mail.notice for mail in (await front.mails())[mails:]] == ["quote_accepted"]


async def test_page_left_open_is_no_robot(one_front: Front) -> None:
    path = await _a_quote(one_front)
    page = await one_front.look(path)
    await one_front.click(path, "accept", page)
    one_front.clock.turn(timedelta(seconds=11))

    later = await one_front.click(path, "decline", page)

    assert later.status == 409
    assert await one_front.count(f.DecisionDoubted) == 0
