"""Two at once, and the same thing twice: one wins, and the other learns what happened."""

import asyncio
from datetime import timedelta

from bot.core import facts as f
from bot.sandbox.slack import Letterhead
from storage import Direction
from tests.stories.people import BOB
from tests.stories.steps import conclude, diagnose, invoice, order
from tests.stories.town import ALICE, OCTAVE, STAFF_CHANNEL, Town, town


async def said(here: Town) -> list[str]:
    """What staff said among themselves, as it is kept."""
    messages = await here.store.read(lambda tx: tx.messages.of_incident(1))
    return [message.text for message in messages if message.direction is Direction.NOTE]


async def test_of_two_who_start_the_diagnosis_one_does(here: Town) -> None:
    await order(here)
    ts = here.staff.card().ts

    await asyncio.gather(*(here.people.click(who, STAFF_CHANNEL, ts, "start_diagnosis") for who in (ALICE, OCTAVE)))
    await here.settled()

    assert (await here.facts()).count(f.DiagnosisStarted) == 1
    assert len(here.staff.hints()) + len(here.manager.hints()) == 1
    assert (await here.told(BOB)).count("diagnosis_started") == 1


async def test_a_form_sent_after_somebody_else_concluded_is_refused_and_kept(here: Town) -> None:
    await diagnose(here)
    await here.manager.click("conclude")

    await here.staff.submit("conclude", outcome="no_quote", report="Rien à faire.")
    await here.manager.fill(outcome="solved", report="C'est réparé.")

    assert "Since then" in here.manager.errors
    assert (await here.incident()).outcome == "no_quote"
    assert "C'est réparé." in str(here.people.workspace.modal(OCTAVE).values)
    assert await here.ledger() == []


async def test_a_click_that_slack_brings_three_times_counts_once(here: Town) -> None:
    await order(here)
    here.people.copies = 3

    await here.staff.click("start_diagnosis")

    assert (await here.facts()).count(f.DiagnosisStarted) == 1


async def test_an_event_counts_once_however_often_it_comes(here: Town) -> None:
    await conclude(here, "solved")
    here.people.copies = 3
    await here.people.say(ALICE, STAFF_CHANNEL, "Vu avec le client.", here.staff.card().ts)
    here.people.copies = 1

    await here.people.redeliver(here.people.sent[-1])
    await here.settled()

    assert await said(here) == ["Vu avec le client."]


async def test_what_slack_brought_again_is_taken_even_if_the_first_never_arrived(here: Town) -> None:
    await order(here)
    with here.people.writing(Letterhead(secret="nobody lets this in")):
        await here.people.say(ALICE, STAFF_CHANNEL, "Vu avec le client.", here.staff.card().ts)
    here.people.failures.clear()

    await here.people.redeliver(here.people.sent[-1], new_id=True)
    await here.settled()

    assert await said(here) == ["Vu avec le client."]


async def test_an_event_counts_once_across_a_restart(database_url: str) -> None:
    async with town(database_url) as here:
        await order(here)
        await here.people.say(ALICE, STAFF_CHANNEL, "Vu avec le client.", here.staff.card().ts)
        await here.settled()
        event = here.people.sent[-1]
        later = here.clock() + timedelta(minutes=6)

    async with town(database_url, now=later) as here:
        await here.people.redeliver(event)
        await here.settled()

        assert await said(here) == ["Vu avec le client."]


async def test_no_reminder_follows_a_payment(here: Town) -> None:
    await invoice(here)
    await here.wait(days=22, hours=22)  # the first reminder falls due within the hour
    await here.staff.click("record_payment")
    here.clock.forward(hours=2)

    paying = here.people.workspace.modal(ALICE).id
    entries = {"amount": "24,00", "received_on": "2010-07-07"}
    here.wake()
    await here.people.submit(ALICE, paying, entries)
    await here.settled()
    await here.wait(days=60)

    facts = await here.facts()
    paid = facts.index(f.PaymentReceived)
    assert f.InvoiceReminded not in facts[paid:]
    assert await here.ledger() == ["F2010-00001 24.00 paid"]


async def test_of_two_who_conclude_one_invoice_is_made(here: Town) -> None:
    await diagnose(here)
    await asyncio.gather(here.staff.click("conclude"), here.manager.click("conclude"))

    await asyncio.gather(*(each.fill(outcome="solved", report="Réparé.") for each in (here.staff, here.manager)))

    assert await here.ledger() == ["F2010-00001 24.00 open"]
    assert (await here.told(BOB)).count("invoice_issued") == 1


async def test_slack_is_believed_only_with_its_signature(here: Town) -> None:
    await order(here)

    minutes = timedelta(minutes=6)
    for letterhead in (Letterhead(secret="not Slack's"), Letterhead(age=minutes), Letterhead(age=-minutes)):
        with here.people.writing(letterhead):
            answer = await here.people.click(ALICE, STAFF_CHANNEL, here.staff.card().ts, "start_diagnosis")
        assert answer.status == 401
    here.people.failures.clear()

    assert await here.stage() == "ordered"
