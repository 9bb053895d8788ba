"""Who really wrote a mail, as far as its signatures, its domain and our border can prove."""

import enum
from dataclasses import dataclass

from bot.channels.mail.border import Border, credit, findings
from bot.channels.mail.headers import split_headers
from bot.channels.mail.lookup import DnsFailed, Resolver
from bot.channels.mail.mail import Mail
from bot.channels.mail.policy import Policy, find_policy
from bot.channels.mail.signatures import Evidence, check_signatures

__all__ = ["Border", "Evidence", "Identity", "Level", "Verdict", "judge"]


class Level(enum.Enum):
    """How much is proven. Only `strong` may have effects; `later` means: judge again when DNS answers."""

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"
    FAIL = "fail"
    MALFORMED = "malformed"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The level, why, and what it rests on."""

    level: Level
    reason: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What judging needs: whom to ask for keys, and which border's word counts, if any."""

    resolver: Resolver
    border: Border | None = None


async def judge(raw: bytes, mail: Mail, peer: str, identity: Identity) -> Verdict:
    """Judges the one author that `mail` shows, by the bytes and by the address they came from. Never raises."""
    if mail.sender is None:
        return Verdict(level=Level.MALFORMED, reason=mail.sender_problem or "no author")
    if mail.unreadable:
        return Verdict(level=Level.NONE, reason="the mail could not be read")
    headers = split_headers(raw)
    author = mail.sender.domain
    if identity.border:
        said = credit(findings(headers, identity.border, peer), author)
        if said:
            return Verdict(level=Level(said), reason=f"our border says {said}")
    evidence = await check_signatures(raw, headers, author, identity.resolver)
    return await _weigh(evidence, author, identity.resolver)


async def _weigh(evidence: tuple[Evidence, ...], author: str, resolver: Resolver) -> Verdict:
    passed = [one for one in evidence if one.result == "pass"]
    if any(_speaks_for(one.domain, author) for one in passed):
        return Verdict(level=Level.STRONG, reason="signed by the author's domain", evidence=evidence)
    if any(one.result == "unknown" for one in evidence):
        return Verdict(level=Level.LATER, reason="DNS did not answer", evidence=evidence)
    try:
        policy = await find_policy(resolver, author)
    except DnsFailed as error:
        return Verdict(level=Level.LATER, reason=f"DNS did not answer ({error})", evidence=evidence)
    if passed and policy and not policy.strict:
        return Verdict(level=Level.STRONG, reason="signed by a part of the author's domain", evidence=evidence)
    return _unproven(evidence, policy)


def _speaks_for(signer: str, author: str) -> bool:
    """Whether a signer speaks for the author's domain without being asked: it is that domain or stands above it.

    A signer below the author's domain counts only where that domain says so (a DMARC policy that is not strict):
    what stands below a shared domain may be anybody's.
    """
    return signer == author or author.endswith("." + signer)


def _unproven(evidence: tuple[Evidence, ...], policy: Policy | None) -> Verdict:
    reasons = "; ".join(dict.fromkeys(one.reason for one in evidence if one.reason)) or "not signed"
    if policy and policy.action != "none":
        reasons = f"{reasons}; the domain asks to {policy.action} such mail"
        return Verdict(level=Level.FAIL, reason=reasons, evidence=evidence)
    failed = any(one.result == "fail" for one in evidence)
    return Verdict(level=Level.FAIL if failed else Level.NONE, reason=reasons, evidence=evidence)
