"""What was said while nobody listened: Slack stops trying after some minutes, the conversations themselves do not."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.app.read import read_case
from bot.channels.slack.chat import root
from bot.channels.slack.receive import keep_event
from bot.channels.slack.room import Room
from bot.channels.slack.shared import Watch
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core.letter import OPEN
from storage import SharedChannel, Transaction

HEARD_UNTIL = "slack_heard_until"
OVERLAP = timedelta(minutes=10)
FURTHEST = timedelta(days=7)
MOST = 1000  # incidents
PAGE, PAGES = 200, 50  # messages, and pages of a conversation
USUAL_SECONDS, SOON_SECONDS = 600.0, 60.0
AT_ONCE, APART_SECONDS = 20, 1.2  # calls of a method that may be called fifty times a minute

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread, or with no `thread_ts` a direct conversation."""

    channel: str
    thread_ts: str


class Backfill:
    """Goes through the conversations round by round; where Slack stops it, the next call goes on from there."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._round: _Round | None = None
        self._us = ""
        self._watch = Watch(room)

    async def run(self, now: datetime) -> float:
        """Puts what was said in open incidents' conversations into the same inbox; what is there already stays one.

        In how many seconds to go on: a short while when Slack would not say everything.
        """
        store = self._room.desk.store
        since, places, shared = await store.read(lambda tx: (_since(tx, now), _conversations(tx), _used(tx)))
        self._round = around = self._round or _Round(began=now, since=since)
        try:
            self._us = self._us or await _who_we_are(self._room)
            for channel in shared:
                await self._look_at(channel)
                await self._hear(around, Conversation(channel.channel, ""))
            for place in places:
                await self._hear(around, place)
        except RateLimitedError as limited:
            log.warning("not all that was said could be asked for: %s", limited)
            return float(limited.seconds)
        except NoAnswerError as trouble:
            log.warning("not all that was said could be asked for: %s", trouble)
            return SOON_SECONDS
        await store.run(lambda tx: tx.keep_setting(HEARD_UNTIL, around.began.isoformat()))
        self._round = None
        return USUAL_SECONDS

    async def _look_at(self, channel: SharedChannel) -> None:
        """Whether its customer and we alone still read it, though nothing is to be said there."""
        try:
            await self._watch.is_theirs_alone(channel)
        except RefusedError as refused:
            log.warning("nobody says who reads %s: %s", channel.channel, refused)

    async def _hear(self, around: "_Round", place: Conversation) -> None:
        if place in around.heard:
            return
        if len(around.heard) >= AT_ONCE:
            await asyncio.sleep(APART_SECONDS)
        for message in await _said(self._room, place, around.since):
            await keep_event(self._room, _as_event(self._room, self._us, place, message))
        around.heard.add(place)


@dataclass(slots=True)
class _Round:
    """Everything said between `since` and `began` is asked for; `heard` are the conversations done with."""

    began: datetime
    since: datetime
    heard: set[Conversation] = field(default_factory=set)


def _since(tx: Transaction, now: datetime) -> datetime:
    heard = tx.setting(HEARD_UNTIL)
    if heard is None:
        return now - FURTHEST
    until = min(datetime.fromisoformat(heard), now)  # the clock may have been put back
    return max(until - OVERLAP, now - FURTHEST)


def _conversations(tx: Transaction) -> tuple[Conversation, ...]:
    rows = tx.incidents.listing(stages=tuple(sorted(OPEN)), limit=MOST)
    return tuple(dict.fromkeys(place for row in rows for place in _places(tx, row.id)))


def _used(tx: Transaction) -> tuple[SharedChannel, ...]:
    """Customers' channels, where whoever writes beside all threads opens an incident."""
    return tuple(one for one in tx.shared.listing() if not one.trouble)


def _places(tx: Transaction, incident: int) -> Iterator[Conversation]:
    """Under the card; in the customer's direct conversation or channel, in the incident's thread and beside it."""
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
    where: dict[str, object] = {"channel": place.channel, "oldest": f"{since.timestamp():.6f}", "limit": PAGE}
    method = "conversations.history"
    if place.thread_ts:
        method, where["ts"] = "conversations.replies", place.thread_ts
    said: dict[str, Payload] = {}
    try:
        for _ in range(PAGES):
            page = await room.api.call(method, **where)
            said |= {str(message.get("ts")): message for message in page.get("messages") or ()}
            where["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not where["cursor"]:
                break
    except RefusedError as refused:
        log.warning("%s says nothing: %s", place.channel, refused)
    return [said[ts] for ts in sorted(said)]


async def _who_we_are(room: Room) -> str:
    """The bot's own user; empty where Slack does not say."""
    try:
        return str((await room.api.call("auth.test")).get("user_id") or "")
    except RefusedError as refused:
        log.warning("Slack does not say who we are: %s", refused)
        return ""


def _as_event(room: Room, us: str, place: Conversation, message: Payload) -> Payload:
    """The event Slack would have sent, so that hearing it twice is hearing it once."""
    kind = "im" if place.channel.startswith("D") else "group"
    where: Payload = {"type": "message", "channel": place.channel, "channel_type": kind}
    changed = where | {"subtype": "message_changed", "message": message}
    event = changed if message.get("edited") else message | where
    whose: Payload = {"authorizations": [{"user_id": us, "is_bot": True}] if us else []}
    return {"type": "event_callback", "team_id": room.team, "event_id": "", "event": event} | whose
