"""Staff who are not alone: two at one moment, one too late, one too early, one who may not."""

import asyncio

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.sandbox.slack import NotPossibleError
from tests.builders import an_order
from tests.channels.slack.stages import FILLED, REPORTED, reach
from tests.channels.slack.town import ALICE, BOB, GUEST, MALLORY, OCTAVE, STAFF_CHANNEL, Town


async def test_strangers_customers_and_guests_are_refused_with_a_reason(town: Town) -> None:
    await town.open()

    for user in (BOB, MALLORY, GUEST):
        await town.click("take", user=user)

    assert "IncidentTaken" not in await town.facts()
    assert [len(town.whispers(user)) for user in (BOB, MALLORY, GUEST)] == [1, 1, 1]


async def test_taken_twice_at_once_one_wins_and_the_other_is_told(town: Town) -> None:
    await town.open()
    ts = town.card().ts

    await asyncio.gather(
        *(town.people.click(user, STAFF_CHANNEL, ts, "take") for user in (ALICE, OCTAVE)),
    )
    await town.settle()

    winner = (await town.case()).incident.assignee
    loser = OCTAVE if winner == ALICE else ALICE
    assert (await town.facts()).count("IncidentTaken") == 1
    assert town.whispers(winner) == []
    assert winner in town.whispers(loser)[0]


async def test_quote_and_close_at_once_one_wins_and_the_other_sees_who_won(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.give(1, REPORTED)
    await town.click("send_quote")
    await town.click("close", user=OCTAVE)
    quote, close = town.modal(ALICE), town.modal(OCTAVE)

    answers = await asyncio.gather(
        town.people.submit(ALICE, quote.id, FILLED["send_quote"]),
        town.people.submit(OCTAVE, close.id, FILLED["close"]),
    )
    await town.settle()

    won = [not answer.payload for answer in answers]
    assert sorted(won) == [False, True]
    errors = str(answers[won.index(False)].payload["errors"])
    assert (ALICE if won[0] else OCTAVE) in errors


async def test_modal_submitted_late_gives_the_reason_and_the_text_back(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.give(1, REPORTED)
    await town.click("send_quote")
    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_COMPETENCE))

    answer = await town.submit(ALICE, **FILLED["send_quote"])

    assert answer.payload["response_action"] == "errors"
    assert "no competence" in answer.payload["errors"]["lines"]
    assert town.modal().values["lines"]["value"]["value"] == FILLED["send_quote"]["lines"]


async def test_stale_click_is_told_what_happened_since(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    old = town.card()
    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT))
    town.workspace.put(old)

    await town.click("conclude")

    assert "Since then: Diagnosis: our fault" in town.whispers()[0]


async def test_start_waits_for_the_order_and_says_so(town: Town) -> None:
    await town.open()
    ordered = town.card().blocks

    with pytest.raises(NotPossibleError):
        await town.click("start_diagnosis")

    assert "Start waits for the customer's order." in str(ordered)
