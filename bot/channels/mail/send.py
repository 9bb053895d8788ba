"""Mail out: kept connections to one relay, a clock on every step, and a plain word on what became of each mail."""

import asyncio
import ipaddress
import ssl
import time
import urllib.parse
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from weakref import WeakValueDictionary

import aiosmtplib
import structlog
from aiosmtplib import SMTP, SMTPResponse, SMTPResponseException

from bot.app.bounces import refuses_address
from bot.channels.mail.addresses import parse_address
from bot.channels.mail.compose import Letter, build
from bot.channels.mail.rests import Rests
from bot.channels.mail.sign import Signer, load_signer, sign
from bot.channels.mail.text import one_line

__all__ = [
    "Accepted",
    "Deferred",
    "Letter",
    "Outcome",
    "Refused",
    "Relay",
    "Signer",
    "Unknown",
    "build",
    "load_signer",
]

PATIENCE = 5.0  # seconds a mail waits for a free connection, then it makes room for mail to others
FRESH = 5.0  # seconds during which a connection is taken to be alive without asking
RELAY = ""  # the name under which the relay itself rests; domains have longer ones
OURS_TO_REPAIR = {500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 555}
log = structlog.get_logger("mail.send")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The relay has the mail; `reply` is what it said, `sha256` the hash of what it took, and who signed that."""

    reply: str
    sha256: str = ""
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx, or no conversation at all (code 0). Try again later, not before so many `seconds`."""

    code: int
    reply: str
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: this recipient or this mail is refused for good (5xx). `gone`: no mail will ever reach this address."""

    code: int
    reply: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The relay may have the mail: the connection broke after its text had begun. Send the same bytes again."""

    reason: str


Outcome = Accepted | Deferred | Refused | Unknown


class Relay:
    """Sends through the relay of `url`: smtp://, smtps://, user:password@, ?starttls=required|never.

    `timeout` (seconds) bounds every step of the dialogue, `idle` how long an unused connection is kept. With a
    password and no loopback host, encryption is required. ValueError when the URL is not one of these. `rests` are
    those who kept silent.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30,
        connections: int = 3,
        idle: float = 30,
        local_hostname: str = "localhost",
        signers: Sequence[Signer] = (),
        tls: ssl.SSLContext | None = None,
        rests: Rests | None = None,
    ) -> None:
        self._target = _target(url)
        self._timeout = timeout
        self._idle = idle
        self._local_hostname = local_hostname
        self._signers = signers
        self._tls = tls
        self._room = asyncio.Semaphore(connections)
        self._share = max(1, connections - 1)
        self._domains: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._rests = rests or Rests()
        self._kept: list[tuple[float, SMTP]] = []
        self._sweeper: asyncio.TimerHandle | None = None

    async def send(self, envelope_sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hands one mail for one recipient to the relay. Never raises for what the relay or the network does."""
        address = parse_address(recipient)
        if address is None:
            return Refused(553, "5.1.3 the recipient is not a mail address", gone=True)
        if resting := self._resting(address.domain):
            return resting
        signed = await asyncio.to_thread(sign, raw, self._signers) if self._signers else raw
        try:
            async with AsyncExitStack() as held:
                async with asyncio.timeout(PATIENCE):
                    await held.enter_async_context(self._domain(address.domain))
                    await held.enter_async_context(self._room)
                outcome = self._resting(address.domain) or await self._send(
                    envelope_sender, recipient, address.domain, signed
                )
        except TimeoutError:
            outcome = Deferred(0, "no connection to the relay was free")
        if isinstance(outcome, Accepted):
            domains = tuple(dict.fromkeys(signer.domain for signer in self._signers))
            return replace(outcome, sha256=sha256(signed).hexdigest(), signed_by=domains)
        log.warning("mail_not_sent", outcome=type(outcome).__name__, code=getattr(outcome, "code", None))
        return outcome

    def _resting(self, domain: str) -> Deferred | None:
        """Who kept silent is not asked again at once: it would hold a connection as long once more."""
        left = max(self._rests.left(name) for name in (RELAY, domain))
        return Deferred(0, "no answer in time; not asked again for a while", left) if left else None

    def _domain(self, name: str) -> asyncio.Semaphore:
        """One domain never holds every connection: a server that hangs does not keep mail from the others."""
        return self._domains.setdefault(name, asyncio.Semaphore(self._share))

    async def close(self) -> None:
        """Says goodbye on the connections that are kept."""
        if self._sweeper:
            self._sweeper.cancel()
        kept, self._kept = self._kept, []
        await asyncio.gather(*(_goodbye(client) for _, client in kept))

    async def _send(self, sender: str, recipient: str, domain: str, raw: bytes) -> Outcome:
        try:
            client = await self._addressed(sender, recipient)
        except SMTPResponseException as error:
            self._rests.answered(domain)
            return _judged(error, OURS_TO_REPAIR)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._heard_nothing(error, domain)
            return Deferred(0, f"{type(error).__name__}: {one_line(str(error), 300)}")
        return await self._text(client, domain, raw)

    def _heard_nothing(self, error: Exception, domain: str) -> None:
        if isinstance(error, TimeoutError):
            self._rests.silent(RELAY if isinstance(error, aiosmtplib.SMTPConnectTimeoutError) else domain)

    async def _addressed(self, sender: str, recipient: str) -> SMTP:
        """A connection whose relay has taken the envelope; a kept one that proves dead is replaced once."""
        kept = await self._kept_connection()
        if kept:
            try:
                await self._envelope(kept, sender, recipient)
            except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
                log.info("kept_connection_was_dead")
            else:
                return kept
        client = await self._connect()
        await self._envelope(client, sender, recipient)
        return client

    async def _text(self, client: SMTP, domain: str, raw: bytes) -> Outcome:
        try:
            reply = await client.data(raw)
        except SMTPResponseException as error:
            self._rests.answered(domain)
            if not _refuses(error.code):
                client.close()
                return Unknown(one_line(error.message, 300))
            await self._again(client)
            return _judged(error, set())
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            self._heard_nothing(error, domain)
            return Unknown(f"{type(error).__name__}: {one_line(str(error), 300)}")
        except asyncio.CancelledError:
            client.close()
            raise
        self._rests.answered(domain)
        self._keep(client)
        return Accepted(one_line(f"{reply.code} {reply.message}", 500))

    async def _envelope(self, client: SMTP, sender: str, recipient: str) -> None:
        international = not (sender + recipient).isascii()
        try:
            if international and not client.supports_extension("smtputf8"):
                raise aiosmtplib.SMTPRecipientRefused(
                    553, "5.6.7 the relay takes no international addresses", recipient
                )
            encoding, options = ("utf-8", ["SMTPUTF8"]) if international else ("ascii", [])
            await client.mail(sender, options=options, encoding=encoding)
            await client.rcpt(recipient, encoding=encoding)
        except SMTPResponseException:
            await self._again(client)
            raise
        except BaseException:
            client.close()
            raise

    async def _kept_connection(self) -> SMTP | None:
        while self._kept:
            since, client = self._kept.pop()
            if client.is_connected and (time.monotonic() - since < FRESH or await self._alive(client)):
                return client
            client.close()
        return None

    async def _connect(self) -> SMTP:
        client = SMTP(
            hostname=self._target.host,
            port=self._target.port,
            username=self._target.username,
            password=self._target.password,
            use_tls=self._target.tls,
            start_tls=self._target.starttls,
            validate_certs=self._target.tls or self._target.starttls is True,
            tls_context=self._tls,
            local_hostname=self._local_hostname,
            timeout=self._timeout,
        )
        await client.connect()
        self._rests.answered(RELAY)
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        return client

    async def _alive(self, client: SMTP) -> bool:
        return await _said(client.noop(timeout=min(5.0, self._timeout)))

    async def _again(self, client: SMTP) -> None:
        """Keeps a connection after a refusal, its envelope forgotten."""
        if await _said(client.rset()):
            self._keep(client)
        else:
            client.close()

    def _keep(self, client: SMTP) -> None:
        self._kept.append((time.monotonic(), client))
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._idle, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        kept, self._kept = self._kept, []
        for since, client in kept:
            if time.monotonic() - since < self._idle:
                self._kept.append((since, client))
            else:
                client.close()
        if self._kept:
            self._sweeper = asyncio.get_running_loop().call_later(self._idle, self._sweep)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where the relay is and how it wants to be spoken to; `starttls` None means: when it offers it."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    starttls: bool | None


