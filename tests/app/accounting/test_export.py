"""A made-up quarter as tables and as the tax code's journal; both say what the ledger says."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.app.accounting.books import Booked, Booking, read_books, within
from bot.app.accounting.export import Form, Period, export
from bot.app.accounting.fec import COLUMNS, Chart, fec
from bot.app.accounting.tables import inert, tables
from bot.app.handle import Done, carry_out
from bot.core import commands as c
from bot.core.actor import BANK
from bot.core.money import spread
from storage import PaperKind, Store
from storage._tables import invoices
from tests.app.accounting.quarter import BOB, FIRST_QUARTER, SETTINGS, a_counter, a_quarter, at, columns, in_cents
from tests.builders import an_order
from tests.faults.program import comptoir, ended

YEARS = Period(first=date(2024, 1, 1), last=date(2025, 12, 31))
CHART: Chart = SETTINGS.chart
Entries = list[dict[str, str]]


def entries(text: str) -> Entries:
    head, *lines = text.removesuffix("\r\n").split("\r\n")
    assert head.split("\t") == list(COLUMNS)
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines]


async def the_journal(store: Store, period: Period) -> Entries:
    books = await store.read(lambda tx: read_books(tx, SETTINGS.terms.day_of))
    return entries(fec(books, CHART, period.first, period.last))


async def test_export_from_the_command_line_writes_each_file_once(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    await a_quarter(store)
    wanted = ("bot", "accounting", "export", "--from", "2025-01-01", "--to", "2025-03-31", "-o", "out")

    code, out, err = await ended(await comptoir(tmp_path, *wanted, DATABASE_URL=database_url))

    assert (code, err) == (0, "")
    assert out == (
        "4 invoices 339.64 EUR, 1 credit note 24.00 EUR, 4 payments 148.01 EUR, 1 write-off 171.63 EUR:"
        " 6 files in out\n"
    )
    tables = ("invoices", "credit_notes", "payments", "write_offs", "totals")
    expected = {f"{name}_2025-01-01_2025-03-31.csv" for name in tables} | {"732829320FEC20250331.txt"}
    written = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert set(written) == expected

    code, out, err = await ended(await comptoir(tmp_path, *wanted, DATABASE_URL=database_url))

    assert (code, out) == (1, "")
    assert "is there already" in err
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == written


async def test_tables_have_a_row_for_each_document_and_rate(store: Store, tmp_path: Path) -> None:
    counter = await a_quarter(store)
    await export(counter.desk, CHART, FIRST_QUARTER, Form.CSV, tmp_path)

    def read(name: str, *wanted: str) -> list[tuple[str, ...]]:
        text = (tmp_path / f"{name}_2025-01-01_2025-03-31.csv").read_text(encoding="utf-8")
        return columns(text, *wanted)

    assert read("invoices", "number", "booked_on", "due_on", "name", "vat_rate", "net", "vat", "gross") == [
        ("F2025-00001", "2025-01-05", "2025-02-04", "'=Client SA", "20", "20.00", "4.00", "24.00"),
        ("F2025-00002", "2025-02-02", "2025-03-04", "Camille Durand", "20", "200.02", "40.00", "240.02"),
        ("F2025-00002", "2025-02-02", "2025-03-04", "Camille Durand", "5.5", "29.97", "1.65", "31.62"),
        ("F2025-00003", "2025-02-10", "2025-03-12", "'=Client SA", "20", "20.00", "4.00", "24.00"),
        ("F2025-00004", "2025-03-30", "2025-04-29", "Kunde GmbH", "0", "20.00", "0.00", "20.00"),
    ]
    assert read("credit_notes", "number", "invoice", "vat_rate", "net", "vat") == [
        ("A2025-00001", "F2025-00003", "20", "20.00", "4.00")
    ]
    assert read("payments", "number", "booked_on", "dated", "vat_rate", "net", "vat", "gross") == [
        ("F2024-00001", "2025-01-12", "2025-01-09", "20", "20.00", "4.00", "24.00"),
        ("F2025-00001", "2025-01-20", "2025-01-20", "20", "8.33", "1.67", "10.00"),
        ("F2025-00001", "2025-02-01", "2025-01-31", "20", "11.67", "2.33", "14.00"),
        ("F2025-00002", "2025-02-20", "2025-02-20", "20", "73.64", "14.73", "88.37"),
        ("F2025-00002", "2025-02-20", "2025-02-20", "5.5", "11.03", "0.61", "11.64"),
    ]
    assert read("write_offs", "number", "vat_rate", "gross") == [
        ("F2025-00002", "20", "151.65"),
        ("F2025-00002", "5.5", "19.98"),
    ]
    assert ("invoice", "", "4", "289.99", "49.65", "339.64") in read(
        "totals", "kind", "vat_rate", "documents", "net", "vat", "gross"
    )


async def test_everything_that_settled_an_invoice_makes_up_each_of_its_rates(store: Store) -> None:
    """F2025-00002, part paid and the rest written off: not a cent more or less under either rate."""
    await a_quarter(store)

    books = await store.read(lambda tx: read_books(tx, SETTINGS.terms.day_of))

    left: defaultdict[Decimal, list[int]] = defaultdict(lambda: [0, 0])
    for booking in (one for one in books if one.invoice == "F2025-00002"):
        sign = 1 if booking.owed.cents > 0 else -1
        for share in booking.shares:
            left[share.rate][0] += sign * share.net.cents
            left[share.rate][1] += sign * share.vat.cents
    assert dict(left) == {Decimal(20): [0, 0], Decimal("5.5"): [0, 0]}


async def test_journal_is_balanced_gapless_and_says_what_the_ledger_says(store: Store) -> None:
    await a_quarter(store)

    journal = await the_journal(store, YEARS)

    by_entry: defaultdict[int, Entries] = defaultdict(list)
    for line in journal:
        by_entry[int(line["EcritureNum"])].append(line)
    assert list(by_entry) == list(range(1, 14))
    assert all(in_cents(lines, "Debit") == in_cents(lines, "Credit") > 0 for lines in by_entry.values())
    rows = await store.read(lambda tx: tx.money.everything())
    issued = [row for row in rows if row.kind is PaperKind.INVOICE]
    credited = [row for row in rows if row.kind is PaperKind.CREDIT_NOTE]
    vat = [line for line in journal if line["CompteNum"].startswith("44571")]
    sales = [line for line in journal if line["CompteNum"] == "706000"]
    bank = [line for line in journal if line["CompteNum"] == "512000"]
    owed = [line for line in journal if line["CompteNum"] == "411000"]
    assert in_cents(vat, "Credit") == sum(row.vat.cents for row in issued)
    assert in_cents(vat, "Debit") == sum(row.vat.cents for row in credited)
    assert in_cents(sales, "Credit") - in_cents(sales, "Debit") == sum(
        row.net.cents * (1 if row.kind is PaperKind.INVOICE else -1) for row in rows
    )
    assert in_cents(bank, "Debit") == sum(row.paid.cents for row in issued)
    assert in_cents(owed, "Debit") - in_cents(owed, "Credit") == sum(row.open.cents for row in rows)


async def test_journal_speaks_as_the_tax_code_wants(store: Store) -> None:
    await a_quarter(store)

    journal = await the_journal(store, FIRST_QUARTER)

    assert journal[0] == {
        "JournalCode": "VE",
        "JournalLib": "Ventes",
        "EcritureNum": "2",
        "EcritureDate": "20250105",
        "CompteNum": "411000",
        "CompteLib": "Clients",
        "CompAuxNum": "C-1",
        "CompAuxLib": "=Client SA",
        "PieceRef": "F2025-00001",
        "PieceDate": "20250105",
        "EcritureLib": "Facture F2025-00001 INC-2",
        "Debit": "24,00",
        "Credit": "0,00",
        "EcritureLet": "F2025-00001",
        "DateLet": "20250201",
        "ValidDate": "20250105",
        "Montantdevise": "",
        "Idevise": "",
    }
    lettered = {line["PieceRef"]: line["EcritureLet"] for line in journal if line["CompteNum"] == "411000"}
    assert lettered["F2025-00002"] == "F2025-00002"  # written off
    assert lettered["A2025-00001"] == "F2025-00003"
    assert lettered["F2025-00004"] == ""  # paid in March, recorded in April: booked then


async def test_quarters_put_together_are_the_year(store: Store) -> None:
    """Nothing twice, nothing left out, and what was exported before stays as it was."""
    counter = await a_quarter(store)
    before = await the_journal(store, FIRST_QUARTER)
    await counter.paid(6, 2400, date(2025, 4, 2), at(4, 20))

    quarters = [
        line
        for first, last in (
            ((2024, 1, 1), (2024, 12, 31)),
            ((2025, 1, 1), (2025, 3, 31)),
            ((2025, 4, 1), (2025, 6, 30)),
        )
        for line in await the_journal(store, Period(first=date(*first), last=date(*last)))
    ]

    def unlettered(journal: Entries) -> Entries:
        return [line | {"EcritureLet": "", "DateLet": ""} for line in journal]

    assert unlettered(quarters) == unlettered(await the_journal(store, YEARS))
    assert await the_journal(store, FIRST_QUARTER) == before


async def test_what_the_ledger_and_the_journal_tell_apart_is_not_exported(store: Store, tmp_path: Path) -> None:
    counter = await a_quarter(store)
    wrong = sa.update(invoices).where(invoices.c.number == "F2025-00001").values(paid=1)
    await store.run(lambda tx: tx.money._connection.execute(wrong) and None)

    with pytest.raises(ValueError, match=r"F2025-00001: the ledger says 0\.01 was paid, the journal 24\.00"):
        await export(counter.desk, CHART, FIRST_QUARTER, Form.ALL, tmp_path / "out")

    assert not (tmp_path / "out").exists()


async def test_a_rate_without_an_account_is_refused(store: Store, tmp_path: Path) -> None:
    counter = await a_quarter(store)
    without = Chart(
        **{name: getattr(CHART, name) for name in Chart.__slots__ if name != "vat"},
        vat={Decimal(20): CHART.vat[Decimal(20)]},
    )

    with pytest.raises(ValueError, match=r"no account for VAT at 5\.5 %"):
        await export(counter.desk, without, FIRST_QUARTER, Form.ALL, tmp_path / "out")

    assert not (tmp_path / "out").exists()


async def test_an_empty_period_has_files_that_say_so(store: Store, tmp_path: Path) -> None:
    counter = a_counter(store)

    told = await export(counter.desk, CHART, FIRST_QUARTER, Form.ALL, tmp_path, mark=True)

    assert told.startswith("0 invoices, 0 credit notes, 0 payments, 0 write-offs: 6 files in")
    assert (tmp_path / "732829320FEC20250331.txt").read_text() == "\t".join(COLUMNS) + "\n"
    totals = (tmp_path / "totals_2025-01-01_2025-03-31.csv").read_bytes()
    assert totals == b"\xef\xbb\xbfkind,vat_rate,documents,net,vat,gross,currency\r\n"


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Period(first=date(2025, 2, 1), last=date(2025, 1, 31))


@pytest.mark.parametrize(
    ("cents", "weights", "pieces"),
    [
        (10, (20, 4), [8, 2]),
        (1, (1, 1, 1), [0, 1, 0]),
        (100, (100, 0), [100, 0]),
        (-10, (20, 4), [-8, -2]),
        (7, (1000, -300), [10, -3]),
    ],
)
def test_spread_adds_up(cents: int, weights: tuple[int, ...], pieces: list[int]) -> None:
    found = list(spread(cents, weights))

    assert found == pieces
    assert sum(found) == cents


@pytest.mark.parametrize("text", ["=1+1", "+33", "-1", "@x", "\t=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert inert(text).startswith("'")
    assert next(csv.reader([inert(text)]))[0] == inert(text)


async def test_what_happens_after_the_last_day_changes_nothing_before_it(store: Store) -> None:
    counter = await a_quarter(store)

    async def quarter() -> dict[str, str]:
        books = await store.read(lambda tx: read_books(tx, SETTINGS.terms.day_of))
        return tables(within(books, FIRST_QUARTER.first, FIRST_QUARTER.last))

    before = await quarter()
    later = await counter.solved(BOB, at(5, 5))
    await counter.does(later, at(5, 6), an_order(c.SayContest), an_order(c.ConfirmContest))

    assert await quarter() == before


async def test_payment_that_the_bank_takes_back_is_a_payment_below_nothing(store: Store) -> None:
    await a_quarter(store)
    paid = next(b for b in await _books(store) if b.kind is Booked.PAYMENT)
    gone = c.ReturnPayment(actor=BANK, amount=paid.gross, returned_on=date(2025, 3, 31), entry="bank-2")

    done = await a_counter(store).desk.store.run(
        lambda tx: carry_out(tx, a_counter(store).desk, paid.incident, gone, at(4, 1))
    )

    assert isinstance(done, Done)
    back = [b.owed for b in await _books(store) if b.kind is Booked.PAYMENT and b.incident == paid.incident]
    assert back == [paid.owed, paid.gross]
    journal = await the_journal(store, YEARS)
    assert in_cents(journal, "Debit") == in_cents(journal, "Credit")


async def _books(store: Store) -> tuple[Booking, ...]:
    return await store.read(lambda tx: read_books(tx, SETTINGS.terms.day_of))
