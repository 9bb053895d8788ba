"""Who really wrote a mail, as far as its signatures, its domain and our border can prove."""

import ipaddress
from dataclasses import dataclass, replace

from bot.app.proof import Level, Proof, Signature
from bot.channels.mail.addresses import foreign_address_in_name
from bot.channels.mail.border import Border, credit, findings
from bot.channels.mail.headers import split_headers
from bot.channels.mail.lookup import DnsFailed, Resolver
from bot.channels.mail.mail import Mail
from bot.channels.mail.policy import Policy, find_policy
from bot.channels.mail.signatures import check_signatures, is_related
from bot.channels.mail.spf import Result, check_sender

__all__ = ["Border", "Envelope", "Identity", "is_local", "judge", "unvouched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What judging needs: whom to ask for keys, and which border's word counts, if any."""

    resolver: Resolver
    border: Border | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a mail came: from which address, under which names."""

    peer: str
    mail_from: str = ""
    helo: str = ""


async def judge(raw: bytes, mail: Mail, envelope: Envelope, identity: Identity) -> Proof:
    """Judges the one author that `mail` shows, by the bytes and by the envelope they came in. Never raises."""
    if mail.sender is None:
        return Proof(level=Level.MALFORMED, reason=mail.sender_problem or "no author")
    return _named(await _judge(raw, mail, mail.sender.domain, envelope, identity), mail)


def unvouched(mail: Mail) -> Proof:
    """The judgement of a mail that nothing vouches for, without asking anybody."""
    if mail.sender is None:
        return Proof(level=Level.MALFORMED, reason=mail.sender_problem or "no author")
    return _named(Proof(level=Level.NONE, reason="not signed"), mail)


def is_local(peer: str) -> bool:
    """Whether a mail came from this machine: its loopback, or a socket file."""
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return True


def _named(proof: Proof, mail: Mail) -> Proof:
    if mail.sender is None:
        return proof
    pretends = foreign_address_in_name(mail.sender) or ""
    return replace(proof, address=str(mail.sender), name=mail.sender.name, pretends=pretends)


async def _judge(raw: bytes, mail: Mail, author: str, envelope: Envelope, identity: Identity) -> Proof:
    if mail.unreadable:
        return Proof(level=Level.NONE, reason="the mail could not be read")
    headers = split_headers(raw)
    if identity.border:
        said = credit(findings(headers, identity.border, envelope.peer), author)
        if said:
            return Proof(level=Level(said), reason=f"our border says {said}")
    signatures = await check_signatures(raw, headers, author, identity.resolver)
    proof = await _weigh(signatures, author, identity.resolver)
    if proof.level in {Level.NONE, Level.FAIL}:
        return await _hinted(proof, author, envelope, identity.resolver)
    return proof


async def _weigh(signatures: tuple[Signature, ...], author: str, resolver: Resolver) -> Proof:
    passed = [one for one in signatures if one.result == "pass"]
    if any(_speaks_for(one.domain, author) for one in passed):
        return Proof(level=Level.STRONG, reason="signed by the author's domain", signatures=signatures)
    if any(one.result == "unknown" for one in signatures):
        return Proof(level=Level.LATER, reason="DNS did not answer", signatures=signatures)
    try:
        policy = await find_policy(resolver, author)
    except DnsFailed as error:
        return Proof(level=Level.LATER, reason=f"DNS did not answer ({error})", signatures=signatures)
    if passed and policy and not policy.strict:
        return Proof(level=Level.STRONG, reason="signed by a part of the author's domain", signatures=signatures)
    return _unproven(signatures, policy)


def _speaks_for(signer: str, author: str) -> bool:
    """Whether a signer speaks for the author's domain without being asked: it is that domain or stands above it.

    A signer below the author's domain counts only where that domain says so (a DMARC policy that is not strict):
    what stands below a shared domain may be anybody's.
    """
    return signer == author or author.endswith("." + signer)


async def _hinted(proof: Proof, author: str, envelope: Envelope, resolver: Resolver) -> Proof:
    """A server that may send for the author's domain makes it `weak`: its other tenants may send from there too."""
    result, domain = await check_sender(envelope.peer, envelope.mail_from, envelope.helo, resolver)
    if result is not Result.PASS:
        return proof if result is Result.NONE else replace(proof, reason=f"{proof.reason}; SPF says {result}")
    if not is_related(domain, author):
        return replace(proof, reason=f"{proof.reason}; sent for {domain}")
    reason = f"{proof.reason}; sent from a server of {domain}, which others may share"
    return replace(proof, level=Level.WEAK, reason=reason)


def _unproven(signatures: tuple[Signature, ...], policy: Policy | None) -> Proof:
    reasons = "; ".join(dict.fromkeys(one.reason for one in signatures if one.reason)) or "not signed"
    if policy and policy.action != "none":
        reasons = f"{reasons}; the domain asks to {policy.action} such mail"
        return Proof(level=Level.FAIL, reason=reasons, signatures=signatures)
    failed = any(one.result == "fail" for one in signatures)
    return Proof(level=Level.FAIL if failed else Level.NONE, reason=reasons, signatures=signatures)
