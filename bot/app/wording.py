"""The few words in a reply that mean something to the desk; free text decides nothing else (letter §2.2, §2.5)."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
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
_MOST_LINES = 40  # words alone are few
_LONGEST_SIGNATURE = 8  # lines
_LONGEST_DISCLAIMER = 1500  # characters


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
    """Words that read like a decision; `number` only where the exact phrase names it: `INC-42/1` is a request's.

    `alone`: a bare yes, and not a word beside it.
    """

    number: str = ""
    kind: DecisionKind = DecisionKind.AGREES
    alone: bool = False


def way_in_of(text: str) -> WayIn | None:
    """The way in a reply chooses by one word alone on its first line."""
    first = next(_said(text), "")
    return _WAYS.get(_plain(first[:_LONGEST]).strip(_EDGES))


def decision_in(text: str) -> Decision | None:
    """Whether the words read like a decision, and on what exactly where they are the phrase we asked for.

    The phrase counts alone: a greeting before it and a signature below say nothing, every other word might.
    """
    said = list(_said(text))
    exact = [decision for line in said if (decision := _exact(line)) is not None]
    if exact and len(said) == 1:
        return exact[0]
    if said and len(said[0]) <= _LONGEST:
        first = said[0].lstrip(_EDGES)  # a phrase of ours comes back between the quotation marks of whoever copied it
        read = next((Decision(kind=kind) for kind, words in _READS_LIKE.items() if words.match(first)), None)
        if read is not None:
            return read
    return Decision() if exact else None


def _exact(line: str) -> Decision | None:
    plain = _plain(line) if len(line) <= _LONGEST else ""
    if _YES.fullmatch(plain):
        return Decision(alone=True)
    found = ((kind, phrase.fullmatch(plain)) for kind, phrase in _PHRASES.items())
    return next((Decision(match["number"].upper(), kind) for kind, match in found if match), None)


def _said(text: str) -> Iterator[str]:
    """The lines that say something: without greeting, thanks and signature, where those hold nothing back."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    has_said = False
    for at, line in enumerate(lines[:_MOST_LINES]):
        if has_said and _is_signature(lines[at:]):
            break
        plain = _plain(line[:_LONGEST])
        if (
            len(line) > _LONGEST
            or _RESERVES.search(plain)
            or not (_GREETING.fullmatch(line) or _THANKS.fullmatch(plain))
        ):
            has_said = True
            yield line[_greeted(line) :]
    yield from lines[_MOST_LINES:]


def _is_polite(line: str) -> bool:
    """A greeting or thanks, and nothing that could be a condition."""
    plain = _plain(line[:_LONGEST])
    if len(line) > _LONGEST or _RESERVES.search(plain):
        return False
    return (_GREETING.fullmatch(line) or _THANKS.fullmatch(plain)) is not None


def _greeted(line: str) -> int:
    """How much of a line greets before it says something."""
    greeting = _GREETS.match(line[:_LONGEST])
    return greeting.end() if greeting and not _RESERVES.search(_plain(greeting[0])) else 0


def _is_disclaimer(plain: str) -> bool:
    return bool(_DISCLAIMER.match(plain)) and not _BINDS_NOBODY.search(plain)


def _is_signature(lines: list[str]) -> bool:
    """Whether all that is left is how a person ends a mail, and none of it could be a condition."""
    if len(lines) > 2 * _LONGEST_SIGNATURE:
        return False
    lines = [line for line in lines if len(line) > _LONGEST_DISCLAIMER or not _is_disclaimer(_plain(line))]
    if not lines:
        return True
    if len(lines) > _LONGEST_SIGNATURE + 1 or any(len(line) > _LONGEST for line in lines):
        return False
    plain = [_plain(line) for line in lines]
    if any(_RESERVES.search(line) for line in plain):
        return False
    return _CLOSING.fullmatch(plain[0]) is not None or all(_NAMES.fullmatch(line) for line in lines)


def _plain(line: str) -> str:
    """As it is compared: lower case, no accents, plain apostrophes and hyphens, single spaces, no emphasis."""
    even = line.replace("`", "'") if line.isascii() else _without_accents(line)
    return " ".join(even.casefold().split()).strip("*_ ")


def _without_accents(line: str) -> str:
    even = unicodedata.normalize("NFKD", line.translate(_EVEN))
    return "".join(letter for letter in even if not unicodedata.combining(letter))


_EVEN = str.maketrans({**dict.fromkeys("’‘`´ʼ", "'"), **dict.fromkeys("‐‑‒–—−", "-")})

