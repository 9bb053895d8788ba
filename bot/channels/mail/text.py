"""Text made fit to keep and show: charsets tried in a fixed order, nothing left in that hides or steers."""

import base64
import binascii
import codecs
import functools
import quopri
import re

CONTROLS = "".join(map(chr, [*range(32), *range(127, 160)]))
STEERING = "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_LINE = dict.fromkeys(map(ord, CONTROLS), " ") | dict.fromkeys(map(ord, STEERING))
_HIDDEN = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

_ALIASES = {
    "ansi_x3.4-1968": "cp1252",
    "ascii": "cp1252",
    "cp-850": "cp850",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "windows-874": "cp874",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "shift_jis": "cp932",
    "us-ascii": "cp1252",
    "utf8mb4": "utf-8",
    "x-sjis": "cp932",
}
# What Windows programs call by the name of the ISO set beside it: that has controls where these have letters.
_WINDOWS = {"iso-8859-15": "cp1252", "iso-8859-2": "cp1250", "iso-8859-7": "cp1253", "iso-8859-13": "cp1257"}
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHIFTED = {"hz", "iso2022_jp_ext", "iso2022_kr", "iso-2022-kr", "iso-2022-jp-1", "iso-2022-jp-2", "hz-gb-2312"}
_BANNED = {"idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"}
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bqBQ])\?([^?\s]*+(?: [^?\s]++)*+)\?=")
_C1 = re.compile(rb"[\x80-\x9f]")
_LETTER = re.compile("[^\\x00-\\x7f\ufffd]")
_BETWEEN_WORDS = re.compile(r"(?<=\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bqBQ]\?)")


def decode(content: bytes, charset: str | None) -> str:
    """Reads bytes as text, whatever they are: declared charset, UTF-8, Windows-1252, replacement marks."""
    declared = _codec(charset or "")
    if content.startswith(_MARKS) and declared in {None, "cp1252", "utf-8"}:
        declared = "utf-16"
    if declared in _SHIFTED:  # every byte of these is ASCII, and would be taken for UTF-8
        return content.decode(declared, "replace")
    ladder = (declared, "utf-8")
    if declared in _WINDOWS and _C1.search(content):
        ladder = ("utf-8", declared := _WINDOWS[declared])
    for name in (name for name in ladder if name and name != "cp1252"):
        try:
            return content.decode(name)
        except UnicodeError:
            continue
    if declared in {None, "cp1252", "utf-8"}:
        damaged = content.decode("utf-8", "replace")
        return damaged if _LETTER.search(damaged) else content.decode("cp1252", "replace")
    return content.decode(str(declared), "replace")


def decode_header(content: bytes) -> str:
    """Reads a raw header value and its encoded words (RFC 2047); never fails, may contain controls."""
    return decode_words(decode(content, None))


def decode_words(value: str) -> str:
    """Decodes RFC 2047 words; adjacent words are joined first, as broken senders cut letters."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending, charset, at = b"", "", 0
    for word in _WORD.finditer(joined := _BETWEEN_WORDS.sub("", value)):
        if word.start() != at or word[1].lower() != charset:
            pieces += [decode(pending, charset), joined[at : word.start()]]
            pending, charset = b"", word[1].lower()
        pending += _word_bytes(word[2], word[3])
        at = word.end()
    return "".join([*pieces, decode(pending, charset), joined[at:]])


def one_line(value: str, limit: int = 998) -> str:
    """One clean line: no control or direction characters, single spaces, at most `limit` characters."""
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()[:limit]
    return " ".join(storable(value[: limit * 4].translate(_LINE)).split())[:limit]


def readable(value: str) -> str:
    """Clean running text: LF line ends, no control characters but tab, no hidden overrides."""
    return storable(_HIDDEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n")))


def storable(value: str) -> str:
    """Replaces what UTF-8 and PostgreSQL cannot hold: lone surrogates and NUL."""
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


@functools.lru_cache(maxsize=256)
def _codec(charset: str) -> str | None:
    """The Python codec for a declared charset, None when it is unknown or not safe to use."""
    name = charset.strip("\"' \t\r\n").split("*")[0].lower()
    name = _ALIASES.get(name, name)
    if not name or len(name) > 40 or not name.isascii() or not name.isprintable():
        return None
    try:
        found = codecs.lookup(name)
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return None if found.name.replace("-", "_") in {banned.replace("-", "_") for banned in _BANNED} else name


def _word_bytes(encoding: str, payload: str) -> bytes:
    content = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(content.replace(b" ", b"_"), header=True)
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4))
    except binascii.Error:
        return content
