"""From a deadline to a question for the incident: the core decides whether it still matters."""

from datetime import datetime

from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import Ask, decode
from bot.core.commands import FallDue
from bot.core.facts import CALENDAR
from storage import Job, Transaction


async def ask(desk: Desk, job: Job, now: datetime) -> bool:
    """Asks what fell due and closes the row, in one transaction; False when somebody else did."""
    return await desk.store.run(lambda tx: _ask(tx, desk, job, now))


def _ask(tx: Transaction, desk: Desk, job: Job, now: datetime) -> bool:
    if not tx.deadlines.done(job, now):
        return False
    asked = decode(Ask, job.payload)
    carry_out(tx, desk, asked.incident, FallDue(actor=CALENDAR, kind=asked.kind, about=asked.about), now)
    return True
