"""Who paid is known as long as the accounts need it, and not a day longer; on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.app.bank import end_entry
from bot.app.customers import Registration, register
from bot.app.erase import Erased, erase_customer
from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.app.retention import Swept, foreseen, sweep
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import Fate, Why
from bot.core.customer import Details
from bot.core.erasure import USUAL
from storage import EntryRow, Store, Transaction, Via
from tests.app.test_bank import FIRST, OTHER_IBAN, SECOND, Bank
from tests.app.test_support import TO_INVOICE
from tests.builders import CUSTOMER, MONDAY, STAFF, an_order
from tests.channels.bank.paper import IBAN, entry

YEARS = 366 * 11


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


async def erase(bank: Bank) -> Erased:
    bob = await bank.desk.store.read(lambda tx: tx.customers.by_address(CUSTOMER.name))
    assert bob is not None
    done, under_way = await erase_customer(bank.desk.store, bob, USUAL, "asked by letter", lambda: bank.now)
    assert under_way == 0
    return done


async def swept(bank: Bank, days: int) -> Swept:
    """What goes by itself that many days later; what is foreseen goes, and nothing is foreseen then."""
    bank.now = MONDAY + timedelta(days=days)
    before = await bank.desk.store.read(lambda tx: foreseen(tx, USUAL, bank.now))
    done = await sweep(bank.desk.store, USUAL, lambda: bank.now)
    assert bool(done.payments) == any("who paid" in line for line in before)
    assert await bank.desk.store.read(lambda tx: foreseen(tx, USUAL, bank.now)) == []
    return done


async def nameless(bank: Bank) -> list[bool]:
    """For each entry, whether nothing in it says any more who paid."""
    return [_is_nameless(row) for row in await bank.entries()]


def _is_nameless(row: EntryRow) -> bool:
    said = {row.name, row.iban_hash, row.iban_masked, row.structured, row.free, row.end_to_end, row.note}
    assert said == {""} or row.name, "all of it goes, or none"
    return said == {""}


async def test_payer_of_an_invoice_is_kept_as_long_as_its_proofs(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="BOB-7"))

    done = await erase(bank)
    assert (done.gone.payments, await nameless(bank)) == (0, [False])
    await swept(bank, 366 * 10)
    assert await nameless(bank) == [False]

    await swept(bank, YEARS)

    assert await nameless(bank) == [True]
    (row,) = await bank.entries()
    assert (row.fate, row.amount, row.booked_on) == (Fate.BOOKED, row.amount, date(2010, 6, 14))
    erased = await bank.desk.store.read(lambda tx: tx.journal.facts("C-1"))
    assert [e.fact.payments for e in erased if isinstance(e.fact, f.PersonalDataErased)] == [0, 0, 1]


async def test_erasure_asked_for_after_that_takes_the_payer_with_it(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST))
    bank.now = MONDAY + timedelta(days=YEARS)

    done = await erase(bank)

    assert (done.gone.payments, await nameless(bank)) == (1, [True])


async def test_payer_of_two_invoices_is_kept_with_the_later_one(bank: Bank) -> None:
    await bank.counter.invoiced()
    late = await bank.counter.invoiced()
    await bank.says(entry("30.00", f"{FIRST} {SECOND}", "acompte"))
    assert await bank.fates() == [(Fate.UNALLOCATED, Why.SEVERAL, "30.00")]
    await bank.says(entry("48.00", f"{FIRST} et {SECOND}"), name="S2")
    assert (await bank.entries())[1].fate is Fate.BOOKED
    order = an_order(c.ReturnPayment, amount=(await bank.counter.incident(late)).invoice.price.gross)  # type: ignore[union-attr]
    await bank.counter.does(late, order)
    await bank.counter.does(late, an_order(c.RecordPayment), MONDAY + timedelta(days=400))  # a year later

    await swept(bank, YEARS)
    assert (await nameless(bank))[1] is False
    await swept(bank, YEARS + 366)

    assert (await nameless(bank))[1] is True


async def test_what_took_a_payment_back_goes_with_it(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="E1"))
    await bank.says(entry("24.00", "Rejet", side="DBIT", end_to_end="E1"), name="S2")
    await bank.counter.does(incident, an_order(c.RecordPayment))
    assert [fate for fate, _, _ in await bank.fates()] == [Fate.RETURNED, Fate.RETURN]

    await swept(bank, 500)
    assert await nameless(bank) == [False, False]
    await swept(bank, YEARS)

    assert await nameless(bank) == [True, True]


async def test_what_is_none_of_ours_is_forgotten_after_its_own_term(bank: Bank) -> None:
    await bank.says(entry("99.00", "Loyer de juin", name="Eve"))

    assert (await swept(bank, USUAL.payment_days)).payments == 0
    assert (await swept(bank, USUAL.payment_days + 2)).payments == 1

    (row,) = await bank.entries()
    assert (_is_nameless(row), row.fate, str(row.amount.amount)) == (True, Fate.DISMISSED, "99.00")
    assert (row.kept.cents, row.settled_by) == (0, "retention")
    assert await bank.desk.store.read(lambda tx: tx.bank.waiting()) == 0


async def test_forgotten_entry_is_known_when_its_statement_is_read_again(bank: Bank) -> None:
    await bank.says(entry("99.00", "Loyer de juin", name="Eve"))
    await swept(bank, USUAL.payment_days + 2)

    assert await bank.says(entry("99.00", "Loyer de juin", name="Eve")) == {"listed_before": 1}


async def test_what_may_have_to_be_paid_back_waits_for_a_person(bank: Bank) -> None:
    """Its term begins once staff have settled it."""
    await bank.says(entry("24.00", "F2010-00009"))
    await swept(bank, 2000)
    assert await nameless(bank) == [False]

    await bank.desk.store.run(lambda tx: end_entry(tx, 1, Fate.REFUNDED, STAFF, bank.now))
    await swept(bank, 2000 + USUAL.payment_days)
    assert await nameless(bank) == [False]
    await swept(bank, 2000 + USUAL.payment_days + 2)

    assert await nameless(bank) == [True]


async def test_who_asks_to_be_forgotten_is_so_where_nothing_was_booked(bank: Bank) -> None:
    """Known by the account they alone paid from; another customer's account, and a stranger's, stay as they are."""
    await bank.counter.invoiced()
    await bank.says(
        entry("24.00", FIRST),
        entry("5.00", "Merci pour tout", end_to_end="X"),
        entry("6.00", "Loyer", iban=OTHER_IBAN, name="Eve"),
    )
    assert [fate for fate, _, _ in await bank.fates()] == [Fate.BOOKED, Fate.UNALLOCATED, Fate.UNALLOCATED]

    done = await erase(bank)

    assert (done.gone.payments, await nameless(bank)) == (1, [False, True, False])


async def test_account_that_pays_for_two_customers_says_nothing_of_either(bank: Bank) -> None:
    await bank.counter.invoiced()
    other = await _of_somebody_else(bank)
    await bank.says(entry("24.00", FIRST), entry("24.00", SECOND), entry("5.00", "Merci", end_to_end="X"))
    assert other != 1

    assert (await erase(bank)).gone.payments == 0


async def test_shorter_term_of_the_operator_holds(bank: Bank) -> None:
    await bank.says(entry("99.00", "Loyer de juin"))
    bank.now = MONDAY + timedelta(days=12)

    short = replace(USUAL, payment_days=10)
    done = await sweep(bank.desk.store, short, lambda: bank.now)

    assert (done.payments, await nameless(bank)) == (1, [True])


async def test_statements_say_whose_payments_they_were_in_an_export(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="E1"), entry("6.00", "Loyer", iban=OTHER_IBAN, name="Eve"))

    held = await bank.desk.store.read(lambda tx: tx.bank.paid_for(1))

    assert [(row.name, row.iban_masked) for row in held] == [("Client SA", f"{IBAN[:4]}…{IBAN[-4:]}")]


async def _of_somebody_else(bank: Bank) -> int:
    """Another customer's invoice."""
    address = "eve@other.example"

    def work(tx: Transaction) -> int:
        said = Said(author=address, text="The shop is down.", via=Via.MAIL)
        opened = open_incident(tx, bank.desk, Opening(address=address, said=said), MONDAY)
        details = Details(name="Eve SA", postal_address="2 rue de la Paix\n75002 Paris")
        register(tx, bank.desk, [Registration(address=address, details=details)], MONDAY)
        assert isinstance(opened, Done)
        eve = f.Actor(role=f.Role.CUSTOMER, name=address)
        for order in TO_INVOICE:
            theirs = replace(order, actor=eve) if order.actor == CUSTOMER else order
            assert isinstance(carry_out(tx, bank.desk, opened.incident.id, theirs, MONDAY), Done)
        return opened.incident.customer

    return await bank.desk.store.run(work)
