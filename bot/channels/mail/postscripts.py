"""What a person adds below their own signature: they go on, and the signature is part of what they wrote."""

import itertools
import re

from bot.channels.mail.footers import is_footer, paragraphs, seems_to_warn

MOST_BELOW_SIGNATURE = 20
FEWEST_WORDS = 3

_POSTSCRIPT = re.compile(
    r"(?:p\. ?-?s\.?|p\.?s\. ?|ps|post-?scriptum|p\. ?d\.|pd|n\. ?b\.|nb) ?[:.,–—-]", re.IGNORECASE
)
_ASKS = re.compile(r"\w ?\?$")
_SENTENCE = re.compile(r"[^\W\d_].*\w ?[.!…]+$", re.DOTALL)
# What only signatures hold: where somebody is found, and what the law has a firm say.
_PARTICULARS = re.compile(
    r"@|https?://|www\.|\+\d|\d\d(?:[ .]\d\d){3}"
    r"|\b(?:siret|siren|rcs|r\.c\.s|capital|tva|vat|registered|amtsgericht|partita iva)\b",
    re.IGNORECASE,
)


def goes_on(bare: list[str]) -> bool:
    """Whether a person goes on in the lines below the mark of a signature.

    They say that they do, or ask; or a paragraph below the one with their name is a sentence, or begins small as
    neither names nor titles do. Nobody goes on below the warning that firms have below each mail.
    """
    near = bare[:MOST_BELOW_SIGNATURE]
    if any(_POSTSCRIPT.match(line) or _ASKS.search(line) for line in near):
        return True
    below_name = itertools.takewhile(lambda one: not seems_to_warn(" ".join(one)), paragraphs(near)[1:])
    return any(_speaks(paragraph) for paragraph in below_name)


def _speaks(paragraph: list[str]) -> bool:
    said = " ".join(paragraph)
    if _PARTICULARS.search(said) or len(said.split()) < FEWEST_WORDS:
        return False
    return (bool(_SENTENCE.match(said)) or said[:1].islower()) and not is_footer(paragraph)
