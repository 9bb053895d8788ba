"""What customers decide on a page or in chat, beyond a single command: details, fresh links, chat links."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.app import tell
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, carry_out_on_customer, note_on_customer, settle
from bot.app.offices import zone_of
from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import Customer, Details, may, vat_of
from bot.core.invoice import asked_of_customer
from bot.core.letter import ENDINGS, OPEN
from bot.core.lives import ContestState, Stage, Support
from bot.core.office import Office
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from storage import Link, Transaction

LINK_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """What the customer filled in beside the order: who they are, and how they see the problem."""

    details: Details
    way_in: f.WayIn
    order: c.OrderDiagnosis


def order_in(tx: Transaction, desk: Desk, incident_id: int, form: OrderForm, now: datetime) -> Done | Refused:
    """Keeps who the invoice would go to, the way in, and the order, together or not at all."""
    incident = tx.incidents.load(incident_id)
    if incident is None:
        return Refused(Reason.NOT_NOW)
    zone = zone_of(form.details.country, otherwise=incident.office.timezone)
    office = Office(timezone=zone, country=form.details.country)
    priced = replace(form.order, vat=vat_of(form.order.kind, form.details), office=office)
    done = carry_out(tx, desk, incident_id, priced, now)
    if isinstance(done, Refused):
        return done
    customer = tx.customers.load(incident.customer)
    authority = tx.customers.authority(customer.id, form.order.actor.name) if customer else None
    if customer is not None and may_give_details(customer, authority):
        give_details(tx, desk, customer, form.order.kind, form.details, form.order.actor, now)
    if incident.way_in is form.way_in:
        return done
    chosen = carry_out(tx, desk, incident_id, c.ChooseWayIn(actor=form.order.actor, way_in=form.way_in), now)
    return done if isinstance(chosen, Refused) else chosen


def may_give_details(customer: Customer, authority: f.Authority | None) -> bool:
    """Who the invoice goes to is changed by who may accept what it bills; any contact may fill in what is missing."""
    return authority is not None and (not customer.details.complete or may(authority, c.AcceptQuote))


def complete_details(
    tx: Transaction, desk: Desk, incident_id: int, details: Details, actor: f.Actor, now: datetime
) -> Done | Refused:
    """Who the invoice that waits goes to: it is issued at once where nothing else keeps it back."""
    incident = tx.incidents.load(incident_id)
    customer = tx.customers.load(incident.customer) if incident else None
    if incident is None or customer is None or not asked_of_customer(incident):
        return Refused(Reason.NOT_NOW)
    if not may_give_details(customer, tx.customers.authority(customer.id, actor.name)):
        return Refused(Reason.BEYOND_AUTHORITY)
    give_details(tx, desk, customer, customer.kind, details, actor, now)
    return Done(incident=tx.incidents.load(incident_id) or incident, facts=())


def give_details(
    tx: Transaction, desk: Desk, customer: Customer, kind: Kind, details: Details, actor: f.Actor, now: datetime
) -> Customer:
    """Puts name and postal address on file; the journal keeps their hash. Invoices that waited are issued."""
    if details == customer.details and kind is customer.kind:
        return customer
    digest = sha256(repr((details.name, details.postal_address, details.country)).encode()).hexdigest()
    zone = zone_of(details.country, otherwise=customer.timezone)
    changed = replace(customer, kind=kind, details=details, timezone=zone)
    after = note_on_customer(tx, changed, (f.DetailsGiven(kind=kind, sha256=digest),), actor, now)
    bill_again(tx, desk, tx.incidents.open_of(customer.id), now)
    return after


def bill_again(tx: Transaction, desk: Desk, incidents: Iterable[int], now: datetime) -> None:
    """Tries the invoices of these incidents that are held back; what keeps them may have been put right."""
    for incident in filter(None, map(tx.incidents.load, incidents)):
        if incident.stage in ENDINGS:
            settle(tx, desk, incident, f.BOT, now)


def held_back(tx: Transaction) -> list[int]:
    """The incidents whose invoice is held back."""
    return [row.id for row in tx.incidents.listing(stages=sorted(ENDINGS), limit=10_000)]


async def renew_link(desk: Desk, expired: Link, now: datetime) -> bool:
    """Sends a fresh link to the address on file, at most one an hour; False when one went less than that ago."""
    return await desk.store.run(lambda tx: _renew(tx, desk, expired, now))


def _renew(tx: Transaction, desk: Desk, expired: Link, now: datetime) -> bool:
    if expired.incident_id is None or not tx.links.use(expired.id, now, again_after=LINK_EVERY):
        return False
    incident = tx.incidents.load(expired.incident_id)
    customer = tx.customers.load(expired.customer_id)
    if incident is None or customer is None:
        return False
    told = n.LinkRenewed(purpose=n.Purpose(expired.purpose), number=expired.object)
    tell.tell(tx, desk, customer, told, now, incident=incident, to=expired.address)
    return True


async def reinstate(
    desk: Desk, incident: int, actor: f.Actor, reason: str, now: datetime, expected: int | None = None
) -> Done | Refused:
    """A manager gives support back after a contest or a long unpaid invoice (letter §6.5)."""
    return await desk.store.run(lambda tx: _reinstate(tx, desk, incident, actor, reason, now, expected))


def _reinstate(
    tx: Transaction,
    desk: Desk,
    incident_id: int,
    actor: f.Actor,
    reason: str,
    now: datetime,
    expected: int | None,
) -> Done | Refused:
    incident = tx.incidents.load(incident_id)
    customer = tx.customers.load(incident.customer) if incident else None
    if incident is None or customer is None:
        return Refused(Reason.NOT_NOW)
    if incident.contest is not None and incident.contest.state is ContestState.EFFECTIVE:
        command = c.ReverseContest(actor=actor, expected=expected, reason=reason)
        return carry_out(tx, desk, incident_id, command, now)
    after = carry_out_on_customer(tx, customer, c.ReinstateSupport(actor=actor, reason=reason), now)
    if isinstance(after, Refused):
        return after
    tell.show_card(tx, desk, incident, now)
    return Done(incident=incident, facts=())


async def close(
    desk: Desk, incident: int, actor: f.Actor, reason: str, now: datetime, expected: int | None = None
) -> Done | Refused:
    """Staff end an incident by hand: before a diagnosis it is cancelled, afterwards left unbilled or written off."""
    return await desk.store.run(lambda tx: _close(tx, desk, incident, actor, reason, now, expected))


def _close(
    tx: Transaction,
    desk: Desk,
    incident_id: int,
    actor: f.Actor,
    reason: str,
    now: datetime,
    expected: int | None,
) -> Done | Refused:
    incident = tx.incidents.load(incident_id)
    if incident is None or incident.stage not in OPEN:
        return Refused(Reason.NOT_NOW)
    closing = replace(_closing(incident.stage, actor, reason), expected=expected)
    return carry_out(tx, desk, incident_id, closing, now)


def _closing(stage: Stage, actor: f.Actor, reason: str) -> c.Command:
    match stage:
        case Stage.DIAGNOSING:
            return c.ConcludeDiagnosis(actor=actor, outcome=f.Outcome.INCONCLUSIVE, report=reason)
        case Stage.QUOTED:
            return c.CancelQuote(actor=actor, reason=reason)
        case Stage.WORKING:
            return c.StopWork(actor=actor, reason=reason)
        case Stage.REPAIRING:
            return c.FinishWork(actor=actor, report=reason)
        case Stage.INVOICED:
            return c.WriteOff(actor=actor, reason=reason)
        case _:
            return c.CancelIncident(actor=actor, reason=reason)


def refuse_support(tx: Transaction, desk: Desk, customer: Customer, now: datetime) -> bool:
    """The one polite answer to a customer without entitlement, at most once a day (letter §6.7)."""
    name = f"support_unavailable:{customer.reference}"
    last = tx.setting(name)
    if last is not None and datetime.fromisoformat(last) > now - timedelta(days=1):
        return False
    tx.keep_setting(name, now.isoformat())
    overdue = next((row.number for row in tx.money.open_of(customer.id)), "")
    told = n.SupportUnavailable(
        support=customer.support, invoice=overdue if customer.support is Support.LIMITED else ""
    )
    tell.tell(tx, desk, customer, told, now)
    return True
