"""The headers of a mail where they stand in its text, as mail programs copy them above what they quote or pass on."""

import re
from collections.abc import Callable

MOST_FIELDS = 10
IsOurs = Callable[[str], bool]
"""Whether an address is one of the desk's."""

ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,60}\.[\w.-]{2,100}")
DATE = re.compile(
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}年|\b\d{1,2}\s?[:h.]\s?\d{2}\b|\b(?:19|20)\d\d\b"
    r"|\d{1,2}(?:er|st|nd|rd|th)? (?:de )?"
    r"(?:jan|f[ée]v|feb|mar|a[vp]r|ma[iy]|jui|ju[nl]|ao[uû]|aug|sep|oct|nov|d[ée]c)",
    re.IGNORECASE,
)
_AUTHOR = r"from|de|exp[ée]diteur|von|absender|van|afzender|remitente|da|mittente"
_SUBJECT = r"subject|objet|sujet|betreff|onderwerp|asunto|assunto|oggetto"
_OTHER = (
    r"sent|date|to|cc|bcc|reply-to|importance|priority|attachments?"
    r"|envoy[ée](?: le| par)?|[àa]|destinataires?|copie [àa]|cci|r[ée]pondre [àa]|pour|pi[èe]ces jointes"
    r"|gesendet(?: am| von)?|datum|an|empf[äa]nger|kopie|antwort an|anlagen|anh[äa]nge|wichtigkeit|priorit[äa]t"
    r"|verzonden|aan|antwoord aan|bijlagen|urgentie"
    r"|enviado(?: el| em)?|fecha|para|adjuntos|importancia|inviato|data"
)
_FROM = re.compile(rf"[*_]{{0,2}}(?:{_AUTHOR})[*_]{{0,2}}\s*[:：][*_]{{0,2}}", re.IGNORECASE)
_FIELD = re.compile(rf"[*_]{{0,2}}(?:{_AUTHOR}|{_SUBJECT}|{_OTHER})[*_]{{0,2}}\s*[:：]", re.IGNORECASE)
_ABOUT = re.compile(rf"[*_]{{0,2}}(?:{_SUBJECT})[*_]{{0,2}}\s*[:：]", re.IGNORECASE)
_MESSAGE_OF = re.compile(r"message (?:du|de)\s*:?\s*\d", re.IGNORECASE)
_ANY_FIELD = re.compile(r"[*_]{0,2}[^\W\d_][^\d_\n:：<@]{0,24}[*_]{0,2}\s*[:：]")
_BRACKETED = re.compile(r"(?:<|\(|\[)\s{0,2}(?:mailto:)?[\w.+'-]{1,64}@[\w.-]{3,120}")


def header_block(bare: list[str], at: int) -> int:
    """How many lines from here are the copied headers of a mail; 0 when they are not.

    Where no address is among them they say what the mail is about: a journey has a beginning, an end and a day, too.
    """
    first = bare[at]
    known = _FROM.match(first) or _MESSAGE_OF.match(first) or _author_follows(bare, at)
    if not known and not names_author(first):
        return 0
    shape = _ANY_FIELD if names_author(first) else _FIELD
    fields, length, dated = 1, 1, bool(DATE.search(first))
    for line in bare[at + 1 : at + MOST_FIELDS]:
        if shape.match(line):
            fields += 1
            dated = dated or bool(DATE.search(line))
        elif not (fields == 1 and _BRACKETED.match(line)):
            break
        length += 1
    block = bare[at : at + length]
    addressed = any(map(ADDRESS.search, block))
    told = addressed or any(map(_ABOUT.match, block))
    return length if fields >= 3 and told and (dated or (known and addressed)) else 0


def names_author(line: str) -> bool:
    """Whether a line is a header field, in any language, with an address in brackets."""
    return bool(_ANY_FIELD.match(line) and _BRACKETED.search(line))


def are_of_others(block: list[str], is_ours: IsOurs | None) -> bool:
    """Whether these headers are surely of a mail that was neither from us nor to us: its author has an address."""
    author = next((at for at, line in enumerate(block) if _FROM.match(line) or names_author(line)), 0)
    return any(map(ADDRESS.search, block[author : author + 1])) and name_others(block, is_ours)


def name_others(lines: list[str], is_ours: IsOurs | None) -> bool:
    """Whether these lines name addresses, and surely none of ours."""
    named = [found[0].rstrip(".") for line in lines for found in ADDRESS.finditer(line)]
    return is_ours is not None and bool(named) and not any(map(is_ours, named))


def begins_with_headers(bare: list[str]) -> bool:
    """Whether a part of a mail that its layout sets off begins as a quoted mail does."""
    filled = [line for line in bare if line][:MOST_FIELDS]
    named = sum(1 for line in filled if _FIELD.match(line))
    return bool(filled) and any(map(_FROM.match, filled)) and named * 2 >= len(filled)


def _author_follows(bare: list[str], at: int) -> bool:
    """Whether a field of a mail stands here and its author within the next three: some put the date first."""
    if not _FIELD.match(bare[at]):
        return False
    return any(_FROM.match(line) for line in bare[at + 1 : at + 4])
