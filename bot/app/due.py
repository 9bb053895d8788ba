"""From a deadline to a question for the incident: the core decides whether it still matters."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.app.bank import is_statement_missing
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import Ask, Recall, decode
from bot.app.nudges import recall
from bot.app.remind import owing, remind
from bot.core.commands import DeadlineKind, FallDue
from bot.core.facts import CALENDAR
from bot.core.incident import Incident
from bot.core.reminders import PRESSING, presses
from storage import Job, NewJob, Transaction


async def ask(desk: Desk, job: Job, now: datetime) -> bool:
    """Asks what fell due and closes the row, in one transaction; False when somebody else did."""
    return await desk.store.run(lambda tx: _ask(tx, desk, job, now))


def _ask(tx: Transaction, desk: Desk, job: Job, now: datetime) -> bool:
    if not tx.deadlines.done(job, now):
        return False
    if job.kind == Recall.KIND:
        recall(tx, job, now)
        return True
    asked = decode(Ask, job.payload)
    pressed = _pressed(tx, asked)
    incident = pressed.get(asked.incident)
    if incident is not None and presses(incident, asked.kind, now) and is_statement_missing(tx, desk, now):
        _ask_tomorrow(tx, incident, asked, now)
    elif asked.kind is DeadlineKind.REMIND:
        remind(tx, desk, asked.incident, pressed, asked.about, now)
    else:
        carry_out(tx, desk, asked.incident, FallDue(actor=CALENDAR, kind=asked.kind, about=asked.about), now)
    return True


def _pressed(tx: Transaction, asked: Ask) -> Mapping[int, Incident]:
    """Whose payment it is about, locked: nobody's for most of what falls due."""
    if asked.kind is DeadlineKind.REMIND:
        return owing(tx, asked.incident)
    incident = tx.incidents.load(asked.incident) if asked.kind in PRESSING else None
    return {} if incident is None else {incident.id: incident}


def _ask_tomorrow(tx: Transaction, incident: Incident, asked: Ask, now: datetime) -> None:
    """Whoever may have paid is not pressed while the bank has not been heard."""
    again = incident.office.open_at(now + timedelta(days=1))
    name = f"{incident.reference}:{asked.kind}:{asked.about}:statement:{again.date()}"
    tx.deadlines.put(NewJob(kind=asked.KIND, payload=asked.encode(), due_at=again, dedup=name), now)
