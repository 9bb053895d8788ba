"""What each line of a mail is for: its own words, a quote, the words that introduce one, a signature.

Every expression is anchored and linear, and sees at most a few hundred characters of a line.
"""

import enum
import itertools
import re

from bot.channels.mail.fields import ADDRESS, DATE, IsOurs, are_of_others, header_block, name_others, names_author
from bot.channels.mail.footers import are_footers
from bot.channels.mail.introductions import introduces_quote, is_ruled_introduction, you_wrote
from bot.channels.mail.postscripts import goes_on

MARKER_FR = "-- Répondez au-dessus de cette ligne --"
MARKER_EN = "-- Reply above this line --"
LONGEST_INTRO = 500
MOST_INTRO_LINES = 4
MOST_HEADERS = 8
FULL_LINE = 60

_MARKER = re.compile(
    r"[\W_]{2,20}[^\W\d_][^\n]{0,60}(?:au-dessus de cette ligne|above this line)[^\n]{0,40}[-#=_*~]\s*$",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"\s{0,4}(?:>|&gt;|\|(?:\s(?![^\n]*\|$)|$))")  # a row of a table ends in its mark, too
_QUOTE_MARKS = re.compile(r"\A(?:\s{0,4}(?:>|&gt;))+ ?")
_RULE = re.compile(r"\s*(?:_{5,}|={3,}|-{10,})\s*$")
_ORIGINAL = re.compile(
    r"\s*[-_*=]{2,}\s*(?:original message|original appointment|reply message|mail original"
    r"|original-?\s?(?:nachricht|mail)|urspr(?:[üu]ng|ue?ng)liche (?:nachricht|e-?mail)|(?:mensaje|correo) original"
    r"|oorspronkelijk(?: bericht|e e-?mail)|origineel bericht|messaggio originale|mensagem original"
    r"|(?:message|courriel|mail|e-mail) (?:d['’]origine|original|initial)|message (?:suivi|pr[ée]c[ée]dent))"
    r"\s*[-_*=]{2,}",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"\s*[-_*=]{2,}\s*(?:forwarded message|(?:message|courriel|mail|e-mail) (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])"
    r"|weitergeleitete (?:nachricht|e-?mail)|(?:mensaje|correo) reenviado|doorgestuurd (?:bericht|e-?mail)"
    r"|doorgestuurde e-?mail|messaggio inoltrato|mensagem (?:re)?encaminhada)"
    r"\s*[-_*=]{2,}"
    r"|\s*(?:d[ée]but du (?:message|courriel|mail|e-mail) (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])"
    r"|begin forwarded message|(?:anfang|beginn) der weitergeleiteten (?:nachricht|e-?mail)"
    r"|inicio del (?:mensaje|correo) reenviado|begin(?: van het)? doorgestuurd bericht|inizio messaggio inoltrato"
    r"|in[íi]cio da mensagem (?:re)?encaminhada)\s*:\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"\s?(?:--|__)$")
_DECORATED = re.compile(r"\s*-{4,}\s{0,2}[^\W\d_][^\d\n-]{2,40}[^\W_]\s{0,2}-{4,}\s*$")
_DEVICE = re.compile(
    r"\s*[*_<\[(]{0,3}(?:(?:sent|envoy[ée]e?) (?:from|with|via|using|de|depuis|[àa] partir de|avec|par) (?=\S)"
    r"|(?:get|obten(?:ir|ez)|t[ée]l[ée]charg(?:er|ez)|hol(?:en sie sich)?) (?:outlook|bluemail|spark|proton ?mail) "
    r"|provenance : |gesendet (?:von|mit(?=[^\n]{2,40}(?:mail|app\b|phone))) |inviato da"
    r"|von (?:meinem|mein) (?=.{2,40} gesendet)"
    r"|diese (?:nachricht|e-?mail|mail) wurde von (?=.{2,60} gesendet)"
    r"|enviado (?:desde|do|de|con(?=[^\n]{2,60}mail)) |(?:verzonden|verstuurd) (?:vanaf|vanuit|met) "
    r"|skickat fr[åa]n |wys[łl]ane z )"
    r"[^\n,;!?]{2,60}(?:<[^\n>]{0,200}>|\(?https?://\S{0,200})?[^\n,;:!?.]{0,40}"
    r"(?:\. (?:veuillez )?(?:m['’])?(?:excuse[rz]?|please excuse)[^\n]{0,60})?\.?$",
    re.IGNORECASE,
)
_APP = re.compile(
    r"(?:(?:obt(?:ener|[ée]n|enha o)|descargar?|download|scarica|baixe o) )?outlook (?:for|f[üu]r|para|voor|per)"
    r" \w{2,9}(?: ?[<(]?https?://[^\s>)]{0,200}[>)]?)(?: (?:beziehen|herunterladen|downloaden|ophalen))?$"
    r"|\s*yahoo mail ?: (?:search, organize, conquer"
    r"|recherchez, organisez, reprenez le contr[ôo]le de votre bo[îi]te de r[ée]ception)$",
    re.IGNORECASE,
)
_HINT = re.compile(r"[\d@]")
_WROTE = re.compile(
    r"\b(?:a [ée]crit|a r[ée]pondu|[ée]crivait|wrote|writes|replied)"
    r"(?: (?:le|on) \d[\d:h/. -]{5,24})?\s{0,3}[:：]$",
    re.IGNORECASE,
)
_TOLD_ME = re.compile(
    r"(?:['’]|\b(?:nous|vous|lui|leur) )(?:a [ée]crit|a r[ée]pondu|[ée]crivait)"
    r"(?: le \d[\d:h/. -]{5,24})?\s{0,3}[:：]$",
    re.IGNORECASE,
)
# The same in other languages, whose word for it people do not use in French or English. Some put it first.
_WROTE_ELSEWHERE = re.compile(
    r"\b(?:schrieb|geschrieben|schreef|geschreven|escribi[óo]|ha scritto|escreveu|napisa[łlo]|pisze|skrev|napsal"
    r"|nap[íi]sal|[íi]rta|kirjoitti|kirjutas|пишет|пише|писал|написал|написа|yazd[ıi]|a scris|έγραψε|ha escrit"
    r"|deus skrivet|idatzi zuen|raš[ėe]|rakst[īi]ja|đã viết)\b|写道|のメール|寫道|님이 작성|כתב|كتب"
)
# Whose "your colleague Paul wrote:" it is tells of somebody; names of people and firms begin with a capital.
_SOMEBODYS = re.compile(
    r"\b(?i:votre|notre|mon|ma|leur|son|sa|un|une|your|our|my|their|his|her|su|nuestr[oa]|vuestr[oa]|mi"
    r"|uw|jullie|onze?|mijn|hun) [a-zà-öø-ÿ]"
    r"|\b(?i:j['’]ai|je|nous avons|i|i have|we|we have|ich|wir|he|hemos|ik|wij) [a-zà-öø-ÿ]"
    r"|\b(?i:ihre?|unsere?|meine?|eine?|seine?) (?i:kolleg|mitarbeiter|techniker|kunde|chef|support|team|berater)"
)
_INITIALS = re.compile(r"[A-Z]{1,4}>(?= |$)")
_SPEECH = re.compile(r"[\"'«»“”„‟‘‚‹›]\s?\w")
# A mail program that puts the quoted mail on the line of its introduction.
_WROTE_INLINE = re.compile(
    r"(?:Le|On) [^\n@]{0,200}[<(][^\n<>@]{1,64}@[^\n<>@]{3,100}[>)] (?:a [ée]crit|wrote) ?:\s{2,}\S"
)
_WROTE_BARE = re.compile(r"(?:On|Le|Sur) [^\n]{0,300}@[^\n]{0,100} (?:wrote|a [ée]crit)$")
_SOMEBODY = re.compile(
    r"[^\n]{0,300}[<(\[]\s{0,2}(?:mailto:)?[\w.+'-]{1,64}@[\w.-]{3,120}[>)\]]*(?: [^\s:：]{1,30}){0,2} ?[:：]$"
)


_FOLDED: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2007"), " "),
    **dict.fromkeys(map(ord, "\u2010\u2011"), "-"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2063\ufeff")),
}


class Label(enum.Enum):
    """What a line is for. HEADER is of a mail that is answered, SHOWN of one that the person tells about.

    OTHERS is above a mail that was neither from us nor to us: they want it read.
    """

    TEXT = "text"
    BLANK = "blank"
    QUOTE = "quote"
    INTRO = "intro"
    MARKER = "marker"
    ORIGINAL = "original"
    FORWARD = "forward"
    RULE = "rule"
    HEADER = "header"
    SHOWN = "shown"
    OTHERS = "others"
    SIGNATURE = "signature"
    DEVICE = "device"
    FOOTER = "footer"


_INTRODUCES = {Label.INTRO, Label.HEADER, Label.ORIGINAL, Label.FORWARD, Label.MARKER}
_OWN = {Label.TEXT, Label.BLANK, Label.SHOWN, Label.OTHERS, Label.SIGNATURE, Label.DEVICE, Label.RULE}
_BEGIN_SHOWN = {Label.TEXT, Label.QUOTE, Label.INTRO}
_SAY_WHY = {Label.TEXT, Label.INTRO}
_SHAPES = (
    (Label.MARKER, _MARKER),
    (Label.ORIGINAL, _ORIGINAL),
    (Label.FORWARD, _FORWARD),
    (Label.DEVICE, _DEVICE),
    (Label.DEVICE, _APP),
    (Label.SIGNATURE, _SIGNATURE),
    (Label.RULE, _RULE),
)


def label_lines(lines: list[str], is_ours: IsOurs | None = None) -> list[Label]:
    """The label of each line, as many as there are lines. Where nobody knows our addresses, any may be one."""
    plain = [_plain(line) for line in lines]
    labels = [_shape(line) for line in plain]
    _rejoin(plain, labels)
    bare = [_QUOTE_MARKS.sub("", line, count=1).strip() for line in plain]
    _mark_initials(bare, labels)
    for at in range(len(lines)):
        if labels[at] in {Label.TEXT, Label.QUOTE}:
            _introduce(bare, labels, at, is_ours)
        elif labels[at] is Label.ORIGINAL:
            _head(bare, labels, at, is_ours)
    _show_unintroduced(plain, bare, labels, is_ours)
    for at in range(1, len(lines)):
        follows = labels[at] is Label.QUOTE and labels[at - 1] is Label.SHOWN
        if follows or (labels[at] in {Label.MARKER, Label.QUOTE} and _is_led_up_to(bare, labels, at)):
            labels[at] = Label.SHOWN
    return _with_footers(bare, _as_own(lines, bare, labels))


def _with_footers(bare: list[str], labels: list[Label]) -> list[Label]:
    """The labels, with those of what servers add where nothing else stands below the last marked quote."""
    end = next((at for at in range(len(labels), 0, -1) if labels[at - 1] is Label.QUOTE), len(labels))
    if not are_footers(bare[end:]):
        return labels
    return labels[:end] + [one if one is Label.BLANK else Label.FOOTER for one in labels[end:]]


def _show_unintroduced(plain: list[str], bare: list[str], labels: list[Label], is_ours: IsOurs | None) -> None:
    """Labels as shown what is marked as a quote above where our mail is introduced, as programs do.

    It decides nothing where the mail begins with it, or where it is introduced as the mail of others.
    """
    introductions = (_first_introduction(plain, bare, labels, ours) for ours in (is_ours, None))
    first = next((at for at in introductions if at is not None and not _is_nested(plain, at)), 0)
    above = labels[:first]
    begins = next((label for label in above if label in _BEGIN_SHOWN), None)
    if Label.QUOTE in above and _SAY_WHY.intersection(above) and not any(map(_MARKER.match, bare[:first])):
        quote = Label.SHOWN if begins is Label.TEXT else Label.OTHERS
        relabelled = {Label.QUOTE: quote, Label.INTRO: Label.OTHERS}
        labels[:first] = [relabelled.get(label, label) for label in above]


def _is_nested(plain: list[str], at: int) -> bool:
    """Whether a line is quoted together with the one above it: some programs quote their introductions, too."""
    return at > 0 and all(map(_QUOTE.match, plain[at - 1 : at + 1]))


def _first_introduction(plain: list[str], bare: list[str], labels: list[Label], is_ours: IsOurs | None) -> int | None:
    """Where a quote is introduced first, not counting those that are surely of mails of others."""
    for label, lines in itertools.groupby(range(len(labels)), key=labels.__getitem__):
        if label in _INTRODUCES:
            begins, *more = lines
            quoted = _QUOTE.match(plain[begins])
            if label is not Label.INTRO or quoted or not name_others(bare[begins : begins + len(more) + 1], is_ours):
                return begins
    return None


def _as_own(lines: list[str], bare: list[str], labels: list[Label]) -> list[Label]:
    """The labels, where marks of signatures and lines of telephones within a text are text themselves."""
    short = next((at for at, label in enumerate(labels) if label is Label.SIGNATURE and _is_short(lines[at])), None)
    shown = {
        at
        for at, label in enumerate(labels)
        if (label is Label.SIGNATURE and not _signs(lines, bare, labels, at, short))
        or (label is Label.DEVICE and _is_within(labels, at))
    }
    return [Label.TEXT if at in shown else label for at, label in enumerate(labels)]


def _is_short(mark: str) -> bool:
    """Whether the mark of a signature lacks the space that sets it apart (RFC 3676)."""
    return not mark.endswith(" ")


def _signs(lines: list[str], bare: list[str], labels: list[Label], at: int, short: int | None) -> bool:
    """Whether a mark that signatures stand below is one: dumps, diffs and logs have the like, people go on below.

    Nobody asks in a signature, and no words lead up to one. Without its space the mark must stand alone: below a
    blank line or a quote, and the only one of what the person wrote. `short` is the first of these.
    """
    for beside in (at - 1, at + 1):
        if 0 <= beside < len(labels) and labels[beside] in _OWN and bare[beside].startswith("--"):
            return False
    below = range(at + 1, next((end for end in range(at + 1, len(labels)) if labels[end] not in _OWN), len(labels)))
    marks = [line for line in below if labels[line] is Label.SIGNATURE]
    if goes_on(bare[at + 1 : min([*marks, below.stop])]):
        return False
    if at and labels[at - 1] is Label.TEXT and bare[at - 1].endswith(":"):
        return False
    if not _is_short(lines[at]):
        return True
    others = any(_is_short(lines[line]) for line in marks)
    return at == short and labels[max(at - 1, 0)] in {Label.BLANK, Label.QUOTE, Label.SIGNATURE} and not others


def _is_within(labels: list[Label], at: int) -> bool:
    """Whether a line that telephones add stands in the midst of what a person says of such lines."""
    return labels[max(at - 1, 0) : at] == [Label.DEVICE] or labels[at + 1 : at + 2] in ([Label.DEVICE], [Label.TEXT])


def _head(bare: list[str], labels: list[Label], original: int, is_ours: IsOurs | None) -> None:
    """Labels the lines right below the words "original message": they are its headers, with colons or without."""
    below = range(original + 1, min(original + 1 + MOST_HEADERS, len(labels)))
    end = next((at for at in below if labels[at] is not Label.TEXT), below.stop)
    labels[original + 1 : end] = [Label.HEADER] * (end - original - 1)
    if are_of_others(bare[original + 1 : end], is_ours):
        labels[original:end] = [Label.OTHERS] * (end - original)


def _plain(line: str) -> str:
    """A line as the expressions see it: bounded, no-break spaces and hyphens folded, nothing that is not seen."""
    return line[:LONGEST_INTRO].translate(_FOLDED).rstrip()


def _shape(line: str) -> Label:
    if not line.strip():
        return Label.BLANK
    if _QUOTE.match(line):
        return Label.QUOTE
    return next((label for label, shape in _SHAPES if shape.match(line)), Label.TEXT)


def _rejoin(plain: list[str], labels: list[Label]) -> None:
    """Labels as quotes the ends of quoted lines that a mail program broke without marking them."""
    for at in range(1, len(labels) - 1):
        broken = labels[at - 1] is Label.QUOTE is labels[at + 1] and len(plain[at - 1]) >= FULL_LINE
        if broken and labels[at] is Label.TEXT and plain[at][:1].islower():
            labels[at] = Label.QUOTE


def _mark_initials(bare: list[str], labels: list[Label]) -> None:
    """Labels as quotes the lines that begin with the initials of the person quoted, as they do below an introduction.

    A mail quotes one person so; the prompt of a program looks the same.
    """
    begin = [at for at, line in enumerate(bare) if labels[at] is Label.TEXT and _INITIALS.match(line)]
    introduced = next((bare[at].partition(">")[0] for at in begin if _is_introduced(bare, at)), None)
    for at in begin:
        if bare[at].partition(">")[0] == introduced:
            labels[at] = Label.QUOTE


def _is_introduced(bare: list[str], at: int) -> bool:
    """Whether an introduction ends right above this line."""
    above = _filled_above(bare, at)
    if above is None:
        return False
    return any(
        _intro(bare, begin) == above - begin + 1 for begin in range(max(above - MOST_INTRO_LINES, 0), above + 1)
    )


def _introduce(bare: list[str], labels: list[Label], at: int, is_ours: IsOurs | None) -> None:
    """Labels the lines that begin here as an introduction or a header block, if that is what they are."""
    length = header_block(bare, at)
    if length:
        others = labels[at] is Label.TEXT and are_of_others(bare[at : at + length], is_ours)
        shown = Label.SHOWN if _is_shown(bare, labels, at) else Label.OTHERS if others else Label.HEADER
        labels[at : at + length] = [shown] * length
        return
    if _DECORATED.match(bare[at]) and any(names_author(line) for line in bare[at + 1 : at + 2]):
        labels[at] = Label.ORIGINAL
        return
    length = _intro(bare, at) or _intro_above_quote(bare, labels, at)
    unmarked = length and not _is_marked(bare, labels, at, at + length)
    if unmarked and _is_sentence(bare, at, at + length):
        return
    if length and _is_of_others(bare, labels, at, length, is_ours) and (unmarked or _is_shown(bare, labels, at)):
        labels[at : at + length] = [Label.OTHERS] * length
        marked = None if unmarked else _filled_below(bare, at + length)
        if marked is not None:
            labels[marked] = Label.SHOWN
        return
    if length:
        labels[at : at + length] = [Label.INTRO] * length


def _is_of_others(bare: list[str], labels: list[Label], at: int, length: int, is_ours: IsOurs | None) -> bool:
    """Whether an introduction may be of a mail that the person shows: it names others, or nobody by an address."""
    piece = bare[at : at + length]
    nobody = labels[at] is Label.TEXT and length == 1 and introduces_quote(piece[0]) and not ADDRESS.search(piece[0])
    return nobody or name_others(piece, is_ours)


def _is_marked(bare: list[str], labels: list[Label], at: int, below: int) -> bool:
    """Whether a mail program marked what it introduces, or nothing is below that it could have marked."""
    filled = _filled_below(bare, below)
    return filled is None or Label.QUOTE in {labels[at], labels[filled]}


def _is_sentence(bare: list[str], at: int, below: int) -> bool:
    """Whether what seems to introduce a quote tells of what somebody wrote, perhaps in quotation marks."""
    filled = _filled_below(bare, below)
    speech = filled is not None and _SPEECH.match(bare[filled])
    return bool(speech or you_wrote(bare[below - 1]) or _SOMEBODYS.search(" ".join(bare[at:below])))


def _filled_below(bare: list[str], at: int) -> int | None:
    return next((line for line in range(at, min(at + 3, len(bare))) if bare[line]), None)


def _is_shown(bare: list[str], labels: list[Label], at: int) -> bool:
    """Whether words of the person's own lead up to headers: whose mails do not arrive shows those of one."""
    above = _filled_above(bare, at)
    return above is not None and labels[above] is Label.TEXT and bare[above].endswith(":")


def _is_led_up_to(bare: list[str], labels: list[Label], at: int) -> bool:
    """Whether a person's own sentence leads up to a quote or to our line: they show an error, or ask about it.

    A day or an address above a quote are a mail program's, in whatever language, and so is one who wrote.
    """
    above = _filled_above(bare, at)
    if above is None or not _is_shown(bare, labels, at) or _HINT.search(bare[above]):
        return False
    return not (_WROTE.search(bare[above]) or _WROTE_ELSEWHERE.search(bare[above]))


def _filled_above(bare: list[str], at: int) -> int | None:
    return next((line for line in range(at - 1, max(at - 4, -1), -1) if bare[line]), None)


def _intro_above_quote(bare: list[str], labels: list[Label], at: int) -> int:
    """1 where a line is an introduction because a quote stands right below, which alone tells it from a sentence."""
    below = next((label for label in labels[at + 1 : at + 3] if label is not Label.BLANK), None)
    return int(below is Label.QUOTE and labels[at] is Label.TEXT and introduces_quote(bare[at]))


def _intro(bare: list[str], at: int) -> int:
    """How many lines from here say who wrote what follows, and when; 0 when they do not."""
    if not _HINT.search(bare[at]) or not any(map(_may_introduce, bare[at : at + MOST_INTRO_LINES])):
        return 0
    if not (DATE.search(bare[at]) or ADDRESS.search(bare[at])):
        return 0
    if (_WROTE_INLINE.match(bare[at]) and DATE.search(bare[at])) or is_ruled_introduction(bare[at]):
        return 1
    for count in range(1, MOST_INTRO_LINES + 1):
        piece = bare[at : at + count]
        joined = " ".join(piece).strip("- ")
        if len(piece) < count or not piece[-1] or len(joined) > LONGEST_INTRO:
            return 0
        if _says_who_wrote(joined):
            return count
        if joined.endswith((":", "：")):
            return 0
    return 0


def _may_introduce(line: str) -> bool:
    """Whether a line has what every introduction ends in; asked of most lines of a mail, so in no expression."""
    lower = line.lower()
    return (
        "wrote" in lower
        or "crit" in lower
        or line.endswith(("---", ">>>"))
        or line.rstrip("- ").endswith((":", "："))
    )


def _says_who_wrote(joined: str) -> bool:
    dated = DATE.search(joined)
    if _TOLD_ME.search(joined):
        return False
    if dated and you_wrote(joined):
        return True
    if _WROTE.search(joined) or (joined.endswith((":", "：")) and _WROTE_ELSEWHERE.search(joined)):
        return bool(dated or ADDRESS.search(joined))
    return bool(dated and (_SOMEBODY.match(joined) or _WROTE_BARE.match(joined)))
