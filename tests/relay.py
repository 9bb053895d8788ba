"""A relay to send to: it keeps what it takes, and misbehaves on request the way real ones do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the relay has taken."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass(kw_only=True)
class Sink:
    """What the relay keeps (`mails`) and how it answers: an answer beginning with 4 or 5 refuses at that step.

    `at_recipient` may also say `hang`; `after_text`: `answer`, or `hang` for ever, or `drop` the connection after
    keeping the mail.
    """

    mails: list[Taken] = field(default_factory=list)
    connections: int = 0
    at_mail: str = "250 2.1.0 Ok"
    at_recipient: dict[str, str] = field(default_factory=dict)
    at_text: str = "250 2.0.0 Ok: queued"
    after_text: Literal["answer", "hang", "drop"] = "answer"
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _sessions: set[SMTP] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where to send, as RELAY_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    async def wait_for(self, mails: int, seconds: float = 60) -> list[Taken]:
        """The mails once there are so many; TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while len(self.mails) < mails:
                self.arrived.clear()
                await self.arrived.wait()
        return self.mails

    def cut(self) -> None:
        """Closes every connection, as a relay does that restarts."""
        for session in tuple(self._sessions):
            _abort(session)
        self._sessions.clear()

    def session(self) -> SMTP:
        """One connection's protocol."""
        self.connections += 1
        session = SMTP(
            self, hostname="relay.example", enable_SMTPUTF8=True, loop=asyncio.get_running_loop(), timeout=60
        )
        self._sessions.add(session)
        return session

    async def handle_MAIL(  # noqa: N802 - named by the library
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.at_mail.startswith("2"):
            envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.at_recipient.get(address, "250 2.1.5 Ok")
        if answer == "hang":
            await asyncio.Event().wait()
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_text.startswith("2"):
            content = envelope.original_content or b""
            sender = (envelope.mail_from or "").replace("<>", "")
            self.mails.append(Taken(sender, tuple(envelope.rcpt_tos), content))
            self.arrived.set()
        if self.after_text == "hang":
            await asyncio.Event().wait()
        if self.after_text == "drop":
            _abort(server)
        return self.at_text


def _abort(session: SMTP) -> None:
    transport = cast("asyncio.WriteTransport | None", session.transport)  # uvloop's is no instance of it
    if transport:
        transport.abort()


@asynccontextmanager
async def a_relay(sink: Sink | None = None) -> AsyncIterator[Sink]:
    """A relay that listens on a port of its own."""
    sink = sink or Sink()
    server = await asyncio.get_running_loop().create_server(sink.session, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        sink.cut()
        await server.wait_closed()
