"""Whether this process can do its work now: the database takes a write and the queues answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from storage import Conflict, Store, Transaction, Unavailable

LIMIT_SECONDS = 3.0
REMEMBERED = timedelta(seconds=1)
Ready = Callable[[], Awaitable[bool]]


class Health:
    """Asks at most once a second, however often it is asked itself."""

    def __init__(self, store: Store, clock: Callable[[], datetime], ready: Ready | None) -> None:
        """`ready`: what else must hold, as the process that serves these pages knows it."""
        self._store = store
        self._clock = clock
        self._ready = ready
        self._asked: datetime | None = None
        self._answer = False

    async def is_ready(self) -> bool:
        now = self._clock()
        if self._asked is None or not timedelta() <= now - self._asked < REMEMBERED:
            self._answer = await self._database_answers(now) and (self._ready is None or await self._ready())
            self._asked = now
        return self._answer

    async def _database_answers(self, now: datetime) -> bool:
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self._store.run(lambda tx: _probe(tx, now))
        except (Unavailable, Conflict, TimeoutError):
            return False
        return True


def _probe(tx: Transaction, now: datetime) -> None:
    """A write, because a full or read-only disk still reads; and a look into each queue."""
    tx.keep_setting("probed_at", now.isoformat())
    for queue in (tx.inbox, tx.outbox, tx.deadlines):
        queue.next_due()
