"""A desk in a process of its own that tells each step before it goes on, so that it can be killed at any of them.

The product knows nothing of this: the store it is given tells where a transaction has written and where it is kept.
"""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa
import uvloop

from bot.processes import PARTS, run_parts
from bot.settings import read_settings
from bot.wiring import wire
from storage import Store, Transaction
from storage._tables import outbox

T = TypeVar("T")
ANSWERS_FIRST = "answers before storing"
MARKS_FIRST = "marks before sending"
CARELESS_SECONDS = 0.2  # long enough for whoever was answered to be gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run: its environment, when its clock begins, and how it cheats, if it does."""

    environment: Mapping[str, str]
    now: datetime
    cheat: str = ""


class Teller:
    """Tells each step to whoever watches, and waits for leave to go on."""

    def __init__(self, watcher: Connection) -> None:
        self._watcher = watcher
        self._turn = threading.Lock()

    def __call__(self, step: str) -> None:
        with self._turn:
            self._watcher.send(step)
            self._watcher.recv()


class SteppingStore(Store):
    """A store that tells when a transaction has written, and again when that is on disk; it may be made to cheat."""

    _tell: Teller
    _cheat: str
    _behind: set["asyncio.Task[object]"]

    @classmethod
    async def stepping(cls, url: str, tell: Teller, cheat: str) -> Self:
        """Opens it."""
        store = await cls.open(url)
        store._tell, store._cheat, store._behind = tell, cheat, set()
        return store

    async def run(self, fn: Callable[[Transaction], T], *, urgent: bool = False) -> T:  # noqa: ARG002 - each alone
        if self._cheat == ANSWERS_FIRST and fn.__module__ == "bot.channels.mail.inbox":
            task = asyncio.create_task(self._run_later(fn))
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)
            return None  # type: ignore[return-value]  # what keeps a mail returns nothing
        return await self._run(fn)

    async def _run_later(self, fn: Callable[[Transaction], T]) -> T:
        await asyncio.sleep(CARELESS_SECONDS)
        return await self._run(fn)

    async def _run(self, fn: Callable[[Transaction], T]) -> T:
        name = f"{fn.__module__}.{fn.__qualname__}"

        def watched(tx: Transaction) -> T:
            result = fn(tx)
            if result != []:  # a claim that found nothing is no step
                self._tell(f"written: {name}")
            return result

        result = await super().run(watched)
        if result != []:
            self._tell(f"kept: {name}")
        return result

    async def read(self, fn: Callable[[Transaction], T]) -> T:
        result = await super().read(fn)
        if self._cheat == MARKS_FIRST and fn.__module__ == "bot.app.deliver":
            await super().run(_mark_as_sent)
        return result


def _mark_as_sent(tx: Transaction) -> None:
    tx.outbox._connection.execute(sa.update(outbox).where(outbox.c.lease.is_not(None)).values(state="done"))


def run(order: Order, watcher: Connection) -> None:
    """The process. It ends with SIGTERM, as the product does."""
    os.chdir(Path(order.environment["COMPTOIR_CONFIG"]).parent)
    with suppress(BrokenPipeError, ConnectionResetError):
        uvloop.run(_serve(order, watcher))


async def _serve(order: Order, watcher: Connection) -> None:
    settings = read_settings(order.environment)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    began = time.monotonic()

    def clock() -> datetime:
        return order.now + timedelta(seconds=time.monotonic() - began)

    async with wire(settings, clock) as wired:
        store = await SteppingStore.stepping(order.environment["DATABASE_URL"], Teller(watcher), order.cheat)
        stepping = replace(wired, desk=replace(wired.desk, store=store))
        async with run_parts(stepping, frozenset(PARTS)) as running:
            watcher.send((running.mail_port, running.web_port))
            await stop.wait()
        await store.close()
