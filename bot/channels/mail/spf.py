"""Whether a domain lets an address send in its name (SPF, RFC 7208): a hint, never a proof.

Every tenant of a shared relay passes for all its domains, so a pass gives `weak` at most.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from bot.channels.mail.addresses import normal_domain
from bot.channels.mail.lookup import DnsFailed, Resolver

MOST_QUESTIONS = 10
MOST_VOID = 2
MOST_HOSTS = 10
MOST_TERMS = 100
IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_TERM = re.compile(
    r"(?P<sign>[-+~?]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)(?::(?P<value>[^\s/]\S*?))?"
    r"(?P<four>/\d{1,2})?(?:/(?P<six>/\d{1,3}))?",
    re.IGNORECASE,
)
_MACRO = re.compile(
    r"%(?:\{(?P<letter>[slodiphcrtv])(?P<digits>\d{0,3})(?P<turn>r?)(?P<cut>[-.+,/_=]*)\}"
    r"|(?P<plain>[%_-]))",
    re.IGNORECASE,
)
_REDIRECT = re.compile(r"redirect=(\S{1,255})", re.IGNORECASE)


class Result(StrEnum):
    """What SPF says (RFC 7208 §2.6)."""

    PASS = "pass"  # noqa: S105 - a result, not a secret
    FAIL = "fail"
    SOFT_FAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    BROKEN = "permerror"
    LATER = "temperror"


_SIGNS = {"": Result.PASS, "+": Result.PASS, "-": Result.FAIL, "~": Result.SOFT_FAIL, "?": Result.NEUTRAL}


async def check_sender(peer: str, mail_from: str, helo: str, resolver: Resolver) -> tuple[Result, str]:
    """What the sender's domain says of `peer`, and that domain; a null sender is judged by its HELO. Never raises."""
    local, _, written = (mail_from or f"postmaster@{helo}").rpartition("@")
    domain = normal_domain(written)
    try:
        address = _plain(ipaddress.ip_address(peer))
    except ValueError:
        return Result.NONE, domain or ""
    if domain is None:
        return Result.NONE, ""
    check = _Check(address=address, sender=f"{local}@{domain}", helo=helo, resolver=resolver)
    try:
        return await check.host(domain), domain
    except DnsFailed:
        return Result.LATER, domain
    except _BrokenError:
        return Result.BROKEN, domain


class _BrokenError(Exception):
    """The record cannot be followed (permerror)."""


