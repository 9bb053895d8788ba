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
)
from bot.channels.slack.jobs import ShowOriginal, Unfurl
from bot.channels.slack.room import OUTSIDE, SHARED, Room
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
        Unfurl,
    )
)
MENDABLE: Final = frozenset(
    {
        SHARED,
        "account_inactive",
        "channel_not_found",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)

log = logging.getLogger(__name__)


async def revive(room: Room, now: datetime) -> int:
    """Lets what was parked for such a reason be tried again, once Slack says that the channel is as it should be."""
    store = room.desk.store
    parked = await store.read(lambda tx: _parked(tx, now))
    if not parked or not await _is_mended(room):
        return 0

    def again(tx: Transaction) -> None:
        for job in sorted(parked, key=lambda job: job.id):
            tx.outbox.revive(job.id, now)

    await store.run(again)
    log.warning("Slack is as it should be again: %d messages leave that it had refused", len(parked))
    return len(parked)


def _parked(tx: Transaction, now: datetime) -> list[Listed]:
    """What is older than what is tried at all stays where it is."""
    listed = tx.outbox.parked(MOST)
    return [
        job for job in listed if job.kind in TO_STAFF and job.error in MENDABLE and now - job.created_at < GIVEN_UP
    ]


async def _is_mended(room: Room) -> bool:
    try:
        answer = await room.api.call("conversations.info", channel=room.channel)
    except (RefusedError, RateLimitedError, NoAnswerError):
        return False
    place = answer.get("channel") or {}
    return bool(place.get("is_member", True)) and not any(place.get(name) for name in ("is_archived", *OUTSIDE))
