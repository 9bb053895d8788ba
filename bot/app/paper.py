"""Printing what was numbered: rendered once, frozen, hashed, filed, and only then sent."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.app.compose import compose
from bot.app.deliver import Delivered, Delivery, Failed
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import PrintPaper, decode
from bot.app.read import read_case
from bot.core import commands as c
from bot.core.facts import BOT
from bot.core.lives import QuoteState
from bot.papers import Paper, PaperKind, ubl
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
    paper = compose(desk.provider, case.incident, case.customer, order.number, now)
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
