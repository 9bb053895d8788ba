"""Which notice each fact calls for: the table from what happened to what the customer is told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.core import contest_told
from bot.core import facts as f
from bot.core import notices as n
from bot.core.consent import request_lapses_at
from bot.core.diagnosis import may_start_unordered
from bot.core.due import NEVER_ANNOUNCED, consent_about
from bot.core.facts import Language, Outcome
from bot.core.incident import Consent, Credit, Incident, Invoice, Quote
from bot.core.invoice import asked_of_customer, price_owed
from bot.core.lives import QuoteState
from bot.core.money import Price
from bot.core.notices import Notice
from bot.core.reminders import Tone, firmest, limit_at, patience_ends, tone
from bot.core.terms import Kind


def notice(incident: Incident, fact: f.Fact, now: datetime) -> Notice | None:
    """What the customer is told of this fact; None for what concerns staff alone.

    `incident` is the state after all facts of the command.
    """
    build = _TOLD.get(type(fact))
    return build(incident, fact, now) if build else None


def _opened(i: Incident, fact: f.IncidentOpened, _now: datetime) -> Notice:
    return n.IncidentOpened(
        price=fact.price,
        usual=fact.terms.usual_price,
        offer_until=None if fact.price.net else fact.terms.offer_until,
        way_in=fact.way_in,
        must_order=not may_start_unordered(i),
        lapse_days=i.terms.announcement_lapse_days,
        previous=f"INC-{fact.previous}" if fact.previous else "",
        recent=fact.recent,
        renews=fact.renews,
    )


def _contact_proposed(_i: Incident, fact: f.ContactProposed, _now: datetime) -> Notice:
    return n.ContactProposed(address=fact.address)


def _contact_settled(_i: Incident, fact: f.ContactSettled, _now: datetime) -> Notice:
    return n.ContactSettled(address=fact.address, answer=fact.answer)


def _announced_again(i: Incident, fact: f.AnnouncementRepeated, _now: datetime) -> Notice:
    return n.IncidentOpened(
        price=fact.price,
        usual=i.terms.usual_price,
        offer_until=None if fact.price.net else i.terms.offer_until,
        way_in=i.way_in,
        must_order=not may_start_unordered(i),
        lapse_days=i.terms.announcement_lapse_days,
        previous=f"INC-{i.previous}" if i.previous else "",
        recent=i.recent,
        renews=i.renews,
    )


def _paused(i: Incident, fact: f.IncidentPaused, _now: datetime) -> Notice:
    claimed = i.invoice if i.invoice is not None and i.invoice.open else None
    return n.IncidentPaused(stage=i.stage, number=claimed.number if claimed else "", until=fact.until)


def _cancelled(_i: Incident, fact: f.IncidentCancelled, _now: datetime) -> Notice | None:
    """Nobody is told of the end of what they were never told of."""
    if fact.reason == NEVER_ANNOUNCED:
        return None
    return n.IncidentCancelled(by=fact.by, reason=fact.reason)


def _ordered(_i: Incident, fact: f.DiagnosisOrdered, now: datetime) -> Notice:
    return n.DiagnosisOrdered(price=fact.price, ordered_at=now, kind=fact.kind)


def _started(i: Incident, _fact: f.DiagnosisStarted, _now: datetime) -> Notice:
    return n.DiagnosisStarted(price=_diagnosis(i))


def _nudged(i: Incident, fact: f.CustomerNudged, now: datetime) -> Notice | None:
    """The calendar asks once more about what is still open."""
    if i.waiting is not None and fact.about == i.waiting.message:
        lapse = i.terms.waiting_lapse_days + i.terms.waiting_nudge_days
        return n.AnswerNudged(
            question=i.waiting.text, lapses_on=i.terms.day_of(i.waiting.asked_at + timedelta(days=lapse))
        )
    quote = i.quote_named(fact.about)
    if quote is not None:
        return n.QuoteNudged(
            number=quote.number, price=quote.price, diagnosis=_diagnosis(i), valid_until=quote.valid_until
        )
    consent = _consent_about(i, fact.about)
    if consent is not None:
        return _asks_leave(n.ConsentNudged, i, consent)
    opened = i.announced_at or now
    lapses_on = i.terms.day_of(opened + timedelta(days=i.terms.announcement_lapse_days))
    return n.OrderNudged(price=i.terms.price_at(now), lapses_on=lapses_on)


def _undone(i: Incident, fact: f.DecisionUndone, _now: datetime) -> Notice:
    return n.DecisionUndone(quote=_quote_about(i, fact.about))


def _disowned(i: Incident, fact: f.DecisionDisowned, _now: datetime) -> Notice:
    return n.DecisionDisowned(quote=_quote_about(i, fact.about))


def _disowned_settled(i: Incident, fact: f.DisownedSettled, _now: datetime) -> Notice | None:
    """Where it does not stand, the ending that follows is what they are told."""
    return n.DisownedSettled(reason=fact.reason, quote=_quote_about(i, fact.about)) if fact.stands else None


def _quote_about(i: Incident, about: str) -> str:
    return about if i.quote_named(about) else ""


def _waived(_i: Incident, fact: f.DiagnosisWaived, _now: datetime) -> Notice:
    return n.DiagnosisWaived(reason=fact.reason)


def _asked(_i: Incident, fact: f.CustomerAsked, _now: datetime) -> Notice:
    return n.CustomerAsked(question=fact.question)


def _staff_wrote(_i: Incident, fact: f.StaffWrote, _now: datetime) -> Notice:
    files = tuple(file.name for file in fact.files)
    return n.StaffWrote(text=fact.text, files=files, promised_on=fact.promised_on)


def _our_fault(_i: Incident, fact: f.OurFaultFound, _now: datetime) -> Notice:
    return n.OurFaultFound(report=fact.report)


def _solved(i: Incident, fact: f.ProblemSolved, _now: datetime) -> Notice:
    return n.ProblemSolved(report=fact.report, price=_diagnosis(i))


def _unbilled(_i: Incident, fact: f.LeftUnbilled, _now: datetime) -> Notice:
    return n.LeftUnbilled(outcome=fact.outcome, report=fact.report)


def _offered(i: Incident, fact: f.QuoteOffered, _now: datetime) -> Notice:
    quote = _quote(i, fact.number)
    replaced = next((q.number for q in reversed(i.quotes) if q.state is QuoteState.SUPERSEDED and q.offered_at), "")
    return n.QuoteOffered(
        number=quote.number,
        report=i.report,
        lines=quote.lines,
        price=quote.price,
        diagnosis=_diagnosis(i),
        valid_until=quote.valid_until,
        note=quote.note,
        replaces=replaced,
    )


def _prolonged(i: Incident, fact: f.QuoteProlonged, now: datetime) -> Notice:
    """Sent again to who could not read it: the same quote, with its new last day."""
    quote = _quote(i, fact.number)
    return _offered(i, f.QuoteOffered(number=fact.number, document_sha256=quote.document_sha256), now)


def _accepted(i: Incident, fact: f.QuoteAccepted, now: datetime) -> Notice:
    quote = _quote(i, fact.number)
    return n.QuoteAccepted(
        number=quote.number,
        price=quote.price,
        accepted_at=now,
        kind=i.kind,
        document_sha256=quote.document_sha256,
    )


def _declined(i: Incident, fact: f.QuoteDeclined, _now: datetime) -> Notice:
    return n.QuoteDeclined(quote=fact.number, diagnosis=_diagnosis(i))


def _lapsed(i: Incident, fact: f.QuoteLapsed, _now: datetime) -> Notice:
    return n.QuoteLapsed(quote=fact.number, diagnosis=_diagnosis(i))


def _quote_cancelled(_i: Incident, fact: f.QuoteCancelled, _now: datetime) -> Notice:
    return n.QuoteCancelled(quote=fact.number, reason=fact.reason)


def _finished(i: Incident, fact: f.WorkFinished, _now: datetime) -> Notice:
    return n.WorkFinished(report=fact.report, warranty=i.outcome is Outcome.OUR_FAULT)


def _withdrawn(i: Incident, fact: f.ContractWithdrawn, now: datetime) -> Notice:
    quote = _quote(i, fact.number)
    return n.ContractWithdrawn(
        quote=quote.number,
        price=quote.price,
        accepted_at=i.withdrawal.accepted_at if i.withdrawal else now,
        withdrawn_at=now,
        settles_by=fact.settles_by,
        diagnosis=_diagnosis(i),
    )


def _stopped(i: Incident, fact: f.WorkStopped, _now: datetime) -> Notice:
    work = _quote(i, i.withdrawal.quote).price if i.withdrawal else None
    return n.WorkStopped(by=fact.by, reason=fact.reason, owed=fact.owed, diagnosis=_diagnosis(i), work=work)


def _leave_requested(i: Incident, fact: f.ConsentRequested, _now: datetime) -> Notice:
    return _asks_leave(n.ConsentRequested, i, _consent(i, fact.number))


def _leave_granted(i: Incident, fact: f.ConsentGranted, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentGranted(
        number=str(consent.number), acts=_granted(i, consent), places=consent.places, until=consent.until
    )


def _leave_refused(i: Incident, fact: f.ConsentRefused, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentRefused(acts=_acts(i, consent), places=consent.places)


def _leave_lapsed(i: Incident, fact: f.ConsentLapsed, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentLapsed(acts=_acts(i, consent), places=consent.places)


def _leave_revoked(i: Incident, fact: f.ConsentRevoked, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentRevoked(acts=_granted(i, consent), places=consent.places)


def _leave_expired(i: Incident, fact: f.ConsentExpired, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentExpired(acts=_granted(i, consent), places=consent.places)


def _leave_withdrawn(i: Incident, fact: f.ConsentWithdrawn, _now: datetime) -> Notice:
    consent = _consent(i, fact.number)
    return n.ConsentWithdrawn(acts=_acts(i, consent), places=consent.places, reason=fact.reason)


def _act(i: Incident, fact: f.ActRecorded, _now: datetime) -> Notice | None:
    """`tell` and emergencies are told at once; what leave covers is on the incident's page (letter §1.3)."""
    if fact.act.rule not in {f.Rule.TELL, f.Rule.EMERGENCY}:
        return None
    return n.ActRecorded(
        act=_wording(i, fact.act),
        place=fact.place,
        note=fact.note,
        clause=fact.act.clause,
        emergency=fact.act.rule is f.Rule.EMERGENCY,
    )


