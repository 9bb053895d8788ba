"""What the bank says that a person must decide: shown in the channel and in App Home, one click each."""

from datetime import date, timedelta

from bot.app.bank import note_statement
from bot.app.due import ask
from bot.app.statements import import_statements
from bot.channels.bank.camt import read_statements
from bot.channels.slack.bank import BECAME, WHY
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import QUEUED, Fate, Why
from bot.sandbox.slack import Message
from storage import EntryRow
from tests.builders import MONDAY, an_order
from tests.channels.bank.paper import entry, statement
from tests.channels.slack.town import ALICE, BOB, MALLORY, OCTAVE, STAFF_CHANNEL, Town, words

FIRST = "F2010-00001"
LEASE = timedelta(minutes=1)


async def invoiced(town: Town) -> int:
    incident = await town.open()
    await town.give(incident, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    await town.give(incident, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))
    return incident


async def says(town: Town, *entries: str, name: str = "S1") -> None:
    statements = read_statements(statement(*entries, name=name))
    await import_statements(town.desk, statements, town.clock, lambda: None)
    await town.settle()


def asked(town: Town) -> list[Message]:
    """What the channel shows of the bank's entries."""
    return [one for one in town.workspace.roots(STAFF_CHANNEL) if "The bank" in one.text]


async def press(town: Town, action: str, user: str = ALICE) -> None:
    await town.people.click(user, STAFF_CHANNEL, asked(town)[-1].ts, action)
    await town.settle()


async def row(town: Town, entry_id: int) -> EntryRow:
    found = await town.store.read(lambda tx: tx.bank.load(entry_id))
    assert found is not None
    return found


async def suggested(town: Town) -> int:
    """The second invoice of somebody who paid the first from the same account, and names nothing this time."""
    await invoiced(town)
    await says(town, entry("24.00", FIRST))
    incident = await invoiced(town)
    await says(town, entry("24.00", "merci"), name="S2")
    return incident


async def test_suggestion_is_booked_by_one_click(town: Town) -> None:
    incident = await suggested(town)
    assert "Book on F2010-00002" in str(asked(town)[-1].blocks)

    await press(town, "book_payment")

    case = await town.case(incident)
    paid = [(one.fact, one.actor) for one in case.history if isinstance(one.fact, f.PaymentReceived)]
    assert [(fact.entry, actor) for fact, actor in paid] == [("bank-2", f"staff:{ALICE}")]
    assert "Booked: €24.00 for F2010-00002" in words(asked(town)[-1].blocks)
    assert "book_payment" not in str(asked(town)[-1].blocks)
    assert "(entry bank-2)" in town.thread(incident)[-2]


async def test_suggestion_that_is_wrong_is_allocated_by_hand(town: Town) -> None:
    incident = await suggested(town)

    await press(town, "not_this_one")
    await press(town, "allocate_payment")
    wrong = await town.submit(ALICE, number=FIRST)
    await town.submit(ALICE, number=" f2010-00002 ")

    assert "errors" in wrong.payload
    assert (await row(town, 2)).fate is Fate.BOOKED
    assert (await town.case(incident)).incident.invoice is not None
    assert "Booked" in words(asked(town)[-1].blocks)


async def test_click_on_what_a_colleague_booked_meanwhile_says_so(town: Town) -> None:
    incident = await suggested(town)
    await town.people.open_home(OCTAVE)
    await town.settle()
    await press(town, "book_payment")

    await town.people.click_home(OCTAVE, "book_payment")
    await town.settle()

    assert "bank-2" in words(town.modal(OCTAVE).blocks)
    assert [*await town.facts(incident)].count("PaymentReceived") == 1
    assert "Bank:" not in str(town.workspace.home(OCTAVE))


async def test_rest_of_an_overpayment_is_noted_as_sent_back(town: Town) -> None:
    await invoiced(town)
    await says(town, entry("30.00", FIRST))
    assert "Kept: €6.00" in words(asked(town)[-1].blocks)

    await press(town, "note_refund")

    assert ((await row(town, 1)).fate, (await row(town, 1)).settled_by) == (Fate.REFUNDED, f"staff:{ALICE}")
    assert "Sent back" in words(asked(town)[-1].blocks)


async def test_home_shows_the_queue_and_acts_from_it(town: Town) -> None:
    """What names nothing of ours is shown there alone: nobody is called for every payment a provider gets."""
    await invoiced(town)
    await says(town, *(entry("5.00", f"hosting {n}") for n in range(12)), entry("30.00", FIRST))
    assert len(asked(town)) == 1
    await town.people.open_home(ALICE)
    await town.settle()
    home = words((town.workspace.home(ALICE) or asked(town)[0]).blocks)
    assert "Bank: 13 to look at (the first 10)" in home
    assert home.index("Kept: €6.00") < home.index("hosting 0")

    await town.people.click_home(ALICE, "dismiss_entry")
    await town.settle()

    assert (await row(town, 13)).fate is Fate.DISMISSED
    assert "Bank: 12 to look at" in words((town.workspace.home(ALICE) or asked(town)[0]).blocks)


async def test_customers_and_strangers_cannot_book(town: Town) -> None:
    await suggested(town)

    for user in (BOB, MALLORY):
        await press(town, "book_payment", user)
        await press(town, "note_refund", user)

    assert (await row(town, 2)).fate is Fate.SUGGESTED
    assert "not on its list" in town.whispers(BOB)[0]


async def test_words_on_a_transfer_fire_nothing_in_slack(town: Town) -> None:
    await invoiced(town)
    await says(town, entry("30.00", f"{FIRST} <!channel> mot de passe : hunter2", name="<@U0ALICE>" + "x" * 400))

    shown = str(asked(town)[-1].blocks)
    assert "hunter2" not in shown
    assert all(call.outcome == "ok" for call in town.slack.calls)


async def test_missing_statement_is_said_once_a_day(town: Town) -> None:
    await invoiced(town)
    await town.store.run(lambda tx: note_statement(tx, town.desk, date(2010, 6, 14), MONDAY))
    town.clock.turn(days=35)

    for _ in range(3):
        for job in await town.store.run(lambda tx: tx.deadlines.claim(town.clock(), 50, LEASE)):
            await ask(town.desk, job, town.clock())
        await town.settle()

    assert len(asked(town)) == 1
    assert "newest statement is of 14 Jun 2010" in asked(town)[0].text


def test_everything_that_can_become_of_an_entry_has_its_words() -> None:
    assert set(WHY) == set(Why)
    assert set(Fate) - QUEUED - {Fate.RETURN, Fate.REFUSED} | {Fate.OVERPAID} == set(BECAME)
