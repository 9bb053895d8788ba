"""What is owed at the end, as the invoice that would say so: looked over before it has a number."""

from dataclasses import replace
from datetime import datetime

from bot.app.compose import compose, seller
from bot.app.desk import Desk
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.decide import decide
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.refusals import Refused
from bot.core.terms import Terms
from bot.papers.gate import FAULTS, faults, seller_faults
from bot.words import Provider


def settlement(
    desk: Desk, incident: Incident, customer: Customer, number: str, actor: f.Actor, now: datetime
) -> c.Settle:
    """The order that bills this ending or closes it, with what is wrong with the invoice under such a number."""
    label = desk.words.phrase
    order = c.Settle(
        actor=actor,
        number=number,
        diagnosis_label=label("line_diagnosis", incident.language, reference=incident.reference),
        part_label=label("line_part_of_work", incident.language, reference=incident.reference),
    )
    return replace(order, number="", faults=_faults(desk, incident, customer, order, now))


def provider_faults(provider: Provider, terms: Terms) -> tuple[str, ...]:
    """What in the settings would keep every invoice back, each with what to do."""
    charges = terms.vat_rate > 0 and not provider.vat_number
    names = (*seller_faults(seller(provider)), *(("vat_without_number",) if charges else ()))
    return tuple(FAULTS[name] for name in names)


def _faults(desk: Desk, incident: Incident, customer: Customer, order: c.Settle, now: datetime) -> tuple[str, ...]:
    """Deciding is pure: the invoice is issued here, and nowhere else, to be read."""
    decided = decide(incident, order, now)
    if isinstance(decided, Refused):
        return ()
    for fact in decided:
        incident = apply(incident, fact, now)
    paper = compose(desk.provider, incident, customer, order.number, now)
    return faults(paper) if paper is not None else ()
