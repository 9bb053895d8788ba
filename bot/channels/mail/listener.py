"""The open door: its sessions and mails, counted and bounded, and a stop with courtesy."""

import asyncio
import collections
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.text import one_line
from bot.rates import Pace, Rush

FAILING_SECONDS = 60.0
log = structlog.get_logger("mail.receive")


class Visit(Protocol):
    """One session, as far as the door cares."""

    def stop(self) -> None:
        """Ends it, unless it is storing a mail."""

    def cut(self) -> None:
        """Drops its connection as it is."""


class Listener:
    """The open door: its sessions, counted and bounded. Used like an `asyncio.Server`, but it stops with courtesy."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        self.peers: collections.Counter[str] = collections.Counter()
        self.in_flight = 0
        self._pace = Pace(reception.mails_per_minute)
        self._server: asyncio.Server | None = None
        self._sessions: set[Visit] = set()
        self._keeping: set[asyncio.Task[bool]] = set()
        self._closing = False
        self._failed_at: float | None = None
        self._rush = Rush()
        self._gone = asyncio.Event()

    @property
    def port(self) -> int:
        """Where it listens, which matters when port 0 was asked for."""
        if not self._server or not self._server.sockets:
            raise RuntimeError("not listening")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def is_keeping(self) -> bool:
        """Whether mails are kept: False from one that could not be until the next one is, for a minute at most."""
        return self._failed_at is None or time.monotonic() - self._failed_at > FAILING_SECONDS

    @property
    def is_busy(self) -> bool:
        """Whether mails come in on each other's heels."""
        return self._rush.is_on

    async def open(self, host: str, port: int, session: Callable[[], asyncio.Protocol]) -> None:
        """Starts listening. OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(session, host, port, backlog=512)

    def close(self) -> None:
        """Stops listening; idle sessions are told so, those that are storing a mail finish first."""
        self._closing = True
        if self._server:
            self._server.close()
        for session in tuple(self._sessions):
            session.stop()

    async def wait_closed(self, grace: float = 8) -> None:
        """Waits until every mail that is being kept has its answer and every session is gone; `grace` in seconds."""
        try:
            async with asyncio.timeout(grace):
                while self._sessions or self._keeping:
                    self._gone.clear()
                    await self._gone.wait()
        except TimeoutError:
            log.warning("sessions_cut", sessions=len(self._sessions), keeping=len(self._keeping))
            for session in tuple(self._sessions):
                session.cut()

    def answered(self, session: Visit) -> None:
        """Lets a session go that has its answer, once we are stopping."""
        if self._closing:
            session.stop()

    def admit(self, session: Visit, peer: str) -> bool:
        """Counts a session in; False when there are too many."""
        self._sessions.add(session)
        self.peers[peer] += 1
        within = self.peers[peer] <= self.reception.connections_per_peer
        return within and len(self._sessions) <= self.reception.connections

    def is_too_fast(self, peer: str) -> bool:
        """Counts a mail that this peer begins; whether it has begun too many within a minute."""
        if self.reception.unlimited(peer):
            return False
        count = self._pace.count(peer, time.monotonic())
        if self._pace.is_just_over(count):
            log.warning("too_many_mails", peer=peer, per_minute=self.reception.mails_per_minute)
        return self._pace.is_over(count)

    def leave(self, session: Visit, peer: str) -> None:
        """Counts a session out."""
        self._sessions.discard(session)
        self.peers[peer] -= 1
        if not self.peers[peer]:
            del self.peers[peer]
        self._gone.set()

    async def keep(self, arrival: Arrival) -> bool:
        """Whether the mail is durable now; goes on even if its client goes away meanwhile."""
        task = asyncio.create_task(self._keep(arrival))
        self._keeping.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[bool]) -> None:
        self._keeping.discard(task)
        self._gone.set()

    async def _keep(self, arrival: Arrival) -> bool:
        try:
            await self.reception.keep(arrival)
        except Exception as error:  # whatever it is, the sender still has the mail
            self._failed_at = time.monotonic()
            log.error("mail_not_kept", peer=arrival.peer, octets=len(arrival.raw), exc_info=error)
            return False
        self._failed_at = None
        self._rush.one_more()
        log.info("mail_kept", peer=arrival.peer, helo=one_line(arrival.helo, 80), octets=len(arrival.raw))
        return True


def host_of(peer: object) -> str:
    return str(peer[0]) if isinstance(peer, tuple) else str(peer or "")
