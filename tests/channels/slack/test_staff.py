"""Staff at work: the card at each stage, its buttons, its modals, and what they lead to."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.app.handle import meet
from bot.app.opening import Opening, Said, open_incident
from bot.channels.slack import story
from bot.channels.slack.acts import ACTS
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.lives import Stage
from bot.core.terms import Kind
from storage import Via
from tests.builders import MONDAY, an_order
from tests.channels.slack.stages import FILLED, OTHER, REPORTED, STAGES, accept, reach
from tests.channels.slack.town import ADDRESS, ALICE, OCTAVE, STAFF_CHANNEL, Town

ALWAYS = ["take", "reply", "close"]
OFFERED: Mapping[Stage, set[str]] = {
    Stage.ANNOUNCED: {*ALWAYS, "move"},
    Stage.ORDERED: {*ALWAYS, "start_diagnosis"},
    Stage.DIAGNOSING: {*ALWAYS, "conclude", "ask_customer", "ask_consent", "record_act"},
    Stage.REPAIRING: {*ALWAYS, "finish_work", "ask_customer", "ask_consent", "record_act"},
    Stage.QUOTED: {*ALWAYS, "send_quote", "cancel_quote", "ask_consent", "record_act"},
    Stage.WORKING: {*ALWAYS, "finish_work", "ask_customer", "ask_consent", "record_act"},
    Stage.INVOICED: {*ALWAYS, "record_payment", "note_promise", "hold_reminders", "correct_outcome"},
    Stage.CLOSED: {"reply", "correct_outcome"},
    Stage.CANCELLED: {"reply"},
}


async def test_card_of_new_incident_is_posted_once_and_pinned(town: Town) -> None:
    await town.open()

    assert town.card().pinned
    assert len(town.workspace.roots(STAFF_CHANNEL)) == 1
    assert town.thread()[0].startswith("bob@clientsa.fr wrote by mail")


@pytest.mark.parametrize("stage", OFFERED)
async def test_card_offers_what_the_letter_allows_at_this_stage(town: Town, stage: Stage) -> None:
    await reach(town, stage)

    main = [len(block["elements"]) for block in town.card().blocks if block.get("block_id") == "main"]
    assert set(town.offers()) == OFFERED[stage]
    assert max(main, default=0) <= 3


@pytest.mark.parametrize(
    ("stage", "action"), [(stage, action) for stage, offered in OFFERED.items() for action in sorted(offered)]
)
async def test_every_button_at_every_stage_does_its_work(town: Town, stage: Stage, action: str) -> None:
    await reach(town, stage)
    await town.store.run(lambda tx: meet(tx, OTHER, f.Language.FR, Kind.BUSINESS, town.clock()))
    before = (await town.case()).incident.seq
    for_managers = action in {"take", "correct_outcome"} or (stage, action) == (Stage.INVOICED, "close")
    user = OCTAVE if for_managers else ALICE

    if ACTS[action].modal:
        answer = await town.fill(action, 1, user, **FILLED[action])
    else:
        answer = await town.click(action, user=user)

    assert answer.outcome == "ok"
    assert answer.payload == {}
    assert town.whispers(user) == []
    assert (await town.case()).incident.seq > before
    assert town.people.failures == []
    assert all(call.outcome == "ok" for call in town.slack.calls if call.method != "chat.postEphemeral")


async def test_incident_from_order_to_payment_by_buttons_alone(town: Town) -> None:
    await reach(town, Stage.ORDERED)
    await town.click("start_diagnosis")
    await town.fill("conclude", outcome="quote", report="The index is broken.")
    await town.fill("send_quote", **FILLED["send_quote"])
    await accept(town)
    await town.fill("finish_work", report="Rebuilt.")
    await town.fill("record_payment", amount="216,00", received_on="2010-06-14")

    assert (await town.case()).incident.stage is Stage.CLOSED
    assert town.people.failures == []


async def test_contest_is_conceded_by_a_manager_alone(town: Town) -> None:
    await reach(town, Stage.INVOICED)
    await town.give(1, an_order(c.SayContest))

    await town.click("concede")
    refused = town.whispers()
    await town.fill("concede", 1, OCTAVE, reason="it was our router")

    assert refused == ["INC-1: this is for managers. Nothing was done."]
    assert (await town.facts()).count("ContestConceded") == 1


async def test_amounts_stand_behind_long_labels_where_lines_are_chosen(town: Town) -> None:
    await reach(town, Stage.ORDERED)
    await town.click("start_diagnosis")
    await town.fill("conclude", outcome="quote", report="The index is broken.")
    label = "Restore the database of the shop from the copy of last night " * 3
    await town.fill("send_quote", lines=f"{label}| 1 | 80.00\n{label}| 1 | 12345.00", validity_days="10", note="")
    await accept(town)
    await town.fill("finish_work", report="Rebuilt.")
    await town.give(1, an_order(c.SayContest))

    await town.click("concede", user=OCTAVE)

    shown = str(town.modal(OCTAVE).given)
    assert "…: €80.00 excl. VAT" in shown
    assert "…: €12,345.00 excl. VAT" in shown


async def test_support_is_given_back_by_a_manager(town: Town) -> None:
    await reach(town, Stage.INVOICED)
    await town.give(1, an_order(c.SayContest), an_order(c.ConfirmContest, number=""))

    await town.fill("reinstate", 1, OCTAVE, reason="paid after all")

    assert (await town.case()).customer.support == "full"
    assert "reinstate" not in town.offers()


async def test_same_problem_is_free(town: Town) -> None:
    await reach(town, Stage.CANCELLED)
    said = Said(author=ADDRESS, text="Encore.", subject="Encore", via=Via.MAIL)
    again = Opening(address=ADDRESS, said=said, previous=1)
    await town.store.run(lambda tx: open_incident(tx, town.desk, again, town.clock()))
    await town.settle()

    await town.fill("same_problem", 2, reason="the disk again")

    assert (await town.case(2)).incident.waived


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("Work | 1 | -20", "Line 1"),
        ("Work | 1 | 12.345", "two things"),
        ("Work | NaN | 20", "not a number"),
        ("Work, 20", "label | quantity | unit price"),
        ("Work | 1 | 20\nMore | 0 | 20", "Line 2"),
    ],
)
async def test_wrong_quote_lines_are_said_and_kept(town: Town, lines: str, why: str) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.give(1, REPORTED)

    answer = await town.fill("send_quote", lines=lines, validity_days="10", note="")

    assert why in answer.payload["errors"]["lines"]
    assert "QuoteDrafted" not in await town.facts()


async def test_ready_reply_goes_out_in_the_customers_language(town: Town) -> None:
    await town.open()

    await town.fill("reply", canned="looking")

    sent = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["Nous regardons."]


async def test_every_fact_that_staff_read_has_its_words() -> None:
    assert set(story._STORY) == set(f.FACTS.values())


async def test_longest_card_fits(town: Town) -> None:
    """Everything as long as it may be: what Slack would refuse, the stand-in refuses."""
    await town.open(title="x" * 300, details=Details(name="N" * 300, postal_address="a\nb"))
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    await town.give(1, an_order(c.ConcludeDiagnosis, report="é" * 3000))
    for _ in range(12):
        consent = an_order(
            c.RequestConsent,
            places=tuple(f"/very/long/path/{n}/{'y' * 100}" for n in range(20)),
            until=MONDAY + timedelta(days=3),
        )
        await town.give(1, consent)

    assert len(town.card().blocks) <= 50
    assert all(call.outcome == "ok" for call in town.slack.calls)


async def test_refund_is_of_the_invoice_that_staff_choose_where_several_are_owed_back(town: Town) -> None:
    incident = await town.open()
    await town.give(incident, *STAGES[Stage.INVOICED], an_order(c.RecordPayment))
    await town.give(incident, an_order(c.CorrectOutcome, number="", outcome=f.Outcome.NO_QUOTE))
    await town.give(incident, an_order(c.CorrectOutcome, number="", outcome=f.Outcome.SOLVED))
    await town.give(incident, an_order(c.RecordPayment), an_order(c.CorrectOutcome, number=""))
    await town.click("record_refund")
    assert "number" in {block["block_id"] for block in town.modal().blocks}
    await town.people.close_view(ALICE, town.modal().id)

    await town.fill("record_refund", number="F2010-00002", amount="24,00", refunded_on="2010-06-14")

    owed = (await town.case(incident)).incident.owed_back
    assert [invoice.number for invoice in owed] == ["F2010-00001"]
    await town.click("record_refund")
    assert "number" not in {block["block_id"] for block in town.modal().blocks}
