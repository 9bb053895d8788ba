"""How many unknown links one peer may try before it is told to slow down."""

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

WINDOW = timedelta(minutes=1)
PEERS = 10_000
NETWORK_BITS = 64


class Pace:
    """Counts per peer, or per network of IPv6 peers, in windows of a minute; what is remembered is bounded."""

    def __init__(self, limit: int = 30) -> None:
        self._limit = limit
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def count(self, peer: str, now: datetime) -> int:
        """How many this peer has tried in its window, this one included."""
        name = _network(peer)
        began, tried = self._counts.pop(name, (now, 0))
        if not timedelta() <= now - began < WINDOW:
            began, tried = now, 0
        self._counts[name] = (began, tried + 1)
        if len(self._counts) > PEERS:
            self._counts.popitem(last=False)
        return tried + 1

    def is_over(self, count: int) -> bool:
        return count > self._limit

    def is_just_over(self, count: int) -> bool:
        """Once in each window: the moment to tell somebody."""
        return count == self._limit + 1


def _network(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    return str(int(address) >> NETWORK_BITS) if isinstance(address, IPv6Address) else peer
