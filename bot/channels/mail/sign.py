"""DKIM signatures on what leaves (RFC 6376)."""

from dataclasses import dataclass, field
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # ships no types

SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references"),
    *("auto-submitted", "mime-version", "content-type", "content-transfer-encoding"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs for `domain` under `selector`. `key` is an RSA key in PEM, of 1024 bits or more."""

    domain: str
    selector: str
    key: bytes = field(repr=False)

    def sign(self, raw: bytes) -> bytes:
        """The mail with its signature in front. dkim.DKIMException when the key cannot be used."""
        # Signing each once more than it occurs keeps anybody from adding another.
        header = dkim.sign(
            raw,
            self.selector.encode(),
            self.domain.encode(),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in (*SIGNED, *SIGNED)],
        )
        return bytes(header) + raw


def load_signer(key_file: Path, domain: str, selector: str) -> Signer:
    """A signer with the key of a file; refuses a key that cannot sign. OSError, ValueError."""
    signer = Signer(domain=domain, selector=selector, key=key_file.read_bytes())
    try:
        signer.sign(b"From: a@b.fr\r\nSubject: a\r\n\r\n")
    except dkim.DKIMException as error:
        raise ValueError(f"{key_file} holds no usable DKIM key") from error
    return signer
