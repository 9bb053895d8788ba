"""Who really wrote a mail, as far as its signatures, its domain and our border can prove."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.app.proof import Level, Proof, Signature
from bot.channels.mail.addresses import foreign_address_in_name
from bot.channels.mail.border import Border, credit, findings
from bot.channels.mail.headers import split_headers
from bot.channels.mail.lookup import DnsFailed, Resolver
from bot.channels.mail.mail import Mail
from bot.channels.mail.policy import Policy, find_policy
from bot.channels.mail.signatures import check_signatures, is_related, speaks_for, unsigned
from bot.channels.mail.spf import Result, check_sender

__all__ = ["Border", "Envelope", "Identity", "Patience", "is_local", "judge", "unvouched"]


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long all questions about one mail may take together (seconds).

    Its author chooses how many there are, and runs the servers that answer them: `usual` for so `many` mails at once,
    `hurried` for those beside them. Else a few mails a second about domains that keep silent hold up everybody's.
    """

    usual: float = 8
    hurried: float = 1
    many: int = 4
    _asking: int = 0

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """While it lasts. TimeoutError when it is over."""
        seconds = self.usual if self._asking < self.many else self.hurried
        self._asking += 1
        try:
            async with asyncio.timeout(seconds):
                yield
        finally:
            self._asking -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What judging needs: whom to ask for keys, which border's word counts, if any, and how long it may take."""

    resolver: Resolver
    border: Border | None = None
    patience: Patience = field(default_factory=Patience)


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
    try:
        async with identity.patience.asking():
            proof = await _judge(raw, mail, mail.sender.domain, envelope, identity)
    except TimeoutError:
        proof = Proof(level=Level.LATER, reason="DNS took too long")
    return _named(replace(proof, unsure=_unsure(raw, mail)) if proof.strong else proof, mail)


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


def _unsure(raw: bytes, mail: Mail) -> str:
    """Why the words of a proven author may have been made other ones; asked of signatures that a border saw, too."""
    author = mail.sender.domain if mail.sender else ""
    left_out = unsigned(split_headers(raw), author, mail.hinges) if mail.hinges else ()
    return f"its words depend on what is not signed: {', '.join(left_out)}" if left_out else ""


def _named(proof: Proof, mail: Mail) -> Proof:
    if mail.sender is None:
        return proof
    pretends = foreign_address_in_name(mail.sender) or ""
    return replace(proof, address=str(mail.sender), name=mail.sender.name, pretends=pretends)


async def _judge(raw: bytes, mail: Mail, author: str, envelope: Envelope, identity: Identity) -> Proof:
    if mail.unreadable:
        return Proof(level=Level.NONE, reason="the mail could not be read")
    headers = split_headers(raw)
    border = identity.border if identity.border and identity.border.trusts(envelope.peer) else None
    said = credit(findings(headers, border), author) if border else None
    if said in {Level.STRONG, Level.FAIL}:
        return Proof(level=said, reason=f"our border says {said}")
    signatures = await check_signatures(raw, headers, author, identity.resolver)
    proof = await _weigh(signatures, author, identity.resolver)
    if proof.level not in {Level.NONE, Level.FAIL}:
        return proof
    if border is None:
        return await _hinted(proof, author, envelope, identity.resolver)
    return replace(proof, level=said, reason=f"{proof.reason}; our border says {said}") if said else proof


async def _weigh(signatures: tuple[Signature, ...], author: str, resolver: Resolver) -> Proof:
    passed = [one for one in signatures if one.result == "pass"]
    if any(one.domain == author for one in passed):
        return Proof(level=Level.STRONG, reason="signed by the author's domain", signatures=signatures)
    if not passed and any(one.result == "unknown" for one in signatures):
        return Proof(level=Level.LATER, reason="DNS did not answer", signatures=signatures)
    try:
        policy = await find_policy(resolver, author)
    except DnsFailed as error:
        return Proof(level=Level.LATER, reason=f"DNS did not answer ({error})", signatures=signatures)
    if any(_is_let(one.domain, author, policy) for one in passed):
        return Proof(level=Level.STRONG, reason="signed by a relative of the author's domain", signatures=signatures)
    if any(one.result == "unknown" for one in signatures):
        return Proof(level=Level.LATER, reason="DNS did not answer", signatures=signatures)
    return _unproven(signatures, policy)


def _is_let(signer: str, author: str, policy: Policy | None) -> bool:
    """Whether a relative may sign for the author's domain: nobody where that is strict about it (`adkim=s`).

    Else what stands above it, which could take it over anyway; and what stands below it, but only where its policy
    says so: below a shared domain it may be anybody's. No list of public suffixes is needed, nor could one be stale.
    """
    if policy is None:
        return speaks_for(signer, author)
    return not policy.strict


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
