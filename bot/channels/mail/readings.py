"""Which header fields a mail's words hinge on: changed on its way, they would make the same bytes say something else.

A signature always covers the bytes of a body, and often not how they are to be read: large providers leave
Content-Type out. Whoever holds a signed mail may then send it again with another boundary, so that what stood in a
part is passed over and what was quoted or attached is all that is left.
"""

import re
from typing import TYPE_CHECKING

from bot.channels.mail.headers import media_type
from bot.channels.mail.parts import content, content_type, is_guessed, octets, raw_field, stored, undecoded

if TYPE_CHECKING:
    from email.message import Message

KIND, ENCODING, PLACE = "content-type", "content-transfer-encoding", "content-disposition"
_SPACE = b" \t\r\n"
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
    # All of them are gone once it is called a file: then an empty mail to the address that accepts would be a yes.
    decoded = content(message)
    is_plain = kind == "text/plain" or (kind == "text/html" and decoded[:1000].lstrip().startswith(b"<"))
    found = {
        KIND: not is_plain,
        ENCODING: decoded.translate(None, _SPACE) != octets(stored(message)).translate(None, _SPACE),
        PLACE: media_type(raw_field(message, PLACE)).value == "attachment",
    }
    return tuple(name for name, hangs_on_it in found.items() if hangs_on_it)


def _has_words_outside(message: "Message[str, str]") -> bool:
    around = (undecoded(str(getattr(message, name, None) or "")) for name in ("preamble", "epilogue"))
    return any(words and not _NOTE.fullmatch(words) for words in (" ".join(one.split()) for one in around))
