"""Addresses: one strict parser for judging and for showing, and the desk's own addresses."""

import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import idna

from bot.channels.mail.text import decode_words, one_line

MOST_MAILBOXES = 1000
MOST_COMMENT_DEPTH = 8

_ATEXT = r"[^\s\x00-\x20\x7f\"(),:;<>@\[\]\\]"
_LOCAL = re.compile(rf'(?:{_ATEXT}{{1,64}}|"[^"\r\n]{{1,64}}")')
# Its last label is no number: that would be an address of the network.
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+\Z)[a-z0-9][a-z0-9-]{0,61}[a-z0-9]"
)
_OTHERWISE_READ = ("@", "\\", "=?")
_TOKEN = re.compile(
    r"""(?P<space>[\ \t\r\n]++)
      | (?P<encoded>=\?[^?\s]{1,60}\?[bq]\?[^?\s]*+\?=)
      | (?P<quoted>"(?:[^"\\]|\\.)*+")
      | (?P<angle><(?:[^<>"]|"(?:[^"\\]|\\.)*+")*+>)
      | (?P<comma>,)
      | (?P<colon>:)
      | (?P<semicolon>;)
      | (?P<word>[^\s"(),:;<>]++)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_COMMENT_STEP = re.compile(r"\\.|[()]", re.DOTALL)
_ADDRESS_IN_NAME = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,253}\.[^\s@<>\"',.]{2,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox: both parts lower-cased, the domain in its ASCII form (IDNA), the name one clean line."""

    local: str
    domain: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """What an address header holds; `problem` says what is wrong with the rest, None when nothing is."""

    found: tuple[Address, ...]
    problem: str | None = None


def mailboxes(value: str) -> Mailboxes:
    """Parses a raw, still encoded mailbox list (RFC 5322 §3.4). Linear in its length, never raises."""
    return _read(_entries(value))


def _read(entries: Iterable["_Entry | str"]) -> Mailboxes:
    found: list[Address] = []
    problem: str | None = None
    for entry in entries:
        read = entry if isinstance(entry, str) else entry.read()
        if isinstance(read, Address):
            found.append(read)
        problem = problem or (read if isinstance(read, str) else None)
        if len(found) > MOST_MAILBOXES:
            return Mailboxes(found=tuple(found[:MOST_MAILBOXES]), problem="too many addresses")
    return Mailboxes(found=tuple(found), problem=problem)


def sole_mailbox(values: tuple[str, ...]) -> Address | str:
    """The one author of a mail from its From headers, or why there is not exactly one."""
    if len(values) != 1:
        return "no From" if not values else "several From headers"
    read = _read(_whole(list(_entries(values[0]))))
    if read.problem:
        return read.problem
    if len(read.found) != 1:
        return "several addresses in From" if read.found else "no address in From"
    return read.found[0]


def parse_address(text: str) -> Address | None:
    """A bare address such as `bob@client.fr` (or in angle brackets); None when it is not exactly that."""
    bare = text.strip()
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1].strip(" \t\r\n")
    local, at, domain = bare.rpartition("@")
    if not at or not _is_local(local) or (ascii_domain := normal_domain(domain)) is None:
        return None
    return Address(local=_normal_local(local), domain=ascii_domain)


