"""How much leaves by itself: two robots must not talk for ever, nor forged mails make us write to their victims."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import proof
from bot.app.proof import Level
from bot.core.customer import Customer
from bot.core.incident import Incident
from bot.core.notices import ANNOUNCEMENT, NOTICES, Notice
from storage import Transaction

LIMITED = tuple(name for name, notice in NOTICES.items() if notice.LIMITED)
HOUR = timedelta(hours=1)
_KEPT = timedelta(days=2)  # longer than the longest window that is counted
_COUNTERS = "pace:"
# What vouches for the author, each with a counter of its own: the domain, a server that others share, or, where the
# words came by no mail, the chat, the site or the staff through whom they did. Forged mails use up none of these.
_VOUCHED = {Level.STRONG: "proven", Level.WEAK: "server", None: "door"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """At most so many mails that nobody decided on. An hour here is the clock's, a day is UTC's.

    `answers` for one incident within sixty minutes. Announcements to one address: `known` an hour where a customer's
    name is on file and more than that vouches for the author, else `stranger` an hour and `stranger_day` a day; what
    is forged in a name is counted apart from what is proven to be of it. To strangers without a signature of their
    domain: `domain` an hour in one domain, and where not even the server that sent it fits, `unproven` an hour and
    `unproven_day` a day for the whole desk: a flood of forged mails makes us write to so many of its victims.
    `newcomers` a day that one customer is asked about; about the same one in the same incident never again.
    """

    answers: int = 3
    known: int = 20
    stranger: int = 10
    stranger_day: int = 40
    domain: int = 400
    unproven: int = 10_000
    unproven_day: int = 50_000
    newcomers: int = 5


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Held:
    """Why a notice does not leave; `news` where staff have not been told so within the hour."""

    why: str
    news: bool = True


def held(
    tx: Transaction, limits: Limits, customer: Customer, told: Notice, incident: Incident | None, now: datetime
) -> Held | None:
    """Why this notice must not leave by mail now; None when it may. It is counted in this transaction."""
    if not told.LIMITED or incident is None:
        return None
    if incident.lost is not None:
        return Held(f"mail to {incident.lost.address} comes back")
    if told.ROUTINE and tx.customers.has_complained(customer.address):
        return Held(f"mail to {customer.address} was reported as abuse: no nudges until they write")
    if told.name() == ANNOUNCEMENT:
        return _announced_enough(tx, limits, customer, incident, now)
    sent, kept_back = tx.messages.sent_since(incident.id, LIMITED, now - HOUR)
    if sent < limits.answers:
        return None
    why = f"{sent} automatic mails within an hour; the other side may be a robot"
    return Held(why, news=kept_back == 0)


def may_ask_about_newcomer(tx: Transaction, limits: Limits, customer: int, now: datetime) -> bool:
    """Whether this customer may be asked once more today who somebody is. It is counted in this transaction."""
    name = f"{_COUNTERS}{now:%Y-%m-%d}:newcomers:{customer}"
    return tx.count((name,))[name] <= limits.newcomers


def _announced_enough(
    tx: Transaction, limits: Limits, customer: Customer, incident: Incident, now: datetime
) -> Held | None:
    hour, day = f"{_COUNTERS}{now:%Y-%m-%dT%H}", f"{_COUNTERS}{now:%Y-%m-%d}"
    address, level = customer.address, _level(tx, incident)
    known = customer.details.complete
    counter = f"{_VOUCHED.get(level, 'address')}:{address}"
    if known and level in _VOUCHED:
        most = {f"{hour}:{counter}": limits.known}
    else:
        most = {f"{hour}:{counter}": limits.stranger, f"{day}:{counter}": limits.stranger_day}
    if not known and level is not Level.STRONG:
        most[f"{hour}:domain:{address.rpartition('@')[2]}"] = limits.domain
    if not known and level not in {Level.STRONG, Level.WEAK}:
        most |= {f"{hour}:unproven": limits.unproven, f"{day}:unproven": limits.unproven_day}
    counted = tx.count(tuple(most))
    if counted.get(f"{hour}:unproven") == 1:
        tx.forget_counts(_COUNTERS, f"{_COUNTERS}{now - _KEPT:%Y-%m-%d}")
    over = next((name for name in most if counted[name] > most[name]), None)
    return Held(_said(over.removeprefix(_COUNTERS), most[over])) if over else None


def _level(tx: Transaction, incident: Incident) -> Level | None:
    """How sure the author is of the mail it opened with; None where no mail opened it."""
    first = next(iter(tx.messages.of_incident(incident.id)), None)
    found = proof.decode(first.proof) if first else None
    return found.level if found else None


def _said(counter: str, most: int) -> str:
    window, _, *which = counter.split(":", 2)
    whom = which[0] if which else "strangers who proved nothing"
    return f"more than {most} incidents were opened for {whom} this {'hour' if 'T' in window else 'day'}"
