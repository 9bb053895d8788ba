"""What a numbered paper says, taken from its incident: before it is printed, and before it has its number at all."""

from dataclasses import replace
from datetime import datetime

from bot.core.customer import Customer
from bot.core.incident import Incident, Invoice, Quote
from bot.papers import Paper, PaperKind, Party
from bot.words import Provider


def compose(provider: Provider, incident: Incident, customer: Customer, number: str, now: datetime) -> Paper | None:
    """What the document with this number says; None where the incident has none such."""
    quote, invoice = incident.quote_named(number), incident.invoice_named(number)
    if quote is not None:
        return _quote(provider, incident, customer, quote, now)
    if invoice is not None and number == invoice.number:
        return _invoice(provider, incident, customer, invoice)
    credit = invoice.credit(number) if invoice else None
    if invoice is not None and credit is not None:
        return replace(
            _invoice(provider, incident, customer, invoice),
            kind=PaperKind.CREDIT_NOTE,
            number=number,
            issued_on=credit.issued_on,
            lines=credit.lines,
            price=credit.price,
            due_on=None,
            about=invoice.number,
            about_issued_on=invoice.issued_on,
        )
    return None


def seller(provider: Provider) -> Party:
    """The provider as a party to a paper."""
    return Party(
        name=provider.name,
        legal_name=provider.legal_name,
        address=provider.address,
        email=provider.email,
        siren=provider.siren,
        vat_number=provider.vat_number,
        iban=provider.iban,
        bic=provider.bic,
    )


def _quote(provider: Provider, incident: Incident, customer: Customer, quote: Quote, now: datetime) -> Paper:
    return Paper(
        kind=PaperKind.QUOTE,
        number=quote.number,
        language=incident.language,
        customer_kind=incident.kind,
        seller=seller(provider),
        buyer=_buyer(customer),
        reference=incident.reference,
        title=incident.title,
        issued_on=incident.terms.day_of(now),
        lines=quote.lines,
        price=quote.price,
        vat=incident.vat,
        valid_until=quote.valid_until,
        report=incident.report,
        note=quote.note,
        mediator=provider.mediator,
        withdrawal_days=incident.terms.withdrawal_days,
    )


def _invoice(provider: Provider, incident: Incident, customer: Customer, invoice: Invoice) -> Paper:
    """A clock that was put back must not make a service end before it began."""
    started = incident.terms.day_of(incident.started_at) if incident.started_at else None
    return Paper(
        kind=PaperKind.INVOICE,
        number=invoice.number,
        language=incident.language,
        customer_kind=incident.kind,
        seller=seller(provider),
        buyer=_buyer(customer),
        reference=incident.reference,
        title=incident.title,
        issued_on=invoice.issued_on,
        lines=invoice.lines,
        price=invoice.price,
        vat=incident.vat,
        due_on=invoice.printed_due_on or invoice.due_on,
        served_from=started,
        served_until=max(started, invoice.issued_on) if started else invoice.issued_on,
        mediator=provider.mediator,
    )


def _buyer(customer: Customer) -> Party:
    details = customer.details
    return Party(
        name=details.name or customer.address,
        address=details.postal_address,
        email=customer.address,
        siren=details.siren,
        vat_number=details.vat_number,
        country=details.country,
    )
