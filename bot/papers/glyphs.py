"""Only what the compiled-in fonts can draw: PDF/A refuses a page with a missing glyph."""

import unicodedata
from functools import lru_cache

LINE_BREAKS = str.maketrans({"\r": "\n", "\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
UNKNOWN = "\ufffd"

# Whole stretches that Libertinus Serif and its fallbacks draw; combining marks are left out on purpose.
DRAWN = (
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x02FF),  # Latin, spacing modifiers
    (0x0370, 0x0481),  # Greek, Cyrillic
    (0x048A, 0x04FF),  # Cyrillic, continued
    (0x05D0, 0x05EA),  # Hebrew
    (0x1E00, 0x1FFF),  # Latin and Greek with more accents
    (0x2010, 0x2027),  # Dashes, quotes, bullets
    (0x202F, 0x2040),  # Narrow space, per mille, primes
    (0x2070, 0x208E),  # Superscripts, subscripts
    (0x20A0, 0x20C0),  # Currencies
    (0x2116, 0x2116),  # Numero
    (0x2122, 0x2122),  # Trade mark
    (0x2153, 0x2184),  # Fractions, Roman numerals
    (0x2190, 0x23FF),  # Arrows, mathematics, technical
    (0x2460, 0x2606),  # Enclosed, boxes, blocks, shapes
    (0x2610, 0x2612),  # Ballot boxes
    (0x26A0, 0x26A1),  # Warning, high voltage
    (0x2713, 0x2714),  # Check marks
    (0x2717, 0x2718),  # Ballot crosses
)


def printable(text: str) -> str:
    """The same text in drawable characters: invisible ones fall, the others without a glyph show as U+FFFD.

    Line breaks of every kind become `\\n`, tabs four spaces. What turns or hides text (bidirectional controls,
    zero-width characters) is gone.
    """
    broken = text.replace("\r\n", "\n").translate(LINE_BREAKS).replace("\t", "    ")
    return "".join(map(_drawn, unicodedata.normalize("NFC", broken)))


def one_line(text: str) -> str:
    """The same, on one line."""
    return " ".join(line.strip() for line in printable(text).split("\n")).strip()


def paragraphs(text: str) -> list[list[str]]:
    """Its paragraphs, each as its lines; blank lines divide them."""
    blocks: list[list[str]] = [[]]
    for line in printable(text).split("\n"):
        if line.strip():
            blocks[-1].append(line.rstrip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


@lru_cache(maxsize=4096)
def _drawn(sign: str) -> str:
    if sign == "\n":
        return sign
    category = unicodedata.category(sign)
    if category in {"Cc", "Cf", "Mn", "Me", "Mc"}:
        return ""
    known = category != "Cn" and any(first <= ord(sign) <= last for first, last in DRAWN)
    return sign if known else UNKNOWN
