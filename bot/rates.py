"""How often one peer may do something in a minute: try unknown links, bring mail; and whether much comes at once."""

import time
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address

WINDOW = 60.0
PEERS = 10_000
NETWORK_BITS = 64
A_FEW, RUSH_SECONDS = 8, 0.25


class Pace:
    """Counts per peer, or per network of IPv6 peers, in windows of a minute; what is remembered is bounded."""

    def __init__(self, limit: int = 30) -> None:
        self._limit = limit
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, peer: str, now: float) -> int:
        """How many times this peer has come in its window, this one included; `now` in seconds."""
        name = _network(peer)
        began, tried = self._counts.pop(name, (now, 0))
        if not 0 <= now - began < WINDOW:
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


class Rush:
    """Whether things come in on each other's heels: a few within a quarter of a second."""

    def __init__(self) -> None:
        self._came_at: deque[float] = deque(maxlen=A_FEW)

    def one_more(self) -> None:
        """Something came."""
        self._came_at.append(time.monotonic())

    @property
    def is_on(self) -> bool:
        return len(self._came_at) == A_FEW and time.monotonic() - self._came_at[0] < RUSH_SECONDS


def _network(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    return str(int(address) >> NETWORK_BITS) if isinstance(address, IPv6Address) else peer
