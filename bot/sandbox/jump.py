"""Jumping ahead in time, one deadline after the other, each with all that follows from it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app.jobs import Ask, decode
from bot.core.commands import DeadlineKind, FallDue
from bot.core.decide import decide
from bot.core.facts import CALENDAR
from bot.core.incident import Incident
from bot.core.refusals import Refused
from bot.sandbox.calendar import Calendar
from storage import Queue, Store, Transaction

QUEUES = ("inbox", "outbox", "deadlines")
FAR = timedelta(days=800)
SOON = timedelta(seconds=3)  # what leaves one after the other, a second apart, is still on its way
LOOK_SECONDS = 0.03
MOST_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """How many jobs of each queue are due or in hand; all zero: everything is settled."""

    inbox: int
    outbox: int
    deadlines: int

    @property
    def settled(self) -> bool:
        return not (self.inbox or self.outbox or self.deadlines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A deadline that will matter unless something happens first."""

    at: datetime
    kind: DeadlineKind
    about: str
    incident: Incident


async def jump(store: Store, calendar: Calendar, to: datetime, patience: float = 10) -> bool:
    """Lets time pass until `to`, stopping at every deadline on the way until all that follows from it is done.

    False when something was still on its way after `patience` seconds at one of the stops.
    """
    # What is in hand would be taken from its worker if the clock went past the end of its lease.
    await settle(store, calendar, patience)
    for _ in range(MOST_STEPS):
        first = await store.read(lambda tx: tx.deadlines.next_due())
        if first is None or first > to:
            break
        await _pass(store, calendar, first)
        if not await settle(store, calendar, patience):
            break
    await _pass(store, calendar, to)
    return await settle(store, calendar, patience)


async def _pass(store: Store, calendar: Calendar, to: datetime) -> None:
    await calendar.move(store, to)
    store.wake(*QUEUES)


async def settle(store: Store, calendar: Calendar, patience: float) -> bool:
    """Waits until nothing is due or in hand; False when that took more than `patience` seconds."""
    for _ in range(round(patience / LOOK_SECONDS)):
        if (await busy(store, calendar())).settled:
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def busy(store: Store, now: datetime) -> Busy:
    """What each queue still has to do now."""

    def look(tx: Transaction) -> Busy:
        return Busy(
            inbox=_at_work(tx.inbox, now),
            outbox=_at_work(tx.outbox, now + SOON),
            deadlines=_at_work(tx.deadlines, now),
        )

    return await store.read(look)


def _at_work(queue: Queue, now: datetime) -> int:
    return queue.in_hand() + len(queue.upcoming(now, limit=100))


async def foreseen(store: Store, now: datetime, limit: int = 50) -> list[Foreseen]:
    """The deadlines that will matter as things stand, the first first: the core is asked as on the day."""

    def look(tx: Transaction) -> list[Foreseen]:
        coming = tx.deadlines.upcoming(now + FAR, limit=1000)
        asked = [(row.due_at, decode(Ask, row.payload)) for row in coming if row.kind == Ask.KIND]
        incidents = {ask.incident: tx.incidents.load(ask.incident) for _, ask in asked}
        return [
            Foreseen(at=at, kind=ask.kind, about=ask.about, incident=incident)
            for at, ask in asked
            if (incident := incidents[ask.incident]) and _matters(incident, ask, max(at, now))
        ][:limit]

    return await store.read(look)


def _matters(incident: Incident, ask: Ask, at: datetime) -> bool:
    question = FallDue(actor=CALENDAR, kind=ask.kind, about=ask.about)
    return not isinstance(decide(incident, question, at), Refused)