@dataclass(slots=True, kw_only=True)
class _Check:
    """One evaluation, with what is left of its questions."""

    address: IP
    sender: str
    helo: str
    resolver: Resolver
    questions: int = MOST_QUESTIONS
    void: int = MOST_VOID
    within: list[str] = field(default_factory=list)

    async def host(self, domain: str) -> Result:
        """`check_host` (RFC 7208 §4) for one domain."""
        records = [text for text in await self.resolver.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
        if len(records) != 1:
            if records:
                raise _BrokenError
            return Result.NONE
        terms = records[0].split()[1:MOST_TERMS]
        for sign, name, value, prefixes in list(_mechanisms(terms)):
            if await self._matches(name, value, prefixes, domain):
                return _SIGNS[sign]
        redirect = next((found[1] for term in terms if (found := _REDIRECT.fullmatch(term))), None)
        return await self._redirected(redirect, domain) if redirect else Result.NEUTRAL

    async def _redirected(self, target: str, domain: str) -> Result:
        self._ask()
        result = await self.host(self._expanded(target, domain))
        if result is Result.NONE:
            raise _BrokenError
        return result

    async def _matches(self, name: str, value: str, prefixes: tuple[int, int], domain: str) -> bool:
        if name == "all":
            return True
        if name in {"ip4", "ip6"}:
            return self._in_network(value)
        self._ask()
        target = self._expanded(value, domain) if value else domain
        match name:
            case "include":
                return await self._included(target)
            case "a":
                return self._among(await self._hosts(target), prefixes)
            case "mx":
                return await self._exchanges(target, prefixes)
            case "exists":
                return bool(self._found(await self.resolver.addresses(target, 4)))
            case _:
                return False  # ptr: not to be used, and never matched here (RFC 7208 §5.5)

    async def _included(self, target: str) -> bool:
        match await self.host(target):
            case Result.PASS:
                return True
            case Result.NONE:
                raise _BrokenError
            case _:
                return False

    async def _exchanges(self, target: str, prefixes: tuple[int, int]) -> bool:
        exchanges = self._found(await self.resolver.exchanges(target))
        if len(exchanges) > MOST_HOSTS:
            raise _BrokenError
        for exchange in exchanges:
            if self._among(await self.resolver.addresses(exchange, self.address.version), prefixes):
                return True
        return False

    async def _hosts(self, target: str) -> tuple[str, ...]:
        return self._found(await self.resolver.addresses(target, self.address.version))

    def _found(self, answers: tuple[str, ...]) -> tuple[str, ...]:
        if not answers:
            self.void -= 1
            if self.void < 0:
                raise _BrokenError
        return answers

    def _ask(self) -> None:
        self.questions -= 1
        if self.questions < 0:
            raise _BrokenError

    def _in_network(self, value: str) -> bool:
        try:
            return self.address in ipaddress.ip_network(value, strict=False)
        except ValueError as error:
            raise _BrokenError from error

    def _among(self, hosts: tuple[str, ...], prefixes: tuple[int, int]) -> bool:
        prefix = prefixes[0] if self.address.version == 4 else prefixes[1]
        return any(self.address in ipaddress.ip_network(f"{host}/{prefix}", strict=False) for host in hosts)

    def _expanded(self, written: str, domain: str) -> str:
        """Its macros filled in (RFC 7208 §7), cut to what a name may hold."""
        values = {
            "s": self.sender,
            "l": self.sender.rpartition("@")[0],
            "o": self.sender.rpartition("@")[2],
            "d": domain,
            "i": str(self.address) if self.address.version == 4 else ".".join(self.address.exploded.replace(":", "")),
            "p": "unknown",
            "v": "in-addr" if self.address.version == 4 else "ip6",
            "h": self.helo,
        }

        def fill(found: re.Match[str]) -> str:
            if found["plain"]:
                return {"%": "%", "_": " ", "-": "%20"}[found["plain"]]
            value = values.get(found["letter"].lower())
            if value is None:
                raise _BrokenError  # c, r and t stand in explanations only
            parts = re.split(f"[{re.escape(found['cut'] or '.')}]", value)
            parts = parts[::-1] if found["turn"] else parts
            return ".".join(parts[-int(found["digits"]) :] if found["digits"] else parts)

        if "%" in _MACRO.sub("", written):
            raise _BrokenError
        name = _MACRO.sub(fill, written)
        while len(name) > 253 and "." in name:
            name = name.partition(".")[2]
        return name


def _mechanisms(terms: list[str]) -> Iterator[tuple[str, str, str, tuple[int, int]]]:
    """Sign, name, value and prefix lengths of each mechanism. _BrokenError where the record breaks the grammar."""
    for term in terms:
        if "=" in term.partition(":")[0]:
            continue  # a modifier: known ones are looked for, unknown ones ignored (§6)
        found = _TERM.fullmatch(term)
        if found is None:
            raise _BrokenError
        name, value = found["name"].lower(), found["value"] or ""
        if name in {"ip4", "ip6"}:
            value += found["four"] or ""
        if (name in {"include", "exists", "ip4", "ip6"}) != bool(value) and name not in {"a", "mx", "ptr"}:
            raise _BrokenError
        four, six = int((found["four"] or "/32")[1:]), int((found["six"] or "/128")[1:])
        if four > (128 if name == "ip6" else 32) or six > 128:
            raise _BrokenError
        yield found["sign"], name, value, (four, six)


def _plain(address: IP) -> IP:
    return getattr(address, "ipv4_mapped", None) or address
