"""What was said while nobody listened: Slack stops trying after some minutes, the conversations themselves do not."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app.read import read_case
from bot.channels.slack.chat import root
from bot.channels.slack.receive import keep_event
from bot.channels.slack.room import Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core.letter import OPEN
from storage import Transaction

HEARD_UNTIL = "slack_heard_until"
OVERLAP = timedelta(minutes=10)
FURTHEST = timedelta(days=7)
MOST = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread, or with no `thread_ts` a direct conversation."""

    channel: str
    thread_ts: str


async def backfill(room: Room, now: datetime) -> bool:
    """Puts what was said in open incidents' conversations into the same inbox; what is there already stays one.

    False when Slack would not say everything: the next call begins where this one did.
    """
    since, places = await room.desk.store.read(lambda tx: (_since(tx, now), _conversations(tx)))
    try:
        for place in places:
            for message in await _said(room, place, since):
                await keep_event(room, _as_event(room, place, message))
    except (RateLimitedError, NoAnswerError) as trouble:
        log.warning("not all that was said could be asked for: %s", trouble)
        return False
    await room.desk.store.run(lambda tx: tx.keep_setting(HEARD_UNTIL, now.isoformat()))
    return True


def _since(tx: Transaction, now: datetime) -> datetime:
    heard = tx.setting(HEARD_UNTIL)
    return max(datetime.fromisoformat(heard) - OVERLAP, now - FURTHEST) if heard else now - FURTHEST


def _conversations(tx: Transaction) -> tuple[Conversation, ...]:
    rows = tx.incidents.listing(stages=tuple(sorted(OPEN)), limit=MOST)
    return tuple(dict.fromkeys(place for row in rows for place in _places(tx, row.id)))


def _places(tx: Transaction, incident: int) -> Iterator[Conversation]:
    """Under the card; in the customer's direct conversation, in the incident's thread and beside it."""
    case = read_case(tx, incident)
    if case is None:
        return
    if case.row.slack_channel and case.row.slack_ts:
        yield Conversation(case.row.slack_channel, case.row.slack_ts)
    began = root(case)
    if began is not None:
        yield Conversation(began.channel, began.ts)
        yield Conversation(began.channel, "")


async def _said(room: Room, place: Conversation, since: datetime) -> Sequence[Payload]:
    """The messages of people, oldest first."""
    where: dict[str, object] = {"channel": place.channel, "oldest": f"{since.timestamp():.6f}", "limit": MOST - 1}
    method = "conversations.history"
    if place.thread_ts:
        method, where["ts"] = "conversations.replies", place.thread_ts
    try:
        answer = await room.api.call(method, **where)
    except RefusedError as refused:
        log.warning("%s says nothing: %s", place.channel, refused)
        return ()
    return sorted(answer.get("messages", []), key=lambda message: str(message.get("ts")))


def _as_event(room: Room, place: Conversation, message: Payload) -> Payload:
    """The event Slack would have sent, so that hearing it twice is hearing it once."""
    kind = "im" if place.channel.startswith("D") else "group"
    where: Payload = {"type": "message", "channel": place.channel, "channel_type": kind}
    changed = where | {"subtype": "message_changed", "message": message}
    event = changed if message.get("edited") else message | where
    return {"type": "event_callback", "team_id": room.team, "event_id": "", "event": event}
