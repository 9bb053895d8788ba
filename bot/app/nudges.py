"""Staff are reminded in the thread: of customers who wait, of what is about to lapse. Nothing of it is a fact."""

from datetime import datetime

from bot.app.desk import Desk
from bot.app.jobs import Recall, ShowNudge, decode
from bot.core import facts as f
from bot.core.attention import Need, Nudge, again, begun, still_needed
from bot.core.incident import Incident
from storage import Job, NewJob, Transaction


def expect(tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, seq: int, now: datetime) -> None:
    """Has the calendar ask about what this fact makes staff wait for."""
    nudge = begun(desk.nudges, incident, fact, now) if desk.chat and desk.nudges.most else None
    if nudge is not None:
        _put(tx, incident, nudge, seq, 1, now)


def recall(tx: Transaction, desk: Desk, job: Job, now: datetime) -> None:
    """Asks again what fell due: reminded where it is still needed, and once more later, up to so many times."""
    asked = decode(Recall, job.payload)
    incident = tx.incidents.load(asked.incident)
    if incident is None or not is_needed(tx, incident, asked.need, asked.about):
        return
    shown = ShowNudge(incident=incident.id, need=asked.need, about=asked.about, times=asked.times)
    name = f"nudge:{incident.id}:{asked.seq}:{asked.times}"
    # Not in the order of the thread: what waits for office hours must hold nothing up.
    tx.outbox.put(NewJob(kind=shown.KIND, payload=shown.encode(), due_at=now, dedup=name), now)
    nudge = again(desk.nudges, incident, Nudge(need=asked.need, about=asked.about, at=now), now)
    if nudge is not None and asked.times < desk.nudges.most:
        _put(tx, incident, nudge, asked.seq, asked.times + 1, now)


def is_needed(tx: Transaction, incident: Incident, need: Need, about: str) -> bool:
    """Whether that still waits for somebody."""
    facts = [recorded.fact for recorded in tx.journal.facts(incident.reference)]
    return still_needed(incident, facts, need, about)


def _put(tx: Transaction, incident: Incident, nudge: Nudge, seq: int, times: int, now: datetime) -> None:
    job = Recall(incident=incident.id, need=nudge.need, about=nudge.about, seq=seq, times=times)
    name = f"recall:{incident.id}:{seq}:{times}"
    tx.deadlines.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=nudge.at, dedup=name), now)
