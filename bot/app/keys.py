"""Secrets and the tokens derived from them: the database keeps only what proves a token, never the token."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

LINK_ID = 26  # characters of `random_key`


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The desk's secret, at least 32 bytes, known to every process and kept outside the database."""

    secret: bytes = field(repr=False)

    def token(self, link_id: str) -> str:
        """The secret part of a mailed link: 256 bits, the same each time the same mail is made."""
        return _text(self._mac("link", link_id))

    def accept_key(self, link_id: str) -> str:
        """What accepts a quote when a proven mail is sent to it: its page's link by name, and 128 bits that prove it.

        Lower-case letters and digits: mail programs do not keep the case of an address.
        """
        return link_id + _lower(self._mac("accept", link_id)[:16])

    def accepting(self, key: str) -> str:
        """The id of the link that this key was made for; empty where this desk never made it."""
        link_id = key.lower()[:LINK_ID]
        made = self.accept_key(link_id) if len(link_id) == LINK_ID else ""
        return link_id if hmac.compare_digest(key.lower().encode(), made.encode()) else ""

    def nonce(self, token: str, shown: str) -> str:
        """Proves on the way back that a form was made here, for this token and for what was shown."""
        return _text(self._mac("form", token, shown))

    def holds(self, nonce: str, token: str, shown: str) -> bool:
        """Whether this is that form's nonce, in constant time."""
        return hmac.compare_digest(nonce.encode(), self.nonce(token, shown).encode())

    def account(self, iban: str) -> str:
        """Recognises an IBAN without keeping it: an account's number alone could be found by trying them all."""
        return self._mac("iban", iban).hex()[:32]

    @property
    def fingerprint(self) -> str:
        """Tells secrets apart without telling them."""
        return self._mac("fingerprint").hex()[:16]

    def _mac(self, *parts: str) -> bytes:
        return hmac.digest(self.secret, "\x00".join(parts).encode(), hashlib.sha256)


def token_sha256(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def random_key() -> str:
    """128 random bits in lower-case letters and digits: reply keys, Message-IDs, link ids."""
    return _lower(secrets.token_bytes(16))


def _lower(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


def _text(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
