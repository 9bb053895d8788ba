"""Links in mails: one purpose each, bound to an incident and an object, kept as hashes."""

import re
from datetime import datetime, timedelta

from bot.app.desk import Desk
from bot.app.keys import random_key, token_sha256
from bot.core.notices import Purpose
from storage import Link, Transaction

DAYS = {Purpose.INCIDENT: 730, Purpose.INVOICE: 730, Purpose.COURTESY: 730}
DAYS_ELSE = 60


def mint(
    tx: Transaction, desk: Desk, purpose: Purpose, *, incident: int, customer: int, about: str, to: str, now: datetime
) -> str:
    """A new link's id; whoever holds the desk's secret can make its token."""
    link_id = random_key()
    tx.links.add(
        Link(
            id=link_id,
            token_sha256=token_sha256(desk.keys.token(link_id)),
            purpose=purpose,
            incident_id=incident,
            customer_id=customer,
            object=about,
            address=to,
            created_at=now,
            expires_at=now + timedelta(days=DAYS.get(purpose, DAYS_ELSE)),
        )
    )
    return link_id


def masked(text: str) -> str:
    """The text with what opens our pages, or accepts a quote by mail, made useless.

    Who reads what another quotes must not decide for them, and what is kept must not either.
    """
    return _ACCEPT.sub(r"\1…", _LINK.sub(r"\1…", text))


_LINK = re.compile(r"(/a/)[A-Za-z0-9_-]{20,}")
_ACCEPT = re.compile(r"(accept(?:\+|%2[Bb]))[A-Za-z0-9._-]{20,}")
