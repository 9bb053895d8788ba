"""The bank's entries taken in, each once, and what staff do with those that nobody could match (money: payments)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import ShowEntry, ShowMissingStatement
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import (
    QUEUED,
    BankEntry,
    Claim,
    Fate,
    Named,
    Side,
    Situation,
    Verdict,
    Why,
    credit_notes,
    is_blind,
    match,
    named,
)
from bot.core.incident import Invoice
from bot.core.money import Money
from bot.core.refusals import Reason, Refused
from storage import EntryRow, NewJob, PaperKind, Transaction

NEWEST = "bank:newest_statement"
QUIET = frozenset({Why.NO_REFERENCE})
"""What staff find in the queue and are not called for: most of what a provider is paid is for other things."""
NAMELESS = frozenset({"", "NOTPROVIDED", "NONREF"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an entry that was not known before."""

    id: int
    fate: Fate
    amount: Money


class Skipped(StrEnum):
    """Why an entry was not kept."""

    KNOWN = "listed_before"
    OUTGOING = "outgoing"  # neither a payment to us nor the return of one


def take_in(tx: Transaction, desk: Desk, entry: BankEntry, now: datetime) -> Taken | Skipped:
    """Keeps an entry that is not known yet, and does what it means."""
    if tx.bank.has(entry.identity):
        return Skipped.KNOWN
    went = entry.side is Side.DEBIT and not entry.wrong
    refunded = _refunded(tx, entry) if went else ""
    origin = _origin(tx, desk, entry) if went and not refunded else None
    if entry.side is Side.DEBIT and not (origin or refunded or entry.takes_back):
        return Skipped.OUTGOING
    entry_id = tx.bank.add(_values(desk, entry, now))
    if entry_id is None:  # another process was first
        return Skipped.KNOWN
    if entry.wrong:
        fate = Fate.REFUSED
    elif refunded:
        fate = _refund(tx, desk, entry, entry_id, refunded, now)
    elif entry.side is Side.DEBIT:
        fate = _take_back(tx, desk, entry, entry_id, origin, now)
    else:
        fate = _book(tx, desk, entry, entry_id, now)
    return Taken(id=entry_id, fate=fate, amount=entry.amount)


def keep_beside(
    tx: Transaction, desk: Desk, entry: BankEntry, paid: EntryRow, fate: Fate, why: Why, now: datetime
) -> None:
    """Keeps an entry that only says that money of this payment moved; staff are called where a person must look."""
    entry_id = tx.bank.add(_values(desk, entry, now) | {"taken_back": paid.id})
    if entry_id is not None:
        _note(tx, desk, entry_id, Verdict(fate=fate, kept=entry.amount - entry.amount, why=why), now)


def note_statement(tx: Transaction, desk: Desk, day: date, now: datetime) -> None:
    """Remembers up to which day the bank has been heard; a day that has not come yet is not believed."""
    heard, newest = min(day, desk.terms.day_of(now)), newest_statement(tx)
    if newest is None or heard > newest:
        tx.keep_setting(NEWEST, heard.isoformat())


def forget_statements(tx: Transaction) -> None:
    """No statement is waited for any more, until the next one is imported."""
    tx.keep_setting(NEWEST, "")


def newest_statement(tx: Transaction) -> date | None:
    """The last day that a statement speaks of; None where none is ever read."""
    kept = tx.setting(NEWEST)
    return date.fromisoformat(kept) if kept else None


def is_statement_missing(tx: Transaction, desk: Desk, now: datetime) -> bool:
    """Whether nobody can say who has not paid; staff are then told, once a day."""
    newest, today = newest_statement(tx), desk.terms.day_of(now)
    if newest is None or not is_blind(newest, today):
        return False
    if desk.chat:
        job = ShowMissingStatement(newest=newest)
        new = NewJob(kind=job.KIND, payload=job.encode(), due_at=now, dedup=f"statement:{today}")
        tx.outbox.put(new, now)
    return True


# --- what a credit is taken for ---


def _book(tx: Transaction, desk: Desk, entry: BankEntry, entry_id: int, now: datetime) -> Fate:
    spoken = named(entry.structured, (*entry.texts, entry.end_to_end))
    verdict = match(_situation(tx, desk, entry, spoken))
    for number, amount in verdict.booked:
        if verdict.fate is not Fate.KNOWN:
            _record(tx, desk, entry_id, number, amount, entry.booked_on, f.BANK, now)
        tx.bank.allocate(entry_id, number, amount)
    _note(tx, desk, entry_id, verdict, now)
    return verdict.fate


