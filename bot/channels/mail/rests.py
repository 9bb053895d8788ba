"""Whom not to ask for a while: who kept silent holds a connection for the whole of our patience each time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

SHORTEST = 15.0  # seconds
LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    seconds: float


@dataclass(slots=True, kw_only=True)
class Rests:
    """By name: a domain, or the relay itself. Each silence doubles the rest; any answer ends it."""

    clock: Callable[[], float] = time.monotonic
    _rests: dict[str, _Rest] = field(default_factory=dict)

    def left(self, name: str) -> float:
        """For how many seconds more this one is not asked."""
        rest = self._rests.get(name)
        return max(0.0, rest.until - self.clock()) if rest else 0.0

    def silent(self, name: str) -> None:
        """It did not answer in time. Those who began together and waited together count once."""
        now = self.clock()
        if self.left(name):
            return
        before = self._rests.get(name)
        seconds = min(LONGEST, before.seconds * 2) if before else SHORTEST
        self._rests = {one: rest for one, rest in self._rests.items() if rest.until + LONGEST > now}
        self._rests[name] = _Rest(now + seconds, seconds)

    def answered(self, name: str) -> None:
        """Whatever it said."""
        self._rests.pop(name, None)
