"""What each kind of link shows: the template, and what it is filled with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.app.cards import may_pay_by_card
from bot.app.proof import decode
from bot.channels.web.choices import Opened, offered, pending, quote_shown
from bot.channels.web.forms import Who, countries, on_file
from bot.channels.web.history import history
from bot.channels.web.original import shown
from bot.channels.web.seals import Shown, wording_sha256
from bot.core.contest import contested_part
from bot.core.incident import Consent, Incident, Invoice
from bot.core.invoice import asked_of_customer, dues, price_owed
from bot.core.lives import ConsentState, QuoteState
from bot.core.money import Money, Price
from bot.core.notices import Purpose
from bot.core.part import left, rest
from bot.core.withdrawal import withdrawal_end
from bot.figures import creditor_reference
from bot.papers.transfer import code, payload
from bot.words import Provider, Words, trusted
from storage import Document, KeptAttachment, Message

HERE = "<!--here-->"
"""Where a page's own address goes when it is sent: the wording that is kept as evidence holds no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page before it is rendered; `replaced` says that what its link was mailed for gave way to something newer."""

    template: str
    values: Mapping[str, object]
    number: str = ""
    document_sha256: str = ""
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a page says beyond its wording, after a form that could not be carried out."""

    banner: str = ""
    refusal: str = ""
    problems: tuple[str, ...] = ()
    typed: Mapping[str, object] = field(default_factory=dict)


NOTHING_SAID = Said()


def page(provider: Provider, opened: Opened) -> Page | None:
    """What this link shows now; None where what it was about does not exist."""
    return _PAGES[opened.purpose](provider, opened)


def render(words: Words, opened: Opened, shown: Page, stylesheet: str, said: Said = NOTHING_SAID) -> str:
    """The page as HTML, its forms not sealed yet. Without `said` it is the wording that decisions refer to."""
    language = opened.incident.language
    values = {
        "timezone": opened.incident.terms.timezone,
        "stylesheet": stylesheet,
        "incident": opened.incident,
        "customer": opened.case.customer,
        "address": masked(opened.link.address),
        "choices": offered(opened),
        "here": HERE,
        "now": opened.now,
        **shown.values,
        **said.typed,
        "banner": said.banner,
        "refusal": said.refusal,
        "problems": said.problems,
    }
    return words.page(f"{language}/{shown.template}", language, **values)


def render_expired(words: Words, opened: Opened, stylesheet: str, *, sent: bool = False) -> str:
    """The page of a link past its end: how to get a fresh one, or that it is on its way."""
    language = opened.incident.language
    return words.page(
        f"{language}/expired",
        language,
        timezone=opened.incident.terms.timezone,
        stylesheet=stylesheet,
        incident=opened.incident,
        link=opened.link,
        address=masked(opened.link.address if opened.authority else opened.case.customer.address),
        sent=sent,
    )


def render_original(
    words: Words, opened: Opened, here: str, message: Message, files: Sequence[KeptAttachment], written: str
) -> str:
    """The page below `here` that shows a mail as it was sent, its own pictures in their places.

    Nothing is put into it afterwards: what strangers wrote must not name the place of a token.
    """
    language = opened.incident.language
    pictures = {file.cid: f"../file/{file.id}" for file in reversed(files) if file.cid}
    body = shown(written, pictures, words.phrase("mail.absent_picture", language))
    return words.page(
        f"{language}/mail",
        language,
        timezone=opened.incident.terms.timezone,
        incident=opened.incident,
        here=here,
        message=message,
        absent=body.absent if body else 0,
        body=trusted(body.html) if body else "",
    )


def what_is_shown(opened: Opened, shown: Page, wording: str) -> Shown:
    """What this page's forms carry."""
    return Shown(
        at=opened.now,
        wording_sha256=wording_sha256(wording),
        number=shown.number,
        document_sha256=shown.document_sha256,
    )


