"""Mail in from a mailbox (IMAP4rev1, RFC 3501): for a provider who has a mailbox and no MX of their own.

A mail is kept in one durable commit together with its place in the mailbox, and only then marked there: a cut at any
point loses nothing and doubles nothing. What was kept is known by its UID, not by flags that people change.
"""

import asyncio
import ipaddress
import re
import ssl
import urllib.parse
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import SystemRandom

import structlog
from aioimaplib import (  # type: ignore[import-untyped]  # ships no types
    IMAP4,
    IMAP4_SSL,
    AioImapException,
    Error,
    Response,
)

from bot.channels.mail.addresses import parse_address
from bot.channels.mail.headers import split_headers
from bot.channels.mail.reception import Arrival
from bot.channels.mail.text import decode

LARGEST = 40_000_000
TIMEOUT = 30.0
IDLE = 300.0  # seconds; servers may end an idle connection after half an hour
POLL = 30.0
LONGEST_WAIT = 300.0
CHANCE = SystemRandom()
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to")
_SHOWN = {
    *_DELIVERED_TO,
    "return-path",
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
}
_AFTER = {"seen": r"(\Seen)", "delete": r"(\Seen \Deleted)", "leave": ""}
_SIZE = re.compile(rb"UID (\d+)\b.*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+)\b.*?UID (\d+)")
log = structlog.get_logger("mail.fetch")


class LoginRefused(Exception):  # noqa: N818 - what the server said, not a mistake of ours
    """The server knows no such user, password or folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where to fetch from. `after` is what becomes of a mail there once it is kept: seen, delete or leave."""

    host: str
    port: int
    encrypted: bool
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    after: str = "seen"

    @property
    def name(self) -> str:
        """What its place is remembered under."""
        return f"imap:{self.user}@{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a mailbox is read: every UID up to `last`, as long as its UIDVALIDITY is the same."""

    validity: int
    last: int = 0

    def encode(self) -> str:
        """The place as it is kept."""
        return f"{self.validity}:{self.last}"


def read_place(kept: str | None, validity: int) -> Place:
    """The place that was kept; the start of the mailbox where its UIDs are no longer the same (RFC 3501 §2.3.1.1)."""
    known, _, last = (kept or "").partition(":")
    return Place(validity, int(last) if known == str(validity) else 0)


Take = Callable[[Arrival, str, Place], Awaitable[None]]
"""Keeps a mail of the mailbox with this name, at this place, in one durable commit; never the same one twice."""


