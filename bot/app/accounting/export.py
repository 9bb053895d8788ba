"""A period of the books as files: the tables, the journal, and one line that says what they hold."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.app.accounting.books import Booked, Booking, read_books, within
from bot.app.accounting.fec import Chart, fec, file_name
from bot.app.accounting.tables import MARK, tables
from bot.app.desk import Desk
from bot.core.money import Money


class Form(StrEnum):
    """Which files are wanted."""

    CSV = "csv"
    FEC = "fec"
    ALL = "all"


NAMES: Final = {
    Booked.INVOICE: "invoice",
    Booked.CREDIT_NOTE: "credit note",
    Booked.PAYMENT: "payment",
    Booked.WRITE_OFF: "write-off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first to the last of these days, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period that begins on {self.first} cannot end on {self.last}")


async def export(desk: Desk, chart: Chart, period: Period, form: Form, folder: Path, *, mark: bool = False) -> str:
    """Writes the period's files into the folder and says what they hold. ValueError where one is there already.

    `mark`: the tables begin with the mark by which spreadsheets know UTF-8.
    """
    books = await desk.store.read(lambda tx: read_books(tx, desk.terms.day_of))
    bookings = within(books, period.first, period.last)
    files: dict[str, bytes] = {}
    if form is not Form.FEC:
        for name, text in tables(bookings).items():
            files[f"{name}_{period.first}_{period.last}.csv"] = f"{MARK if mark else ''}{text}".encode()
    if form is not Form.CSV:
        files[file_name(desk.provider.siren, period.last)] = fec(books, chart, period.first, period.last).encode()
    write_new(folder, files)
    return f"{summary(bookings)}: {len(files)} files in {folder}"


def summary(bookings: Sequence[Booking]) -> str:
    """`2 invoices 48.00 EUR, 0 credit notes, …`."""
    return ", ".join(_said(kind, [b.gross for b in bookings if b.kind is kind]) for kind in Booked)


def _said(kind: Booked, amounts: Sequence[Money]) -> str:
    currencies = sorted({amount.currency for amount in amounts})
    sums = (sum((a for a in amounts if a.currency == c), start=Money(cents=0, currency=c)) for c in currencies)
    told = " + ".join(f"{money.amount} {money.currency}" for money in sums)
    return f"{len(amounts)} {NAMES[kind]}{'' if len(amounts) == 1 else 's'} {told}".rstrip()


def write_new(folder: Path, files: Mapping[str, bytes], *, again: bool = False, mode: int = 0o666) -> None:
    """All of the files or none, and nothing that is there already is written over (ValueError).

    `again`: one that is there with just these bytes is one that was written before, when all was cut short. `mode` is
    who may read them, where the process's mask allows more.
    """
    there = [name for name in files if (folder / name).exists()]
    wrong = [name for name in there if not again or (folder / name).read_bytes() != files[name]]
    if wrong:
        raise ValueError(f"{folder / wrong[0]} is there already, and nothing is written over it")
    with _taken_back_if_cut() as written:
        for name in files.keys() - set(there):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as opened:
                written.append(path)
                opened.write(files[name])
                opened.flush()
                os.fsync(opened.fileno())


@contextmanager
def _taken_back_if_cut() -> Iterator[list[Path]]:
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            path.unlink()
        raise
