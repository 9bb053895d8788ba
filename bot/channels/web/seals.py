"""What a page showed travels with its forms, proven by the desk's secret: only what was shown can be decided."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot.app.keys import Keys

SEAL = "<!--seal-->"
"""Where a form carries its seal. What customers typed is escaped, so nobody can write this into a page."""
LASTS = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page showed: the hash of its wording, the object it was about, and the hash of its document."""

    at: datetime
    wording_sha256: str
    number: str = ""
    document_sha256: str = ""

    def is_fresh(self, now: datetime) -> bool:
        """Whether the page was made within the last day, allowing for another machine's clock."""
        return -AHEAD <= now - self.at <= LASTS


def wording_sha256(wording: str) -> str:
    """The hash a page's wording is known by; the wording itself is kept under it when something is decided."""
    return sha256(wording.encode()).hexdigest()


def sealed(html: str, keys: Keys, token: str, shown: Shown) -> str:
    """The page with a seal in each of its forms."""
    text = _text(shown)
    fields = f'<input type="hidden" name="shown" value="{text}">'
    fields += f'<input type="hidden" name="nonce" value="{keys.nonce(token, text)}">'
    return html.replace(SEAL, fields)


def unsealed(keys: Keys, token: str, text: str, nonce: str) -> Shown | None:
    """What the form's page showed; None where this desk never made that form for that link."""
    if not keys.holds(nonce, token, text):
        return None
    moment, number, document, wording = text.split("~")
    return Shown(
        at=EPOCH + int(moment) * MICROSECOND, wording_sha256=wording, number=number, document_sha256=document
    )


def _text(shown: Shown) -> str:
    moment = (shown.at - EPOCH) // MICROSECOND
    return f"{moment}~{shown.number}~{shown.document_sha256}~{shown.wording_sha256}"
