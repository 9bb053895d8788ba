"""A customer and their entitlement to support (letter §6); hosting is in none of this."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import commands as c
from bot.core import facts as f
from bot.core.letter import MAY, SUPPORT_FOLLOWS
from bot.core.lives import Support
from bot.core.money import Vat
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Who an invoice is made out to; empty where not on file."""

    name: str = ""
    postal_address: str = ""
    country: str = "FR"
    vat_number: str = ""
    siren: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.name.strip() and self.postal_address.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer on file. `address` is where they are written to; `seq` counts their journal's facts.

    `courtesy`: they are reminded of what is not due yet.
    """

    id: int
    kind: Kind
    language: f.Language
    address: str
    details: Details
    support: Support = Support.FULL
    timezone: str = "Europe/Paris"
    slack_team: str = ""
    slack_user: str = ""
    courtesy: bool = True
    seq: int = 0

    @property
    def reference(self) -> str:
        return f"C-{self.id}"

    @property
    def name(self) -> str:
        """How to call them: the name on file, else their address."""
        return self.details.name or self.address


HOME = "FR"
UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT"}
    | {"LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
"""The member states, Greece under both of its codes."""


def vat_of(kind: Kind, details: Details) -> Vat:
    """Consumers and businesses at home pay VAT, as do businesses of the Union that give no number of their own."""
    if kind is Kind.CONSUMER or details.country == HOME:
        return Vat.STANDARD
    if details.country not in UNION:
        return Vat.OUTSIDE
    abroad = details.vat_number[:2].upper() in UNION - {HOME}
    return Vat.REVERSE_CHARGE if abroad else Vat.STANDARD


def may(authority: f.Authority | None, order: type[c.Command]) -> bool:
    """Whether a contact with this authority may order this; None is nobody's contact, who may nothing."""
    return authority is not None and order in MAY[authority]


def decide_customer(customer: Customer, command: c.Command, _now: datetime) -> tuple[f.Fact, ...] | Refused:
    """What an order to the customer's record leads to. Only what the letter's tables say takes support away."""
    match command:
        case c.ForfeitSupport() | c.LimitSupport() if command.actor.role is not f.Role.BOT:
            return Refused(Reason.NOT_ALLOWED)
        case c.ForfeitSupport(incident=incident, invoice=invoice):
            return _if_follows(customer, f.SupportForfeited(incident=incident, invoice=invoice))
        case c.LimitSupport(invoice=invoice):
            return _if_follows(customer, f.SupportLimited(invoice=invoice))
        case c.ReinstateSupport(reason=reason):
            if command.actor.role not in {f.Role.MANAGER, f.Role.BOT}:
                return Refused(Reason.NOT_ALLOWED)
            if not reason.strip():
                return Refused(Reason.REASON_MISSING)
            return _if_follows(customer, f.SupportReinstated(reason=reason))
        case c.StopCourtesy():
            return (f.CourtesyStopped(),) if customer.courtesy else Refused(Reason.ALREADY)
        case c.ResumeCourtesy():
            return Refused(Reason.ALREADY) if customer.courtesy else (f.CourtesyResumed(),)
        case _:
            return Refused(Reason.NOT_ALLOWED)


def apply_customer(customer: Customer, fact: f.Fact) -> Customer:
    """The customer after one more fact of their own."""
    support = SUPPORT_FOLLOWS[customer.support].get(type(fact), customer.support)
    customer = replace(customer, support=support, seq=customer.seq + 1)
    if isinstance(fact, f.CourtesyStopped | f.CourtesyResumed):
        return replace(customer, courtesy=isinstance(fact, f.CourtesyResumed))
    if isinstance(fact, f.ChatLinked):
        return replace(customer, slack_team=fact.team, slack_user=fact.user)
    return customer


def _if_follows(customer: Customer, fact: f.Fact) -> tuple[f.Fact, ...] | Refused:
    if type(fact) in SUPPORT_FOLLOWS[customer.support]:
        return (fact,)
    return Refused(Reason.ALREADY)
