"""What a domain asks of those who receive mail in its name (DMARC, RFC 7489)."""

from dataclasses import dataclass

from bot.channels.mail.lookup import Resolver

MOST_PARENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy that holds for a domain: `none`, `quarantine` or `reject`; `strict` about what aligns for DKIM."""

    action: str
    strict: bool


async def find_policy(resolver: Resolver, domain: str) -> Policy | None:
    """The policy of a domain or else of its nearest parent; None when there is no valid one. DnsFailed."""
    labels = domain.split(".")
    for up in range(min(len(labels) - 1, MOST_PARENTS)):
        records = await resolver.texts("_dmarc." + ".".join(labels[up:]))
        policies = [tags for record in records if (tags := _tags(record))]
        if len(policies) == 1:
            return _policy(policies[0], inherited=up > 0)
        if policies:
            return None  # two policies are none (RFC 7489 §6.6.3)
    return None


def _policy(tags: dict[str, str], *, inherited: bool) -> Policy | None:
    action = tags.get("sp", tags.get("p", "")) if inherited else tags.get("p", "")
    if action.lower() not in {"none", "quarantine", "reject"}:
        return None
    return Policy(action=action.lower(), strict=tags.get("adkim", "r").lower() == "s")


def _tags(record: str) -> dict[str, str]:
    """The tags of a DMARC record, what is malformed in it left out; empty when it is none."""
    pairs = [part.partition("=") for part in record[:2000].split(";")]
    tags = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    return tags if tags.get("v") == "DMARC1" and record.lstrip().startswith("v") else {}
