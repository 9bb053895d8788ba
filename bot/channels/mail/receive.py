"""Mail in: SMTP or LMTP in our own loop; 250 means kept, and nothing is understood here.

Lines of any length are accepted whole, within the size limit. Only CR LF . CR LF ends a mail: a bare CR or LF is
text. The handler of a session dies with its client, so what has begun to be kept is shielded from that.
"""

import asyncio
import collections
import logging
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, cast

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from bot.channels.mail.text import one_line
from bot.rates import Pace

MEGABYTE = 1_000_000
_END = b"\r\n.\r\n"
_FAILED = "451 4.3.0 Temporary failure on our side, please try again later"
_KEPT = "250 2.0.0 Kept"
_TOO_BIG = "552 5.3.4 The message is larger than what this server takes"
_BUSY = "452 4.3.1 Too much mail at once, please try again later"
_TOO_FAST = "450 4.7.1 Too many mails a minute, please try again later"
_TOO_MANY = "421 4.7.0 Too many connections, please try again later"
_GOODBYE = "421 4.3.2 This server is stopping, please try again later"
_TOO_SLOW = "421 4.4.2 Too slow, goodbye"
_ALL = 1 << 24
_PATH = re.compile(r'<(?:@[^:>"]*+:)?((?:"(?:[^"\\]|\\.)*+"|[^<>"\s])*+)>|((?:"(?:[^"\\]|\\.)*+"|[^<>"\s])++)')

# It logs every line of the dialogue, and our reply keys with it.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
log = structlog.get_logger("mail.receive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail as it came: its bytes untouched, and the envelope beside them. `mail_from` is empty for bounces."""

    raw: bytes
    mail_from: str
    rcpt_to: tuple[str, ...]
    peer: str
    helo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How mail is taken in. Sizes are octets, times seconds.

    `keep` returns once the mail is durable; whatever it raises becomes a 451. `idle` bounds each command, and each
    `progress` octets of a mail; `patience` bounds a session between two mails that it brings. Peers that `unlimited`
    knows may bring as many mails a minute as they like.
    """

    domain: str
    accepts: Callable[[str], bool]
    keep: Callable[[Arrival], Awaitable[None]]
    size_limit: int = 35 * MEGABYTE
    recipients: int = 50
    idle: float = 50
    patience: float = 600
    progress: int = 16_384
    connections: int = 400
    connections_per_peer: int = 100
    in_flight: int = 200 * MEGABYTE
    mails_per_minute: int = 300
    unlimited: Callable[[str], bool] = lambda _peer: False
    tls: ssl.SSLContext | None = None


async def serve(host: str, port: int, reception: Reception, protocol: Literal["smtp", "lmtp"] = "smtp") -> "Listener":
    """Listens; `port` tells where. OSError when the address cannot be had."""
    listener = Listener(reception, session={"smtp": _Smtp, "lmtp": _Lmtp}[protocol])
    await listener.open(host, port)
    return listener


class Listener:
    """The open door: its sessions, counted and bounded. Used like an `asyncio.Server`, but it stops with courtesy."""

    def __init__(self, reception: Reception, session: "type[_Smtp]") -> None:
        self.reception = reception
        self.peers: collections.Counter[str] = collections.Counter()
        self.in_flight = 0
        self._pace = Pace(reception.mails_per_minute)
        self._session = session
        self._server: asyncio.Server | None = None
        self._sessions: set[_Smtp] = set()
        self._keeping: set[asyncio.Task[bool]] = set()
        self._closing = False
        self._gone = asyncio.Event()

    @property
    def port(self) -> int:
        """Where it listens, which matters when port 0 was asked for."""
        if not self._server or not self._server.sockets:
            raise RuntimeError("not listening")
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self, host: str, port: int) -> None:
        """Starts listening. OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._session(self), host, port, backlog=512)

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

    def answered(self, session: "_Smtp") -> None:
        """Lets a session go that has its answer, once we are stopping."""
        if self._closing:
            session.stop()

    def admit(self, session: "_Smtp", peer: str) -> bool:
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

    def leave(self, session: "_Smtp", peer: str) -> None:
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
            log.error("mail_not_kept", peer=arrival.peer, octets=len(arrival.raw), exc_info=error)
            return False
        log.info("mail_kept", peer=arrival.peer, helo=one_line(arrival.helo, 80), octets=len(arrival.raw))
        return True