def _held(i: Incident, _fact: f.InvoiceHeld, _now: datetime) -> Notice | None:
    """Only for what the customer can put right: the rest is ours to repair, in silence."""
    missing, owed = asked_of_customer(i), price_owed(i)
    return n.InvoiceHeld(price=owed, missing=missing) if missing and owed else None


def _filed(i: Incident, fact: f.PaperFiled, _now: datetime) -> Notice:
    """An invoice or a credit note goes out once its document is frozen."""
    invoice = i.invoice_named(fact.number)
    if invoice is None:
        raise ValueError(f"{fact.number} is no paper of {i.reference}")
    if fact.number == invoice.number:
        return n.InvoiceIssued(number=fact.number, lines=invoice.lines, price=invoice.price, due_on=invoice.due_on)
    credit = _credit(invoice, fact.number)
    if invoice is i.invoice or i.correction is None or credit is not invoice.credits[-1]:
        rest = invoice.open or None
        due_on = invoice.due_on if rest else None
        return n.InvoiceCredited(
            number=fact.number,
            invoice=invoice.number,
            price=credit.price,
            part=bool(invoice.owed),
            rest=rest,
            due_on=due_on,
        )
    return _put_right(i, i.correction, invoice)


def _corrected(i: Incident, fact: f.OutcomeCorrected, _now: datetime) -> Notice | None:
    """With its credit note, once that is filed; at once where nothing had been billed."""
    last = i.former_invoices[-1] if i.former_invoices else None
    return None if last is not None and not _is_filed(last) else _put_right(i, fact, None)


