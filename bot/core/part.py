"""A part of an invoice: some of its lines, or less of them. What a contest is about and a credit note takes back."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bot.core import facts as f
from bot.core.incident import Credit, Invoice
from bot.core.money import Line, Money, Price, Taxed, spread, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a credit note would take back: of which lines of the invoice, counted from 1, and its own lines for them.

    `dropped`: cents that the rounding of VAT leaves open once every line is taken back; no credit note can say them.
    """

    of: tuple[int, ...]
    lines: tuple[Line, ...]
    price: Price
    dropped: Money


def left(invoice: Invoice) -> Mapping[int, Money]:
    """What of each line, counted from 1, no credit note has taken back yet, net; none once its rate is used up."""
    if not invoice.owed:
        return {}
    over = {billed.rate for billed in invoice.price.parts if _gross_left(invoice, billed) <= 0}
    taken: Counter[int] = Counter()
    for credit in invoice.credits:
        for at, line in zip(credit.of, credit.lines, strict=True):
            taken[at] += line.net.cents
    nets = {at: replace(line.net, cents=line.net.cents - taken[at]) for at, line in enumerate(invoice.lines, start=1)}
    return {at: net for at, net in nets.items() if net.cents > 0 and invoice.lines[at - 1].vat_rate not in over}


def take(invoice: Invoice, of: Iterable[int] = (), net: Money | None = None) -> Part | None:
    """These lines, or all that is left of all of them; `net` of it where that is agreed, shared as they weigh.

    None where that is no part of what is left.
    """
    there = left(invoice)
    wanted = {at: there[at].cents for at in sorted(set(of) or there) if at in there}
    if not wanted or not set(of) <= set(there):
        return None
    if net is not None:
        if net.currency != invoice.paid.currency or not 0 < net.cents <= sum(wanted.values()):
            return None
        wanted = dict(zip(wanted, spread(net.cents, list(wanted.values())), strict=True))
    fitted = {at: cents for at, cents in _fitted(invoice, wanted).items() if cents}
    if not fitted:
        return None
    lines = tuple(_line(invoice.lines[at - 1], cents) for at, cents in fitted.items())
    price = total(lines)
    credit = Credit(number="", issued_on=invoice.issued_on, price=price, of=tuple(fitted), lines=lines)
    after = replace(invoice, credits=(*invoice.credits, credit))
    everything = wanted == {at: money.cents for at, money in there.items()} or not left(after)
    return Part(of=credit.of, lines=lines, price=price, dropped=after.owed if everything else price.net - price.net)


def is_everything(invoice: Invoice, part: Part) -> bool:
    """Whether nothing is left to take back after it."""
    return invoice.owed == part.price.gross + part.dropped


def rest(invoice: Invoice, part: Part) -> Money:
    """What is still to be paid once this is taken back; nothing where more came in already."""
    still = invoice.owed - part.price.gross - part.dropped - invoice.paid
    return max(still, still - still)


def credit_note(invoice: Invoice, part: Part, number: str, day: date, due_on: date) -> f.InvoiceCredited:
    """The fact: what takes a whole invoice back names no lines. What remains is to be paid by `due_on`."""
    whole = not invoice.credits and is_everything(invoice, part)
    return f.InvoiceCredited(
        number=number,
        invoice=invoice.number,
        price=part.price,
        issued_on=day,
        of=() if whole else part.of,
        lines=() if whole else part.lines,
        dropped=part.dropped or None,
        due_on=due_on if rest(invoice, part) else None,
    )


def _fitted(invoice: Invoice, wanted: Mapping[int, int]) -> dict[int, int]:
    """VAT is rounded on each credit note: together they take back no more than was billed, under each rate."""
    fitted = dict(wanted)
    for billed in invoice.price.parts:
        mine = [at for at in fitted if invoice.lines[at - 1].vat_rate == billed.rate]
        gross_left = _gross_left(invoice, billed)
        while _gross(_at_rate(billed, fitted, mine)) > gross_left:
            fitted[next(at for at in reversed(mine) if fitted[at])] -= 1
    return fitted


def _gross_left(invoice: Invoice, billed: Taxed) -> int:
    credited = (part for credit in invoice.credits for part in credit.price.parts if part.rate == billed.rate)
    return _gross(billed) - sum(map(_gross, credited))


def _at_rate(billed: Taxed, fitted: Mapping[int, int], mine: Iterable[int]) -> Taxed:
    return replace(billed, net=replace(billed.net, cents=sum(fitted[at] for at in mine)))


def _gross(part: Taxed) -> int:
    return part.net.cents + part.vat.cents


def _line(line: Line, cents: int) -> Line:
    """As it was billed, or a smaller sum under its label."""
    if cents == line.net.cents:
        return line
    return replace(line, quantity=Decimal(1), unit=replace(line.unit, cents=cents))