def masked(address: str) -> str:
    """Enough of an address for its owner to know it: `b•••@clientsa.fr`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _order(_provider: Provider, opened: Opened) -> Page:
    return Page(template="order", values=order_values(opened, on_file(opened.case.customer, opened.incident.way_in)))


def order_values(opened: Opened, filled: Who) -> dict[str, object]:
    """The order page with its form filled in like this."""
    terms = opened.incident.terms
    price = terms.price_at(opened.now)
    return {
        "price": price,
        "usual": terms.usual_price,
        "free_until": terms.offer_until if not price.net else None,
        "who": filled,
        "countries": countries(opened.incident.language),
    }


def _quote(_provider: Provider, opened: Opened) -> Page | None:
    mailed = opened.incident.quote_named(opened.link.object)
    quote = opened.incident.quote_named(quote_shown(opened))
    if mailed is None or quote is None:
        return None
    values = {
        "quote": quote,
        "mailed": mailed,
        "document": _pdf(opened, quote.number),
        "diagnosis": _diagnosis(opened.incident),
        "consent": pending(opened.incident),
        "expired": opened.now > opened.incident.terms.end_of(quote.valid_until),
        "ticked": (),
        "renewal": opened.incident.renewal_of(quote.number),
    }
    return Page(
        template="quote",
        values=values,
        number=quote.number,
        document_sha256=quote.document_sha256,
        replaced=quote is not mailed and quote.state is QuoteState.SENT,
    )


def _consent(_provider: Provider, opened: Opened) -> Page | None:
    number = opened.link.object
    consent = opened.incident.consent_named(int(number)) if number.isdecimal() else None
    if consent is None:
        return None
    newer = next((leave for leave in opened.incident.consents if leave.number > consent.number), None)
    return Page(template="consent", values={"consent": consent, "newer": newer}, number=number)


def _invoice(provider: Provider, opened: Opened) -> Page | None:
    invoice = opened.incident.invoice_named(opened.link.object)
    if invoice is None:
        return None
    return Page(template="invoice", values=_invoice_values(provider, opened, invoice), number=invoice.number)


def _invoice_values(provider: Provider, opened: Opened, invoice: Invoice) -> dict[str, object]:
    scanned = payload(
        name=provider.legal_name or provider.name,
        iban=provider.iban,
        bic=provider.bic,
        amount=invoice.open,
        number=invoice.number,
    )
    today = opened.incident.terms.day_of(opened.now)
    part = contested_part(opened.incident) if invoice is opened.incident.invoice else None
    return {
        "invoice": invoice,
        "document": _pdf(opened, invoice.number),
        "credit_notes": tuple(filter(None, (_pdf(opened, credit.number) for credit in invoice.credits))),
        "lines_left": _lines_left(invoice),
        "part": part,
        "rest": rest(invoice, part) if part else None,
        "reference": creditor_reference(invoice.number),
        "code": code(scanned).svg_inline(border=4, light="#fff", omitsize=True) if scanned else "",
        "by_card": provider.cards and may_pay_by_card(opened.incident, invoice.number),
        "today": today,
        "promise_last": today + timedelta(days=opened.incident.terms.promise_days),
        "overdue": bool(invoice.open) and today > invoice.due_on,
        "reason": "",
    }


def _lines_left(invoice: Invoice | None) -> tuple[tuple[int, str, Money], ...]:
    """What can be contested, line by line: its number on the invoice, its label, and what of it is left, net."""
    if invoice is None:
        return ()
    return tuple((at, invoice.lines[at - 1].label, net) for at, net in left(invoice).items())


def _contest(provider: Provider, opened: Opened) -> Page | None:
    invoice = opened.incident.invoice
    if invoice is None or opened.link.object != invoice.number:
        return _invoice(provider, opened)
    return Page(template="contest", values=_invoice_values(provider, opened, invoice), number=invoice.number)


def _contact(_provider: Provider, opened: Opened) -> Page | None:
    newcomer = opened.incident.newcomer(opened.link.object)
    if newcomer is None:
        return None
    message = next((one for one in opened.case.messages if str(one.id) == newcomer.message), None)
    found = decode(message.proof) if message else None
    values = {"newcomer": newcomer, "message": message, "proven": found is not None and found.strong}
    return Page(template="contact", values=values)


def _incident(provider: Provider, opened: Opened) -> Page:
    incident = opened.incident
    bill = _invoice_values(provider, opened, incident.invoice) if incident.invoice else {}
    values = {
        **bill,
        "events": history(opened.case),
        "documents": tuple(_documents(opened)),
        "diagnosis": _diagnosis(incident),
        "accepted": incident.accepted,
        "offered_quote": next((quote for quote in incident.quotes if quote.state is QuoteState.SENT), None),
        "dues": dues(incident),
        "live": tuple(_live(opened)),
        "withdraws_until": withdrawal_end(incident, incident.accepted) if incident.accepted else None,
        "asked": pending(incident),
        "owed": price_owed(incident),
        "missing": asked_of_customer(incident),
        "who": on_file(opened.case.customer, incident.way_in),
        "countries": countries(incident.language),
        "lines_left": _lines_left(incident.invoice),
        "reason": "",
    }
    return Page(template="incident", values=values)


def _courtesy(_provider: Provider, _opened: Opened) -> Page:
    return Page(template="courtesy", values={})


def _live(opened: Opened) -> list[Consent]:
    return [
        leave
        for leave in opened.incident.consents
        if leave.state is ConsentState.GRANTED and opened.now < leave.until
    ]


def _diagnosis(incident: Incident) -> Price | None:
    """What the diagnosis is billed at; None where staff waived it."""
    return None if incident.waived else incident.price


def _documents(opened: Opened) -> list[Document]:
    return [document for document in opened.case.documents if _may_read(opened, document)]


def _pdf(opened: Opened, number: str) -> Document | None:
    pdfs = (document for document in opened.case.documents if document.kind == "pdf")
    return next((document for document in pdfs if document.number == number), None)


READ_ON = frozenset({Purpose.QUOTE, Purpose.INVOICE, Purpose.CONTEST, Purpose.INCIDENT})
"""The links that open documents."""


def readable(opened: Opened, number: str) -> Document | None:
    """The document with this number, where this link opens it."""
    found = _pdf(opened, number)
    return found if found and _may_read(opened, found) else None


def _may_read(opened: Opened, document: Document) -> bool:
    """A document already sent, on the pages of its own kind."""
    incident = opened.incident
    if document.kind != "pdf":
        return False
    quote = incident.quote_named(document.number)
    if quote is not None:
        return quote.offered_at is not None and opened.purpose in {Purpose.QUOTE, Purpose.INCIDENT}
    billed = incident.invoice_named(document.number)
    return billed is not None and opened.purpose in {Purpose.INVOICE, Purpose.CONTEST, Purpose.INCIDENT}


_PAGES: Mapping[Purpose, Callable[[Provider, Opened], Page | None]] = {
    Purpose.ORDER: _order,
    Purpose.QUOTE: _quote,
    Purpose.CONSENT: _consent,
    Purpose.INVOICE: _invoice,
    Purpose.CONTEST: _contest,
    Purpose.CONTACT: _contact,
    Purpose.COURTESY: _courtesy,
    Purpose.INCIDENT: _incident,
}