def _is_filed(invoice: Invoice) -> bool:
    return bool(invoice.credits and invoice.credits[-1].document_sha256)


def _put_right(i: Incident, correction: f.OutcomeCorrected, credited: Invoice | None) -> Notice:
    owed = price_owed(i)
    credit = credited.credits[-1] if credited else None
    return n.OutcomeCorrected(
        outcome=correction.outcome,
        reason=correction.reason,
        number=credit.number if credit else "",
        invoice=credited.number if credited else "",
        price=credit.price if credit else None,
        owed=i.invoice.price if i.invoice else owed,
        paid=correction.paid,
    )


def _reminded(i: Incident, fact: f.InvoiceReminded, now: datetime) -> Notice | None:
    """What goes out with others is told once for all of them."""
    if fact.together:
        return None
    invoice = _invoice(i)
    match tone(i, fact.level, now):
        case Tone.COURTESY:
            return n.ReminderBeforeDue(number=fact.number, price=invoice.price, open=fact.open, due_on=invoice.due_on)
        case Tone.OVERDUE | Tone.INSISTENT:
            return n.ReminderOverdue(
                number=fact.number,
                price=invoice.price,
                open=fact.open,
                due_on=invoice.due_on,
                level=fact.level,
                promised=invoice.promised_until,
            )
        case Tone.FORMAL:
            return n.FormalNotice(
                number=fact.number,
                price=invoice.price,
                open=fact.open,
                due_on=invoice.due_on,
                limited_on=_limited_on(i),
                kind=i.kind,
                promised=invoice.promised_until,
            )


