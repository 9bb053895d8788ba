"""A script notation for the pure core: orders in, facts out, and a clock that only the script moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.commands import Command, FallDue
from bot.core.deadlines import Deadline, deadlines
from bot.core.decide import decide
from bot.core.facts import CALENDAR, Fact
from bot.core.fold import apply
from bot.core.incident import Incident
from bot.core.notices import Notice
from bot.core.refusals import Decided, Reason, Refused
from bot.core.told import notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one order led to: when, the facts in their order, and what the customer is told of them."""

    at: datetime
    facts: tuple[Fact, ...]
    told: tuple[Notice, ...]


class Play:
    """One incident, everything that happened to it, what its customer was told, and what falls due.

    An order answers with its facts, or with a `Refused`:

        play.order(an_order(StartDiagnosis)) == (IncidentTaken(by=STAFF.name), DiagnosisStarted())

    `wait` moves the clock and asks what falls due on the way, as the calendar does.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.scenes: list[Scene] = []
        self.refused: list[Reason] = []
        self.deadlines: list[Deadline] = []
        self._incident: Incident | None = None

    @property
    def incident(self) -> Incident:
        """The incident as it stands now."""
        assert self._incident is not None
        return self._incident

    def order(self, command: Command) -> Decided:
        """Decides and, unless refused, lets it happen."""
        decided = decide(self._incident, command, self.now)
        if isinstance(decided, Refused):
            self.refused.append(decided.reason)
            return decided
        for fact in decided:
            self._incident = apply(self._incident, fact, self.now)
        told = (notice(self.incident, fact, self.now) for fact in decided)
        self.scenes.append(Scene(at=self.now, facts=decided, told=tuple(each for each in told if each)))
        for fact in decided:
            self.deadlines += deadlines(self.incident, fact, self.now)
        return decided

    def wait(self, **time: float) -> list[Scene]:
        """Lets time pass (`days=3, hours=2`), asks what falls due meanwhile, and says what that led to."""
        return self.wait_until(self.now + timedelta(**time))

    def wait_until(self, end: datetime) -> list[Scene]:
        """The same, until a given moment, included."""
        before = len(self.scenes)
        while ripe := [deadline for deadline in self.deadlines if deadline.at <= end]:
            first = min(ripe, key=lambda deadline: deadline.at)
            self.deadlines.remove(first)
            self.now = max(self.now, first.at)
            self.order(FallDue(actor=CALENDAR, kind=first.kind, about=first.about))
        self.now = end
        return self.scenes[before:]

    def outage(self, **time: float) -> None:
        """Lets time pass with nobody asking; what fell due is asked at the next `wait`."""
        self.now += timedelta(**time)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All that happened."""
        return tuple(fact for scene in self.scenes for fact in scene.facts)

    @property
    def told(self) -> tuple[Notice, ...]:
        """All the customer was told."""
        return tuple(told for scene in self.scenes for told in scene.told)

    @property
    def happened(self) -> tuple[type[Fact], ...]:
        """The kinds of all that happened."""
        return tuple(type(fact) for fact in self.facts)
