"""The bank's entries as rows, what became of each, and which invoices it was booked on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.core.bank import QUEUED, Fate, Side, Why
from bot.core.money import Money
from storage._engine import insert
from storage._tables import allocations, bank_entries, invoices


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry of a statement. `kept` is what of it is booked nowhere; of the IBAN, a keyed hash and its ends."""

    id: int
    identity: str
    statement: str
    side: Side
    amount: Money
    booked_on: date
    value_on: date | None
    name: str
    iban_hash: str
    iban_masked: str
    structured: str
    free: str
    end_to_end: str
    fate: Fate
    why: Why
    note: str
    kept: Money
    suggested: str
    taken_back: int | None
    imported_at: datetime
    settled_at: datetime | None
    settled_by: str

    @property
    def reference(self) -> str:
        """How people and facts name it."""
        return f"bank-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """So much of an entry is this invoice's."""

    entry_id: int
    number: str
    amount: Money


class Bank:
    """The bank's entries within one transaction."""

    __slots__ = ("_connection", "_locks")

    def __init__(self, connection: sa.Connection, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks

    def add(self, values: dict[str, Any]) -> int | None:
        """The new row's id; None for an entry that is known. Whoever adds it first has it to itself."""
        adding = insert(self._connection.dialect.name, bank_entries).values(values)
        once = adding.on_conflict_do_nothing(index_elements=["identity"]).returning(bank_entries.c.id)
        added: int | None = self._connection.execute(once).scalar()
        return added

    def has(self, identity: str) -> bool:
        """Whether this entry is known."""
        query = sa.select(bank_entries.c.id).where(bank_entries.c.identity == identity)
        return self._connection.execute(query).first() is not None

    def named(self, identity: str) -> EntryRow | None:
        """The entry that is this one in every statement."""
        query = sa.select(bank_entries.c.id).where(bank_entries.c.identity == identity)
        found = self._connection.execute(query).scalar()
        return self.load(found) if found is not None else None

    def load(self, entry_id: int) -> EntryRow | None:
        """The entry. A transaction that writes has it to itself from here on."""
        query = sa.select(bank_entries).where(bank_entries.c.id == entry_id)
        row = self._connection.execute(query.with_for_update() if self._locks else query).first()
        return _entry(row) if row else None

    def change(self, entry_id: int, **values: object) -> None:
        self._connection.execute(sa.update(bank_entries).where(bank_entries.c.id == entry_id).values(**values))

    def queue(self, limit: int) -> list[EntryRow]:
        """What a person still has to look at, the oldest first; last what names nothing of ours."""
        table = bank_entries.c
        waiting = sa.select(bank_entries).where(table.fate.in_(sorted(QUEUED)))
        ranked = waiting.order_by(table.why == Why.NO_REFERENCE, table.booked_on, table.id)
        return [_entry(row) for row in self._connection.execute(ranked.limit(limit))]

    def dismiss(self, until: date, now: datetime) -> int:
        """Sets aside what names nothing of ours and was booked until then; how many that were."""
        table = bank_entries.c
        old = (table.fate == Fate.UNALLOCATED, table.why == Why.NO_REFERENCE, table.booked_on <= until.isoformat())
        values = {"fate": Fate.DISMISSED, "kept": 0, "settled_at": now, "settled_by": "operator"}
        return self._connection.execute(sa.update(bank_entries).where(*old).values(values)).rowcount

    def waiting(self) -> int:
        """How many that are."""
        waiting = sa.select(sa.func.count()).select_from(bank_entries)
        return self._connection.execute(waiting.where(bank_entries.c.fate.in_(sorted(QUEUED)))).scalar_one()

    def credits(self, amount: Money, *, end_to_end: str = "", iban_hash: str = "") -> list[EntryRow]:
        """What came in of this amount, by a bank's name for it or from this account; the latest first."""
        table = bank_entries.c
        wanted = [table.side == Side.CREDIT, table.cents == amount.cents, table.currency == amount.currency]
        wanted.append(table.end_to_end == end_to_end if end_to_end else table.iban_hash == iban_hash)
        query = sa.select(bank_entries).where(*wanted).order_by(table.booked_on.desc(), table.id.desc())
        return [_entry(row) for row in self._connection.execute(query)]

    def allocate(self, entry_id: int, number: str, amount: Money) -> None:
        """Notes that so much of an entry is this invoice's."""
        values = {"entry_id": entry_id, "number": number, "cents": amount.cents, "currency": amount.currency}
        self._connection.execute(sa.insert(allocations), values)

    def allocated(self, *, entry_id: int | None = None, number: str = "") -> list[Allocation]:
        """Where an entry went, or what an invoice was paid with."""
        wanted = allocations.c.number == number if entry_id is None else allocations.c.entry_id == entry_id
        query = sa.select(allocations).where(wanted).order_by(allocations.c.entry_id, allocations.c.number)
        return [
            Allocation(entry_id=row.entry_id, number=row.number, amount=Money(cents=row.cents, currency=row.currency))
            for row in self._connection.execute(query)
        ]

    def paid_for(self, customer_id: int) -> list[EntryRow]:
        """The entries that paid a customer's invoices, and those that took one back, by day."""
        paid = (
            sa.select(allocations.c.entry_id)
            .join(invoices, invoices.c.number == allocations.c.number)
            .where(invoices.c.customer_id == customer_id)
        )
        table = bank_entries.c
        of_theirs = sa.or_(table.id.in_(paid), table.taken_back.in_(paid))
        query = sa.select(bank_entries).where(of_theirs).order_by(table.booked_on, table.id)
        return [_entry(row) for row in self._connection.execute(query)]

    def payers(self, iban_hash: str) -> list[int]:
        """The customers whose invoices were paid from this account before, and not taken back."""
        table = bank_entries.c
        query = (
            sa.select(invoices.c.customer_id)
            .join(allocations, allocations.c.number == invoices.c.number)
            .join(bank_entries, table.id == allocations.c.entry_id)
            .where(table.iban_hash == iban_hash, table.fate != Fate.RETURNED)
            .distinct()
            .order_by(invoices.c.customer_id)
        )
        return list(self._connection.execute(query).scalars()) if iban_hash else []


def _entry(row: "sa.Row[Any]") -> EntryRow:
    read = row._asdict()
    currency = read.pop("currency")
    read |= {
        "side": Side(row.side),
        "amount": Money(cents=read.pop("cents"), currency=currency),
        "kept": Money(cents=row.kept, currency=currency),
        "booked_on": date.fromisoformat(row.booked_on),
        "value_on": date.fromisoformat(row.value_on) if row.value_on else None,
        "fate": Fate(row.fate),
        "why": Why(row.why),
    }
    return EntryRow(**read)
