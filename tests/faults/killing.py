"""Killing a desk at one of its steps, and starting it again: the steps are counted across all its sockets."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults import launch
from tests.relay import Sink

GRACE_SECONDS = 60.0
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.faults.warm"])


@dataclass(slots=True)
class Count:
    """The steps taken so far; the process is killed at the one numbered `die_at`, from 1; 0: never."""

    die_at: int = 0
    steps: list[str] = field(default_factory=list)
    process: ForkServerProcess | None = None

    @property
    def killed(self) -> bool:
        """Whether it has come to that."""
        return 0 < self.die_at <= len(self.steps)

    def step(self, name: str) -> bool:
        """Notes a step; True if it was the last, or came after it."""
        is_alive = not self.killed
        if is_alive:
            self.steps.append(name)
        if is_alive and len(self.steps) == self.die_at and self.process is not None and self.process.pid:
            os.kill(self.process.pid, signal.SIGKILL)
        return self.killed


@dataclass(slots=True, kw_only=True)
class CountingSink(Sink):
    """A relay whose steps count: what it was asked, what it has taken, what it has not answered yet."""

    count: Count = field(default_factory=Count)

    async def handle_MAIL(  # noqa: N802 - named by the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.count.step("relay: asked to take a mail")
        return await Sink.handle_MAIL(self, server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.count.step("relay: has the text"):
            return "451 4.3.0 Whoever sent this is dead"
        answer = await Sink.handle_DATA(self, server, session, envelope)
        self.count.step("relay: has taken the mail")
        return answer


@dataclass(slots=True, kw_only=True)
class Desk:
    """A desk that runs in a process of its own."""

    process: ForkServerProcess
    mail_port: int
    web_port: int
    gone: asyncio.Event

    async def stop(self) -> int:
        """Asks it to stop, as an operator does; its exit code."""
        self.process.terminate()
        async with asyncio.timeout(GRACE_SECONDS):
            await self.gone.wait()
        self.process.join()
        return self.process.exitcode or 0


@asynccontextmanager
async def running(
    environment: Mapping[str, str], now: datetime, count: Count, *, cheat: str = ""
) -> AsyncIterator[Desk]:
    """A desk whose clock begins at `now`. Ended without mercy when the block is left."""
    ours, theirs = _processes.Pipe()
    order = launch.Order(environment=dict(environment), now=now, cheat=cheat)
    process = _processes.Process(target=launch.run, args=(order, theirs))
    await asyncio.to_thread(process.start)
    theirs.close()
    count.process = process
    ready: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(ours.fileno(), _hear, ours, count, ready, gone)
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            mail_port, web_port = await ready
        yield Desk(process=process, mail_port=mail_port, web_port=web_port, gone=gone)
    finally:
        loop.remove_reader(ours.fileno())
        ours.close()
        process.kill()
        await asyncio.to_thread(process.join)


def _hear(ours: Connection, count: Count, ready: "asyncio.Future[tuple[int, int]]", gone: asyncio.Event) -> None:
    try:
        said = ours.recv()
        if isinstance(said, tuple):
            ready.set_result(said)
        elif not count.step(said):
            ours.send(True)
    except (EOFError, ConnectionResetError, BrokenPipeError):
        asyncio.get_running_loop().remove_reader(ours.fileno())
        gone.set()
        if not ready.done():
            ready.set_result((0, 0))
