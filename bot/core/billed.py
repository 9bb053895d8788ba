"""How the facts about an invoice, its payments, reminders and contest change an incident: a part of the fold."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import facts as f
from bot.core.incident import Contest, Credit, Incident, Invoice
from bot.core.letter import CONTEST_FOLLOWS
from bot.core.lives import ContestState, InvoiceState
from bot.core.money import Money


def _invoiced(i: Incident, fact: f.InvoiceIssued, _at: datetime) -> Incident:
    invoice = Invoice(
        number=fact.number,
        lines=fact.lines,
        price=fact.price,
        issued_on=fact.issued_on,
        due_on=fact.due_on,
        paid=Money(cents=0, currency=fact.price.net.currency),
    )
    return replace(i, invoice=invoice, invoice_faults=())


def _invoice_held(i: Incident, fact: f.InvoiceHeld, _at: datetime) -> Incident:
    return replace(i, invoice_faults=fact.faults)


def _with_invoice(i: Incident, change: Callable[[Invoice], Invoice]) -> Incident:
    if i.invoice is None:
        raise ValueError("no invoice yet")
    return replace(i, invoice=change(i.invoice))


def _filed(i: Incident, fact: f.PaperFiled, _at: datetime) -> Incident:
    return replace(
        i,
        invoice=_with_paper(i.invoice, fact) if i.invoice else None,
        former_invoices=tuple(_with_paper(invoice, fact) for invoice in i.former_invoices),
    )


def _with_paper(invoice: Invoice, fact: f.PaperFiled) -> Invoice:
    if fact.number == invoice.number:
        return replace(invoice, document_sha256=fact.document_sha256)
    return replace(
        invoice,
        credits=tuple(
            replace(credit, document_sha256=fact.document_sha256) if credit.number == fact.number else credit
            for credit in invoice.credits
        ),
    )


def _paid(i: Incident, fact: f.PaymentReceived, _at: datetime) -> Incident:
    return _with_invoice(i, lambda v: _weighed(replace(v, paid=v.paid + fact.amount)))


def _weighed(v: Invoice) -> Invoice:
    """In the state that what was paid and what was taken back make."""
    if not v.owed:
        return replace(v, state=InvoiceState.CREDITED)
    if v.owed <= v.paid:
        return replace(v, state=InvoiceState.PAID)
    return replace(v, state=InvoiceState.PART_PAID if v.paid else InvoiceState.ISSUED)


def _returned(i: Incident, fact: f.PaymentReturned, at: datetime) -> Incident:
    """Open again; a debt that was long overdue before is given its days anew."""

    def change(v: Invoice) -> Invoice:
        return _weighed(replace(v, paid=v.paid - fact.amount, returned_at=at, long_overdue=False))

    return replace(_with_invoice(i, change), ended="", closed_at=None)


def _refunded(i: Incident, fact: f.PaymentRefunded, _at: datetime) -> Incident:
    def change(v: Invoice) -> Invoice:
        return replace(v, paid=v.paid - fact.amount) if v.number == fact.number else v

    former = tuple(change(invoice) for invoice in i.former_invoices)
    return replace(i, invoice=change(i.invoice) if i.invoice else None, former_invoices=former)


def _credited(i: Incident, fact: f.InvoiceCredited, _at: datetime) -> Incident:
    """A debt whose day is moved is not long overdue any more."""

    def change(v: Invoice) -> Invoice:
        credit = Credit(
            number=fact.number,
            issued_on=fact.issued_on,
            price=fact.price,
            of=fact.of or tuple(range(1, len(v.lines) + 1)),
            lines=fact.lines or v.lines,
            dropped=fact.dropped,
        )
        moved = fact.due_on is not None and fact.due_on != v.due_on
        printed = (v.printed_due_on or v.due_on) if moved else v.printed_due_on
        return _weighed(
            replace(
                v,
                credits=(*v.credits, credit),
                due_on=fact.due_on or v.due_on,
                printed_due_on=printed,
                long_overdue=v.long_overdue and not moved,
            )
        )

    return _with_invoice(i, change)


def _written_off(i: Incident, _fact: f.InvoiceWrittenOff, _at: datetime) -> Incident:
    return _with_invoice(i, lambda v: replace(v, state=InvoiceState.WRITTEN_OFF))


def _corrected(i: Incident, fact: f.OutcomeCorrected, _at: datetime) -> Incident:
    """What is owed begins anew, and so does the right to contest it."""
    billed = (i.invoice,) if i.invoice else ()
    return replace(
        i,
        outcome=fact.outcome,
        correction=fact,
        former_invoices=i.former_invoices + billed,
        invoice=None,
        invoice_faults=(),
        contest=None,
        ended="",
        closed_at=None,
    )


def _reminded(i: Incident, fact: f.InvoiceReminded, at: datetime) -> Incident:
    return _with_invoice(i, lambda v: replace(v, reminded=fact.level, reminders=v.reminders + 1, reminded_at=at))


def _reminders_held(i: Incident, fact: f.RemindersHeld, _at: datetime) -> Incident:
    return _with_invoice(i, lambda v: replace(v, held_until=fact.until, held_why=fact.reason))


def _promised(i: Incident, fact: f.PaymentPromised, _at: datetime) -> Incident:
    mine = fact.by is f.Role.CUSTOMER
    return _with_invoice(
        i,
        lambda v: replace(v, promised_until=fact.until, promised_by_customer=v.promised_by_customer or mine),
    )


def _long_overdue(i: Incident, _fact: f.InvoiceLongOverdue, _at: datetime) -> Incident:
    return _with_invoice(i, lambda v: replace(v, long_overdue=True))


def _contest_said(i: Incident, fact: f.ContestSaid, at: datetime) -> Incident:
    before = i.contest
    lost = before is not None and (before.lost or before.state is ContestState.EFFECTIVE)
    said = Contest(state=ContestState.SAID, said_at=at, reason=fact.reason, lines=fact.lines, lost=lost)
    return replace(i, contest=said)


def _contest_fact(i: Incident, fact: f.Fact, at: datetime) -> Incident:
    if i.contest is None:
        raise ValueError("nothing is contested")
    state = CONTEST_FOLLOWS[i.contest.state][type(fact)]
    lost = i.contest.lost and state is not ContestState.REVERSED
    return replace(i, contest=replace(i.contest, state=state, ended_at=at, lost=lost))


# mypy cannot pair each key with its function's argument; the fold looks up by the fact's own type.
CHANGES: Mapping[type[f.Fact], Callable[..., Incident]] = {
    f.InvoiceIssued: _invoiced,
    f.InvoiceHeld: _invoice_held,
    f.PaperFiled: _filed,
    f.PaymentReceived: _paid,
    f.PaymentReturned: _returned,
    f.PaymentRefunded: _refunded,
    f.InvoiceCredited: _credited,
    f.InvoiceWrittenOff: _written_off,
    f.OutcomeCorrected: _corrected,
    f.InvoiceReminded: _reminded,
    f.RemindersHeld: _reminders_held,
    f.PaymentPromised: _promised,
    f.InvoiceLongOverdue: _long_overdue,
    f.ContestSaid: _contest_said,
    f.ContestWithdrawn: _contest_fact,
    f.ContestLapsed: _contest_fact,
    f.ContestConceded: _contest_fact,
    f.ContestConfirmed: _contest_fact,
    f.ContestReversed: _contest_fact,
}