def normal_domain(domain: str) -> str | None:
    """Lower case, ASCII form (IDNA 2008 with UTS 46), no final dot; None when it cannot be a mail domain."""
    lowered = domain.rstrip(".").lower()
    if not lowered.isascii():
        try:
            lowered = idna.encode(lowered, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return lowered if _DOMAIN.fullmatch(lowered) else None


def foreign_address_in_name(address: Address) -> str | None:
    """The address that a display name pretends to be, when it is not the real one (display-name spoofing)."""
    shown = _ADDRESS_IN_NAME.findall(unicodedata.normalize("NFKC", address.name))
    return next((one for one in shown if one.lower() != str(address)), None)


class Kind(enum.Enum):
    """What one of the desk's own addresses is for."""

    OPEN = "open"
    REPLY = "reply"
    BOUNCE = "bounce"
    ACCEPT = "accept"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAddress:
    """One of our own addresses, recognised; `key` is the reply, bounce or accept key as it was written."""

    kind: Kind
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk's addresses: `support@`, `support+<reply key>@`, `bounce+<key>@`, `accept+<key>@`, operators'."""

    address: Address
    domains: frozenset[str]

    def recognise(self, text: str) -> DeskAddress | None:
        """Which of our addresses this is; None for anybody else's. Keys keep their case."""
        local, at, domain = text.strip().strip("<>").rpartition("@")
        if not at:
            local, domain = domain, self.address.domain
        if normal_domain(domain) not in self.domains:
            return None
        name, plus, key = local.partition("+")
        keyed = (_KEYED | {self.address.local: Kind.REPLY}).get(name.lower())
        if plus:
            return DeskAddress(kind=keyed, key=key) if keyed and key else None
        return _PLAIN.get(name.lower()) or (_OPEN if name.lower() == self.address.local else None)

    def accepts(self, text: str) -> bool:
        """Whether mail to this address is for us."""
        return self.recognise(text) is not None

    def reply_to(self, key: str) -> str:
        """The address under which answers to one conversation come back."""
        return f"{self.address.local}+{key}@{self.address.domain}"

    def bounce(self, key: str) -> str:
        """The envelope sender under which the bounces of one mail come back."""
        return f"bounce+{key}@{self.address.domain}"

    def accept(self, key: str) -> str:
        """The address at which a proven mail accepts a quote."""
        return f"accept+{key}@{self.address.domain}"


_OPEN = DeskAddress(kind=Kind.OPEN)
_KEYED = {"bounce": Kind.BOUNCE, "accept": Kind.ACCEPT}
_PLAIN = {name: DeskAddress(kind=Kind.OPERATOR) for name in ("postmaster", "abuse", "bounce", "mailer-daemon")}


def desk_address(address: str, *domains: str) -> Desk:
    """The desk that answers at `address`; more `domains` are its own too. ValueError when malformed."""
    parsed = parse_address(address)
    normal = [normal_domain(domain) for domain in domains]
    if parsed is None or None in normal:
        raise ValueError(f"not a mail address of our own: {address!r} {domains!r}")
    return Desk(address=parsed, domains=frozenset([parsed.domain, *filter(None, normal)]))


@dataclass(slots=True)
class _Entry:
    """One mailbox while its tokens come in."""

    before: list[str]
    angle: str | None = None
    comment: str = ""
    after: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether there is a name, or a piece of one, without anything like an address in it."""
        written = "".join(self.before)
        return bool(written.strip()) and "@" not in written

    def read(self) -> Address | str | None:
        written = "".join(self.before).strip()
        if self.angle is None:
            return self._bare(written)
        address = parse_address(self.angle)
        if address is None or self.after:
            return "malformed address"
        name = _name(written)
        shown = parse_address(name.strip("'")) if "@" in written and not written.startswith('"') else None
        if shown is not None and str(shown) != str(address):
            return "an address stands where the name should"
        return Address(local=address.local, domain=address.domain, name=name or _name(self.comment))

    def _bare(self, written: str) -> Address | str | None:
        if not written:
            return None
        address = None if written.startswith("<") else parse_address(written)
        if address is None:
            return "malformed address"
        return Address(local=address.local, domain=address.domain, name=_name(self.comment))


def _entries(value: str) -> Iterator["_Entry | str"]:
    """Cuts a mailbox list at its commas; yields a reason where the text breaks the grammar."""
    entry, at, in_group = _Entry([]), 0, False
    while at < len(value):
        if value[at] == "(":
            end = comment_end(value, at)
            if end is None:
                yield "malformed comment"
                return
            entry.comment, at = value[at + 1 : end - 1], end
            continue
        token = _TOKEN.match(value, at)
        if token is None:
            yield "malformed address list"
            return
        at = token.end()
        match token.lastgroup:
            case "comma":
                yield entry
                entry = _Entry([])
            case "semicolon" if in_group:
                yield entry
                entry, in_group = _Entry([]), False
            case "colon" if not in_group:
                yield "a group instead of an address"
                entry, in_group = _Entry([]), True
            case "colon" | "semicolon":
                yield "malformed address list"
                return
            case "angle" if entry.angle is None:
                entry.angle = token[0]
            case "space":
                entry.before.append(" " if entry.angle is None else "")
            case _:
                entry.after = entry.angle is not None
                entry.before.append(token[0])
    yield entry


def _whole(entries: Sequence["_Entry | str"]) -> Sequence["_Entry | str"]:
    """The one mailbox of `Dupont, Jean <jean@acme.fr>`, whose comma should stand in quotes; else what there was.

    No address stands there beside the one in brackets: with two, it would be a list.
    """
    *first, last = entries
    names = [entry for entry in first if not isinstance(entry, str) and entry.angle is None and entry.is_plain]
    if not names or len(names) < len(first) or isinstance(last, str) or last.angle is None or not last.is_plain:
        return entries
    before = [piece for entry in names for piece in (*entry.before, ",")]
    return [replace(last, before=before + last.before)]


def comment_end(value: str, start: int) -> int | None:
    """Where the comment that begins here is over, those within it included; None where it never is."""
    depth = 0
    for step in _COMMENT_STEP.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(step[0], 0)
        if depth == 0:
            return step.end()
        if depth > MOST_COMMENT_DEPTH:
            return None
    return None


def _name(written: str) -> str:
    unquoted = re.sub(r'"((?:[^"\\]|\\.)*+)"', lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), written)
    return one_line(decode_words(unquoted), limit=200)


def _is_local(local: str) -> bool:
    """Whether this may stand before the @, and nobody can take it for another address that is written so.

    No second @ in quotes, no escapes and no encoded words, which the next server may undo; nothing unseen, and no
    letter that is another one in disguise (NFKC): lower-casing the Kelvin sign gives a plain k.
    """
    plain = local.isprintable() and unicodedata.is_normalized("NFKC", local)
    return plain and not any(one in local for one in _OTHERWISE_READ) and _LOCAL.fullmatch(local) is not None


def _normal_local(local: str) -> str:
    if local.startswith('"') and _LOCAL.fullmatch(local[1:-1]):
        return local[1:-1].lower()
    return local.lower()