def _target(url: str) -> _Target:
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    starttls = query.pop("starttls", "offered")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or query:
        raise ValueError("a relay is smtp://host:port or smtps://host:port, with ?starttls=required or never")
    if starttls not in {"offered", "required", "never"}:
        raise ValueError("starttls is required or never")
    tls = parts.scheme == "smtps"
    secret = parts.password is not None and not _is_loopback(parts.hostname)
    if secret and starttls == "never":
        raise ValueError("starttls=never would send the password in the clear to another machine")
    required = starttls == "required" or secret
    return _Target(
        host=parts.hostname,
        port=parts.port or (465 if tls else 25),
        username=urllib.parse.unquote(parts.username) if parts.username else None,
        password=urllib.parse.unquote(parts.password) if parts.password else None,
        tls=tls,
        starttls=False if tls or starttls == "never" else True if required else None,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _judged(error: SMTPResponseException, ours: set[int]) -> Outcome:
    """What a refusal means. A 5xx that complains of us, not of the mail, is for the operator to repair: later."""
    reply = one_line(error.message, 500)
    about_us = error.code in ours or isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPHeloError)
    if _refuses(error.code) and error.code >= 500 and not about_us:
        at_recipient = isinstance(error, aiosmtplib.SMTPRecipientRefused)
        return Refused(error.code, reply, gone=at_recipient and refuses_address(reply))
    return Deferred(error.code, reply)


def _refuses(code: int) -> bool:
    """Whether this is a refusal at all (RFC 5321 §4.2.1); anything else says neither yes nor no."""
    return 400 <= code < 600


async def _goodbye(client: SMTP) -> None:
    await _said(client.quit(timeout=2))
    client.close()


async def _said(command: Coroutine[object, object, SMTPResponse]) -> bool:
    """Whether the relay answered a command, whatever it said."""
    try:
        await command
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True
