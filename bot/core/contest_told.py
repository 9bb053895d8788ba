"""What a customer is told of a contest: what confirming means, and what it came to."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from bot.core import facts as f
from bot.core import notices as n
from bot.core.contest import contested_part
from bot.core.incident import Incident, Invoice
from bot.core.money import Money, Price
from bot.core.notices import Notice
from bot.core.part import rest


def _said(i: Incident, _fact: f.ContestSaid, now: datetime) -> Notice:
    invoice = _invoice(i)
    until = i.terms.day_of(now + timedelta(days=i.terms.contest_confirm_days))
    part = contested_part(i)
    if part is None or not (i.contest and i.contest.lines):
        return n.ContestSaid(
            number=invoice.number, price=invoice.price, open=invoice.open, until=until, lost=_has_lost(i)
        )
    return n.ContestSaid(
        number=invoice.number,
        price=invoice.price,
        open=invoice.open,
        until=until,
        part=tuple(line.label for line in part.lines),
        contested=part.price,
        rest=rest(invoice, part),
        lost=_has_lost(i),
    )


def _withdrawn(i: Incident, _fact: f.ContestWithdrawn, _now: datetime) -> Notice:
    invoice = _invoice(i)
    return n.ContestWithdrawn(number=invoice.number, price=invoice.price, open=invoice.open, lost=_has_lost(i))


def _lapsed(i: Incident, _fact: f.ContestLapsed, _now: datetime) -> Notice:
    invoice = _invoice(i)
    return n.ContestLapsed(number=invoice.number, price=invoice.price, open=invoice.open, lost=_has_lost(i))


def _conceded(i: Incident, fact: f.ContestConceded, _now: datetime) -> Notice:
    credited, rest_of, due_on = _after_part(_invoice(i))
    return n.ContestConceded(
        invoice=_invoice(i).number,
        reason=fact.reason,
        credited=credited,
        rest=rest_of,
        due_on=due_on,
        lost=_has_lost(i),
    )


def _confirmed(i: Incident, _fact: f.ContestConfirmed, _now: datetime) -> Notice:
    credited, rest_of, due_on = _after_part(_invoice(i))
    return n.ContestConfirmed(invoice=_invoice(i).number, credited=credited, rest=rest_of, due_on=due_on)


def _after_part(invoice: Invoice) -> tuple[Price | None, Money | None, date | None]:
    """What the last credit note took back of an invoice that stays, what of it is to be paid, and by when."""
    if not invoice.owed:
        return None, None, None
    return invoice.credits[-1].price, invoice.open or None, invoice.due_on if invoice.open else None


def _reversed(_i: Incident, fact: f.ContestReversed, _now: datetime) -> Notice:
    return n.ContestReversed(reason=fact.reason)


def _has_lost(i: Incident) -> bool:
    return i.contest is not None and i.contest.lost


def _invoice(i: Incident) -> Invoice:
    if i.invoice is None:
        raise ValueError("no invoice yet")
    return i.invoice


TOLD: Mapping[type[f.Fact], Callable[..., Notice]] = {
    f.ContestSaid: _said,
    f.ContestWithdrawn: _withdrawn,
    f.ContestLapsed: _lapsed,
    f.ContestConceded: _conceded,
    f.ContestConfirmed: _confirmed,
    f.ContestReversed: _reversed,
}
