"""What our own border server found out about a mail (Authentication-Results, RFC 8601), when it is trusted."""

import ipaddress
import re
from dataclasses import dataclass

from bot.channels.mail.addresses import normal_domain
from bot.channels.mail.headers import Headers
from bot.channels.mail.signatures import is_related
from bot.channels.mail.text import decode

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*+\)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_METHOD = re.compile(r"\s*([a-z0-9-]{1,30})(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_PROPERTY = re.compile(r"\b([a-z]{1,20}\.[a-z0-9-]{1,40})\s*=\s*([^\s;]{1,320})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """The border servers whose word counts: their addresses, and the name under which they give it."""

    peers: tuple[Network, ...]
    authserv_id: str

    def trusts(self, peer: str) -> bool:
        """Whether a mail came from one of them."""
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self.peers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result: `dmarc` `pass` with its properties, such as `header.from`."""

    method: str
    result: str
    properties: dict[str, str]


def parse_peers(listed: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas. ValueError when one is neither."""
    return tuple(ipaddress.ip_network(peer.strip(), strict=False) for peer in listed.split(",") if peer.strip())


def findings(headers: Headers, border: Border, peer: str) -> tuple[Finding, ...]:
    """What a trusted border wrote on top of this mail; empty from anybody else, and below a second Received."""
    if not border.authserv_id or not border.trusts(peer):
        return ()
    received = 0
    for name, value in headers.fields:
        received += name == "received"
        if received > 1:
            break
        if name == "authentication-results":
            return _findings(decode(value, None), border.authserv_id)
    return ()


def credit(found: tuple[Finding, ...], author_domain: str) -> str | None:
    """`strong`, `weak` or `fail` for the author's domain, None when nothing is said about it."""
    about = [one for one in found if one.method == "dmarc" and _domain(one, "header.from") == author_domain]
    signed = [one for one in found if one.method == "dkim"]
    aligned = [one for one in signed if one.result == "pass" and is_related(_domain(one, "header.d"), author_domain)]
    if any(one.result == "fail" for one in about):
        return "fail"
    if any(one.result == "pass" for one in about):
        return "strong" if aligned or not signed else "weak"
    sent = [one for one in found if one.method == "spf" and one.result == "pass"]
    return "weak" if any(_domain(one, "smtp.mailfrom") == author_domain for one in sent) else None


def _findings(value: str, authserv_id: str) -> tuple[Finding, ...]:
    plain = value[:10_000]
    for _ in range(3):  # comments may stand within comments
        plain = _COMMENT.sub(" ", plain)
    server, _, results = _QUOTED.sub(r"\1", plain).partition(";")
    name = (server.split() or [""])[0]
    if name.lower() != authserv_id.lower() or "(" in plain:
        return ()
    return tuple(
        Finding(
            method=method[1].lower(),
            result=method[2].lower(),
            properties={key.lower(): written for key, written in _PROPERTY.findall(result)},
        )
        for result in results.split(";")
        if (method := _METHOD.match(result))
    )


def _domain(finding: Finding, name: str) -> str:
    written = finding.properties.get(name, "")
    return normal_domain(written.rpartition("@")[2]) or "?"
