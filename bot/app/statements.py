"""Whole statements taken in, entry by entry, and what became of them in numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.app.bank import Skipped, note_statement, take_in
from bot.app.desk import Desk
from bot.core.bank import BankEntry, Fate, Side, Statement
from storage import Conflict

TRIES = 5
PENDING = "pending"
OUTCOMES: Mapping[str, str] = {
    Fate.BOOKED: "booked on invoices",
    Fate.OVERPAID: "booked, and a rest is kept",
    Fate.KNOWN: "recorded by staff before",
    Fate.SUGGESTED: "to be booked by one click",
    Fate.UNALLOCATED: "left in the queue for a person",
    Fate.RETURN: "taken back by the bank: open again",
    Fate.REFUSED: "refused",
    Skipped.KNOWN: "known already",
    Skipped.OUTGOING: "going out",
    PENDING: "not final yet",
}
"""What an import says of each outcome, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many entries met which end, what they come to in each currency, and what was refused, in words."""

    counts: Counter[str] = field(default_factory=Counter)
    cents: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


async def import_statements(
    desk: Desk, statements: Iterable[Statement], clock: Callable[[], datetime], step: Callable[[], None]
) -> Tally:
    """Takes everything in: first what came in, then what was taken back; `step` is called after each entry.

    Each entry is one transaction, so an import that is cut is simply run again.
    """
    tally, read = Tally(), sorted(statements, key=lambda one: one.day)
    entries = [entry for statement in read for entry in statement.entries]
    for entry in sorted(entries, key=lambda one: one.side is Side.DEBIT):
        await _take(desk, entry, clock, tally)
        step()
    for statement in read:
        await desk.store.run(partial(note_statement, desk=desk, day=statement.day, now=clock()))
        tally.counts[PENDING] += statement.pending
    return tally


async def _take(desk: Desk, entry: BankEntry, clock: Callable[[], datetime], tally: Tally) -> None:
    for tried in range(1, TRIES + 1):
        try:
            taken = await desk.store.run(partial(take_in, desk=desk, entry=entry, now=clock()))
            break
        except Conflict:  # somebody changed the same incident: decided again on what it is now
            if tried == TRIES:
                raise
    if isinstance(taken, Skipped):
        tally.counts[taken] += 1
        return
    tally.counts[taken.fate] += 1
    tally.cents[taken.fate, entry.amount.currency] += entry.amount.cents
    if taken.fate is Fate.REFUSED:
        tally.refused.append(f"{entry.statement}, {entry.booked_on}, {entry.name or 'no name'}: {entry.wrong}")