def _situation(tx: Transaction, desk: Desk, entry: BankEntry, spoken: Named) -> Situation:
    # Each claim locks its incident: in one order, so that two imports never wait for each other in a ring.
    found = {number: claim for number in sorted(spoken.numbers) if (claim := _claim(tx, number))}
    claims = tuple(found[number] for number in spoken.numbers if number in found)
    return Situation(
        amount=entry.amount,
        named=claims,
        guessed=() if claims else tuple(_guessed(tx, desk, entry)),
        unknown=len(claims) < len(spoken.numbers),
        spoilt=spoken.spoilt,
        whole=entry.whole,
        reversal=entry.reversal or bool(entry.reason),
    )


def _claim(tx: Transaction, number: str) -> Claim | None:
    row = tx.money.by_number(number)
    invoice = _invoice(tx, row.incident_id) if row and row.kind is PaperKind.INVOICE else None
    if row is None or invoice is None:
        return None
    return Claim(number=number, open=invoice.open, by_hand=_by_hand(tx, number, row.incident_id))


def _invoice(tx: Transaction, incident_id: int) -> Invoice | None:
    incident = tx.incidents.load(incident_id)
    return incident.invoice if incident else None


def _by_hand(tx: Transaction, number: str, incident_id: int) -> tuple[Money, ...]:
    """What staff recorded for this invoice, less what statements have confirmed since."""
    paid = [e.fact for e in tx.journal.facts(f"INC-{incident_id}") if isinstance(e.fact, f.PaymentReceived)]
    from_bank = {fact.entry for fact in paid if fact.entry}
    by_hand = [fact.amount for fact in paid if not fact.entry]
    for seen in tx.bank.allocated(number=number):
        if f"bank-{seen.entry_id}" not in from_bank and seen.amount in by_hand:
            by_hand.remove(seen.amount)
    return tuple(by_hand)


def _guessed(tx: Transaction, desk: Desk, entry: BankEntry) -> Iterable[Claim]:
    """Invoices of just this amount, the first due first, of those who paid from this account before."""
    if not entry.iban:
        return
    for customer in tx.bank.payers(desk.keys.account(entry.iban)):
        for row in tx.money.open_of(customer):
            if row.open == entry.amount:
                yield Claim(number=row.number, open=row.open)


# --- what a debit takes back ---


def _origin(tx: Transaction, desk: Desk, entry: BankEntry) -> EntryRow | None:
    """The payment that this one undoes; of two alike the one that was never booked, which harms nobody."""
    account = desk.keys.account(entry.iban) if entry.iban else ""
    found: list[EntryRow] = []
    if entry.ordered and not entry.takes_back:
        return None
    if entry.end_to_end.upper() not in NAMELESS:
        same = tx.bank.credits(entry.amount, end_to_end=entry.end_to_end)
        found = [row for row in same if not (account and row.iban_hash) or row.iban_hash == account]
    if not found and entry.takes_back:
        found = _by_reference(tx, entry) or (tx.bank.credits(entry.amount, iban_hash=account) if account else [])
        found = found if len([row for row in found if _stands(row)]) == 1 else []
    standing = [row for row in found if _stands(row)]
    return next((row for row in standing if row.kept == row.amount), standing[0] if standing else None)


def _by_reference(tx: Transaction, entry: BankEntry) -> list[EntryRow]:
    spoken = named(entry.structured, entry.texts)
    ids = {seen.entry_id for number in spoken.numbers for seen in tx.bank.allocated(number=number)}
    rows = [row for entry_id in sorted(ids) if (row := tx.bank.load(entry_id))]
    return [row for row in rows if row.amount == entry.amount]


def _stands(row: EntryRow) -> bool:
    return row.fate not in {Fate.RETURNED, Fate.REFUSED}


def _take_back(
    tx: Transaction, desk: Desk, entry: BankEntry, entry_id: int, origin: EntryRow | None, now: datetime
) -> Fate:
    nothing = entry.amount - entry.amount
    origin = tx.bank.load(origin.id) if origin else None
    if origin is None or not _stands(origin):
        verdict = Verdict(fate=Fate.UNALLOCATED, kept=nothing, why=Why.RETURN_UNKNOWN)
    else:
        reopened = [
            _reopen(tx, desk, entry, entry_id, seen.number, seen.amount, now)
            for seen in tx.bank.allocated(entry_id=origin.id)
        ]
        tx.bank.change(origin.id, fate=Fate.RETURNED, kept=0, suggested="", settled_at=now, settled_by=f.BANK.name)
        why = Why.NONE if all(reopened) else Why.RETURN_SETTLED
        verdict = Verdict(fate=Fate.RETURN if all(reopened) else Fate.UNALLOCATED, kept=nothing, why=why)
        tx.bank.change(entry_id, taken_back=origin.id)
    _note(tx, desk, entry_id, verdict, now)
    return verdict.fate


