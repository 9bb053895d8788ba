"""What a domain asks of those who receive mail in its name (DMARC, RFC 7489)."""

from dataclasses import dataclass

import structlog

from bot.channels.mail.lookup import Resolver
from bot.channels.mail.text import one_line

MOST_PARENTS = 4
ACTIONS = frozenset({"none", "quarantine", "reject"})
log = structlog.get_logger("mail.policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy that holds for a domain: `none`, `quarantine` or `reject`; `strict` about what aligns for DKIM."""

    action: str
    strict: bool


async def find_policy(resolver: Resolver, domain: str) -> Policy | None:
    """The policy of a domain or else of its nearest parent; None when there is no valid one. DnsFailed."""
    labels = domain.split(".")
    for up in range(min(len(labels) - 1, MOST_PARENTS)):
        name = "_dmarc." + ".".join(labels[up:])
        records = [record for record in await resolver.texts(name) if _tags(record)]
        policies = [_tags(record) for record in records]
        for record in records:
            if len(policies) > 1 or _is_malformed(record):
                log.info("policy_malformed", name=name, record=one_line(record, 200))
        if len(policies) == 1:
            return _policy(policies[0], inherited=up > 0)
        if policies:
            return None  # two policies are none (RFC 7489 §6.6.3)
    return None


def _policy(tags: dict[str, str], *, inherited: bool) -> Policy | None:
    action = tags.get("sp", tags.get("p", "")) if inherited else tags.get("p", "")
    if action.lower() not in ACTIONS:
        return None
    return Policy(action=action.lower(), strict=tags.get("adkim", "r").lower() == "s")


def _tags(record: str) -> dict[str, str]:
    """The tags of a DMARC record, what is malformed in it left out; empty when it is none."""
    pairs = [part.partition("=") for part in record[:2000].split(";")]
    tags = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    return tags if tags.get("v") == "DMARC1" and record.lstrip().startswith("v") else {}


def _is_malformed(record: str) -> bool:
    """Whether something in a policy says nothing; what else it says holds all the same."""
    parts = [part for part in record.split(";") if part.strip()]
    return any("=" not in part for part in parts) or _tags(record).get("p", "").lower() not in ACTIONS
