"""DKIM signatures: which count for the author, and whether they hold.

The library underneath accepts `l=`, SHA-1 and signatures that do not cover From; and its expressions take quadratic
time on long runs of spaces; a key of 16,000 bits with an exponent as long costs it ten seconds. So what may count is
decided here, before it is asked.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Iterable

import dkim  # type: ignore[import-untyped]  # ships no types
from dkim.crypto import UnparsableKeyError, parse_public_key  # type: ignore[import-untyped]

from bot.app.proof import Signature
from bot.channels.mail.headers import Headers
from bot.channels.mail.lookup import DnsFailed, Resolver

MOST_SIGNATURES = 5
MOST_LOOKED_AT = 50
LONGEST_SIGNATURE = 6000
LONGEST_RUN = 1000
SMALLEST_KEY = 1024  # bits of an RSA key; Ed25519 has one size (RFC 8463)
LARGEST_KEY = 4096  # bits; more need not be verified (RFC 8301 §3.2)
LARGEST_EXPONENT = 1 << 32
LONGEST_RECORD = 2000
ED25519_OCTETS = 32
KEYS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
LARGE = 200_000
MUST_SIGN = ("from", "subject", "date")
ONCE = (
    *MUST_SIGN,
    *("to", "cc", "reply-to", "message-id", "in-reply-to", "references", "content-type", "content-transfer-encoding"),
)
_TAB_TO_SPACE = bytes.maketrans(b"\t", b" ")


async def check_signatures(
    raw: bytes, headers: Headers, author_domain: str, resolver: Resolver
) -> tuple[Signature, ...]:
    """The evidence of the signatures that speak for the author's domain or a relative of it, at most five."""
    related = []
    for index, field in enumerate(headers.all("dkim-signature")[:MOST_LOOKED_AT]):
        tags = _tags(field)
        if tags is None or is_related(tags["d"], author_domain):
            related.append((index, tags))
    harm = _harm(raw, headers)
    return tuple(
        [
            _unread() if tags is None else await _check(raw, headers, index, tags, harm, resolver)
            for index, tags in related[:MOST_SIGNATURES]
        ]
    )


def unsigned(headers: Headers, author_domain: str, names: Iterable[str]) -> tuple[str, ...]:
    """Which of these fields a signature of the author's domain or a relative leaves out.

    None where there is no such signature: what a border vouches for by the sender's server can not be sent again.
    """
    read = (_tags(field) for field in headers.all("dkim-signature")[:MOST_LOOKED_AT])
    signed = [tags["h"].split(":") for tags in read if tags and is_related(tags["d"], author_domain)]
    return tuple(name for name in names if any(name not in one for one in signed))


def is_related(domain: str, other: str) -> bool:
    """Whether one domain is the other or stands below it."""
    within = other.endswith("." + domain) or domain.endswith("." + other)
    return domain == other or (within and "." in domain and "." in other)


def speaks_for(signer: str, author: str) -> bool:
    """Whether a domain is the author's, or stands above it."""
    return signer == author or ("." in signer and author.endswith("." + signer))


async def _check(
    raw: bytes, headers: Headers, index: int, tags: dict[str, str], harm: str, resolver: Resolver
) -> Signature:
    found = {"domain": tags["d"], "selector": tags["s"]}
    flaw = harm or _flaw(tags, headers)
    if flaw:
        return Signature(**found, result="ignored", reason=flaw)
    try:
        records = await resolver.texts(f"{tags['s']}._domainkey.{tags['d']}")
    except DnsFailed as error:
        return Signature(**found, result="unknown", reason=f"no answer from DNS ({error})")
    flaw = _record_flaw(records) or _key_flaw(records[0], tags)
    if flaw:
        return Signature(**found, result="fail", reason=flaw)
    key = {"key": records[0], "key_sha256": hashlib.sha256(records[0].encode()).hexdigest()}
    if len(raw) > LARGE:
        failure = await asyncio.to_thread(_failure, raw, index, records[0])
    else:
        failure = _failure(raw, index, records[0])
    return Signature(**found, result="fail" if failure else "pass", reason=failure, **key)


