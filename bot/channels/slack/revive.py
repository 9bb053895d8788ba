"""What Slack refused because of the app or its channel leaves by itself once both are right again."""

import logging
from datetime import datetime
from typing import Final

from bot.app.deliver import GIVEN_UP
from bot.app.jobs import (
    PostAnchor,
    PostInThread,
    ShowCard,
    ShowDigest,
    ShowEntry,
    ShowFate,
    ShowFile,
    ShowMissingStatement,
    ShowNudge,
    ShowSetAside,
    TellInChat,
)
from bot.channels.slack import outage
from bot.channels.slack.jobs import SayInSlack, ShowHome, ShowOriginal, ShowOutageOver, Unfurl
from bot.channels.slack.reasons import OF_THE_APP, OF_THE_CHANNEL
from bot.channels.slack.room import OUTSIDE, Room
from bot.channels.slack.wire import NoAnswerError, RateLimitedError, RefusedError
from storage import Listed, Transaction

MOST: Final = 10_000
TO_STAFF: Final = frozenset(
    order.KIND
    for order in (
        ShowCard,
        PostInThread,
        ShowFate,
        ShowFile,
        ShowNudge,
        ShowDigest,
        ShowSetAside,
        ShowEntry,
        ShowMissingStatement,
        ShowOriginal,
        PostAnchor,
        ShowOutageOver,
        Unfurl,
    )
)
TO_ONE: Final = frozenset(order.KIND for order in (TellInChat, SayInSlack, ShowHome))

log = logging.getLogger(__name__)


async def revive(room: Room, now: datetime) -> int:
    """Lets what was parked for such a reason be tried again, once Slack says that the channel is as it should be."""
    store = room.desk.store
    parked, is_out = await store.read(lambda tx: (_parked(tx, now), outage.known(tx) is not None))
    if not (parked or is_out) or not await _is_mended(room):
        return 0

    def again(tx: Transaction) -> None:
        for job in sorted(parked, key=lambda job: job.id):
            tx.outbox.revive(job.id, now)
        outage.expect_end(tx, now)

    await store.run(again)
    if parked:
        log.warning("Slack is as it should be again: %d messages leave that it had refused", len(parked))
    return len(parked)


def _parked(tx: Transaction, now: datetime) -> list[Listed]:
    """What is older than what is tried at all stays where it is."""
    listed = tx.outbox.parked(MOST)
    return [job for job in listed if _is_mendable(job) and now - job.created_at < GIVEN_UP]


def _is_mendable(job: Listed) -> bool:
    """Refused to staff because of the app or its channel; to one person, because of the app.

    A customer's notice is among these only where nobody can say whether it had arrived: it is looked up then.
    """
    why = (job.error or "").partition(", ")[0]
    return (job.kind in TO_STAFF and why in OF_THE_APP | OF_THE_CHANNEL) or (job.kind in TO_ONE and why in OF_THE_APP)


async def _is_mended(room: Room) -> bool:
    try:
        answer = await room.api.call("conversations.info", channel=room.channel)
    except (RefusedError, RateLimitedError, NoAnswerError):
        return False
    place = answer.get("channel") or {}
    return bool(place.get("is_member", True)) and not any(place.get(name) for name in ("is_archived", *OUTSIDE))
