"""What our own border server found out about a mail (Authentication-Results, RFC 8601), when it is trusted."""

import ipaddress
import re
from dataclasses import dataclass

from bot.app.proof import Level
from bot.channels.mail.addresses import comment_end, normal_domain
from bot.channels.mail.headers import Headers
from bot.channels.mail.signatures import speaks_for
from bot.channels.mail.text import decode

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LONGEST = 10_000
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|[^"(]++', re.DOTALL)
_HARMLESS = re.compile(r'"([\w.+-]++(?:@[\w.-]++)?)"', re.ASCII)
_METHOD = re.compile(r"\s*([a-z0-9-]{1,30})(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_PROPERTY = re.compile(r"\b([a-z]{1,20}\.[a-z0-9-]{1,40})\s*=\s*([^\s;]{1,320})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """The border servers whose word counts: their addresses, and the name under which they give it."""

    peers: tuple[Network, ...]
    authserv_id: str

    def trusts(self, peer: str) -> bool:
        """Whether a mail came from one of them, and its word can be told from others'."""
        if not self.authserv_id:
            return False
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


def findings(headers: Headers, border: Border) -> tuple[Finding, ...]:
    """What the border that brought this mail wrote on top of it; what stands below a second Received is older."""
    received = 0
    for name, value in headers.fields:
        received += name == "received"
        if received > 1:
            break
        if name == "authentication-results":
            return _findings(decode(value, None), border.authserv_id)
    return ()


def credit(found: tuple[Finding, ...], author_domain: str) -> Level | None:
    """What the border's word proves for the author's domain; None when it says nothing about it.

    A DMARC pass may rest on SPF alone, which the tenants of a relay share. Where the border tells of SPF or DKIM as
    well, only a DKIM pass by a domain that speaks for the author's makes it `strong`; where it tells of neither, its
    word is taken as it is. It tells of DMARC once: two results contradict each other.
    """
    about = [one for one in found if one.method == "dmarc" and _domain(one, "header.from") == author_domain]
    if any(one.result == "fail" for one in about):
        return Level.FAIL
    grounds = [one for one in found if one.method in {"dkim", "spf"}]
    if len(about) == 1 and about[0].result == "pass":
        signed = (_domain(one, "header.d") for one in grounds if (one.method, one.result) == ("dkim", "pass"))
        proven = not grounds or any(speaks_for(domain, author_domain) for domain in signed)
        return Level.STRONG if proven else Level.WEAK
    sent = (_domain(one, "smtp.mailfrom") for one in grounds if (one.method, one.result) == ("spf", "pass"))
    return Level.WEAK if author_domain in sent else None


def _findings(value: str, authserv_id: str) -> tuple[Finding, ...]:
    server, _, results = _unadorned(value[:_LONGEST]).partition(";")
    name = (server.split() or [""])[0]
    if name.lower() != authserv_id.lower():
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


def _unadorned(value: str) -> str:
    """Without comments, and of what stands in quotes only what could stand without: a sender's name may hold results.

    Empty where a comment or a quotation never ends.
    """
    kept, at = "", 0
    while at < len(value):
        if value[at] == "(":
            end = comment_end(value, at)
            kept += " "
        else:
            piece = _PIECE.match(value, at)
            end = piece.end() if piece else None
            if piece:
                kept += _unquoted(piece[0])
        if end is None:
            return ""
        at = end
    return kept


def _unquoted(piece: str) -> str:
    harmless = _HARMLESS.fullmatch(piece)
    return harmless[1] if harmless else "?" if piece.startswith('"') else piece


def _domain(finding: Finding, name: str) -> str:
    written = finding.properties.get(name, "")
    return normal_domain(written.rpartition("@")[2]) or "?"
