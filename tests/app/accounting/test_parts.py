"""Credit notes for parts of an invoice in the books: every cent and every rate is accounted for."""

from collections import Counter as Count
from datetime import date
from decimal import Decimal

from bot.app.accounting.books import Booked, Booking, read_books
from bot.app.accounting.fec import fec
from bot.app.accounting.month import figures_of
from bot.app.accounting.tables import tables
from bot.core import commands as c
from bot.core.money import Line, Money
from bot.papers.month import Age, Tally
from storage import Owed, Status, Store
from tests.app.accounting.quarter import BOB, SETTINGS, WORK, Counter, a_counter, at, columns
from tests.builders import an_order


def sheets(cents: int) -> tuple[Line, ...]:
    return tuple(Line(label=f"Feuille {at}", quantity=Decimal(1), unit=Money(cents=cents)) for at in (1, 2))


async def books_of(store: Store) -> tuple[Booking, ...]:
    return await store.read(lambda tx: read_books(tx, SETTINGS.terms.day_of))


async def a_billed(store: Store, lines: tuple[Line, ...]) -> tuple[Counter, int]:
    """The diagnosis and this work, billed on the first day of the year 2025."""
    counter = a_counter(store)
    await counter.on_file()
    return counter, await counter.worked(BOB, at(1, 1), lines)


def under_each_rate(books: tuple[Booking, ...]) -> dict[Decimal, tuple[int, int]]:
    net: Count[Decimal] = Count()
    vat: Count[Decimal] = Count()
    for booking in books:
        sign = 1 if booking.kind is Booked.INVOICE else -1
        for share in booking.shares:
            net[share.rate] += sign * share.net.cents
            vat[share.rate] += sign * share.vat.cents
    return {rate: (net[rate], vat[rate]) for rate in net}


async def test_part_taken_back_and_the_rest_paid_make_up_each_rate(store: Store) -> None:
    """Part paid before, the book conceded, the rest paid: nothing is left under either rate."""
    counter, incident = await a_billed(store, WORK)
    await counter.paid(incident, 5000, date(2025, 1, 10), at(1, 10))
    await counter.does(incident, at(1, 11), an_order(c.SayContest, lines=(3,)), an_order(c.Concede))
    row = await store.read(lambda tx: tx.money.by_number("F2025-00001"))
    assert row is not None
    assert (row.status, row.credited, row.open) == (Status.OPEN, Money(cents=3162), Money(cents=24002 - 5000))

    await counter.paid(incident, 19002, date(2025, 2, 1), at(2, 1))

    books = await books_of(store)
    assert under_each_rate(books) == {Decimal(20): (0, 0), Decimal("5.5"): (0, 0)}
    assert columns(tables(books)["credit_notes"], "number", "invoice", "vat_rate", "net", "vat", "due_on") == [
        ("A2025-00001", "F2025-00001", "5.5", "29.97", "1.65", "2025-01-31")
    ]


async def test_what_rounding_leaves_in_the_end_is_a_loss_of_cents(store: Store) -> None:
    """Its invoice is lettered with it."""
    await in_three(store, 3332)

    books = await books_of(store)
    kinds = [booking.kind for booking in books]
    assert kinds == [Booked.INVOICE, *[Booked.CREDIT_NOTE] * 3, Booked.WRITE_OFF]
    assert [booking.gross.cents for booking in books] == [10397, 3998, 3998, 2400, 1]
    assert under_each_rate(books) == {Decimal(20): (0, 0)}
    journal = fec(books, SETTINGS.chart, date(2025, 1, 1), date(2025, 1, 31))
    owed = [line for line in journal.splitlines() if "\t411000\t" in line]
    assert len(owed) == 5
    assert all("F2025-00001\t20250104" in line for line in owed)
    assert await store.read(lambda tx: tx.money.owed()) == []


async def test_what_rounding_would_add_is_taken_off_the_last_credit_note(store: Store) -> None:
    await in_three(store, 3333)

    books = await books_of(store)
    assert [booking.gross.cents for booking in books] == [10399, 4000, 4000, 2399]
    assert under_each_rate(books) == {Decimal(20): (1, -1)}


async def in_three(store: Store, cents: int) -> None:
    """Each line has a credit note of its own, with its own VAT; the last takes what is left."""
    counter, incident = await a_billed(store, sheets(cents))
    for day, lines in ((2, (2,)), (3, (3,)), (4, ())):
        said = an_order(c.SayContest, lines=lines)
        await counter.does(incident, at(1, day), said, an_order(c.Concede))


async def test_rest_is_as_old_as_the_day_by_which_it_is_asked_for(store: Store) -> None:
    """Due on 31 January, conceded in part on 20 February: the rest is due on the 27th; January stays as it was."""
    counter, incident = await a_billed(store, WORK)
    await counter.does(incident, at(2, 20), an_order(c.SayContest, lines=(3,)), an_order(c.Concede))

    rest = Money(cents=24002)
    owed = await store.read(lambda tx: tx.money.owed())
    assert owed == [Owed(due_on=date(2025, 2, 27), money=rest, invoices=1)]

    async def ages(month: int) -> dict[Age, Tally]:
        now = at(4, 2)
        found = await store.read(lambda tx: figures_of(tx, counter.desk, date(2025, month, 1), now))
        return dict(found.open)

    assert (await ages(1))[Age.NOT_DUE] == Tally(count=1, money=Money(cents=27164))
    assert (await ages(2))[Age.TO_30] == Tally(count=1, money=rest)
    assert (await ages(3))[Age.TO_60] == Tally(count=1, money=rest)


async def test_refund_of_a_line_is_booked_under_its_own_rate(store: Store) -> None:
    """Most of it paid, the book conceded, and what is too much paid back in two: nothing is left of any rate."""
    counter, incident = await a_billed(store, WORK)
    await counter.does(incident, at(1, 9), an_order(c.SayContest, lines=(3,)))
    await counter.paid(incident, 27000, date(2025, 1, 10), at(1, 10))
    await counter.does(incident, at(1, 11), an_order(c.Concede))

    for cents in (1000, 1998):
        back = an_order(c.RecordRefund, amount=Money(cents=cents), refunded_on=date(2025, 1, 12))
        await counter.does(incident, at(1, 12), back)

    books = await books_of(store)
    assert [one.gross.cents for one in books[-2:]] == [-1000, -1998]
    assert under_each_rate(books) == {Decimal(20): (0, 0), Decimal("5.5"): (0, 0)}
