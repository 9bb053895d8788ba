"""What is over and old enough goes by itself: a few incidents at a time, between what cannot wait."""

import asyncio
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.app.erase import FOR_GOOD, Plan, erase_incident, erase_record, plan, raws
from bot.core.customer import Customer
from bot.core.erasure import Retention
from bot.core.redaction import Cause
from storage import Store, Transaction

INCIDENTS: Final = 5  # in one transaction: a few hundredths of a second
ROWS: Final = 500
PAUSE_SECONDS: Final = 0.02
REASON: Final = "[retention]"
_RULES: Final = "retention"
_DAY: Final = "retention_day"
Act = Callable[[Transaction], "Swept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one run erased; `mails` belonged to no incident, `jobs` were finished.

    `payments` were booked on no invoice.
    """

    incidents: int = 0
    records: int = 0
    mails: int = 0
    jobs: int = 0
    payments: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            incidents=self.incidents + other.incidents,
            records=self.records + other.records,
            mails=self.mails + other.mails,
            jobs=self.jobs + other.jobs,
            payments=self.payments + other.payments,
        )


def is_todays(tx: Transaction, now: datetime) -> bool:
    """Whether this process runs it today: the first that asks."""
    today = f"{now:%Y-%m-%d}"
    if (tx.setting(_DAY) or "") >= today:
        return False
    tx.keep_setting(_DAY, today)
    return True


async def sweep(store: Store, retention: Retention, clock: Callable[[], datetime]) -> Swept:
    """Erases all whose time is over. What is cut short goes on the next time."""
    await store.run(lambda tx: _read_rules(tx, retention))
    swept = Swept()
    for step in (_incidents, _set_aside, _payments, _inbox, _outbox, _deadlines):
        while True:
            now = clock()
            act = await store.read(lambda tx, step=step, now=now: step(tx, retention, now))  # type: ignore[misc]
            if act is None:
                break
            swept += await store.run(act)
            await asyncio.sleep(PAUSE_SECONDS)
    return swept


def foreseen(tx: Transaction, retention: Retention, now: datetime) -> list[str]:
    """What a run would erase, a line each."""
    plans = (_planned(tx, one, retention, now) for one in _due(tx, retention, now, 1_000_000))
    lines = [_line(planned) for planned in plans if planned is not None and planned.changes]
    aside = tx.erasure.set_aside_before(_strangers(retention, now))
    payments = tx.erasure.payments_of_nobody_before(*_payers(retention, now))
    jobs = sum(q.finished_before(_finished(retention, now)) for q in (tx.inbox, tx.outbox, tx.deadlines))
    return [
        *lines,
        *([f"{aside} mails that belong to no incident"] if aside else []),
        *([f"who paid {payments} entries of statements that are booked nowhere"] if payments else []),
        *([f"{jobs} finished jobs"] if jobs else []),
    ]


def _line(planned: Plan) -> str:
    what = "words, files and links" if planned.words else "proofs"
    stay = len(planned.history) - planned.changes
    return f"{planned.incident.reference}: {what}, {planned.changes} facts; {stay} facts stay as they are"


def _read_rules(tx: Transaction, retention: Retention) -> None:
    """Shorter terms hold for what was looked at before, too."""
    rules = "-".join(map(str, astuple(retention)))
    if tx.setting(_RULES) != rules:
        tx.erasure.look_at_all()
        tx.keep_setting(_RULES, rules)


def _incidents(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    due = _due(tx, retention, now, INCIDENTS)
    return (lambda tx: sum((_incident(tx, one, retention, now) for one in due), Swept())) if due else None


def _incident(tx: Transaction, incident_id: int, retention: Retention, now: datetime) -> Swept:
    planned = _planned(tx, incident_id, retention, now)
    if planned is None:  # its row says that it is over, its facts do not: `verify` is for that
        tx.erasure.look_again(incident_id, FOR_GOOD)
        return Swept()
    changes = planned.changes
    erase_incident(tx, planned, Cause.RETENTION, REASON, now)
    return Swept(incidents=int(changes > 0)) + _stranger(tx, planned, now)


def _stranger(tx: Transaction, planned: Plan, now: datetime) -> Swept:
    """Whoever never gave a name is forgotten with the last of their incidents."""
    customer = tx.customers.load(planned.incident.customer)
    if customer is None or not _is_nobody(customer):
        return Swept()
    rows = tx.incidents.listing(customer_id=customer.id, limit=1000)
    if any(row.erase_at != FOR_GOOD for row in rows):
        return Swept()
    erase_record(tx, customer, Cause.RETENTION, REASON, now)
    return Swept(records=1)


def _is_nobody(customer: Customer) -> bool:
    return bool(customer.address) and not (customer.details.name or customer.slack_user)


def _set_aside(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    before = _strangers(retention, now)

    def act(tx: Transaction) -> Swept:
        gone = tx.erasure.set_aside(before=before, limit=ROWS)
        tx.erasure.unnamed(gone.bytes_of)
        return Swept(mails=gone.messages)

    return act if tx.erasure.set_aside_before(before) else None


def _payments(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    before, settled = _payers(retention, now)

    def act(tx: Transaction) -> Swept:
        gone = tx.erasure.payments_of_nobody(before=before, settled_before=settled, now=now, limit=ROWS)
        return Swept(payments=gone.payments)

    return act if tx.erasure.payments_of_nobody_before(before, settled) else None


def _inbox(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    """What came in and was understood, and the bytes of mails of which nothing else came."""
    jobs = tx.inbox.finished(_finished(retention, now), ROWS)

    def act(tx: Transaction) -> Swept:
        count = tx.inbox.forget([job.id for job in jobs])
        tx.erasure.unnamed(raws(job.payload for job in jobs))
        return Swept(jobs=count)

    return act if jobs else None


def _outbox(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    ids = [job.id for job in tx.outbox.finished(_finished(retention, now), ROWS)]
    return (lambda tx: Swept(jobs=tx.outbox.forget(ids))) if ids else None


def _deadlines(tx: Transaction, retention: Retention, now: datetime) -> Act | None:
    ids = [job.id for job in tx.deadlines.finished(_finished(retention, now), ROWS)]
    return (lambda tx: Swept(jobs=tx.deadlines.forget(ids))) if ids else None


def _due(tx: Transaction, retention: Retention, now: datetime, limit: int) -> list[int]:
    shortest = min(retention.stranger_days, retention.unbilled_days)
    return tx.erasure.due(now, now - timedelta(days=shortest), limit)


def _planned(tx: Transaction, incident_id: int, retention: Retention, now: datetime) -> Plan | None:
    incident = tx.incidents.load(incident_id)
    return plan(tx, incident_id, retention, incident.terms.day_of(now), asked=False) if incident else None


def _strangers(retention: Retention, now: datetime) -> datetime:
    return now - timedelta(days=retention.stranger_days)


def _payers(retention: Retention, now: datetime) -> tuple[date, datetime]:
    """Payments booked before that day and settled before that moment say no more who paid."""
    moment = now - timedelta(days=retention.payment_days)
    return moment.date(), moment


def _finished(retention: Retention, now: datetime) -> datetime:
    return now - timedelta(days=retention.job_days)
