"""The figures of a month, from the books, the journal and the incidents."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from statistics import median
from typing import Final

from bot.app.accounting.books import Booked, Booking, read_books, within
from bot.app.desk import Desk
from bot.core import facts as f
from bot.core.fold import fold
from bot.core.incident import Incident
from bot.core.lives import Stage
from bot.core.money import Line, Money
from bot.core.terms import Terms
from bot.papers.month import Age, Contests, Month, Sums, Tally
from storage import Recorded, Transaction

Load = Callable[[int], Incident | None]
MONTHS_SHOWN: Final = 12
AGES: Final = ((0, Age.NOT_DUE), (30, Age.TO_30), (60, Age.TO_60), (90, Age.TO_90))
_TICK: Final = timedelta(microseconds=1)
CONCLUDED: Final = (f.OurFaultFound, f.ProblemSolved, f.DiagnosisReported, f.LeftUnbilled)
ANSWERED: Final = (f.StaffWrote, f.CustomerAsked, *CONCLUDED)
CONTESTS: Final = (f.ContestSaid, f.ContestWithdrawn, f.ContestLapsed, f.ContestConceded, f.ContestConfirmed)


def figures_of(tx: Transaction, desk: Desk, first: date, now: datetime) -> Month:
    """The month that begins on this day. ValueError where it is yet to begin."""
    terms, last = desk.terms, following(first) - timedelta(days=1)
    if first > terms.day_of(now):
        raise ValueError(f"{first:%Y-%m} is yet to begin")
    money = _Books(books=_in_currency(read_books(tx, terms.day_of), terms), first=first, last=last)
    since, until = terms.end_of(first - timedelta(days=1)) + _TICK, terms.end_of(last)
    zero = Money(cents=0, currency=terms.diagnosis_price.currency)
    load = cache(tx.incidents.load)
    work = sum((_work(tx, load, booking) for booking in money.of(Booked.INVOICE)), start=zero)
    invoiced = _sums(money.of(Booked.INVOICE), zero)
    concluded = [r for r in tx.journal.of_kinds(CONCLUDED, until=until) if r.at >= since]
    days = money.days_to_pay()
    opened = list(_opened(tx, since, until))
    answers = [_after(history, ANSWERED) for history in opened]
    return Month(
        first=first,
        last=last,
        over=last < terms.day_of(now),
        provider=desk.provider.name,
        invoiced=invoiced,
        diagnoses=invoiced.net - work,
        work=work,
        outcomes=tuple(_outcomes(load, concluded, money.of(Booked.INVOICE), zero)),
        free=sum(_is_free(load, recorded) for recorded in concluded),
        credited=_sums(money.of(Booked.CREDIT_NOTE), zero),
        received=_sums(money.of(Booked.PAYMENT), zero),
        written_off=_sums(money.of(Booked.WRITE_OFF), zero),
        open=tuple(ages(money.open(), last, zero)),
        contests=_contests(r for r in tx.journal.of_kinds(CONTESTS, until=until) if r.at >= since),
        paid=len(days),
        days_to_pay=round(Decimal(sum(days)) / len(days), 1) if days else None,
        opened=len(opened),
        stages=_stages(opened),
        announced=_median(_after(history, (f.PriceAnnounced,)) for history in opened),
        answered=_median(answers),
        unanswered=answers.count(None),
        history=tuple(money.history(zero)),
    )


def following(first: date) -> date:
    """The first day of the next month."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def age(due_on: date | None, on: date) -> Age:
    """How old a debt is on a day."""
    days = (on - due_on).days if due_on else 0
    return next((age for most, age in AGES if days <= most), Age.OLDER)


def ages(open_invoices: Iterable[tuple[date | None, Money]], on: date, zero: Money) -> Iterator[tuple[Age, Tally]]:
    """What is open by its age on a day: each invoice's due date, and what remains of it."""
    found = [(age(due_on, on), money) for due_on, money in open_invoices]
    for one in Age:
        amounts = [money for at, money in found if at is one]
        yield one, Tally(count=len(amounts), money=sum(amounts, start=zero))


def outcome_of(fact: f.Fact) -> f.Outcome:
    """What a diagnosis came to when this was said."""
    match fact:
        case f.OurFaultFound():
            return f.Outcome.OUR_FAULT
        case f.ProblemSolved():
            return f.Outcome.SOLVED
        case f.LeftUnbilled(outcome=outcome):
            return outcome
        case _:
            return f.Outcome.QUOTE


