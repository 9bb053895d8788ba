"""Slack hangs while somebody waits: they are answered, and what binds waits for Slack's word on who they are."""

import asyncio
import copy
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.channels.slack.wire import Api, NoAnswerError, hurried
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.terms import Kind
from tests.channels.slack.stages import FILLED, reach
from tests.channels.slack.town import ALICE, STAFF_CHANNEL, Town, a_town, words

LONG = 60  # seconds, which nobody waits for here
SHORT = 1.0


@pytest.fixture
async def hasty(sqlite_url: str) -> AsyncIterator[Town]:
    """A town that waits a second for what hangs."""
    async with a_town(sqlite_url, seconds=SHORT) as opened:
        yield opened


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list", "views.open", "chat.postEphemeral"])
async def test_call_ends_while_there_is_time_left_to_say_so(town: Town, method: str) -> None:
    town.slack.faults.hang(method=method)
    api = Api(token="xoxb-test", url=town.slack.api_url, clock=town.clock, seconds=LONG)

    async with asyncio.timeout(LONG / 2):
        with hurried(0.05), pytest.raises(NoAnswerError):
            await api.call(method, user=ALICE, usergroup="S1", channel=STAFF_CHANNEL, text="x", trigger_id="1")

    await api.close()


async def test_lookup_leaves_time_for_what_it_was_looked_up_for(town: Town) -> None:
    await town.open()
    town.slack.faults.hang(method="users.info")
    api = Api(token="xoxb-test", url=town.slack.api_url, clock=town.clock, seconds=LONG)

    with hurried(10):
        with pytest.raises(NoAnswerError):
            await api.call("users.info", user=ALICE)
        answer = await api.call("conversations.info", channel=STAFF_CHANNEL)

    await api.close()
    assert answer["ok"] is True


@pytest.mark.parametrize("fault", ["hang", "fail"])
async def test_press_whose_form_slack_does_not_open_is_acknowledged_and_the_person_told(
    hasty: Town, fault: str
) -> None:
    await hasty.open()
    getattr(hasty.slack.faults, fault)(method="views.open")

    answer = await hasty.click("reply")

    assert answer.status == 200
    assert "Slack did not open the form" in hasty.whispers()[-1]
    assert "please press again" in hasty.whispers()[-1]


async def test_staff_read_in_words_why_slack_opens_no_form_and_customers_read_no_code(hasty: Town) -> None:
    await hasty.open(channel=f.Channel.SLACK, linked=True, kind=Kind.CONSUMER, language=f.Language.FR)
    hasty.slack.faults.refuse("token_expired", method="views.open", times=2)

    await hasty.click("reply")
    await hasty.press("order")

    assert hasty.whispers()[-1].endswith("Slack's reason: the app's token has expired (token_expired).")
    assert hasty.whispers("U0BOB")[-1] == (
        "Slack n’a pas ouvert le formulaire. Rien n’a été fait\xa0: appuyez de nouveau sur le bouton dans un instant."
    )


async def test_customer_is_told_in_their_language(hasty: Town) -> None:
    await hasty.open(channel=f.Channel.SLACK, linked=True, kind=Kind.CONSUMER, language=f.Language.FR)
    hasty.slack.faults.hang(method="views.open")

    answer = await hasty.press("order")

    assert answer.status == 200
    assert "Slack n’a pas ouvert le formulaire" in hasty.whispers("U0BOB")[-1]


async def test_who_pressed_at_home_is_told_in_a_direct_message(hasty: Town) -> None:
    await hasty.people.open_home(ALICE)
    await hasty.settle()
    hasty.slack.faults.hang(method="views.open")

    answer = await hasty.people.click_home(ALICE, "new_incident")
    await hasty.settle()

    assert answer.status == 200
    assert "Slack did not open the form" in words(hasty.told(ALICE)[-1].blocks)


async def test_what_cannot_be_said_at_once_is_said_later(hasty: Town) -> None:
    await hasty.open()
    await hasty.people.click(ALICE, STAFF_CHANNEL, hasty.card().ts, "reply")
    press = copy.deepcopy(hasty.people.sent[-1])
    press.payload["response_url"] = ""
    hasty.slack.faults.hang(method="views.open")
    hasty.slack.faults.hang(method="chat.postEphemeral")

    answer = await hasty.people.redeliver(press)
    await hasty.settle()

    assert answer.status == 200
    assert "Slack did not open the form" in hasty.whispers()[-1]


async def test_take_is_done_by_the_list_alone_where_slack_does_not_say_who_it_is(hasty: Town) -> None:
    await hasty.open()
    hasty.slack.faults.refuse("fatal_error", method="users.info", times=None)

    answer = await hasty.click("take")

    assert answer.status == 200
    assert "IncidentTaken" in await hasty.facts()


async def test_what_binds_is_not_done_where_slack_does_not_say_who_it_is(hasty: Town) -> None:
    await reach(hasty, Stage.ORDERED)
    hasty.slack.faults.fail(method="users.info", times=1)

    answer = await hasty.click("start_diagnosis")

    assert answer.status == 200
    assert "does not say now whether your account is still active" in hasty.whispers()[-1]
    assert "DiagnosisStarted" not in await hasty.facts()

    await hasty.click("start_diagnosis")
    assert "DiagnosisStarted" in await hasty.facts()


async def test_form_that_binds_stays_open_where_slack_does_not_say_who_it_is(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.click("conclude")
    town.clock.turn(minutes=2)
    town.slack.faults.fail(method="users.info")

    answer = await town.submit(ALICE, **FILLED["conclude"])
    again = await town.submit(ALICE, **FILLED["conclude"])

    assert "whether your account is still active" in answer.payload["errors"]["report"]
    assert again.payload == {}


async def test_who_was_deactivated_a_moment_ago_binds_nothing(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.click("conclude")
    town.workspace.users[ALICE] = replace(town.workspace.users[ALICE], deleted=True)
    town.clock.turn(minutes=1)

    answer = await town.submit(ALICE, **FILLED["conclude"])

    assert "deactivated" in answer.payload["errors"]["report"]
    assert (await town.case()).incident.stage is Stage.DIAGNOSING


async def test_who_is_known_to_be_a_guest_stays_one_while_slack_is_silent(town: Town) -> None:
    await town.open()
    town.workspace.users[ALICE] = replace(town.workspace.users[ALICE], is_restricted=True)
    await town.click("take")
    town.clock.turn(hours=1)
    town.slack.faults.fail(method="users.info")

    await town.click("take")

    assert "IncidentTaken" not in await town.facts()
    assert len(town.whispers()) == 2
