"""What a person wrote, without what they answered. Losing their words is worse than leaving some of ours."""

from dataclasses import dataclass

from bot.channels.mail.lines import MARKER_EN, MARKER_FR, Label, label_lines
from bot.channels.mail.markup import unquoted_text

__all__ = ["MARKER_EN", "MARKER_FR", "Stripped", "strip"]

MOST_CHARACTERS = 65_536
MOST_LINES = 2000
LONGEST_SIGNATURE = 12
_CUTS = {Label.MARKER, Label.ORIGINAL, Label.HEADER, Label.INTRO}
_QUOTED = {Label.QUOTE, Label.BLANK, Label.INTRO, Label.HEADER, Label.ORIGINAL, Label.MARKER, Label.RULE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """`reply`: the person's own words, never empty unless the mail is; `quoted`: all that was taken away.

    `certain` is False when no words of their own were found and `reply` is the whole text: nothing in it may then
    be taken for something that the person said.
    """

    reply: str
    quoted: str
    certain: bool = True


def strip(text: str, html: str | None = None) -> Stripped:
    """Takes quoted mails and signatures off a text. `html` helps where the text shows no quote. Linear, bounded."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = normal[:MOST_CHARACTERS].split("\n")[:MOST_LINES]
    rest = normal[len("\n".join(lines)) :].lstrip("\n")
    kept, taken = _divide(lines)
    reply = "\n".join(_trimmed(kept))
    if html and not (taken and reply) and (own := unquoted_text(html)):
        reply, taken = "\n".join(_trimmed(_divide(own.split("\n")[:MOST_LINES])[0])), lines
    if not reply:
        return Stripped(reply=normal.strip(), quoted="", certain=not normal.strip())
    return Stripped(reply=reply, quoted="\n".join(filter(None, ("\n".join(taken).strip("\n"), rest))))


def _divide(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of the person and the lines of others, each in their order."""
    labels = label_lines(lines)
    end = _first_cut(labels)
    keep = [at < end for at in range(len(lines))]
    after = _answer_below(labels, end)
    if after is not None:
        for at in range(after, len(lines)):
            keep[at] = True
        own_before = any(labels[at] is Label.TEXT for at in range(end))
        if own_before:  # answers stand between the quotes: without these they would make no sense
            keep[end:after] = [True] * (after - end)
    _drop_ends(labels, keep)
    kept = [line for line, is_kept in zip(lines, keep, strict=True) if is_kept]
    return kept, [line for line, is_kept in zip(lines, keep, strict=True) if not is_kept]


def _first_cut(labels: list[Label]) -> int:
    """Where somebody else's words begin; the number of lines when they do not."""
    said = False
    for at, label in enumerate(labels):
        # Telephones put their line between what was written and what is quoted, often without another mark.
        if (
            label in _CUTS
            or label is Label.QUOTE
            or (label is Label.DEVICE and said and labels[at - 1] is Label.BLANK)
        ):
            return at
        said = said or label is Label.TEXT
    return len(labels)


def _answer_below(labels: list[Label], cut: int) -> int | None:
    """Where the person goes on below or between quotes; None when everything from the cut on is quoted."""
    if cut >= len(labels) or labels[cut] in {Label.MARKER, Label.ORIGINAL, Label.HEADER, Label.DEVICE}:
        return None
    at = cut
    while at < len(labels) and labels[at] in {Label.INTRO, Label.BLANK, Label.RULE}:
        at += 1
    if at >= len(labels) or labels[at] is not Label.QUOTE:
        return None
    while at < len(labels) and labels[at] in _QUOTED:
        at += 1
    return at if at < len(labels) and labels[at] is Label.TEXT else None


def _drop_ends(labels: list[Label], keep: list[bool]) -> None:
    """Lets go of quotes, rules, device lines and a signature at the end of what is kept."""
    last = _last_kept(keep)
    for at in range(max(0, last - LONGEST_SIGNATURE), last + 1):
        if labels[at] is Label.SIGNATURE and keep[at]:
            keep[at : last + 1] = [False] * (last + 1 - at)
            break
    while (last := _last_kept(keep)) >= 0 and labels[last] in _QUOTED | {Label.DEVICE, Label.SIGNATURE}:
        keep[last] = False


def _last_kept(keep: list[bool]) -> int:
    return next((at for at in range(len(keep) - 1, -1, -1) if keep[at]), -1)


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at either end, and without the space at the end of lines."""
    bare = [line.rstrip() for line in lines]
    filled = [at for at, line in enumerate(bare) if line.strip()]
    return bare[filled[0] : filled[-1] + 1] if filled else []