def several_reminders(incidents: Sequence[Incident], now: datetime) -> n.SeveralReminders:
    """One mail for all of one customer's invoices that were just reminded; the first is what it is most about."""
    bills = tuple(_bill(i, now) for i in incidents)
    opens = [bill.open for bill in bills]
    loudest = firmest(bill.tone for bill in bills)
    limited = min(_limited_on(i) for i in incidents)
    return n.SeveralReminders(
        number=bills[0].number,
        bills=bills,
        total=sum(opens[1:], start=opens[0]),
        tone=loudest,
        limited_on=limited,
        kind=Kind.CONSUMER if any(i.kind is Kind.CONSUMER for i in incidents) else Kind.BUSINESS,
    )


def _limited_on(i: Incident) -> date:
    """From when on nothing new is opened: a promise or a hold puts it off (letter §6.6)."""
    limit = limit_at(i, _invoice(i))
    return i.terms.day_of(max(limit, patience_ends(i) or limit))


def _bill(i: Incident, now: datetime) -> n.Bill:
    invoice = _invoice(i)
    return n.Bill(
        number=invoice.number,
        reference=i.reference,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        price=invoice.price,
        open=invoice.open,
        tone=tone(i, invoice.reminded, now),
        promised=invoice.promised_until,
    )


def _promised(i: Incident, fact: f.PaymentPromised, _now: datetime) -> Notice:
    invoice = _invoice(i)
    return n.PaymentPromised(number=fact.number, price=invoice.price, open=invoice.open, until=fact.until)


def _long_overdue(i: Incident, fact: f.InvoiceLongOverdue, _now: datetime) -> Notice:
    return n.InvoiceLongOverdue(
        number=fact.number, price=_invoice(i).price, open=fact.open, due_on=_invoice(i).due_on
    )


def _paid(i: Incident, fact: f.PaymentReceived, _now: datetime) -> Notice:
    return n.PaymentReceived(
        invoice=fact.number, price=_invoice(i).price, amount=fact.amount, still_open=fact.still_open
    )


def _returned(i: Incident, fact: f.PaymentReturned, _now: datetime) -> Notice | None:
    """Where more had come in than was owed after a credit note, nothing is asked for."""
    if not fact.still_open:
        return None
    return n.PaymentReturned(number=fact.number, price=_invoice(i).price, amount=fact.amount, open=fact.still_open)


def _written_off(_i: Incident, fact: f.InvoiceWrittenOff, _now: datetime) -> Notice:
    return n.InvoiceWrittenOff(invoice=fact.number)


