"""What a tap in Gmail decides behind a link: what its page's one button would, at the price the tap named."""

from aiohttp import web

from bot.app.desk import Desk
from bot.app.tap import CHOICES, may_tap, tap
from bot.channels.web.choices import Click, Decision, Opened, choose
from bot.channels.web.forms import Form
from bot.channels.web.seals import Shown, wording_sha256
from bot.core.facts import Evidence
from bot.core.notices import Purpose
from bot.core.refusals import Reason, Refused

TAPPED = frozenset(CHOICES)
"""The links that a tap can stand behind."""
AGENT_LENGTH = 400


def tapped(desk: Desk, opened: Opened, request: web.Request) -> tuple[Decision, str] | Refused:
    """The decision, and the words it was taken under; or why none can be taken like this.

    Whether it is done already, or still possible, is for the core to say, as for any click.
    """
    incident, customer, language = opened.incident, opened.case.customer, opened.incident.language
    quote = incident.quote_named(opened.link.object)
    price = quote.price if quote else incident.price
    if not may_tap(incident, customer) or not price.net or (opened.purpose is Purpose.QUOTE) != (quote is not None):
        return Refused(Reason.NOT_ALLOWED)
    if quote is None and incident.ordered_at is None and price != incident.terms.price_at(opened.now):
        return Refused(Reason.PRICE_CHANGED)
    wording = tap(desk.words, language, opened.purpose, opened.link.object, price).wording
    shown = Shown(
        at=opened.now,
        wording_sha256=wording_sha256(wording),
        number=quote.number if quote else "",
        document_sha256=quote.document_sha256 if quote else "",
    )
    click = Click(form=_on_file(opened), shown=shown, evidence=_evidence(opened, shown, request))
    decision = choose(opened, CHOICES[opened.purpose], click)
    return (decision, wording) if isinstance(decision, Decision) else Refused(Reason.NOT_ALLOWED)


def _on_file(opened: Opened) -> Form:
    """The order's form as the customer's file fills it in."""
    details = opened.case.customer.details
    return Form(
        {
            "name": (details.name,),
            "postal_address": (details.postal_address,),
            "country": (details.country,),
            "vat_number": (details.vat_number,),
            "siren": (details.siren,),
            "kind": (opened.incident.kind,),
            "way_in": (opened.incident.way_in,),
        }
    )


def _evidence(opened: Opened, shown: Shown, request: web.Request) -> Evidence:
    """Whoever reads that mailbox in Gmail; Google does not say more."""
    return Evidence(
        method="gmail",
        who=opened.link.address,
        link=opened.link.id,
        wording_sha256=shown.wording_sha256,
        document_sha256=shown.document_sha256,
        ip=request.remote or "",
        agent=request.headers.get("User-Agent", "")[:AGENT_LENGTH],
    )
