"""A DNS server on this machine that knows a few TXT records, and can fail or keep silent."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from bot.channels.mail.lookup import Server


@dataclass(slots=True, kw_only=True)
class Zone(asyncio.DatagramProtocol):
    """`texts`, `addresses` (IPv4) and `exchanges` (`10 mx.host.`): name -> records.

    `aliases`: name -> the name that holds its TXT records.
    `failing` and `silent`: ends of names that are answered SERVFAIL or not at all. `slow`: seconds each answer takes.
    """

    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exchanges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    slow: float = 0
    asked: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _transport: asyncio.DatagramTransport | None = None

    @property
    def server(self) -> Server:
        """Where to ask."""
        return Server("127.0.0.1", self.port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # the real one is of no such class
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked[name] += 1
        if name.endswith(self.silent or ("\0",)):
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name.endswith(self.failing or ("\0",)):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records := self._records(name, dns.rdatatype.to_text(query.question[0].rdtype)):
            response.answer.append(records)
        elif alias := self.aliases.get(name):
            response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "CNAME", f"{alias}."))
            response.answer.append(self._texts(f"{alias}.", alias))
        elif name in self.texts:
            response.answer.append(self._texts(query.question[0].name, name))
        else:
            response.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        asyncio.get_running_loop().call_later(self.slow, self._transport.sendto, response.to_wire(), addr)

    def _texts(self, owner: dns.name.Name | str, name: str) -> dns.rrset.RRset:
        """The TXT records under a name, cut into strings as they must be."""
        quoted = [
            " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in self.texts[name]
        ]
        return dns.rrset.from_text(owner, 60, "IN", "TXT", *quoted)

    def _records(self, name: str, kind: str) -> dns.rrset.RRset | None:
        """The addresses or exchanges asked for."""
        held = {"A": self.addresses, "MX": self.exchanges}.get(kind, {}).get(name, ())
        return dns.rrset.from_text(f"{name}.", 60, "IN", kind, *held) if held else None


@asynccontextmanager
async def a_zone(**texts: tuple[str, ...]) -> AsyncIterator[Zone]:
    """A DNS server that answers as long as the block lasts."""
    zone = Zone(texts=dict(texts))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: zone, local_addr=("127.0.0.1", 0)
    )
    try:
        yield zone
    finally:
        transport.close()
