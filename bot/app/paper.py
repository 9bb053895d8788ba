"""Printing what was numbered: rendered once, frozen, hashed, filed, and only then sent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from bot.app.deliver import Delivered, Delivery, Failed
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import PrintPaper, decode
from bot.app.read import Case, read_case
from bot.core import commands as c
from bot.core.facts import BOT
from bot.core.incident import Invoice, Quote
from bot.core.lives import QuoteState
from bot.papers import Paper, PaperKind, Party, ubl
from bot.words import Provider
from storage import Document, Job, Transaction

PDF = "application/pdf"
Print = Callable[[Paper], Awaitable[bytes]]


async def print_paper(desk: Desk, printer: Print, job: Job, now: datetime) -> Delivery:
    """Renders a numbered document off the event loop; filing it lets the notice leave."""
    order = decode(PrintPaper, job.payload)
    case = await desk.store.read(lambda tx: read_case(tx, order.incident))
    if case is None:
        return Failed(f"no incident {order.incident}")
    quote = case.incident.quote_named(order.number)
    if quote is not None and quote.state is not QuoteState.DRAFT:
        return Delivered("replaced before it was printed")
    paper = compose(desk, case, order.number, now)
    if paper is None:
        return Failed(f"{order.number} is not a document of {case.row.reference}")
    content = await printer(paper)
    return Delivered("printed", then=lambda tx: _file(tx, desk, order, paper, content, now))


def _file(tx: Transaction, desk: Desk, order: PrintPaper, paper: Paper, content: bytes, now: datetime) -> None:
    sha256 = tx.blobs.keep(content)
    tx.blobs.file(
        Document(
            number=order.number,
            kind="pdf",
            incident_id=order.incident,
            sha256=sha256,
            media_type=PDF,
            created_at=now,
        )
    )
    if paper.kind is not PaperKind.QUOTE:
        file_ubl(tx, order.incident, paper, now)
    command: c.Command = c.FilePaper(actor=BOT, number=order.number, document_sha256=sha256)
    if paper.kind is PaperKind.QUOTE:
        command = c.OfferQuote(actor=BOT, number=order.number, document_sha256=sha256)
    carry_out(tx, desk, order.incident, command, now)


def file_ubl(tx: Transaction, incident_id: int, paper: Paper, now: datetime) -> bytes:
    """Freezes a bill's data in its other syntax beside the PDF, which carries the first."""
    content = ubl(paper)
    tx.blobs.file(
        Document(
            number=paper.number,
            kind="ubl",
            incident_id=incident_id,
            sha256=tx.blobs.keep(content),
            media_type="application/xml",
            created_at=now,
        )
    )
    return content


def compose(desk: Desk, case: Case, number: str, now: datetime) -> Paper | None:
    """What the document with this number says; None where the incident has none such."""
    incident = case.incident
    quote, invoice = incident.quote_named(number), incident.invoice
    if quote is not None:
        return _quote(desk, case, quote, now)
    if invoice is not None and number == invoice.number:
        return _invoice(desk, case, invoice)
    if invoice is not None and number == invoice.credit_note:
        return replace(
            _invoice(desk, case, invoice),
            kind=PaperKind.CREDIT_NOTE,
            number=number,
            issued_on=invoice.credited_on or invoice.issued_on,
            due_on=None,
            about=invoice.number,
            about_issued_on=invoice.issued_on,
        )
    return None


def _quote(desk: Desk, case: Case, quote: Quote, now: datetime) -> Paper:
    incident = case.incident
    return Paper(
        kind=PaperKind.QUOTE,
        number=quote.number,
        language=incident.language,
        customer_kind=incident.kind,
        seller=_seller(desk.provider),
        buyer=_buyer(case),
        reference=incident.reference,
        title=incident.title,
        issued_on=incident.terms.day_of(now),
        lines=quote.lines,
        price=quote.price,
        vat=incident.vat,
        valid_until=quote.valid_until,
        report=incident.report,
        note=quote.note,
        mediator=desk.provider.mediator,
        withdrawal_days=incident.terms.withdrawal_days,
    )


def _invoice(desk: Desk, case: Case, invoice: Invoice) -> Paper:
    incident = case.incident
    started = incident.terms.day_of(incident.started_at) if incident.started_at else None
    return Paper(
        kind=PaperKind.INVOICE,
        number=invoice.number,
        language=incident.language,
        customer_kind=incident.kind,
        seller=_seller(desk.provider),
        buyer=_buyer(case),
        reference=incident.reference,
        title=incident.title,
        issued_on=invoice.issued_on,
        lines=invoice.lines,
        price=invoice.price,
        vat=incident.vat,
        due_on=invoice.due_on,
        served_from=started,
        served_until=invoice.issued_on,
        mediator=desk.provider.mediator,
    )


def _seller(provider: Provider) -> Party:
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


def _buyer(case: Case) -> Party:
    details = case.customer.details
    return Party(
        name=details.name or case.customer.address,
        address=details.postal_address,
        email=case.customer.address,
        siren=details.siren,
        vat_number=details.vat_number,
        country=details.country,
    )