def _in_currency(books: Iterable[Booking], terms: Terms) -> tuple[Booking, ...]:
    """Only what adds up: a desk that changed its currency has others before that."""
    return tuple(booking for booking in books if booking.gross.currency == terms.diagnosis_price.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """All that was booked, and the month that is looked at."""

    books: tuple[Booking, ...]
    first: date
    last: date

    def of(self, kind: Booked) -> list[Booking]:
        """The month's."""
        return [booking for booking in within(self.books, self.first, self.last) if booking.kind is kind]

    def open(self) -> Iterator[tuple[date | None, Money]]:
        """Each invoice that was not settled by the month's end."""
        left: dict[str, Money] = {}
        due: dict[str, date | None] = {}
        for booking in (one for one in self.books if one.booked_on <= self.last):
            before = left.get(booking.invoice)
            left[booking.invoice] = booking.owed if before is None else before + booking.owed
            due[booking.invoice] = booking.due_on or due.get(booking.invoice)
        return ((due[number], money) for number, money in left.items() if money.cents > 0)

    def days_to_pay(self) -> list[int]:
        """Of each invoice whose last cent was booked in the month, the days from its date to that of the payment."""
        left: dict[str, int] = {}
        issued: dict[str, date] = {}
        days: dict[str, int] = {}
        for booking in self.books:
            left[booking.invoice] = left.get(booking.invoice, 0) + booking.owed.cents
            issued.setdefault(booking.invoice, booking.dated)
            paid = booking.kind is Booked.PAYMENT and booking.owed.cents < 0 and not left[booking.invoice]
            if paid and self.first <= booking.booked_on <= self.last:
                days[booking.invoice] = (booking.dated - issued[booking.invoice]).days
        return list(days.values())

    def history(self, zero: Money) -> Iterator[tuple[date, Money]]:
        """Turnover of the months up to this one, credit notes taken off."""
        months = [self.first]
        while len(months) < MONTHS_SHOWN:
            months.append((months[-1] - timedelta(days=1)).replace(day=1))
        for month in reversed(months):
            own = within(self.books, month, following(month) - timedelta(days=1))
            billed = sum((b.net for b in own if b.kind is Booked.INVOICE), start=zero)
            yield month, billed - sum((b.net for b in own if b.kind is Booked.CREDIT_NOTE), start=zero)


def _sums(bookings: Sequence[Booking], zero: Money) -> Sums:
    shares = [share for booking in bookings for share in booking.shares]
    rates = sorted({share.rate for share in shares}, reverse=True)
    return Sums(
        documents=len(bookings),
        net=sum((share.net for share in shares), start=zero),
        vat=tuple((rate, sum((s.vat for s in shares if s.rate == rate), start=zero)) for rate in rates),
        gross=sum((share.gross for share in shares), start=zero),
    )


def _work(tx: Transaction, load: Load, booking: Booking) -> Money:
    """What of an invoice is work that a quote named; the rest is the diagnosis."""
    row, incident = tx.money.by_number(booking.number), load(booking.incident)
    if row is None or incident is None:
        raise ValueError(f"{booking.number} has no row or no incident")
    zero = booking.net - booking.net
    if incident.work_owed is not None:
        return incident.work_owed.net
    quoted = [line for quote in incident.quotes for line in quote.lines]
    return sum((line.net for line in _taken(row.lines, quoted)), start=zero)


def _taken(lines: Iterable[Line], quoted: list[Line]) -> Iterator[Line]:
    for line in lines:
        if line in quoted:
            quoted.remove(line)
            yield line


def _outcomes(
    load: Load, concluded: Iterable[Recorded], invoices: Iterable[Booking], zero: Money
) -> Iterator[tuple[f.Outcome, Tally]]:
    """How the month's diagnoses ended, and what the month's invoices bill for incidents that ended so."""
    counts = Counter(outcome_of(recorded.fact) for recorded in concluded)
    billed = [(incident.outcome, b.net) for b in invoices if (incident := load(b.incident))]
    for outcome in f.Outcome:
        money = sum((net for of, net in billed if of is outcome), start=zero)
        if counts[outcome] or money:
            yield outcome, Tally(count=counts[outcome], money=money)


def _is_free(load: Load, recorded: Recorded) -> bool:
    """Whether a diagnosis costs nothing: by what it found, by the launch offer, or because it was waived."""
    if outcome_of(recorded.fact) not in {f.Outcome.SOLVED, f.Outcome.QUOTE}:
        return True
    incident = load(int(recorded.subject.removeprefix("INC-")))
    return incident is not None and (incident.waived or not incident.price.net)


def _contests(found: Iterable[Recorded]) -> Contests:
    counts = Counter(type(recorded.fact) for recorded in found)
    return Contests(
        said=counts[f.ContestSaid],
        withdrawn=counts[f.ContestWithdrawn] + counts[f.ContestLapsed],
        conceded=counts[f.ContestConceded],
        confirmed=counts[f.ContestConfirmed],
    )


def _opened(tx: Transaction, since: datetime, until: datetime) -> Iterator[list[Recorded]]:
    """Of each incident opened in the month, what had happened by its end."""
    for incident in tx.incidents.opened(since, until + _TICK):
        yield [recorded for recorded in tx.journal.facts(f"INC-{incident}") if recorded.at <= until]


def _stages(opened: Iterable[Sequence[Recorded]]) -> tuple[tuple[Stage, int], ...]:
    """Where they stood at the month's end."""
    folded = (fold((recorded.fact, recorded.at) for recorded in history) for history in opened)
    counts = Counter(incident.stage for incident in folded if incident)
    return tuple((stage, counts[stage]) for stage in Stage if counts[stage])


def _after(history: Sequence[Recorded], kinds: tuple[type[f.Fact], ...]) -> timedelta | None:
    """How long after the opening the first of these came."""
    return next((recorded.at - history[0].at for recorded in history if isinstance(recorded.fact, kinds)), None)


def _median(times: Iterable[timedelta | None]) -> timedelta | None:
    known = [time.total_seconds() for time in times if time is not None]
    return timedelta(seconds=median(known)) if known else None
