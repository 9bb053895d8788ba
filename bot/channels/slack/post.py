"""One message, posted once: at Slack's pace, and looked up first where an earlier try may have posted it."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.app.deliver import Delivery, Failed, Later
from bot.channels.slack import pace
from bot.channels.slack.room import Room
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from storage import Job

BEFORE: Final = timedelta(minutes=1)
PAGES: Final = 10
GONE: Final = frozenset({"message_not_found", "thread_not_found", "cant_update_message"})
"""What Slack says of a message that somebody deleted."""

UNFIT: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
"""What Slack says of the shape of a message: it would be refused again, whoever mends what."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message to post; `marks` find it again when the answer was lost.

    `plain` are its words, where they are to be read though Slack does not take the blocks that they are in.
    """

    channel: str
    text: str
    blocks: list[Payload]
    marks: Mapping[str, int]
    thread_ts: str = ""
    broadcast: bool = False
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    channel: str
    ts: str


class TurnError(Exception):
    """Not yet its turn in this channel; nothing was done, and the turn is kept: it comes in `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"its turn comes in {wait.total_seconds():.0f} s")
        self.wait = wait


class UnsureError(RefusedError):
    """Slack does not let us look whether an earlier try posted it."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts for one desk."""

    room: Room

    async def once(self, post: Post, job: Job, user: str = "") -> Posted:
        """Posts, unless an earlier try has done so and nobody heard of it. Raises TurnError and what `Api.call` does.

        UnsureError where that cannot be found out. `user` names whose direct conversation it is, where `post.channel`
        may be its id.
        """
        if job.doubts > 1 and (found := await self._look_up(post, job, user)) is not None:
            return found
        channel = user or post.channel
        await self._take_turn(channel, job)
        try:
            answer = await self._post(post)
        except RateLimitedError as limited:
            raise TurnError(await self._hold(channel, timedelta(seconds=limited.seconds))) from limited
        return Posted(str(answer["channel"]), str(answer["ts"]))

    async def _post(self, post: Post) -> Payload:
        try:
            return await self.room.api.call("chat.postMessage", **_message(post))
        except RefusedError as refused:
            if not post.plain or refused.code not in UNFIT:
                raise
            log.error("Slack does not take a message as it is, its words are posted alone: %s", refused)
            return await self.room.api.call("chat.postMessage", **_message(replace(post, text=post.plain, blocks=[])))

    async def found(self, post: Post, job: Job) -> Posted | None:
        """What an earlier try has posted there, and nobody heard of. Raises UnsureError where nobody can say."""
        return await self._look_up(post, job, "") if job.doubts > 1 else None

    async def _take_turn(self, channel: str, job: Job) -> None:
        every, now = self.room.every, self.room.clock()
        waited = job.tries > job.doubts  # put off before, and nothing was done then
        wait = await self.room.desk.store.run(lambda tx: pace.turn(tx, channel, every, now, waited=waited))
        if wait:
            raise TurnError(wait)

    async def _hold(self, channel: str, asked: timedelta) -> timedelta:
        every, now = self.room.every, self.room.clock()
        return await self.room.desk.store.run(lambda tx: pace.hold(tx, channel, every, now + asked, now))

    async def _look_up(self, post: Post, job: Job, user: str) -> Posted | None:
        try:
            return await self._find(post, job, user)
        except RefusedError as refused:
            raise UnsureError(refused.code) from refused

    async def _find(self, post: Post, job: Job, user: str) -> Posted | None:
        """The message with these marks, looked for since the job was made."""
        channel = post.channel
        if channel == user:
            opened = await self.room.api.call("conversations.open", users=user)
            channel = str(opened["channel"]["id"])
        where: dict[str, object] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        where["oldest"] = f"{(job.created_at - BEFORE).timestamp():.6f}"
        method = "conversations.history"
        if post.thread_ts:
            method, where["ts"] = "conversations.replies", post.thread_ts
        for _ in range(PAGES):
            page = await self.room.api.call(method, **where)
            for message in page.get("messages") or ():
                if _marks_of(message).items() & post.marks.items():
                    return Posted(channel, str(message["ts"]))
            where["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not where["cursor"]:
                break
        return None


async def carefully(work: Callable[[], Awaitable[Delivery]]) -> Delivery:
    """Does the work; trouble becomes an answer for the queue."""
    try:
        return await work()
    except TurnError as turn:
        return Later(str(turn), turn.wait, untaken=True)
    except RateLimitedError as limited:
        return Later("Slack asked to wait", timedelta(seconds=limited.seconds), untaken=True)
    except NoAnswerError as trouble:
        return Later(str(trouble))
    except RefusedError as refused:
        log.error("Slack refused what is kept aside now: %s", refused)
        return Failed(refused.code)


def _message(post: Post) -> Payload:
    said: Payload = {
        "channel": post.channel,
        "text": post.text,
        **({"blocks": post.blocks} if post.blocks else {"mrkdwn": False}),
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "comptoir", "event_payload": {"marks": json.dumps(dict(post.marks))}},
    }
    if post.thread_ts:
        said |= {"thread_ts": post.thread_ts, "reply_broadcast": post.broadcast}
    return said


def _marks_of(message: Payload) -> dict[str, int]:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    try:
        marks = json.loads(payload.get("marks") or "{}")
    except (TypeError, ValueError):  # somebody else's message
        return {}
    return marks if isinstance(marks, dict) else {}
