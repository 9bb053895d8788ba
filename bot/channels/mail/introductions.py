"""Lines by which a mail program says whose words it quotes, where they are not like those of most others."""

import re

from bot.channels.mail.fields import ADDRESS, DATE

LONGEST = 200

_QUOTING = re.compile(
    r"(?:quoting|selon|citando(?: a)?|zitat von|citerar) [^\n]{0,100}[<(][^\n<>@]{1,64}@[^\n<>@]{3,100}[>)]? ?:$",
    re.IGNORECASE,
)
_NAME_WROTE = re.compile(r"[^\W\d_][^\n:,;.!?]{1,60} (?:a [ée]crit|wrote)(?: (?:le|on) \d[\d:h/. -]{5,24})? ?:$")
_NOT_A_NAME = re.compile(
    r"(?:votre|vous|notre|nous|mon|ma|mes|il|elle|on|ils|elles|je|le|la|les|un|une|ce|cette|qui|your?|our|we|my|he|she"
    r"|they|i|it|the|an?|this|that|who|somebody|someone)\b",
    re.IGNORECASE,
)
# mutt, where its users set it so
_STARRED = re.compile(
    r"\* (?:[^\n\[\]]{1,160}@|[A-Z]\S{1,30} [A-Z])[^\n\[\]]{1,160} \[[^\n\[\]]{0,30}\d[^\n\[\]]{5,40}\]:$"
)
_QUOTING_AT = re.compile(r"quoting [^\n]{2,100} \(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?\):?$", re.IGNORECASE)
_YOU_WROTE = re.compile(r"(?:\byou wrote|\d{1,2}:\d{2},? vous (?:[ée]criviez|avez [ée]crit)) ?:$", re.IGNORECASE)
_DATED_BY = re.compile(r"(?:\d|[^\W\d_]{3,9}\.? \d)[\w.,:/ -]{6,40} [\w.+'-]{1,64}@[\w.-]{3,120} ?:$")
_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_MINUTE = re.compile(r"\b20\d\d\b[^\n]{0,40}\b\d{1,2}[:.]\d{2}\b")
_BRACKETED = re.compile(r"<[^\n<>@]{1,64}@[^\n<>@]{3,120}>")
_RULED = re.compile(r"(?:-{3,} [^\n]{6,300} -{3,}|[^\n]{6,300} >>>)$")


def introduces_quote(line: str) -> bool:
    """Whether a line that stands right above a marked quote says whose that is. Its author alone may tell it."""
    if len(line) > LONGEST:
        return False
    named = _NAME_WROTE.match(line) and not _NOT_A_NAME.match(line)
    dated = line.endswith(":") and DATE.search(line) and _is_dated_by(line)
    return bool(named or dated or any(shape.match(line) for shape in (_QUOTING, _QUOTING_AT, _STARRED)))


def is_ruled_introduction(line: str) -> bool:
    """Whether a line between rules or arrows names an author and a time, in any language; no mark need follow."""
    return bool(_RULED.match(line) and DATE.search(line) and _TIME.search(line) and _BRACKETED.search(line))


def you_wrote(line: str) -> bool:
    """Whether a line ends in what programs say of the reader, and people do, too: only marks below tell which."""
    return bool(_YOU_WROTE.search(line))


def _is_dated_by(line: str) -> bool:
    """Whether a day and an address are all that a line says, or it gives both as exactly as programs do."""
    if line[:1].isdigit() or _DATED_BY.match(line):
        return bool(ADDRESS.search(line))
    return bool(_MINUTE.search(line) and _BRACKETED.search(line))
