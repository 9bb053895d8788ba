"""The day in numbers, for whoever begins it: what came, what waits for us, what for customers, what is owed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.app.desk import Desk
from bot.app.jobs import Ask, Recall, ShowDigest, decode
from bot.app.nudges import is_needed
from bot.app.read import is_promised, needs_answer
from bot.core.commands import DeadlineKind
from bot.core.letter import OPEN
from bot.core.lives import Stage
from bot.core.money import Money
from storage import IncidentRow, Listed, NewJob, Transaction

MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """What is open, and how much of it past its day; so many invoices."""

    open: Money
    overdue: Money
    invoices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """How things stand this morning. `opened` came since the same time yesterday."""

    opened: int
    open: int
    nobodys: tuple[IncidentRow, ...]
    unanswered: tuple[IncidentRow, ...]
    to_start: tuple[IncidentRow, ...]
    promised: tuple[IncidentRow, ...]
    waiting: int
    due_today: tuple[IncidentRow, ...]
    owing: Owing


def digest(tx: Transaction, desk: Desk, now: datetime) -> Digest:
    """Counts anew."""
    rows = tx.incidents.listing(stages=tuple(sorted(OPEN)), limit=MOST)
    return Digest(
        opened=len(tx.incidents.opened(now - timedelta(days=1), now)),
        open=len(rows),
        nobodys=tuple(row for row in rows if not row.assignee and row.stage is not Stage.INVOICED),
        unanswered=tuple(row for row in rows if needs_answer(tx, row)),
        to_start=tuple(row for row in rows if row.stage is Stage.ORDERED),
        promised=tuple(row for row in rows if is_promised(tx, row)),
        waiting=sum(row.waiting for row in rows),
        due_today=due_today(tx, desk, now),
        owing=owing(tx, desk, now),
    )


def due_today(tx: Transaction, desk: Desk, now: datetime) -> tuple[IncidentRow, ...]:
    """The incidents in which something lapses or waits for us before the day ends, the first first."""
    end = desk.terms.end_of(desk.terms.day_of(now))
    found: dict[int, IncidentRow | None] = {}
    for listed in tx.deadlines.upcoming(end, limit=MOST):
        incident = _due(tx, listed)
        if incident is not None:
            found.setdefault(incident, tx.incidents.row(incident))
    return tuple(row for row in found.values() if row is not None and row.stage in OPEN)


def _due(tx: Transaction, listed: Listed) -> int | None:
    """The incident in which this deadline matters to staff; None for all others."""
    if listed.kind == Recall.KIND:
        asked = decode(Recall, listed.payload)
        incident = tx.incidents.load(asked.incident)
        return asked.incident if incident and is_needed(tx, incident, asked) else None
    ask = decode(Ask, listed.payload)
    return ask.incident if ask.kind in LAPSES else None


LAPSES = frozenset(
    {
        DeadlineKind.LAPSE_ANNOUNCEMENT,
        DeadlineKind.LAPSE_ANSWER,
        DeadlineKind.LAPSE_QUOTE,
        DeadlineKind.LAPSE_CONSENT,
        DeadlineKind.EXPIRE_CONSENT,
        DeadlineKind.WARN_CONSENT,
        DeadlineKind.LAPSE_CONTEST,
        DeadlineKind.LAPSE_WITHDRAWAL,
        DeadlineKind.LAPSE_PAUSE,
        DeadlineKind.LIMIT_SUPPORT,
    }
)


def owing(tx: Transaction, desk: Desk, now: datetime) -> Owing:
    """What customers owe in the desk's currency."""
    today, currency = desk.terms.day_of(now), desk.terms.diagnosis_price.currency
    owed = [one for one in tx.money.owed() if one.money.currency == currency]
    late = [one for one in owed if one.due_on is not None and one.due_on < today]
    return Owing(
        open=Money(cents=sum(one.money.cents for one in owed), currency=currency),
        overdue=Money(cents=sum(one.money.cents for one in late), currency=currency),
        invoices=sum(one.invoices for one in owed),
    )


def expect_digest(tx: Transaction, desk: Desk, now: datetime) -> None:
    """Has the next working morning's digest waiting; once, however often it is asked."""
    if not desk.chat or not desk.digest:
        return
    at = next_morning(desk, now)
    job = ShowDigest(day=desk.terms.day_of(at))
    tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=at, dedup=f"digest:{job.day}"), now)


def next_morning(desk: Desk, now: datetime) -> datetime:
    """The next opening of a working day after now."""
    today: date = desk.terms.day_of(now)
    at = desk.terms.house.opening(today)
    return at if at > now else desk.terms.house.opening(today + timedelta(days=1))