def _support_ended(_i: Incident, _fact: f.SupportEnded, _now: datetime) -> Notice:
    return n.SupportEnded()


def _diagnosis(i: Incident) -> Price:
    """What the diagnosis itself will be billed."""
    return i.price.share(0) if i.waived else i.price


def _quote(i: Incident, number: str) -> Quote:
    quote = i.quote_named(number)
    if quote is None:
        raise ValueError(f"no quote {number}")
    return quote


def _invoice(i: Incident) -> Invoice:
    if i.invoice is None:
        raise ValueError("no invoice yet")
    return i.invoice


def _credit(invoice: Invoice, number: str) -> Credit:
    credit = invoice.credit(number)
    if credit is None:
        raise ValueError(f"no credit note {number}")
    return credit


def _consent(i: Incident, number: int) -> Consent:
    consent = i.consent_named(number)
    if consent is None:
        raise ValueError(f"no consent {number}")
    return consent


def _consent_about(i: Incident, about: str) -> Consent | None:
    return next((consent for consent in i.consents if consent_about(consent.number) == about), None)


def _asks_leave(
    kind: type[n.ConsentRequested] | type[n.ConsentNudged], i: Incident, consent: Consent
) -> n.ConsentRequested | n.ConsentNudged:
    return kind(
        number=str(consent.number),
        acts=_acts(i, consent),
        places=consent.places,
        until=consent.until,
        why=consent.why,
        lapses_at=request_lapses_at(consent, i.terms),
    )


def _acts(i: Incident, consent: Consent) -> tuple[str, ...]:
    return tuple(_wording(i, act) for act in consent.acts)


def _granted(i: Incident, consent: Consent) -> tuple[str, ...]:
    return tuple(_wording(i, act) for act in consent.acts if act.id in consent.granted)


def _wording(i: Incident, act: f.Intervention) -> str:
    return act.fr if i.language is Language.FR else act.en


_TOLD: Mapping[type[f.Fact], Callable[..., Notice | None]] = {
    **contest_told.TOLD,
    f.IncidentOpened: _opened,
    f.AnnouncementRepeated: _announced_again,
    f.IncidentPaused: _paused,
    f.ContactProposed: _contact_proposed,
    f.ContactSettled: _contact_settled,
    f.CustomerNudged: _nudged,
    f.DiagnosisOrdered: _ordered,
    f.DecisionUndone: _undone,
    f.DecisionDisowned: _disowned,
    f.DisownedSettled: _disowned_settled,
    f.DiagnosisWaived: _waived,
    f.IncidentCancelled: _cancelled,
    f.DiagnosisStarted: _started,
    f.CustomerAsked: _asked,
    f.StaffWrote: _staff_wrote,
    f.OurFaultFound: _our_fault,
    f.ProblemSolved: _solved,
    f.LeftUnbilled: _unbilled,
    f.QuoteOffered: _offered,
    f.QuoteProlonged: _prolonged,
    f.QuoteAccepted: _accepted,
    f.QuoteDeclined: _declined,
    f.QuoteLapsed: _lapsed,
    f.QuoteCancelled: _quote_cancelled,
    f.WorkFinished: _finished,
    f.ContractWithdrawn: _withdrawn,
    f.WorkStopped: _stopped,
    f.ConsentRequested: _leave_requested,
    f.ConsentGranted: _leave_granted,
    f.ConsentRefused: _leave_refused,
    f.ConsentLapsed: _leave_lapsed,
    f.ConsentRevoked: _leave_revoked,
    f.ConsentExpired: _leave_expired,
    f.ConsentWithdrawn: _leave_withdrawn,
    f.ActRecorded: _act,
    f.InvoiceHeld: _held,
    f.PaperFiled: _filed,
    f.InvoiceReminded: _reminded,
    f.PaymentPromised: _promised,
    f.InvoiceLongOverdue: _long_overdue,
    f.PaymentReceived: _paid,
    f.PaymentReturned: _returned,
    f.InvoiceWrittenOff: _written_off,
    f.OutcomeCorrected: _corrected,
    f.SupportEnded: _support_ended,
}
