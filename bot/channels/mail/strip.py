"""What a person wrote, without what they answered. Losing their words is worse than leaving some of ours."""

import re
from collections.abc import Set
from dataclasses import dataclass, replace

from bot.channels.mail.announced import announces_answers
from bot.channels.mail.fields import IsOurs
from bot.channels.mail.lines import MARKER_EN, MARKER_FR, Label, label_lines
from bot.channels.mail.markup import unquoted_text

__all__ = ["MARKER_EN", "MARKER_FR", "Stripped", "strip"]

MOST_CHARACTERS = 65_536
MOST_LINES = 2000
LONGEST_SIGNATURE = 12
MOST_POSTSCRIPT = 2
_PASSED_ON = re.compile(r"\s*(?:tr|fwd?|wg|rv|trans(?:f[ée]r[ée]|mis)?)\s?:", re.IGNORECASE)
_ANSWERS = re.compile(
    r"\s*(?:\[[^\]\n]{0,60}\]\s*)*(?:re|r[ée]p|r[ée]f|aw|antw|antwort|sv|vs|odp|ynt|res|r)"
    r"\s?(?:[\[(]\d{1,3}[\])])?\s?[:：]",
    re.IGNORECASE,
)
_CUTS = {Label.MARKER, Label.ORIGINAL, Label.FORWARD, Label.HEADER, Label.INTRO}
_ABOVE_QUOTE = {Label.BLANK, Label.INTRO, Label.HEADER, Label.ORIGINAL, Label.RULE, Label.DEVICE}
_QUOTED = {
    Label.QUOTE,
    Label.BLANK,
    Label.INTRO,
    Label.HEADER,
    Label.ORIGINAL,
    Label.MARKER,
    Label.RULE,
    Label.FOOTER,
}
_WRITTEN = {Label.TEXT, Label.QUOTE}
_ENDS = _QUOTED | {Label.DEVICE, Label.SIGNATURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """`reply`: the person's own words, never empty unless the mail is; `quoted`: all that was taken away.

    `certain` is False when `reply` may hold what others wrote: no words of the person's own were found, they pass on
    a mail, or what seems quoted stands in a mail that answers none. Nothing in it is then taken for what they said.
    `goes_on`: their words reach beyond what is read of a mail; the rest of it is in `quoted`.
    """

    reply: str
    quoted: str
    certain: bool = True
    goes_on: bool = False


def strip(
    text: str, html: str | None = None, subject: str = "", *, answers: bool = True, is_ours: IsOurs | None = None
) -> Stripped:
    """Takes quoted mails and signatures off a text. `html` helps where the text shows no quote. Linear, bounded.

    Only a mail that answers one quotes it: `answers` says that its headers name one. What a person passes on is no
    quote either: they want it read. Some programs say only in the subject that they do; and where `is_ours` knows our
    addresses, the mail of others is told from ours.
    """
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = normal[:MOST_CHARACTERS].split("\n")[:MOST_LINES]
    rest = normal[len("\n".join(lines)) :].lstrip("\n")
    parted = _part(lines, html, is_ours)
    if parted.taken and (_PASSED_ON.match(subject) or _is_answered_within(parted)):
        return Stripped(reply=normal.strip(), quoted="", certain=False)
    if not answers and not _ANSWERS.match(subject):
        whole = _without_ends(lines)
        parted = replace(whole, certain=parted.reply == whole.reply and parted.certain)
    if not parted.reply:
        return Stripped(reply=normal.strip(), quoted="", certain=not normal.strip())
    quoted = "\n".join(filter(None, ("\n".join(parted.taken).strip("\n"), rest)))
    goes_on = bool(rest.strip()) and not parted.cuts
    return Stripped(reply=parted.reply, quoted=quoted, certain=parted.certain, goes_on=goes_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parted:
    """The words of the person, and the lines of others in their order.

    `cuts` where more was taken than a signature; `between` where answers stand between quotes, which are then kept.
    `marked` is False where an introduction has no quote marks below it, and only the HTML shows how far it reaches;
    `forwards` where the words end in a mail that is passed on.
    """

    reply: str
    taken: list[str]
    marked: bool
    certain: bool = True
    forwards: bool = False
    cuts: bool = False
    between: bool = False


def _is_answered_within(parted: "_Parted") -> bool:
    """Whether answers stand in the quote itself, and no mark told them from it: the person says so on top."""
    return parted.cuts and not parted.between and announces_answers(parted.reply)


def _part(lines: list[str], html: str | None, is_ours: IsOurs | None) -> _Parted:
    """As the text shows it, or as the HTML does where the text says less."""
    parted = _divide(lines, is_ours)
    if not html or parted.forwards or (parted.taken and parted.reply and parted.marked):
        return parted
    own = unquoted_text(html, is_ours)
    shown = _divide(own.split("\n")[:MOST_LINES], is_ours) if own else None
    if shown and (not (parted.taken and parted.reply) or len(shown.reply) > len(parted.reply)):
        return replace(shown, taken=lines)
    return parted


def _without_ends(lines: list[str]) -> _Parted:
    """All but a signature: what a mail that answers none seems to quote is what the person shows."""
    labels, keep = label_lines(lines), [True] * len(lines)
    _drop_ends(labels, keep, ends={Label.BLANK, Label.DEVICE, Label.SIGNATURE})
    return _parted(lines, labels, keep)


def _divide(lines: list[str], is_ours: IsOurs | None) -> _Parted:
    labels = label_lines(lines, is_ours)
    keep = [False] * len(lines)
    at, own, certain, between = 0, False, True, False
    while True:
        end = _next_cut(labels, at, own)
        keep[at:end] = [True] * (end - at)
        own = own or Label.TEXT in labels[at:end]
        if forwards := _passes_on(labels, end):
            keep[end:] = [True] * (len(labels) - end)
            break
        after = _answer_below(labels, end)
        if after is None:
            break
        if own:  # answers stand between the quotes: without these they would make no sense
            keep[end:after] = [True] * (after - end)
            between = True
        else:
            certain = _is_surely_own(labels, end, after)
        at = after
    cuts = not forwards and not _WRITTEN.isdisjoint(labels[end:])
    if not forwards:
        _drop_ends(labels, keep)
    shows = any(label is Label.OTHERS for label, is_kept in zip(labels, keep, strict=True) if is_kept)
    certain = certain and not forwards and not shows
    parted = _parted(lines, labels, keep)
    return replace(parted, certain=certain, forwards=forwards, cuts=cuts, between=between)


def _parted(lines: list[str], labels: list[Label], keep: list[bool]) -> _Parted:
    taken = [line for line, is_kept in zip(lines, keep, strict=True) if not is_kept]
    kept = [line for line, is_kept in zip(lines, keep, strict=True) if is_kept]
    marked = Label.INTRO not in labels or Label.QUOTE in labels
    reply = "\n".join(_trimmed(kept))
    return _Parted(reply=reply, taken=taken, marked=marked)


def _next_cut(labels: list[Label], start: int, own: bool) -> int:
    """Where somebody else's words begin; the number of lines when they do not."""
    for at in range(start, len(labels)):
        label = labels[at]
        if label in _CUTS or label is Label.QUOTE or (label is Label.DEVICE and own and _ends_there(labels, at)):
            return at
        own = own or label is Label.TEXT
    return len(labels)


def _passes_on(labels: list[Label], cut: int) -> bool:
    """Whether what begins here is a mail that the person passes on, perhaps below the line that telephones add."""
    return next((label for label in labels[cut:] if label not in {Label.BLANK, Label.DEVICE}), None) is Label.FORWARD


def _ends_there(labels: list[Label], device: int) -> bool:
    """Telephones put their line between what was written and what is quoted, often without another mark.

    A line or two below it are a postscript; so is all that stands above another mark.
    """
    below = labels[device + 1 :]
    cut = next((at for at, label in enumerate(below) if label in _CUTS or label is Label.QUOTE), None)
    said = below[:cut].count(Label.TEXT)
    return labels[device - 1] is Label.BLANK and (not said or (cut is None and said > MOST_POSTSCRIPT))


def _answer_below(labels: list[Label], cut: int) -> int | None:
    """Where the person goes on below or between quotes; None when everything from the cut on is quoted."""
    at = cut
    while at < len(labels) and labels[at] in _ABOVE_QUOTE:
        at += 1
    if at >= len(labels) or labels[at] is not Label.QUOTE:
        return None
    while at < len(labels) and labels[at] in _QUOTED:
        at += 1
    return at if at < len(labels) and labels[at] is Label.TEXT else None


def _is_surely_own(labels: list[Label], cut: int, after: int) -> bool:
    """Whether what stands below a quote is the person's beyond doubt: the quote is whole, and marked throughout.

    A mail program that breaks quoted lines leaves their ends without a mark.
    """
    return Label.QUOTE not in labels[after:] and not {Label.HEADER, Label.ORIGINAL} & set(labels[cut:after])


def _drop_ends(labels: list[Label], keep: list[bool], ends: Set[Label] = _ENDS) -> None:
    """Lets go of quotes, rules, device lines and a signature at the end of what is kept."""
    last, filled, signature = _last_kept(keep), 0, None
    for at in range(last, -1, -1):
        filled += labels[at] is not Label.BLANK
        if filled > LONGEST_SIGNATURE + 1:
            break
        if keep[at] and labels[at] is Label.SIGNATURE:
            signature = at
    if signature is not None:
        keep[signature : last + 1] = [False] * (last + 1 - signature)
    while (last := _last_kept(keep)) >= 0 and labels[last] in ends:
        keep[last] = False


def _last_kept(keep: list[bool]) -> int:
    return next((at for at in range(len(keep) - 1, -1, -1) if keep[at]), -1)


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at either end, and without the space at the end of lines."""
    bare = [line.rstrip() for line in lines]
    filled = [at for at, line in enumerate(bare) if line.strip()]
    return bare[filled[0] : filled[-1] + 1] if filled else []
