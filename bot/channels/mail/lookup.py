"""TXT records, asked of the servers we are told to ask, within a time limit, remembered as long as they allow."""

import ipaddress
from dataclasses import dataclass
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

MOST_REMEMBERED = 5000
NO_NAME = (
    dns.exception.SyntaxError,
    dns.name.EmptyLabel,
    dns.name.IDNAException,
    dns.name.LabelTooLong,
    dns.name.NameTooLong,
    ValueError,
)


class DnsFailed(Exception):  # noqa: N818 - it reports a fact about the network, not a mistake
    """No answer can be had now: servers that fail or keep silent. Ask again later."""


@dataclass(frozen=True, slots=True)
class Server:
    """A DNS server's address and port."""

    host: str
    port: int = 53


class Resolver:
    """Asks `servers`, or the system's when there are none. `seconds` bounds each question with all its tries."""

    def __init__(self, servers: tuple[Server, ...] = (), seconds: float = 5) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(s.host, s.port) for s in servers]
        self._resolver.cache = dns.resolver.LRUCache(MOST_REMEMBERED)
        self._resolver.lifetime = seconds

    async def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, their strings joined; none when there are none. DnsFailed when unknown."""
        answer = await self._answer(name, "TXT")
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)

    async def addresses(self, name: str, version: int) -> tuple[str, ...]:
        """The addresses of a host, of IP version 4 or 6. DnsFailed when unknown."""
        answer = await self._answer(name, "A" if version == 4 else "AAAA")
        return tuple(record.address for record in answer)

    async def exchanges(self, name: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain, the preferred first. DnsFailed when unknown."""
        answer = await self._answer(name, "MX")
        by_preference = sorted(answer, key=lambda record: int(record.preference))
        return tuple(record.exchange.to_text(omit_final_dot=True) for record in by_preference)

    async def _answer(self, name: str, kind: str) -> tuple[Any, ...]:
        try:
            answer = await self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            if isinstance(error, NO_NAME):
                return ()  # what is not a name has no records
            raise DnsFailed(type(error).__name__) from error
        return tuple(answer)


def parse_servers(listed: str) -> tuple[Server, ...]:
    """Servers from `host:port, host`; the host is an IP address. ValueError when it is not."""
    servers = []
    for entry in filter(None, (entry.strip() for entry in listed.split(","))):
        host, colon, port = entry.rpartition(":")
        if not colon or (entry.count(":") > 1 and not entry.startswith("[")):
            host, port = entry, "53"
        servers.append(Server(str(ipaddress.ip_address(host.strip("[]"))), int(port)))
    return tuple(servers)
