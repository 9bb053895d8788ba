"""Faults on demand: what the Web API does instead of answering, for whom, and for how long."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from bot.sandbox.slack.workspace import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. Empty `method` or `channel`: any. `times` None: until cleared. `until`: by the injected clock.
    `after`: so many calls pass before.

    `kind`: `ratelimited` (429), `status` (an HTTP status, no JSON), `refusal` (a Slack error), `hang` (no answer),
    `reset` (the connection breaks before anything is done), `lost` (it is done, then the connection breaks).
    """

    kind: str
    method: str = ""
    channel: str = ""
    times: int | None = 1
    after: int = 0
    until: datetime | None = None
    status: int = 200
    error: str = ""

    def fits(self, method: str, channel: str) -> bool:
        """Whether this call is one of those it is meant for."""
        return self.method in {"", method} and self.channel in {"", channel}


@dataclass(slots=True)
class Pace:
    """Slack's rule for new messages: in one channel `burst` at once after a rest, then one in `every`."""

    every: timedelta
    burst: int
    _free_at: dict[str, datetime] = field(default_factory=dict)

    def refuses(self, channel: str, now: datetime) -> datetime | None:
        """Until when this message is refused; None where it is taken, and counted."""
        rested = now - self.every * (self.burst - 1)
        taken = max(self._free_at.get(channel, rested), rested)
        if taken > now:
            return taken
        self._free_at[channel] = taken + self.every
        return None


class Faults:
    """The faults in force, first come first served; each is used up by the calls it hits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pace: Pace | None = None
        self._faults: list[Fault] = []
        self._released = asyncio.Event()

    def limit_rate(self, *, retry_after: int, channel: str = "", method: str = "") -> None:
        """429 with Retry-After to every such call until `retry_after` seconds have passed."""
        until = self._clock() + timedelta(seconds=retry_after)
        self._add(Fault(kind="ratelimited", channel=channel, method=method, times=None, until=until))

    def keep_pace(self, *, seconds: float = 1.0, burst: int = 5) -> None:
        """429 to every `chat.postMessage` that comes too early for its channel, as real Slack has it."""
        self._pace = Pace(timedelta(seconds=seconds), burst)

    def fail(self, *, status: int = 500, times: int = 1, after: int = 0, channel: str = "", method: str = "") -> None:
        """An HTTP status (500, 502, 503) and no JSON, once `after` such calls have passed."""
        self._add(Fault(kind="status", status=status, times=times, after=after, channel=channel, method=method))

    def refuse(self, error: str, *, times: int | None = 1, channel: str = "", method: str = "") -> None:
        """A Slack error such as `token_revoked`; `times` None: until `clear`."""
        self._add(Fault(kind="refusal", error=error, times=times, channel=channel, method=method))

    def hang(self, *, times: int = 1, channel: str = "", method: str = "") -> None:
        """No answer until `clear`, the server's end, or the caller's patience is over; nothing is done."""
        self._add(Fault(kind="hang", times=times, channel=channel, method=method))

    def reset(self, *, times: int = 1, channel: str = "", method: str = "") -> None:
        """The connection breaks; nothing is done."""
        self._add(Fault(kind="reset", times=times, channel=channel, method=method))

    def lose_answer(self, *, times: int = 1, channel: str = "", method: str = "") -> None:
        """It is done, and the caller never learns it."""
        self._add(Fault(kind="lost", times=times, channel=channel, method=method))

    def clear(self) -> None:
        """End all faults, the pace too, and let go of what hangs."""
        self._pace = None
        self._faults.clear()
        self._released.set()
        self._released = asyncio.Event()

    def take(self, method: str, channel: str) -> Fault | None:
        """The fault this call meets, if any."""
        now = self._clock()
        self._faults = [fault for fault in self._faults if fault.until is None or now < fault.until]
        for index, fault in enumerate(self._faults):
            if not fault.fits(method, channel):
                continue
            if fault.after:
                self._faults[index] = replace(fault, after=fault.after - 1)
            else:
                self._use(index, fault)
                return fault
        return self._too_early(method, channel, now)

    def _too_early(self, method: str, channel: str, now: datetime) -> Fault | None:
        if self._pace is None or method != "chat.postMessage":
            return None
        until = self._pace.refuses(channel, now)
        return Fault(kind="ratelimited", until=until) if until else None

    def seconds_left(self, fault: Fault) -> int:
        """What Retry-After says: whole seconds, at least one."""
        left = (fault.until or self._clock()) - self._clock()
        return max(1, ceil(left.total_seconds()))

    async def released(self) -> None:
        """Wait until `clear`."""
        await self._released.wait()

    def _add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self._faults[index]
        else:
            self._faults[index] = replace(fault, times=fault.times - 1)
