"""What changed, told to every open page at once (Server-Sent Events)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.jump import busy
from storage import Recorded, Store, Unavailable

News = Callable[[Sequence[Recorded]], Awaitable[None]]

LOOK_SECONDS = 0.2
GATHER_SECONDS = 0.04
ALIVE_SECONDS = 15.0
MOST_FACTS = 500
PARTS = ("mail", "slack", "journal", "calendar")


@dataclass(eq=False)
class _Listener:
    parts: set[str] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """Everybody who looks, and what they have not heard of yet."""

    def __init__(self) -> None:
        self.settled = True
        self._listeners: set[_Listener] = set()
        self._closed = False

    def tell(self, *parts: str) -> None:
        """Something changed in these parts of the page."""
        for listener in self._listeners:
            listener.parts.update(parts)
            listener.woken.set()

    def close(self) -> None:
        """Ends all that are listening."""
        self._closed = True
        self.tell()

    async def listen(self) -> AsyncIterator[str]:
        """The events, one after the other: a page fetches again what an event names."""
        listener = _Listener(parts=set(PARTS), woken=asyncio.Event())
        listener.woken.set()
        self._listeners.add(listener)
        try:
            while not self._closed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(ALIVE_SECONDS):
                        await listener.woken.wait()
                        await asyncio.sleep(GATHER_SECONDS)
                listener.woken.clear()
                parts, listener.parts = listener.parts, set()
                yield f"data: {json.dumps({'parts': sorted(parts), 'settled': self.settled})}\n\n"
        finally:
            self._listeners.discard(listener)


@asynccontextmanager
async def watching(live: Live, store: Store, clock: Callable[[], datetime], news: News) -> AsyncIterator[None]:
    """Looks at the journal and the queues once for everybody, and tells what is new; `news` hears of every fact."""
    task = asyncio.create_task(_watch(live, store, clock, news))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(live: Live, store: Store, clock: Callable[[], datetime], news: News) -> None:
    last = max((one.id for one in await store.read(lambda tx: tx.journal.latest(1))), default=0)
    while True:
        with suppress(Unavailable):
            last = await _look(live, store, clock, news, last)
        await asyncio.sleep(LOOK_SECONDS)


async def _look(live: Live, store: Store, clock: Callable[[], datetime], news: News, last: int) -> int:
    facts = await store.read(lambda tx: tx.journal.latest(MOST_FACTS, after_id=last))
    settled = (await busy(store, clock())).settled
    if facts:
        await news(facts)
        live.tell("journal", "calendar")
    if settled != live.settled:
        live.settled = settled
        live.tell()
    return facts[-1].id if facts else last
