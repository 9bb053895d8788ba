"""Staff are reminded in the thread: of customers who wait, of what is about to lapse. Nothing of it is a fact."""

from collections.abc import Sequence
from datetime import datetime

from bot.app.desk import Desk
from bot.app.jobs import Recall, ShowNudge, decode
from bot.core import facts as f
from bot.core.attention import Nudge, again, begun, begun_anew, still_needed
from bot.core.incident import Incident
from storage import Job, NewJob, Recorded, Transaction


def expect(tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, seq: int, now: datetime) -> None:
    """Has the calendar ask about what this fact makes staff wait for."""
    nudge = begun(desk.nudges, incident, fact, now) if desk.chat and desk.nudges.most else None
    if nudge is not None:
        _put(tx, incident, nudge, seq, 1, now)


def recall(tx: Transaction, job: Job, now: datetime) -> None:
    """Asks again what fell due: reminded where it is still needed."""
    asked = decode(Recall, job.payload)
    incident = tx.incidents.load(asked.incident)
    if incident is None or not is_needed(tx, incident, asked):
        return
    shown = ShowNudge(incident=incident.id, need=asked.need, about=asked.about, seq=asked.seq, times=asked.times)
    name = f"nudge:{incident.id}:{asked.seq}:{asked.times}"
    # Not in the order of the thread: what waits for office hours must hold nothing up.
    tx.outbox.put(NewJob(kind=shown.KIND, payload=shown.encode(), due_at=now, dedup=name), now)


def put_off(tx: Transaction, shown: ShowNudge, until: datetime, now: datetime) -> None:
    """Has it told then, as a job of its own: what was put off together takes its turns in the channel as all else."""
    tx.outbox.put(NewJob(kind=shown.KIND, payload=shown.encode(), due_at=until), now)


def expect_again(tx: Transaction, desk: Desk, shown: ShowNudge, now: datetime) -> None:
    """Has the calendar ask once more, up to so many times: from when staff were told, not from when it fell due."""
    incident = tx.incidents.load(shown.incident)
    if incident is None or shown.times >= desk.nudges.most:
        return
    nudge = again(desk.nudges, incident, Nudge(need=shown.need, about=shown.about, at=now), now)
    if nudge is not None:
        _put(tx, incident, nudge, shown.seq, shown.times + 1, now)


def is_needed(tx: Transaction, incident: Incident, asked: Recall) -> bool:
    """Whether that still waits for somebody."""
    return waits(incident, tx.journal.facts(incident.reference), asked)


def waits(incident: Incident, history: Sequence[Recorded], asked: Recall | ShowNudge) -> bool:
    """The same by its history. What a later fact has asked anew is reminded of then, and only then."""
    facts = [recorded.fact for recorded in history]
    since = [recorded.fact for recorded in history if recorded.seq > asked.seq]
    return still_needed(incident, facts, asked.need, asked.about) and not begun_anew(since, asked.need, asked.about)


def _put(tx: Transaction, incident: Incident, nudge: Nudge, seq: int, times: int, now: datetime) -> None:
    job = Recall(incident=incident.id, need=nudge.need, about=nudge.about, seq=seq, times=times)
    name = f"recall:{incident.id}:{seq}:{times}"
    tx.deadlines.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=nudge.at, dedup=name), now)
