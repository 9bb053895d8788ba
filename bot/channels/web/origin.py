"""Whether a form was sent from one of our own pages (Fetch metadata, RFC 6454)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

OURS = frozenset({"same-origin", "none"})


def origin_of(url: str) -> str:
    """The origin of a base address: `https://desk.example`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_ours(headers: Mapping[str, str], origin: str) -> bool:
    """False for what another site sent.

    Our pages forbid referrers, so a browser sends `Origin: null` with their forms: that counts as ours only beside a
    form's nonce, which is asked for in any case, and never against `Sec-Fetch-Site`. Old browsers send neither.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in OURS:
        return False
    sent = headers.get("Origin")
    return sent is None or sent == "null" or sent.lower() == origin