def _reopen(
    tx: Transaction, desk: Desk, entry: BankEntry, entry_id: int, number: str, amount: Money, now: datetime
) -> bool:
    """Open again; but what was owed back of it anyway has gone back by this, and nothing is asked for.

    A former invoice of which nothing is owed back was carried over by hand: the one that stands now is open again.
    """
    row = tx.money.by_number(number)
    if row is None:
        return False
    order: c.ReturnPayment | c.RecordRefund = c.ReturnPayment(
        actor=f.BANK, amount=amount, returned_on=entry.booked_on, entry=f"bank-{entry_id}", reason=entry.reason
    )
    if _owed_back(tx, number) >= amount.cents:
        day = min(entry.booked_on, desk.terms.day_of(now))
        order = c.RecordRefund(actor=f.BANK, number=number, amount=amount, refunded_on=day, entry=f"bank-{entry_id}")
    return not isinstance(carry_out(tx, desk, row.incident_id, order, now), Refused)


# --- what pays a credited invoice back ---


def _refunded(tx: Transaction, entry: BankEntry) -> str:
    """The one invoice that a transfer of ours names and that is owed back so much; empty where none or several are.

    It names the invoice, its credit note, or the payment it sends back by the payer's own id.
    """
    if entry.takes_back:
        return ""
    owed = {number for number in sorted(_spoken_of(tx, entry)) if _owed_back(tx, number) >= entry.amount.cents}
    return owed.pop() if len(owed) == 1 else ""


def _spoken_of(tx: Transaction, entry: BankEntry) -> set[str]:
    texts = (*entry.structured, *entry.texts, entry.end_to_end)
    spoken = named(entry.structured, texts)
    rows = [row for number in credit_notes(texts) if (row := tx.money.by_number(number))]
    same = []
    if entry.end_to_end.upper() not in NAMELESS:
        same = tx.bank.credits(entry.amount, end_to_end=entry.end_to_end)
    paid = (seen.number for row in same for seen in tx.bank.allocated(entry_id=row.id))
    return {*(() if spoken.spoilt else spoken.numbers), *(row.about for row in rows if row.about), *paid}


def _owed_back(tx: Transaction, number: str) -> int:
    """How many cents of this invoice are to be paid back."""
    row = tx.money.by_number(number)
    incident = tx.incidents.load(row.incident_id) if row else None
    return next((one.owed_back.cents for one in incident.owed_back if one.number == number), 0) if incident else 0


def _refund(tx: Transaction, desk: Desk, entry: BankEntry, entry_id: int, number: str, now: datetime) -> Fate:
    row = tx.money.by_number(number)
    if row is None:
        raise ValueError(f"no invoice {number}")
    day = min(entry.booked_on, desk.terms.day_of(now))
    order = c.RecordRefund(
        actor=f.BANK, number=number, amount=entry.amount, refunded_on=day, entry=f"bank-{entry_id}"
    )
    done = carry_out(tx, desk, row.incident_id, order, now)
    if isinstance(done, Refused):
        raise ValueError(f"{number} could not be paid back by entry {entry_id}: {done.reason}")
    came_in = tx.bank.allocated(number=number)
    tx.bank.change(entry_id, taken_back=came_in[0].entry_id if came_in else None)
    _note(tx, desk, entry_id, Verdict(fate=Fate.REFUNDED, kept=entry.amount - entry.amount), now)
    return Fate.REFUNDED


# --- what staff do with the rest ---


def book_by_hand(
    tx: Transaction, desk: Desk, entry_id: int, number: str, actor: f.Actor, now: datetime
) -> EntryRow | Refused:
    """Staff say which invoice this pays, with all that is kept of it or as much as is open."""
    entry = tx.bank.load(entry_id)
    if entry is None or entry.fate not in QUEUED or not entry.kept:
        return Refused(Reason.ALREADY)
    claim = _claim(tx, number)
    if claim is None or not claim.open:
        return Refused(Reason.NOTHING_OPEN)
    if claim.open.currency != entry.kept.currency:
        return Refused(Reason.AMOUNT_WRONG)
    amount = min(entry.kept, claim.open)
    refused = _record(tx, desk, entry.id, number, amount, entry.booked_on, actor, now)
    if refused is not None:
        return refused
    tx.bank.allocate(entry.id, number, amount)
    rest = entry.kept - amount
    fate, why = (Fate.OVERPAID, Why.OVERPAID) if rest else (Fate.BOOKED, Why.NONE)
    return _settle(tx, entry, actor, now, fate=fate, why=why, kept=rest.cents)


