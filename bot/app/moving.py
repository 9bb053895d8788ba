"""An incident that was opened in the wrong customer's name, and goes on in one of the right customer's own."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.app import tell
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core import notices as n
from bot.core.customer import Customer
from bot.core.decide import decide
from bot.core.incident import Incident
from bot.core.lives import Support
from bot.core.refusals import Reason, Refused
from storage import Transaction, Via

_REFERENCE = re.compile(r"C-([1-9]\d{0,17})", re.ASCII | re.IGNORECASE)
_UNSUPPORTED = {Support.FORFEITED: Reason.SUPPORT_FORFEITED, Support.LIMITED: Reason.SUPPORT_LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whose it is, by reference and by address; what they read of it, in staff's words; and why, for staff."""

    customer: str
    address: str
    title: str
    text: str
    reason: str


async def move(
    desk: Desk, incident: int, actor: f.Actor, wish: Wish, now: datetime, expected: int | None = None
) -> Done | Refused:
    """Ends it for the one, and opens it for the other, in one transaction. Answers with the incident that goes on."""
    return await desk.store.run(lambda tx: _move(tx, desk, incident, actor, wish, now, expected))


def _move(
    tx: Transaction,
    desk: Desk,
    incident_id: int,
    actor: f.Actor,
    wish: Wish,
    now: datetime,
    expected: int | None,
) -> Done | Refused:
    incident = tx.incidents.load(incident_id)
    order = c.MoveIncident(actor=actor, expected=expected, to=0, reason=wish.reason)
    decided = decide(incident, order, now)
    if incident is None or isinstance(decided, Refused):
        return decided if isinstance(decided, Refused) else Refused(Reason.NOT_NOW)
    right = _right(tx, incident, wish)
    if isinstance(right, Refused):
        return right
    opened = open_incident(tx, desk, _opening(incident, right, wish, actor), now)
    if isinstance(opened, Refused):
        return opened
    ended = carry_out(
        tx, desk, incident.id, c.MoveIncident(actor=actor, to=opened.incident.id, reason=wish.reason), now
    )
    if isinstance(ended, Refused):
        raise ValueError(f"{incident.reference} could be moved, then could not: {ended.reason}")
    _tell_former(tx, desk, incident, now)
    return opened


def _right(tx: Transaction, incident: Incident, wish: Wish) -> Customer | Refused:
    """The customer with this reference, if the address is theirs too, and if they may open incidents (letter §6.7).

    Asked before anything is done: they are not mailed that they have no support because staff clicked.
    """
    named = _REFERENCE.fullmatch(wish.customer.strip())
    customer = tx.customers.load(int(named[1])) if named else None
    if customer is None or customer.id == incident.customer or customer.address != wish.address.strip().lower():
        return Refused(Reason.CUSTOMER_UNKNOWN)
    unsupported = _UNSUPPORTED.get(customer.support)
    return Refused(unsupported) if unsupported else customer


def _opening(incident: Incident, customer: Customer, wish: Wish, actor: f.Actor) -> Opening:
    """Only what staff wrote for them goes along: what stands in the other may be somebody else's."""
    said = Said(
        author=customer.address,
        text=wish.text,
        subject=wish.title,
        quoted=f"Taken down by {actor.name}",
        via=Via.SLACK,
    )
    return Opening(address=customer.address, said=said, way_in=incident.way_in, moved_from=incident.id)


def _tell_former(tx: Transaction, desk: Desk, incident: Incident, now: datetime) -> None:
    """Outside of the incident: no page of it opens any more, and an answer opens one that is theirs."""
    former = tx.customers.load(incident.customer)
    if former is not None:
        told = n.IncidentMoved(reference=incident.reference, opened_at=incident.opened_at)
        tell.tell(tx, desk, former, told, now, to=incident.contact)