class _Rules:
    """What each command is answered; aiosmtpd calls these by name."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.reception = listener.reception

    async def handle_EHLO(  # noqa: N802 - named by the library
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses[:-1] if not line.startswith("250-AUTH")]
        return [*offered, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.listener.is_too_fast(_host(session.peer)):
            return _TOO_FAST
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self.reception.accepts(address):
            log.info("recipient_refused", peer=_host(session.peer))
            return "550 5.1.1 There is no such mailbox here"
        if len(envelope.rcpt_tos) >= self.reception.recipients:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail_session_failed", exc_info=error)
        return _FAILED


class _Smtp(SMTP):
    """One session. DATA is read in chunks, not line by line: seven times less work for an attachment."""

    line_length_limit = 65_536

    def __init__(self, listener: Listener) -> None:
        self._reception = reception = listener.reception
        super().__init__(
            _Rules(listener),
            data_size_limit=reception.size_limit,
            enable_SMTPUTF8=True,
            hostname=reception.domain,
            ident="ESMTP",
            timeout=reception.idle,
            tls_context=reception.tls,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit={"NOOP": 100, "VRFY": 20, "HELP": 20, "EHLO": 20, "HELO": 20, "*": 1_000_000},
            loop=asyncio.get_running_loop(),
        )
        # The library shares one table between all sessions and lets it grow with every EHLO.
        self.command_size_limits = collections.defaultdict(lambda: 2000)
        self._listener = listener
        self._peer = ""
        self._keeping = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the session, and sends it away when there are too many."""
        super().connection_made(transport)
        if self._peer:  # the same session again, now over TLS
            return
        self._peer = _host(transport.get_extra_info("peername"))
        if self._listener.admit(self, self._peer):
            self._wait_patiently()
        else:
            log.warning("too_many_connections", peer=self._peer)
            self._leave(_TOO_MANY)

    def connection_lost(self, error: Exception | None) -> None:
        """Forgets the session."""
        self._listener.leave(self, self._peer)
        if self._patience:
            self._patience.cancel()
        super().connection_lost(error)

    def stop(self) -> None:
        """Ends the session, unless it is storing a mail: that one is answered first."""
        if not self._keeping:
            self._leave(_GOODBYE)

    def cut(self) -> None:
        """Drops the connection as it is."""
        if self.transport:
            cast("asyncio.WriteTransport", self.transport).abort()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Takes the text of a mail (RFC 5321 §4.1.1.4) and answers once it is kept."""
        envelope = self.envelope or Envelope()
        if await self.check_helo_needed():
            return
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        text = await _Text(self._reception, self._listener).read(self._reader, self._reset_timeout)
        self._keeping = True
        answer = text if isinstance(text, str) else await self._keep(text, envelope)
        for _ in range(self.answers(envelope)):
            await self.push(answer)
        self._keeping = False
        self.envelope = Envelope()
        self._listener.answered(self)

    def answers(self, _envelope: Envelope) -> int:
        """How many times the fate of a mail is told: once."""
        return 1

    async def smtp_VRFY(self, _arg: str) -> None:  # noqa: N802
        """Confirms nobody (RFC 5321 §7.3)."""
        await self.push("252 2.1.5 Send some mail, it will be seen")

    async def _keep(self, raw: bytes, envelope: Envelope) -> str:
        sender = envelope.mail_from or ""
        arrival = Arrival(
            raw=raw,
            mail_from="" if sender == "<>" else sender,
            rcpt_to=tuple(envelope.rcpt_tos),
            peer=self._peer,
            helo=(self.session and self.session.host_name) or "",
        )
        kept = await self._listener.keep(arrival)
        self._wait_patiently()
        return _KEPT if kept else _FAILED

    def _wait_patiently(self) -> None:
        if self._patience:
            self._patience.cancel()
        self._patience = self.loop.call_later(self._reception.patience, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if not self._keeping:
            self._leave(_TOO_SLOW)

    def _leave(self, answer: str) -> None:
        # Cast, not asked: uvloop's transports are instances of none of asyncio's classes.
        transport = cast("asyncio.WriteTransport | None", self.transport)
        if transport and not transport.is_closing():
            transport.write(f"{answer}\r\n".encode())
            transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The path of MAIL and RCPT and what follows it; a null path stays `<>`, as the library has it."""
        path = _PATH.match(arg.strip())
        if path is None or not _is_utf8(address := path[1] or path[2] or "<>") or len(address) > 320:
            return None, None
        return address, arg.strip()[path.end() :].strip()


class _Lmtp(_Smtp, LMTP):
    """One LMTP session (RFC 2033): the fate of a mail is told once for each accepted recipient."""

    def answers(self, envelope: Envelope) -> int:
        """As many answers as accepted recipients."""
        return len(envelope.rcpt_tos)


class _Text:
    """The text of one mail while it comes in: bounded alone, and together with all others."""

    def __init__(self, reception: Reception, listener: Listener) -> None:
        self._reception = reception
        self._listener = listener
        self._body = bytearray(b"\r\n")  # DATA begins as if after the end of a line
        self._counted = self._since = 0
        self._refusal: str | None = None

    async def read(self, reader: asyncio.StreamReader, moved: Callable[[], None]) -> bytes | str:
        """The text without its dots, or the refusal to answer; `moved` is called when it has grown enough."""
        try:
            return await self._read(reader, moved)
        finally:
            self._listener.in_flight -= self._counted

    async def _read(self, reader: asyncio.StreamReader, moved: Callable[[], None]) -> bytes | str:
        end, searched = -1, 0
        while (end := self._body.find(_END, searched)) < 0:
            self._bound()
            searched = max(0, len(self._body) - len(_END) + 1)
            self._grow(chunk := await reader.read(_ALL))
            self._since += len(chunk)
            if self._since >= self._reception.progress:
                self._since = 0
                moved()
        if rest := self._body[end + len(_END) :]:
            # What was read is all the reader had: what follows this mail goes back in front.
            reader.feed_data(rest)
        if end > self._reception.size_limit:
            self._refusal = self._refusal or _TOO_BIG
        return self._refusal or bytes(self._body[: end + 2].replace(b"\r\n.", b"\r\n")[2:])

    def _grow(self, chunk: bytes) -> None:
        self._body += chunk
        self._counted += len(chunk)
        self._listener.in_flight += len(chunk)

    def _bound(self) -> None:
        """Lets go of what will be refused anyway; only its end is still looked for."""
        if len(self._body) > self._reception.size_limit:
            self._refusal = self._refusal or _TOO_BIG
        elif self._listener.in_flight > self._reception.in_flight:
            self._refusal = self._refusal or _BUSY
        if self._refusal:
            del self._body[: -len(_END) + 1]
            self._listener.in_flight -= self._counted
            self._counted = 0


def _host(peer: object) -> str:
    return str(peer[0]) if isinstance(peer, tuple) else str(peer or "")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.isprintable()
