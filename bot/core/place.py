"""When two people name the same place, and what may be called one."""

import re
import unicodedata

LONGEST_PLACE = 200  # characters
_SITE = re.compile(r"(?P<site>[a-z][a-z0-9+.-]*://[^/?#\s]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)


def named(place: str) -> str:
    """The place, written in the one way that comparisons use.

    Only what can never tell two places apart is set aside: how a character is composed, spaces around, the slashes
    at a path's end, the case of a site's name where `://` says that it is one. A bare name keeps its case: it may be
    a file's or a database's.
    """
    text = unicodedata.normalize("NFC", place).strip()
    site = _SITE.fullmatch(text)
    if site is None:
        return text.rstrip("/") or text[:1]
    return site["site"].lower() + ("" if site["rest"] == "/" else site["rest"])


def is_plain(place: str) -> bool:
    """Whether all of it can be seen: nothing hidden, no other direction, no space that only looks like one."""
    return place.isprintable()