def reject_suggestion(tx: Transaction, entry_id: int, actor: f.Actor, now: datetime) -> EntryRow | Refused:
    """Not this invoice: it waits for somebody who knows which."""
    entry = tx.bank.load(entry_id)
    if entry is None or entry.fate is not Fate.SUGGESTED:
        return Refused(Reason.ALREADY)
    return _settle(tx, entry, actor, now, fate=Fate.UNALLOCATED, why=Why.NOT_THIS_ONE, kept=entry.kept.cents)


def end_entry(tx: Transaction, entry_id: int, fate: Fate, actor: f.Actor, now: datetime) -> EntryRow | Refused:
    """The rest was sent back, or is no business of the desk's: nobody needs to look at it any more."""
    entry = tx.bank.load(entry_id)
    if entry is None or entry.fate not in QUEUED:
        return Refused(Reason.ALREADY)
    return _settle(tx, entry, actor, now, fate=fate, why=entry.why, kept=0)


def _settle(
    tx: Transaction, entry: EntryRow, actor: f.Actor, now: datetime, *, fate: Fate, why: Why, kept: int
) -> EntryRow:
    tx.bank.change(
        entry.id, fate=fate, why=why, kept=kept, suggested="", settled_at=now, settled_by=f"{actor.role}:{actor.name}"
    )
    after = tx.bank.load(entry.id)
    if after is None:
        raise ValueError(f"{entry.reference} is gone")
    return after


def _record(
    tx: Transaction,
    desk: Desk,
    entry_id: int,
    number: str,
    amount: Money,
    booked_on: date,
    actor: f.Actor,
    now: datetime,
) -> Refused | None:
    """Through the one door; a bank that is a day ahead of us paid today."""
    row = tx.money.by_number(number)
    if row is None:
        raise ValueError(f"no invoice {number}")
    day = min(booked_on, desk.terms.day_of(now))
    order = c.RecordPayment(actor=actor, amount=amount, received_on=day, entry=f"bank-{entry_id}")
    done = carry_out(tx, desk, row.incident_id, order, now)
    if isinstance(done, Refused) and actor is f.BANK:
        raise ValueError(f"{number} could not be paid from entry {entry_id}: {done.reason}")
    return done if isinstance(done, Refused) else None


def _note(tx: Transaction, desk: Desk, entry_id: int, verdict: Verdict, now: datetime) -> None:
    """What became of it; staff are shown what a person must decide."""
    tx.bank.change(
        entry_id,
        fate=verdict.fate,
        why=verdict.why,
        kept=verdict.kept.cents,
        suggested=verdict.suggested,
        settled_at=None if verdict.fate in QUEUED else now,
        settled_by="" if verdict.fate in QUEUED else f.BANK.name,
    )
    if desk.chat and verdict.fate in QUEUED and verdict.why not in QUIET:
        job = ShowEntry(entry=entry_id)
        tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, dedup=f"entry:{entry_id}"), now)


def _values(desk: Desk, entry: BankEntry, now: datetime) -> dict[str, Any]:
    """The row before anything became of it."""
    iban = entry.iban
    return {
        "identity": entry.identity,
        "statement": entry.statement,
        "side": entry.side,
        "cents": entry.amount.cents,
        "currency": entry.amount.currency,
        "booked_on": entry.booked_on.isoformat(),
        "value_on": entry.value_on.isoformat() if entry.value_on else None,
        "name": entry.name,
        "iban_hash": desk.keys.account(iban) if iban else "",
        "iban_masked": f"{iban[:4]}…{iban[-4:]}" if len(iban) > 8 else iban,
        "structured": "\n".join(entry.structured),
        "free": "\n".join(entry.texts),
        "end_to_end": entry.end_to_end,
        "fate": Fate.REFUSED,
        "why": Why.AMOUNT if entry.wrong else Why.NONE,
        "note": entry.wrong or entry.reason,
        "kept": 0,
        "suggested": "",
        "imported_at": now,
        "settled_by": "",
    }
