"""Which header fields a mail's words hinge on: changed on its way, they would make the same bytes say something else.

A signature always covers the bytes of a body, and often not how they are to be read: large providers leave
Content-Type out. Whoever holds a signed mail may then send it again with another boundary, so that what stood in a
part is passed over and what was quoted or attached is all that is left.
"""

import re
from typing import TYPE_CHECKING

from bot.channels.mail.parts import content, content_type, is_guessed, octets, stored, undecoded

if TYPE_CHECKING:
    from email.message import Message

KIND, ENCODING = "content-type", "content-transfer-encoding"
# What programs write for readers who know no parts.
_NOTE = re.compile(
    r"this is an? (?:(?:cryptographically signed|multi-?part|s/mime signed|openpgp/mime signed) )?message"
    r"(?: in mime format)?(?: \(rfc[\w ,]{1,30}\))?\.?"
    r"|ceci est un message (?:(?:en|à) plusieurs parties )?au format mime\.?",
    re.IGNORECASE,
)


def hinges(message: "Message[str, str]") -> tuple[str, ...]:
    """The fields of this mail that must be signed for its words to be what was written."""
    kind = content_type(message).value
    if kind.startswith("multipart/"):
        return (KIND,) if is_guessed(message) or not message.is_multipart() or _has_words_outside(message) else ()
    # Words between angle brackets are gone once a plain text is called HTML; real HTML begins with such a bracket.
    is_claimed = kind.startswith("text/") and kind != "text/plain" and not content(message).lstrip().startswith(b"<")
    is_encoded = content(message).split() != octets(stored(message)).split()
    return ((KIND,) if is_claimed else ()) + ((ENCODING,) if is_encoded else ())


def _has_words_outside(message: "Message[str, str]") -> bool:
    around = (undecoded(str(getattr(message, name, None) or "")) for name in ("preamble", "epilogue"))
    return any(words and not _NOTE.fullmatch(words) for words in (" ".join(one.split()) for one in around))
