"""Looking over all that is kept, subject by subject: chains, what they name, the rows that index them, numbers.

Each page of subjects is one reading transaction: a journal of any length is never read at once, and writers go on.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

from bot.app.book import book
from bot.app.named import WRONG, What, first_wrong
from bot.core import facts as f
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.money import Money
from storage import Anchor, InvoiceRow, PaperKind, Row, Status, Store, Transaction

PAGE = 200  # subjects
SERIES = re.compile(r"INC|[A-Z]\d{4}")
NUMBERED = f.QuoteDrafted | f.InvoiceIssued | f.InvoiceCredited


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was looked over; `wrong` names the first bad thing, and is empty where there is none."""

    wrong: str = ""
    facts: int = 0
    chains: int = 0
    named: int = 0
    invoices: int = 0
    anchors: int = 0


@dataclass(slots=True)
class _Tally:
    """What is added up on the way."""

    facts: int = 0
    chains: int = 0
    named: int = 0
    invoices: int = 0
    numbers: dict[str, set[int]] = field(default_factory=dict)

    def number(self, series: str, number: int) -> None:
        self.numbers.setdefault(series, set()).add(number)


async def look_over(store: Store, seen: Callable[[int], object] = lambda _: None, anchor: str = "") -> Looked:
    """Looks everything over, and calls `seen` with how many more facts it has seen.

    `anchor` is a hash from a mailbox: that the journal still stands under it is looked at first.
    """
    drawn = await store.read(lambda tx: tx.series())
    wrong, anchors = await _anchors(store, anchor)
    tally, after = _Tally(), ""
    while not wrong:
        page, last, wrong = await store.read(lambda tx, after=after: _page(tx, after))  # type: ignore[misc]
        _add(tally, page)
        seen(page.facts)
        if not last:
            break
        after = last
    wrong = wrong or _holes(drawn, tally.numbers)
    return Looked(
        wrong=wrong,
        facts=tally.facts,
        chains=tally.chains,
        named=tally.named,
        invoices=tally.invoices,
        anchors=anchors,
    )


def _page(tx: Transaction, after: str) -> tuple[_Tally, str, str]:
    """The next subjects: what was seen, the last one's name, and what is wrong."""
    tx.one_snapshot()
    tally, last = _Tally(), ""
    for last, rows in tx.journal.after(after, PAGE).items():
        tally.facts += len(rows)
        tally.chains += 1
        wrong = first_wrong(tx, last, rows, lambda _: _count(tally)) or _unlike_its_rows(tx, last, rows, tally)
        if wrong:
            return tally, last, wrong
    return tally, last, ""


def _count(tally: _Tally) -> None:
    tally.named += 1


def _add(tally: _Tally, page: _Tally) -> None:
    tally.facts += page.facts
    tally.chains += page.chains
    tally.named += page.named
    tally.invoices += page.invoices
    for series, numbers in page.numbers.items():
        tally.numbers.setdefault(series, set()).update(numbers)


def _unlike_its_rows(tx: Transaction, subject: str, rows: Sequence[Row], tally: _Tally) -> str:
    """Rows that are found faster than facts are made from them: made again, they must be the same."""
    kind, _, number = subject.partition("-")
    if kind == "C":
        customer = tx.customers.load(int(number))
        return "" if customer and customer.seq == rows[-1].seq else f"{subject}: its last facts are missing"
    tally.number("INC", int(number))
    incident, books = None, _Books()
    for row in rows:
        fact = row.fact
        incident = apply(incident, fact, row.moment)
        book(books, incident, fact, row.moment)
        if isinstance(fact, NUMBERED):
            series, _, place = fact.number.partition("-")
            tally.number(series, int(place))
    tally.invoices += len(books.rows)
    return "" if incident is None else _index(tx, incident) or _ledger(tx, incident, books) or _papers(tx, incident)


def _index(tx: Transaction, incident: Incident) -> str:
    row = tx.incidents.row(incident.id)
    if row is None:
        return f"{incident.reference}: its row is missing"
    if incident.seq < row.seq:
        return f"{incident.reference}: its last facts are missing"
    made = (
        incident.seq,
        incident.customer,
        incident.title,
        incident.language,
        incident.stage,
        incident.way_in,
        incident.version,
    )
    kept = (row.seq, row.customer_id, row.title, row.language, row.stage, row.way_in, row.version)
    more = (incident.assignee, incident.waiting is not None, incident.previous)
    if (*made, *more) != (*kept, row.assignee, row.waiting, row.previous):
        return f"{incident.reference}: its row is not what its facts say"
    return ""


def _ledger(tx: Transaction, incident: Incident, books: "_Books") -> str:
    kept = {row.number: row for row in tx.money.of_incident(incident.id)}
    for number in sorted(set(kept) | set(books.rows)):
        if kept.get(number) != books.rows.get(number):
            return f"{incident.reference}: {number} is not in the ledger as its facts say"
    for number in books.names:
        if tx.money.incident_of(number) != incident.id:
            return f"{incident.reference}: {number} is not noted as its own"
    return ""


def _papers(tx: Transaction, incident: Incident) -> str:
    """Documents that no fact names, because they were replaced before they were sent, are whole as well."""
    for document in tx.blobs.documents_of(incident.id):
        content = tx.blobs.content(document.sha256)
        if content is None or sha256(content).hexdigest() != document.sha256:
            return f"{incident.reference}: {WRONG[What.DOCUMENT].format(number=document.number)}"
    return ""


@dataclass(slots=True)
class _Books:
    """A ledger made again from facts."""

    rows: dict[str, InvoiceRow] = field(default_factory=dict)
    names: dict[str, PaperKind] = field(default_factory=dict)

    def insert(self, invoice: InvoiceRow) -> None:
        self.rows[invoice.number] = invoice

    def update(
        self, number: str, *, paid: Money, credited: Money, status: Status, moved_to: date | None = None
    ) -> None:
        row = self.rows[number]
        self.rows[number] = replace(row, paid=paid, credited=credited, status=status, moved_to=moved_to)

    def name(self, number: str, kind: PaperKind, incident_id: int) -> None:  # noqa: ARG002
        self.names[number] = kind


def _holes(drawn: Mapping[str, int], numbers: Mapping[str, set[int]]) -> str:
    """A number that was drawn before we began, and that no fact bears."""
    for series in sorted((name for name in drawn if SERIES.fullmatch(name)), key=lambda name: (name != "INC", name)):
        missing = min(set(range(1, drawn[series] + 1)) - numbers.get(series, set()), default=0)
        if missing:
            return f"{series}-{missing if series == 'INC' else f'{missing:05d}'} is missing"
    return ""


async def _anchors(store: Store, wanted: str) -> tuple[str, int]:
    """Every anchor over the facts as they are now; and whether one of them has the hash that is wanted."""
    before: Anchor | None = None
    found, count = not wanted, 0
    while True:
        last = before
        anchor = await store.read(lambda tx, last=last: _next_anchor(tx, last))  # type: ignore[misc]
        if anchor is None:
            break
        if not await store.read(lambda tx, anchor=anchor, last=last: tx.anchors.holds(anchor, last)):  # type: ignore[misc]
            day: date = anchor.at.date()
            return f"the journal is not the one that the anchor of {day} stands over", count
        found = found or anchor.hash == wanted.lower()
        before, count = anchor, count + 1
    return ("" if found else f"no anchor of this journal is {wanted}: it is not the one that was anchored"), count


def _next_anchor(tx: Transaction, last: Anchor | None) -> Anchor | None:
    return next(iter(tx.anchors.after(last.id if last else 0, 1)), None)
