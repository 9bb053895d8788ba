"""Slack refuses what staff are to read: they learn it by mail, once, and in their channel when it is over."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.deliver import Delivery, Failed, Sender
from bot.app.jobs import (
    MailOutage,
    PostAnchor,
    PostInThread,
    ShowCard,
    ShowDigest,
    ShowEntry,
    ShowFate,
    ShowMissingStatement,
    ShowNudge,
    ShowSetAside,
)
from bot.channels.slack import reasons
from bot.channels.slack.jobs import ShowOutageOver
from bot.channels.slack.room import Room
from bot.core.facts import Language
from storage import Job, NewJob, Transaction

READ_BY_STAFF: Final = frozenset(
    order.KIND
    for order in (
        ShowCard,
        PostInThread,
        ShowFate,
        ShowNudge,
        ShowDigest,
        ShowSetAside,
        ShowEntry,
        ShowMissingStatement,
        PostAnchor,
    )
)
"""Words. Where only a right to files or links is missing, staff still read the rest."""
NAME: Final = "slack_outage"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when, and Slack's word for why."""

    since: datetime
    reason: str


def watched(room: Room, senders: Mapping[str, Sender]) -> dict[str, Sender]:
    """The same senders; what they are refused because of the app or its channel begins an outage."""
    return {kind: _watched(room, sender) if kind in READ_BY_STAFF else sender for kind, sender in senders.items()}


def _watched(room: Room, sender: Sender) -> Sender:
    async def send(job: Job, now: datetime) -> Delivery:
        delivery = await sender(job, now)
        if isinstance(delivery, Failed) and delivery.reason in reasons.OF_THE_APP | reasons.OF_THE_CHANNEL:
            await _begin(room, delivery.reason, now)
        return delivery

    return send


async def _begin(room: Room, reason: str, now: datetime) -> None:
    """Once: for what else is refused meanwhile, and at most once a day for one reason that comes and goes."""
    store, mailbox = room.desk.store, room.mailbox
    if await store.read(known) is not None:
        return
    mail = MailOutage(reason=reasons.said(reason), since=now, to=mailbox, message_id=room.desk.message_id())

    def begin(tx: Transaction) -> None:
        tx.keep_setting(NAME, f"{now.isoformat()} {reason}")
        if mailbox:
            named = f"outage:{now:%Y-%m-%d}:{reason}"
            tx.outbox.put(NewJob(kind=mail.KIND, payload=mail.encode(), due_at=now, dedup=named), now)

    await store.run(begin)
    log.error(
        "staff read nothing in Slack: %s; %s", reason, "they are told by mail" if mailbox else "no mailbox is set"
    )


def known(tx: Transaction) -> Outage | None:
    """The outage there is, if there is one."""
    since, _, reason = (tx.setting(NAME) or "").partition(" ")
    return Outage(datetime.fromisoformat(since), reason) if since else None


def expect_end(tx: Transaction, now: datetime) -> None:
    """Has the line wait that ends it: once it stands in the channel, staff read again."""
    outage = known(tx)
    if outage is not None:
        order = ShowOutageOver(since=outage.since)
        named = f"outage:over:{outage.since.isoformat()}:{now:%Y-%m-%d}"
        tx.outbox.put(NewJob(kind=order.KIND, payload=order.encode(), due_at=now, dedup=named), now)


def line(room: Room, outage: Outage) -> str:
    """What staff read when it is over."""
    said = {"at": f"{outage.since:%Y-%m-%d %H:%M} UTC", "reason": reasons.said(outage.reason)}
    return room.desk.words.phrase("outage.over", Language.EN, **said)


def end(tx: Transaction, outage: Outage) -> None:
    """Over, unless another one began since."""
    if known(tx) == outage:
        tx.drop_setting(NAME)
