"""DKIM signatures on what leaves (RFC 6376), with RSA, Ed25519 (RFC 8463), or both."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # ships no types

SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"),
    *("auto-submitted", "mime-version", "content-type", "content-transfer-encoding"),
)
RSA, ED25519 = "rsa-sha256", "ed25519-sha256"
SEED = 32  # octets of an Ed25519 key
_ED25519_IN_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # what stands before the seed (RFC 8410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs for `domain` under `selector`. `key`: RSA of 1024 bits or more in PEM, or an Ed25519 seed in base64."""

    domain: str
    selector: str
    key: bytes = field(repr=False)
    algorithm: str = RSA

    def signature(self, raw: bytes) -> bytes:
        """The header that signs this mail, the same each time. dkim.DKIMException when the key cannot be used."""
        # Signing each once more than it occurs keeps anybody from adding another.
        header = _Timeless(raw, signature_algorithm=self.algorithm.encode()).sign(
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in (*SIGNED, *SIGNED)],
        )
        return bytes(header)


def sign(raw: bytes, signers: Sequence[Signer]) -> bytes:
    """The mail with all its signatures in front; none signs another."""
    return b"".join((*(signer.signature(raw) for signer in signers), raw))


def load_signer(key_file: Path, domain: str, selector: str) -> Signer:
    """A signer with the key of a file, of either kind; refuses a key that cannot sign. OSError, ValueError."""
    if not selector:
        raise ValueError("a key needs its selector")
    content = key_file.read_bytes()
    seed = _ed25519_seed(content)
    signer = Signer(
        domain=domain,
        selector=selector,
        key=content if seed is None else base64.b64encode(seed),
        algorithm=RSA if seed is None else ED25519,
    )
    try:
        signer.signature(b"From: a@b.fr\r\nSubject: a\r\n\r\n")
    except dkim.DKIMException as error:
        raise ValueError(f"{key_file} holds no usable DKIM key") from error
    return signer


def _ed25519_seed(content: bytes) -> bytes | None:
    """The seed in a key as `openssl genpkey -algorithm ed25519` or `dknewkey -k ed25519` writes it, else None."""
    armoured = b"".join(line for line in content.splitlines() if not line.startswith(b"-----"))
    try:
        written = base64.b64decode(armoured, validate=True)
    except binascii.Error:
        return None
    seed = written.removeprefix(_ED25519_IN_PKCS8)
    return seed if len(seed) == SEED else None


class _Timeless(dkim.DKIM):  # type: ignore[misc]  # ships no types
    """Says nothing of when it signs (t= is optional): what may have been taken is sent again to the byte."""

    def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: object) -> bytes:
        return bytes(super().gen_header([one for one in fields if one[0] != b"t"], *rest))
