"""From a deadline to a question for the incident: the core decides whether it still matters."""

from datetime import datetime, timedelta

from bot.app.bank import is_statement_missing
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import Ask, decode
from bot.app.remind import remind
from bot.core.commands import DeadlineKind, FallDue
from bot.core.facts import CALENDAR
from bot.core.reminders import PRESSING, presses
from storage import Job, NewJob, Transaction


async def ask(desk: Desk, job: Job, now: datetime) -> bool:
    """Asks what fell due and closes the row, in one transaction; False when somebody else did."""
    return await desk.store.run(lambda tx: _ask(tx, desk, job, now))


def _ask(tx: Transaction, desk: Desk, job: Job, now: datetime) -> bool:
    if not tx.deadlines.done(job, now):
        return False
    asked = decode(Ask, job.payload)
    if _waits_for_statement(tx, desk, asked, now):
        incident = tx.incidents.load(asked.incident)
        again = incident.office.open_at(now + timedelta(days=1)) if incident else now + timedelta(days=1)
        name = f"INC-{asked.incident}:{asked.kind}:{asked.about}:statement:{again.date()}"
        tx.deadlines.put(NewJob(kind=asked.KIND, payload=job.payload, due_at=again, dedup=name), now)
        return True
    if asked.kind is DeadlineKind.REMIND:
        remind(tx, desk, asked.incident, asked.about, now)
    else:
        carry_out(tx, desk, asked.incident, FallDue(actor=CALENDAR, kind=asked.kind, about=asked.about), now)
    return True


def _waits_for_statement(tx: Transaction, desk: Desk, asked: Ask, now: datetime) -> bool:
    """Whoever may have paid is not pressed while the bank has not been heard: the calendar asks again tomorrow."""
    incident = tx.incidents.load(asked.incident) if asked.kind in PRESSING else None
    return incident is not None and presses(incident, asked.kind, now) and is_statement_missing(tx, desk, now)