def read_mailbox(url: str) -> Mailbox:
    """A mailbox from `imaps://user:password@host[:port][/folder][?after=seen|delete|leave]`.

    `imap://` speaks in the clear, so it is for this machine alone (RFC 8314 §3). ValueError says what is wrong.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname:
        raise ValueError("not an address such as imaps://user:password@host/INBOX")
    if not parts.username or parts.password is None:
        raise ValueError("the user and the password are missing")
    if parts.scheme == "imap" and not _is_here(parts.hostname):
        raise ValueError("imap:// would send the password in the clear: use imaps://")
    after = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)).pop("after", "seen")
    if after not in _AFTER:
        raise ValueError(f"after={after}: is none of {', '.join(_AFTER)}")
    return Mailbox(
        host=parts.hostname,
        port=parts.port or (993 if parts.scheme == "imaps" else 143),
        encrypted=parts.scheme == "imaps",
        user=urllib.parse.unquote(parts.username),
        password=urllib.parse.unquote(parts.password),
        folder=urllib.parse.unquote(parts.path.strip("/")) or "INBOX",
        after=after,
    )


@dataclass(kw_only=True)
class Fetcher:
    """Fetches one mailbox for ever. `place` tells how far it is read, `accepts` which recipients are ours.

    Seconds: `poll` between two looks at the latest, `patience` before coming back after a first failure.
    """

    mailbox: Mailbox
    accepts: Callable[[str], bool]
    default_recipient: str
    place: Callable[[str], Awaitable[str | None]]
    take: Take
    tls: ssl.SSLContext | None = None
    poll: float = POLL
    patience: float = 2.0
    largest: int = LARGEST

    async def run(self) -> None:
        """Until cancelled: reads what is new, waits for more, and comes back after whatever went wrong."""
        failures = 0
        while True:
            try:
                client = await self.connect()
                failures = 0
                await self._follow(client)
            except Exception as error:  # noqa: BLE001 - the loop's edge: nothing was marked that is not kept
                failures += 1
                wait = min(LONGEST_WAIT, self.patience * 2.0 ** min(failures, 12)) * (1 - CHANCE.random() / 4)
                log.warning("mailbox_away", error=type(error).__name__, reason=str(error)[:200], again_in=round(wait))
                await asyncio.sleep(wait)

    async def check(self) -> None:
        """LoginRefused when the server is there and refuses; a server that is away is waited for later."""
        with suppress(AioImapException, OSError, TimeoutError):
            client = await self.connect()
            await self._select(client)
            await client.logout()

    async def connect(self) -> IMAP4:
        """A connection that has logged in. LoginRefused, or OSError or TimeoutError when there is none."""
        box = self.mailbox
        if box.encrypted:
            context = self.tls or ssl.create_default_context()
            client = IMAP4_SSL(box.host, box.port, timeout=TIMEOUT, ssl_context=context)
        else:
            client = IMAP4(box.host, box.port, timeout=TIMEOUT)
        async with asyncio.timeout(TIMEOUT):
            await client.wait_hello_from_server()
            answer = await client.login(_quoted(box.user), box.password)
        if answer.result != "OK":
            raise LoginRefused("the mail server refuses this user and password")
        return client

    async def _follow(self, client: IMAP4) -> None:
        try:
            validity = await self._select(client)
            while True:
                await self._take_new(client, validity)
                await self._wait(client)
        finally:
            with suppress(AioImapException, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await client.logout()

    async def _select(self, client: IMAP4) -> int:
        answer = await client.select(_quoted(self.mailbox.folder))
        if answer.result != "OK":
            raise LoginRefused(f"there is no folder {self.mailbox.folder}")
        found = re.search(rb"UIDVALIDITY (\d+)", b"\n".join(bytes(line) for line in answer.lines))
        return int(found[1]) if found else 0

    async def _take_new(self, client: IMAP4, validity: int) -> None:
        """Takes everything that is new, the oldest first."""
        place = read_place(await self.place(self.mailbox.name), validity)
        for uid, size in await self._sizes(client, place):
            raw = await self._content(client, uid, size)
            if raw is not None:  # not gone since it was listed
                await self.take(self._arrival(raw), self.mailbox.name, Place(validity, uid))
                await self._mark(client, uid)

    async def _sizes(self, client: IMAP4, place: Place) -> list[tuple[int, int]]:
        """UID and size of each mail that is not kept; `N:*` names the last one even when it is older (§6.4.8)."""
        answer = _well(await client.uid("fetch", f"{place.last + 1}:*", "(UID RFC822.SIZE)"))
        found = (_SIZE.search(bytes(line)) for line in answer.lines)
        pairs = ((int(one[1] or one[4]), int(one[2] or one[3])) for one in found if one)
        return sorted(pair for pair in pairs if pair[0] > place.last)

    async def _mark(self, client: IMAP4, uid: int) -> None:
        if flags := _AFTER[self.mailbox.after]:
            _well(await client.uid("store", str(uid), "+FLAGS.SILENT", flags))
        if self.mailbox.after == "delete":
            _well(await client.expunge())

    async def _content(self, client: IMAP4, uid: int, size: int) -> bytes | None:
        """The mail's bytes; of one that is too large, who wrote what about, and that it stays in the mailbox."""
        wanted = "(BODY.PEEK[])" if size <= self.largest else "(BODY.PEEK[HEADER])"
        answer = _well(await client.uid("fetch", str(uid), wanted))
        raw = next((bytes(line) for line in answer.lines if isinstance(line, bytearray)), None)
        return raw if raw is None or size <= self.largest else _too_large(raw, size)

    async def _wait(self, client: IMAP4) -> None:
        """Until the server says that something came, or long enough has passed."""
        if not client.has_capability("IDLE"):
            await asyncio.sleep(self.poll)
            _well(await client.noop())
            return
        idle = await client.idle_start(timeout=IDLE)
        with suppress(TimeoutError):
            await client.wait_server_push(timeout=min(IDLE, self.poll))
        client.idle_done()
        async with asyncio.timeout(TIMEOUT):
            await idle

    def _arrival(self, raw: bytes) -> Arrival:
        """The mail with the envelope that its delivery wrote into it; who brought it is not known."""
        headers = split_headers(raw)
        path = next((decode(value, None).strip() for value in headers.all("return-path")), None)
        sender = headers.line("from") if path is None else path
        address = parse_address(sender.rpartition("<")[2].rstrip("> ")) if sender else None
        written = [decode(value, None) for name in _DELIVERED_TO for value in headers.all(name)]
        written += [decode(value, None) for name in ("to", "cc") for value in headers.all(name)[:5]]
        named = re.findall(r"[^\s<>,;\"']{1,200}@[^\s<>,;\"']{1,200}", "\n".join(written)[:20_000])
        ours = tuple(dict.fromkeys(one for one in named if self.accepts(one)))
        return Arrival(
            raw=raw,
            mail_from=str(address) if address else "",
            rcpt_to=ours or (self.default_recipient,),
            peer="",
            helo="",
        )


def _too_large(head: bytes, size: int) -> bytes:
    fields = [(name, value) for name, value in split_headers(head).fields if name in _SHOWN]
    lines = [name.title().encode() + b": " + value.strip() for name, value in fields]
    text = f"[This mail of {size} octets is larger than what the desk takes. It is in the mailbox.]"
    return b"\r\n".join([*lines, b"", text.encode(), b""])


def _well(answer: Response) -> Response:
    """The answer, unless the server refused. Error says how."""
    if answer.result != "OK":
        raise Error(f"{answer.result} {b' '.join(bytes(line) for line in answer.lines)[:200]!r}")
    return answer


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
