"""Mails signed in every way, and how they are judged."""

import base64
import hashlib
import random

import dkim  # type: ignore[import-untyped]  # ships no types
from dkim.crypto import RSASSA_PKCS1_v1_5_sign, parse_pem_private_key  # type: ignore[import-untyped]

from bot.app.proof import Proof
from bot.channels.mail.border import Border
from bot.channels.mail.identity import Envelope, Identity, Patience, judge
from bot.channels.mail.lookup import Resolver
from bot.channels.mail.read import parse
from tests.channels.mail.keys import STRONG, Key
from tests.channels.mail.names import Zone

MAIL = (
    b"From: Bob <bob@clientsa.fr>\r\nTo: support@host.fr\r\nSubject: INC-42\r\n"
    b"Date: Mon, 14 Jun 2010 09:30:00 +0200\r\nMessage-ID: <m1@clientsa.fr>\r\n\r\nJe commande le diagnostic.\r\n"
)
ALL = ("from", "to", "subject", "date", "message-id")


def signed(
    raw: bytes = MAIL,
    *,
    domain: str = "clientsa.fr",
    selector: str = "s1",
    key: Key = STRONG,
    headers: tuple[str, ...] = ALL,
    algorithm: bytes = b"rsa-sha256",
    length: bool = False,
    identity: bytes | None = None,
) -> bytes:
    header = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        key.private,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.encode() for name in headers],
        signature_algorithm=algorithm,
        length=length,
        identity=identity,
    )
    return bytes(header) + raw


def signed_with(tags: bytes, headers: bytes = b"from:to:subject:date:message-id") -> bytes:
    """A mail signed by hand, with tags that the library does not write."""
    policy = dkim.CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    fields, body = dkim.rfc822_parse(MAIL)
    digest = base64.b64encode(hashlib.sha256(policy.canonicalize_body(body)).digest())
    value = b" v=1; a=rsa-sha256; c=relaxed/relaxed; d=clientsa.fr; s=s1; " + tags
    value += b"h=" + headers + b"; bh=" + digest + b"; b="
    hasher = hashlib.sha256()
    dkim.hash_headers(
        hasher, policy, policy.canonicalize_headers(fields), headers.split(b":"), (b"DKIM-Signature", value), {}
    )
    signature = RSASSA_PKCS1_v1_5_sign(hasher, parse_pem_private_key(STRONG.private))
    return b"DKIM-Signature:" + value + base64.b64encode(signature) + b"\r\n" + MAIL


def record_of(bits: int, exponent: int) -> str:
    """A key record of so many bits, and an exponent of so many, which nobody holds the other half of."""

    def field(kind: int, content: bytes) -> bytes:
        return bytes([kind, 0x83]) + len(content).to_bytes(3, "big") + content

    numbers = (random.Random(size).getrandbits(size) | 1 << (size - 1) | 1 for size in (bits, exponent))
    held = b"".join(field(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers)
    return f"v=DKIM1; p={base64.b64encode(field(0x30, held)).decode()}"


async def judged(
    raw: bytes,
    zone: Zone,
    peer: str = "198.51.100.1",
    border: Border | None = None,
    mail_from: str = "bob@clientsa.fr",
    patience: float = 8,
) -> Proof:
    patient = Patience(usual=patience)
    identity = Identity(resolver=Resolver((zone.server,), seconds=0.5), border=border, patience=patient)
    return await judge(raw, parse(raw), Envelope(peer=peer, mail_from=mail_from), identity)