def _failure(raw: bytes, index: int, record: str) -> str:
    """Why a signature does not hold, empty when it does."""

    def key(_name: bytes, timeout: int = 0) -> bytes:  # noqa: ARG001 - the library calls it so
        return record.encode()

    try:
        verifier = dkim.DKIM(raw, minkey=SMALLEST_KEY)
        holds = verifier.verify(idx=index, dnsfunc=key)
    except Exception as error:  # noqa: BLE001 - the library raises a dozen kinds on hostile input: none is a pass
        return f"{type(error).__name__}: {str(error)[:200]}"
    return "" if holds else "the signature does not match"


def _tags(field: bytes) -> dict[str, str] | None:
    """The tags of a signature; None when it is not one."""
    if len(field) > LONGEST_SIGNATURE or b" " * 200 in field:
        return None
    tags: dict[str, str] = {}
    for part in field.decode("ascii", "replace").strip().rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or name.strip() in tags:
            return None
        tags[name.strip()] = "".join(value.split())
    tags |= {name: tags[name].lower() for name in ("d", "h", "a") if name in tags}
    whole = {"v", "a", "b", "bh", "d", "h", "s"} <= tags.keys() and tags.get("l", "0").isdigit()
    return tags if whole else None


def _flaw(tags: dict[str, str], headers: Headers) -> str:
    """Why a signature cannot count even if it holds, empty when it can."""
    signed = tags["h"].split(":")
    missing = [name for name in MUST_SIGN if name not in signed]
    if "l" in tags:
        return "l= leaves a part of the text unsigned"
    if tags["a"] not in KEYS:
        return f"the algorithm {tags['a'][:30]} does not count"
    if missing:
        return f"{missing[0]} is not signed"
    twice = [name for name in ONCE if len(headers.all(name)) > 1]
    return f"{twice[0]} stands there twice" if twice else ""


def _record_flaw(records: tuple[str, ...]) -> str:
    """Why there is not one record of a key, empty when there is."""
    if len(records) != 1:
        return "several keys" if records else "no key"
    return "the key is too large" if len(records[0]) > LONGEST_RECORD else ""


def _key_flaw(record: str, signature: dict[str, str]) -> str:
    """Why a key cannot prove this signature, empty when it can."""
    pairs = [part.partition("=") for part in record.split(";")]
    tags = {name.strip(): "".join(value.split()) for name, _, value in pairs}
    flags = tags.get("t", "").split(":")
    if not tags.get("p"):
        return "the key is revoked" if "p" in tags else "no key"
    if "y" in flags:
        return "the domain is only testing"
    if "s" in flags and signature.get("i", "@" + signature["d"]).rpartition("@")[2].lower() != signature["d"]:
        return "the key is not for the names below its domain"
    if "sha256" not in tags.get("h", "sha256").split(":"):
        return "the key is for another algorithm"
    if tags.get("k", "rsa") != KEYS[signature["a"]]:
        return "the key is of another kind than the signature"
    if not {"*", "email"} & set(tags.get("s", "*").split(":")):
        return "the key is not for mail"
    return _size_flaw(tags["p"], KEYS[signature["a"]])


def _size_flaw(key: str, kind: str) -> str:
    try:
        octets = base64.b64decode(key, validate=True)
        read = parse_public_key(octets) if kind == "rsa" else None
    except (binascii.Error, UnparsableKeyError, IndexError, ValueError):
        return "the key cannot be read"
    if read is None:
        return "" if len(octets) == ED25519_OCTETS else "the key has another size"
    too_large = read["modulus"].bit_length() > LARGEST_KEY or read["publicExponent"] > LARGEST_EXPONENT
    return "the key is too large" if too_large else ""


def _harm(raw: bytes, headers: Headers) -> str:
    """Why the library must not see this mail, empty when it may."""
    if headers.problem:
        return headers.problem
    if b" " * LONGEST_RUN in raw.translate(_TAB_TO_SPACE):
        return "a run of spaces is too long to verify"
    if len(raw) - len(raw.rstrip(b"\r\n")) > LONGEST_RUN * 100:
        return "too many empty lines to verify"
    return ""


def _unread() -> Signature:
    return Signature(domain="", selector="", result="fail", reason="a malformed signature")
