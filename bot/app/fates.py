"""How far what was sent has come: noted with the message, and shown in the line where staff read of it."""

from datetime import datetime

from bot.app.desk import Desk
from bot.app.jobs import ShowFate
from storage import Fate, Message, NewJob, Transaction


def come_to(tx: Transaction, desk: Desk, message: Message, fate: Fate, reply: str, now: datetime) -> None:
    """A message has come to this; `reply` is what the relay, Slack or a report said of it."""
    line = tx.messages.set_delivery(message.id, fate, reply)
    if line is not None and desk.chat and message.incident_id is not None and message.fact is not None:
        show(tx, message.incident_id, message.fact, f"{message.id}:{fate}", now)


def show(tx: Transaction, incident: int, fact: int, what: str, now: datetime) -> None:
    """Has the fact's line brought up to date, once for each thing that is new about it."""
    job = ShowFate(incident=incident, fact=fact)
    new = NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=f"slack:{incident}", dedup=f"fate:{what}")
    tx.outbox.put(new, now)