_HAILS = (
    r"(?i:bonjour|bonsoir|salut|hello|hi|hey|dear|cher|ch[eè]re|chers|madame|monsieur|mesdames|messieurs"
    r"|good (?:morning|afternoon|evening))"
)
_NAME = r"(?:[A-ZÀ-ÖØ-Þ][\w.-]*|à (?:tous|toutes|vous)|all|there|team|et)"
_GREETING = re.compile(rf"{_HAILS}(?:[ ,]+{_NAME}){{0,4}}\s*[,.!:]*")
_GREETS = re.compile(rf"{_HAILS}(?: {_NAME}){{0,4}}\s*[,.!:]\s+")
_THANKS = re.compile(
    r"(?:un grand )?(?:merci|thanks|thank you|many thanks)(?: (?:beaucoup|bien|a vous|d'avance|very much|a lot"
    r"|in advance|(?:pour|de) (?:votre|le|la) \w+|for (?:your|the) \w+))*\s*[,.!]*"
)
_CLOSING = re.compile(
    r"(?:(?:bien |tres )?cordialement|bien a (?:vous|toi)|cdlt|cdt|bonne (?:journee|soiree|fin de journee)|a bientot"
    r"|(?:sinceres |meilleures )?salutations(?: distinguees)?|respectueusement|(?:best|kind|warm)? ?regards"
    r"|best(?: wishes)?|(?:yours )?sincerely|yours (?:truly|faithfully)|cheers|sent from .{1,60}"
    r"|envoye (?:de|depuis) .{1,60}|get outlook .{1,60}|telechargez? outlook .{1,60}|-{2,}|_{2,})\s*[,.!]*"
)
_PART = r"(?:[A-ZÀ-ÖØ-Þ][\w'’.&-]*|&|de|du|la|et|and|of)"
_NAMES = re.compile(  # a name or a company, a telephone number, an address
    rf"{_PART}(?:[ ,]+{_PART}){{0,4}}[ ,.]*|[+(]?\d[\d .()/+-]{{5,25}}|[^\s@]{{1,80}}@\S{{1,80}}|(?:https?://|www\.)\S{{1,100}}"
)
# What firms put below every mail, whatever it says, in one line.
_DISCLAIMER = re.compile(
    r"(?:ce (?:message|mail|courriel|courrier|e-mail)|this (?:message|e-?mail|communication))\b"
    r"(?: (?:et|and) .{1,80})? (?:est|sont|peu(?:ven)?t|is|are|may) (?:[a-z-]+ ){0,3}"
    r"(?:confiden|destine|intended|privileg).*\b(?:destinataire|recipient|addressee)"
)
# A notice that speaks of more than who may read: that nothing in the mail commits anybody, or only once it is signed.
_BINDS_NOBODY = re.compile(
    r"\b(?:not intended|engag|contra[ct]|bind|bound|commit|oblig|accept|accord|agree|approv|valid|sign|reserve"
    r"|subject to)"
)
# Whatever may take a yes back, put it off or narrow it.
_RESERVES = re.compile(
    r"\?|\b(?:ne|n'\w+|pas|non|no|not|\w+n't|cannot|jamais|never|mais|but|however|toutefois|cependant|sauf|hormis|except"
    r"|excepte|unless|si|s'il|if|condition\w*|reserve\w*|provided|seulement|uniquement|only|maximum|max|moins|less"
    r"|annul\w*|cancel\w*|stop|attend\w*|wait|avant|before|apres|after|demain|tomorrow|later|plus tard|lundi|mardi"
    r"|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday|ps|p\.s|nb)\b"
)

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
_READS_LIKE: Mapping[DecisionKind, re.Pattern[str]] = {
    DecisionKind.CONTESTS: _CONTESTS,
    DecisionKind.STOPS: _STOPS,
    DecisionKind.AGREES: _AGREES,
}

_POLITE = r"(?:[ ,.!]+(?:merci|thanks|thank you|s'il vous plait|please))?[ .!*_]*"
_YES = re.compile(
    rf"(?:ok|okay|o\.k\.|oui|yes|d'accord|c'est d'accord|ok pour moi|c'est ok|agreed|bon pour accord){_POLITE}"
)


def _phrase(words: str) -> re.Pattern[str]:
    """The words with their number, which little may stand before: `n°`, `de l'incident`."""
    before = r"(?:(?:n°|n[or]\.?|numero|number|ref\.?|reference|(?:de l'|pour l'|for |of )?incident|pour|for) ?)?:? ?"
    number = r"(?P<number>[a-z]{1,3}(?:\d{4})?-\d{1,9}(?:/\d{1,3})?)"
    return re.compile(rf"(?:(?:oui|yes|ok|d'accord)[ ,.!:;]+)?(?:{words}) {before}{number}{_POLITE}")


_QUOTE = r"(?:le |votre |ce |the |your |this )?(?:devis|quote)"
_PHRASES: Mapping[DecisionKind, re.Pattern[str]] = {
    DecisionKind.ORDERS: _phrase(r"je commande le diagnostic|i order the diagnosis"),
    DecisionKind.ACCEPTS: _phrase(rf"(?:j'accepte|i accept) {_QUOTE}"),
    DecisionKind.DECLINES: _phrase(rf"(?:je refuse|je decline|i decline|i refuse) {_QUOTE}"),
    DecisionKind.ALLOWS: _phrase(r"j'autorise l'intervention|i allow (?:the )?intervention"),
}
