"""Staff at work: the card at each stage, its buttons, its modals, and what they lead to."""

import asyncio
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
from bot.sandbox.slack import NotPossibleError
from bot.sandbox.slack.inputs import Entry
from storage import Direction, Via
from tests.builders import MONDAY, READ, an_order
from tests.channels.slack.town import ADDRESS, ALICE, BOB, GUEST, MALLORY, OCTAVE, STAFF_CHANNEL, Town

REPORTED = an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE)
STAGES: Mapping[Stage, tuple[c.Command, ...]] = {
    Stage.ANNOUNCED: (),
    Stage.ORDERED: (an_order(c.OrderDiagnosis),),
    Stage.DIAGNOSING: (an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis)),
    Stage.REPAIRING: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT),
    ),
    Stage.QUOTED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        REPORTED,
        an_order(c.DraftQuote, number=""),
    ),
    Stage.INVOICED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),
    ),
    Stage.CLOSED: (
        an_order(c.OrderDiagnosis),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_COMPETENCE),
    ),
    Stage.CANCELLED: (an_order(c.CancelIncident),),
}
OTHER = "contact@client-sa.example"
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
FILLED: Mapping[str, Mapping[str, Entry]] = {
    "conclude": {"outcome": "no_quote", "report": "Nothing we can offer."},
    "send_quote": {"lines": "Rebuild the index | 2 | 80,00", "validity_days": "10", "note": "Soon."},
    "ask_consent": {"acts": [READ.id], "places": "shop", "until": "2010-06-20", "why": "to see"},
    "record_act": {"act": "reboot", "place": "web1", "note": "done"},
    "ask_customer": {"text": "Since when?"},
    "reply": {"text": "We are looking."},
    "finish_work": {"report": "Rebuilt."},
    "record_payment": {"amount": "24,00 €", "received_on": "2010-06-14"},
    "note_promise": {"until": "2010-07-10", "words": "by phone"},
    "hold_reminders": {"until": "2010-07-10", "reason": "the director is ill"},
    "cancel_quote": {"reason": "we were wrong"},
    "correct_outcome": {"outcome": "our_fault", "reason": "it was our router"},
    "move": {
        "customer": "C-2",
        "address": OTHER,
        "title": "Shop down",
        "description": "Your shop is down.",
        "reason": "they called",
    },
    "close": {"reason": "opened by mistake"},
}


async def reach(town: Town, stage: Stage) -> None:
    """Incident 1 at this stage."""
    if stage is Stage.WORKING:
        await reach(town, Stage.QUOTED)
        await accept(town)
        return
    await town.open()
    await town.give(1, *STAGES[stage])
    assert (await town.case()).incident.stage is stage


async def accept(town: Town) -> None:
    quote = (await town.case()).incident.quote
    assert quote is not None
    shown = an_order(c.AcceptQuote, number=quote.number, document_sha256=quote.document_sha256)
    await town.give(1, shown)


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


async def test_start_waits_for_the_order_and_says_so(town: Town) -> None:
    await town.open()
    ordered = town.card().blocks

    with pytest.raises(NotPossibleError):
        await town.click("start_diagnosis")

    assert "Start waits for the customer's order." in str(ordered)


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


async def test_act_without_leave_is_refused_and_leave_is_one_press_away(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)

    answer = await town.fill("record_act", act=READ.id, place="shop", note="")
    await town.people.close_view(ALICE)
    (hint,) = town.workspace.shown_to(ALICE)
    await town.people.click(ALICE, STAFF_CHANNEL, hint.ts, "ask_consent")
    await town.submit(ALICE, until="2010-06-20", why="to see")

    assert "permission" in answer.payload["errors"]["place"]
    consent = (await town.case()).incident.consents[0]
    assert ([act.id for act in consent.acts], consent.places) == ([READ.id], ("shop",))


async def test_act_under_leave_is_recorded_in_its_scope_alone(town: Town) -> None:
    await reach(town, Stage.DIAGNOSING)
    await town.fill("ask_consent", **FILLED["ask_consent"])
    await town.give(1, an_order(c.GrantConsent))

    elsewhere = await town.fill("record_act", act=READ.id, place="other", note="")
    await town.people.close_view(ALICE)
    here = await town.fill("record_act", act=READ.id, place="shop", note="read it")

    assert "errors" in elsewhere.payload
    assert here.payload == {}
    assert (await town.facts()).count("ActRecorded") == 1


async def test_eyes_take_and_other_emoji_do_nothing(town: Town) -> None:
    await town.open()

    await town.people.react(ALICE, STAFF_CHANNEL, town.card().ts, "tada")
    await town.people.react(BOB, STAFF_CHANNEL, town.card().ts, "eyes")
    await town.settle()
    before = (await town.case()).incident.assignee
    await town.people.react(OCTAVE, STAFF_CHANNEL, town.card().ts, "eyes")
    await town.settle()

    assert (before, (await town.case()).incident.assignee) == ("", OCTAVE)


async def test_shortcut_sends_a_note_only_when_it_is_confirmed(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "Try a &lt;b&gt; again", town.card().ts)
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    before = await town.facts()
    await town.submit(ALICE)

    assert "StaffWrote" not in before
    sent = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["Try a <b> again"]


async def test_change_of_words_that_were_sent_is_noted_and_not_sent(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "Try again", town.card().ts)
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    await town.submit(ALICE)
    mails = len(town.mails)

    town.clock.turn(minutes=1)
    await town.people.edit(ALICE, STAFF_CHANNEL, note.ts, "Do not try again")
    await town.settle()

    assert len(town.mails) == mails
    assert "earlier words" in town.whispers()[0]
    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE][-1] == "Do not try again"


async def test_ready_reply_goes_out_in_the_customers_language(town: Town) -> None:
    await town.open()

    await town.fill("reply", canned="looking")

    sent = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["Nous regardons."]


async def test_command_finds_lists_and_opens(town: Town) -> None:
    await town.open(title="Panne du site")

    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "1")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "panne")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "99")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "new")
    answer = await town.submit(ALICE, address="eve@example.org", title="Phone", description="Mail is down")

    assert town.whispers() == ["INC-1", "1 found", "There is no INC-99."]
    assert answer.payload == {}
    assert (await town.case(2)).customer.address == "eve@example.org"


async def test_home_shows_the_queue(town: Town) -> None:
    await town.open(title="Panne du site")
    await town.click("take")

    await town.people.open_home(ALICE)
    await town.settle()

    home = town.workspace.home(ALICE)
    assert home is not None
    assert "Panne du site" in str(home.blocks)


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


async def test_command_shows_the_reminders_of_two_weeks(town: Town) -> None:
    await reach(town, Stage.INVOICED)
    town.clock.turn(days=20)  # the first falls due in three days

    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "reminders")

    assert town.whispers() == ["Reminders of the next 14 days, if nobody pays or contests first: 1"]


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
