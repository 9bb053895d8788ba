"""What a newcomer could try next, and how far the story has come."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from bot.core.facts import Channel
from bot.core.incident import Incident
from bot.core.lives import ConsentState, ContestState, QuoteState, Stage
from bot.words import TEMPLATES

STEPS = ("Problem", "Price", "Order", "Diagnosis", "Quote", "Work", "Invoice", "Closed")
_REACHED: Mapping[Stage, int] = {
    Stage.OPENED: 0,
    Stage.ANNOUNCED: 1,
    Stage.ORDERED: 2,
    Stage.DIAGNOSING: 3,
    Stage.QUOTED: 4,
    Stage.WORKING: 5,
    Stage.REPAIRING: 5,
    Stage.SOLVED: 5,
    Stage.QUOTE_REFUSED: 5,
    Stage.DONE: 5,
    Stage.WITHDRAWN: 5,
    Stage.STOPPED: 5,
    Stage.UNBILLED: 5,
    Stage.CORRECTED: 6,
    Stage.INVOICED: 6,
    Stage.CANCELLED: 7,
    Stage.CLOSED: 7,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One line: `at` is the side where it happens (customer, staff, calendar), `do` a button beside it, if any."""

    at: str
    say: str
    do: str = ""


def step(incident: Incident) -> int:
    """The place in STEPS this incident has come to."""
    return _REACHED[incident.stage]


def hint(incident: Incident | None, customer: str) -> Hint:
    """What to try next with this incident; without one, how to begin."""
    if incident is None:
        return _hint("start", {})
    number = incident.quote.number if incident.quote else ""
    given = {"reference": incident.reference, "customer": customer, "number": number}
    name = next((name for name, fits in _FINER if fits(incident)), str(incident.stage))
    in_chat = f"{name}_chat" if incident.channel is Channel.SLACK else name
    return _hint(next((one for one in (in_chat, name) if one in _hints()), "closed"), given)


def _asked_for_leave(incident: Incident) -> bool:
    return any(consent.state is ConsentState.REQUESTED for consent in incident.consents)


def _prints(incident: Incident) -> bool:
    return incident.quote is not None and incident.quote.state is QuoteState.DRAFT


def _lost_support(incident: Incident) -> bool:
    return incident.contest is not None and incident.contest.state is ContestState.EFFECTIVE


# Finer than the stage: the first that fits.
_FINER: tuple[tuple[str, Callable[[Incident], bool]], ...] = (
    ("forfeited", _lost_support),
    ("contested", lambda incident: incident.contested),
    ("waiting", lambda incident: incident.waiting is not None),
    ("consent", _asked_for_leave),
    ("printing", lambda incident: incident.stage is Stage.DIAGNOSING and _prints(incident)),
    ("reported", lambda incident: incident.stage is Stage.DIAGNOSING and bool(incident.report)),
)


def _hint(name: str, given: Mapping[str, str]) -> Hint:
    told = _hints()[name]
    return Hint(at=told["at"], say=told["say"].format(**given), do=told.get("do", ""))


@cache
def _hints() -> Mapping[str, Mapping[str, str]]:
    tables: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (TEMPLATES / "sandbox" / "tour.toml").read_text(encoding="utf-8")
    )
    return tables
