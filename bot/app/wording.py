"""The few words in a reply that mean something to the desk; free text decides nothing else (letter §2.2, §2.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.facts import WayIn

_WAYS: dict[str, WayIn] = {
    "garantie": WayIn.WARRANTY,
    "warranty": WayIn.WARRANTY,
    "diagnostic": WayIn.DIAGNOSE,
    "diagnosis": WayIn.DIAGNOSE,
    "diagnose": WayIn.DIAGNOSE,
}
_EDGES = " \t.,;:!?…*_\"'«»“”’\u00a0\u202f"
_LONGEST = 200  # a line longer than this is a sentence, not a decision

_AGREES = re.compile(
    r"(?:oui|ok|okay|d[’']accord|entendu|volontiers|allez-y|j[’']accepte|je commande|je valide|bon pour accord"
    r"|yes|agreed|go ahead|please do|i accept|i agree|i order)\b",
    re.IGNORECASE,
)
_STOPS = re.compile(
    r"(?:stop|arr[êe]tez|annulez|annulation|j[’']annule|je renonce|je retire|je r[ée]voque|je refuse|je d[ée]cline"
    r"|non merci|cancel|i cancel|i withdraw|i revoke|i decline|no thanks?)\b",
    re.IGNORECASE,
)
_CONTESTS = re.compile(
    r"(?:je conteste|je ne suis pas d[’']accord|je refuse de payer|je ne paierai pas"
    r"|i contest|i dispute|i disagree|i refuse to pay|i (?:will not|won[’']t) pay)\b",
    re.IGNORECASE,
)


class DecisionKind(StrEnum):
    """What the words say where they are a phrase we asked for, or else seem to say."""

    ORDERS = "orders"
    ACCEPTS = "accepts"
    DECLINES = "declines"
    ALLOWS = "allows"
    AGREES = "agrees"
    STOPS = "stops"
    CONTESTS = "contests"


@dataclass(frozen=True, slots=True)
class Decision:
    """Words that read like a decision; `number` only where the exact phrase names it: `INC-42/1` is a request's."""

    number: str = ""
    kind: DecisionKind = DecisionKind.AGREES


def way_in_of(text: str) -> WayIn | None:
    """The way in a reply chooses by one word alone on its first line."""
    return _WAYS.get(_first_line(text).strip(_EDGES).lower())


def decision_in(text: str) -> Decision | None:
    """Whether the first line reads like a decision, and on what exactly where it is the phrase we asked for."""
    line = _first_line(text)
    if len(line) > _LONGEST:
        return None
    for kind, phrase in _PHRASES.items():
        if exact := phrase.fullmatch(line):
            return Decision(exact["number"].upper(), kind)
    return next((Decision(kind=kind) for kind, words in _READS_LIKE.items() if words.match(line)), None)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _phrase(words: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{words})\s+(?P<number>[A-Z]{{1,3}}(?:\d{{4}})?-\d{{1,9}}(?:/\d{{1,3}})?)\W*", re.IGNORECASE
    )


_PHRASES: Mapping[DecisionKind, re.Pattern[str]] = {
    DecisionKind.ORDERS: _phrase(r"je commande le diagnostic|i order the diagnosis"),
    DecisionKind.ACCEPTS: _phrase(r"j[’']accepte le devis|i accept (?:the )?quote"),
    DecisionKind.DECLINES: _phrase(r"je (?:refuse|d[ée]cline) le devis|i decline (?:the )?quote"),
    DecisionKind.ALLOWS: _phrase(r"j[’']autorise l[’']intervention|i allow (?:the )?intervention"),
}
_READS_LIKE: Mapping[DecisionKind, re.Pattern[str]] = {
    DecisionKind.CONTESTS: _CONTESTS,
    DecisionKind.STOPS: _STOPS,
    DecisionKind.AGREES: _AGREES,
}
