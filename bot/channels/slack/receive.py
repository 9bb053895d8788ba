"""Slack at the door: the signature first, then the database, then yes.

Events are kept and understood later; presses, modals and commands are one local transaction, then answered.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

from bot.channels.slack import bank, customer, desk, forms, home, listing, payloads, shape, show, writing
from bot.channels.slack.acts import ACTS
from bot.channels.slack.jobs import SlackArrived
from bot.channels.slack.payloads import Click, Submission
from bot.channels.slack.room import Room
from bot.channels.slack.socket import AWAY, Line
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError, hurried
from bot.rates import Rush
from storage import NewJob

MOST_BYTES: Final = 3_000_000
PATIENCE: Final = 2.5  # seconds; Slack itself gives up after three, and then nobody is told why
FOR_SLACK: Final = 0.85
"""The part of that for what is asked of Slack meanwhile; the rest is for saying that it did not answer."""
HEARD: Final = frozenset({"message", "reaction_added", "app_home_opened", "link_shared"})
OURS: Final = frozenset({"bot_message", "message_replied"})
CHANGES: Final = frozenset({"message_changed", "message_deleted"})
"""Something else that happens to a message; any other subtype says what it is, which a history may leave out."""
NOT_SLACKS: Final = "this is not a request of Slack's"
GONE: Final = "tombstone"
"""What Slack shows in the place of a message that was deleted and has replies."""

Pressed = Callable[[Room, Click, datetime], Awaitable[None]]
Previewed = Callable[[Room, Submission, datetime], Awaitable[None]]
Filled = Callable[[Room, Submission, datetime], Awaitable[Payload]]

log = logging.getLogger(__name__)


class Door:
    """Takes what Slack sends, over HTTP or Socket Mode, and answers it."""

    def __init__(self, room: Room, signing_secret: str, patience: float = PATIENCE) -> None:
        self._room = room
        self._rush = Rush()
        self._patience = patience
        self._verifier = SignatureVerifier(signing_secret, _Now(room.clock)) if signing_secret else None
        self._app = _app(room)

    async def handle(self, request: web.Request) -> web.Response:
        """`POST /slack/events`. 401: wrong or old signature; 400: no request of Slack's; 413: too long.

        500: nothing was done. 424: Slack did not take what was to be said about it. 503: the database does not
        answer, or not in time.
        """
        body = await request.clone(client_max_size=MOST_BYTES).read()
        if not self._is_signed(body, dict(request.headers)):
            return web.Response(status=401, text="the signature is missing, wrong or too old")
        try:
            said = AsyncBoltRequest(body=body.decode(), headers=dict(request.headers), query=request.query_string)
        except (ValueError, AttributeError, TypeError, KeyError) as wrong:  # signed, but no object Bolt can read
            log.warning("no request of Slack's: %s", type(wrong).__name__)
            return web.Response(status=400, text=NOT_SLACKS)
        try:
            answer = await self._dispatch(said)
        except AWAY as away:
            log.warning("not handled: Slack is told to come again: %s", str(away) or type(away).__name__)
            return web.Response(status=503)
        except Exception:
            log.exception("not handled: Slack is told so")
            return web.Response(status=500)
        return _response(answer)

    @property
    def is_busy(self) -> bool:
        """Whether events come in on each other's heels: what was kept is worked with less haste meanwhile."""
        return self._rush.is_on

    def line(self, app_token: str) -> Line:
        """The same over Socket Mode, where nothing is signed: `await connect()` to begin, `close()` to end."""
        return Line(app_token, self._app.client, self._dispatch)

    async def _dispatch(self, said: AsyncBoltRequest) -> BoltResponse:
        """What came of it, within the time there is. Raises what went wrong with us."""
        said.body = shape.whole(said.body)
        if is_ignored(said.body):
            return BoltResponse(status=200)
        if wrong := shape.wrong_with(said.body):
            log.warning("no request of Slack's: %s", wrong)
            return BoltResponse(status=400, body=NOT_SLACKS)
        try:
            async with asyncio.timeout(self._patience):
                with hurried(self._patience * FOR_SLACK):
                    return await self._answer(said)
        except (RefusedError, RateLimitedError, NoAnswerError) as trouble:
            log.warning("Slack did not take the answer to %s: %s", said.body.get("type") or "a command", trouble)
            return BoltResponse(status=424)

    async def _answer(self, said: AsyncBoltRequest) -> BoltResponse:
        """Events never reach Bolt, which would say yes before they are kept."""
        if said.body.get("type") == "event_callback":
            self._rush.one_more()
            await keep_event(self._room, said.body)
            return BoltResponse(status=200)
        if said.body.get("type") == "app_rate_limited":
            log.warning("Slack brings no more events for a while: too many came; they are asked for later")
            return BoltResponse(status=200)
        return await self._app.async_dispatch(said)

    def _is_signed(self, body: bytes, headers: dict[str, str]) -> bool:
        if self._verifier is None:
            return False
        try:
            return self._verifier.is_valid_request(body, headers)
        except (ValueError, TypeError):  # a timestamp that is no number, bytes that are no text
            return False


class _Now(SlackClock):
    """The desk's clock for the age of signatures."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()


def _response(answer: BoltResponse) -> web.Response:
    headers = {name: values[0] for name, values in answer.headers.items() if values}
    return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)


# --- what is answered at once ---

PRESSES: dict[str, Pressed] = {
    **dict.fromkeys(ACTS, desk.press),
    "original": desk.show_original,
    **bank.PRESSES,
    **customer.PRESSES,
    "open_incident": customer.open_form,
    "new_incident": listing.new_incident,
    home.OPEN_CARD: show.show,
    home.FIND: listing.find,
}
FORMS: dict[str, Filled] = {
    **{act.id: desk.submit for act in ACTS.values() if act.modal},
    **bank.FORMS,
    **customer.FORMS,
}
PREVIEWS: dict[str, Previewed] = {
    forms.PREVIEW: desk.preview("send_quote", desk.quote_preview),
    writing.PREVIEW: desk.preview("reply", desk.reply_preview),
}
SHORTCUTS: dict[str, Pressed] = {"send_to_customer": desk.send_to_customer, "open_incident": customer.open_form}
KEPT_FORMS: Final = frozenset({"open_incident", "new_incident"})


def _app(room: Room) -> AsyncApp:
    """Bolt finds the listener; it answers only when the listener is through, and its errors are ours to see."""

    async def authorize(team_id: str | None) -> AuthorizeResult:
        """One workspace, one token: no call to `auth.test`, which would lose events when it fails."""
        return AuthorizeResult(enterprise_id=None, team_id=team_id or room.team)

    logger = logging.getLogger("bot.bolt")
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        name="comptoir",
        logger=logger,
        client=room.api.client,
        authorize=authorize,
        request_verification_enabled=False,  # done before, on the bytes and by the desk's clock
        process_before_response=True,
    )
    app.error(_raise)
    for name, press in PRESSES.items():
        app.action(name)(_pressed(room, press, payloads.clicked))
    for name, preview in PREVIEWS.items():
        app.action(name)(_previewed(room, preview))
    app.action(re.compile(""))(_acknowledge)  # links to pages
    for name, press in SHORTCUTS.items():
        app.shortcut(name)(_pressed(room, press, payloads.chosen))
    app.command("/incident")(_pressed(room, listing.command, payloads.typed))
    for name, fill in FORMS.items():
        app.view(name)(_filled(room, fill))
    for name in KEPT_FORMS:
        app.view(name)(_kept(room))
    return app


async def _raise(error: Exception) -> None:
    raise error


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


def _pressed(room: Room, press: Pressed, read: Callable[[Payload], Click]) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Payload) -> None:
        await press(room, read(body), room.clock())
        await ack()

    return listener


def _previewed(room: Room, preview: Previewed) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Payload) -> None:
        await preview(room, payloads.submitted(body), room.clock())
        await ack()

    return listener


def _filled(room: Room, fill: Filled) -> Callable[..., Awaitable[None]]:
    async def listener(ack: AsyncAck, body: Payload) -> None:
        answer = await fill(room, payloads.submitted(body), room.clock())
        await ack(**answer)

    return listener


# --- what is kept, and understood later ---


def _kept(room: Room) -> Callable[..., Awaitable[None]]:
    """A modal that opens an incident: what is wrong with it is said at once; it is opened once, from the queue."""

    async def listener(ack: AsyncAck, body: Payload) -> None:
        submission = payloads.submitted(body)
        wrong = await customer.wrong_with(room, submission)
        if not wrong:
            await _keep(room, body, f"slack:{submission.identity}", f"slack:{submission.person.user}")
        await ack(**wrong)

    return listener


def is_ignored(body: Payload) -> bool:
    """An event of a kind that we do not listen to, and do not look at either."""
    event = body.get("event")
    kind = event.get("type") if isinstance(event, dict) else None
    return body.get("type") == "event_callback" and isinstance(kind, str) and kind not in HEARD


async def keep_event(room: Room, body: Payload) -> None:
    """On disk, if it is about anything we listen to, nobody but us said it, and it says anything new.

    That a message of ours is gone counts, too: it may be a card.
    """
    event = body["event"]
    if event.get("type") in HEARD and (_is_gone(event) or not _is_ours(body)) and not _changes_nothing(event):
        await _keep(room, body, identity(body), f"slack:{conversation(event)}")


def conversation(event: Payload) -> str:
    """What is worked in the order it came: a thread, or what is said in a channel beside all threads."""
    place = event.get("item") or event.get("message") or event.get("previous_message") or event
    channel = place.get("channel") or event.get("channel", "")
    thread = place.get("thread_ts", "")
    return f"{channel}:{thread if thread != place.get('ts') else ''}"


async def _keep(room: Room, body: Payload, dedup: str, key: str) -> None:
    """On disk before Slack hears yes; a second delivery finds the first."""
    now = room.clock()
    job = SlackArrived(body=json.dumps(body))
    new = NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=key, dedup=dedup)
    await room.desk.store.run(lambda tx: tx.inbox.put(new, now), urgent=True)


def identity(body: Payload) -> str:
    """What happened, not its envelope: a message is one thing however often and under whatever id it comes."""
    event = body["event"]
    if event.get("type") != "message":
        return f"slack:event:{body.get('event_id', '')}"
    message = event.get("message") or event
    edited = (message.get("edited") or {}).get("ts", "")
    ts = event.get("deleted_ts") or message.get("ts", "")
    change = event.get("subtype") if event.get("subtype") in CHANGES else ""
    parts = (workspace(body), event.get("channel", ""), ts, change, edited)
    return f"slack:message:{':'.join(str(part) for part in parts)}"


def workspace(body: Payload) -> str:
    """The workspace in which the app hears it: in a shared channel the event itself may be another's."""
    heard_by = (one.get("team_id") for one in body.get("authorizations") or () if one.get("is_bot"))
    return str(next(filter(None, heard_by), None) or body.get("team_id") or "")


def _is_ours(body: Payload) -> bool:
    """What the bot itself said, and the changes it or others made to that."""
    event = body["event"]
    about = (event, event.get("message") or {}, event.get("previous_message") or {})
    return any(is_by_us(body, message) for message in about) or event.get("subtype") in OURS


def is_by_us(body: Payload, message: Payload) -> bool:
    """By a bot, or by the user we are in this event's authorizations: files we show may come without a `bot_id`."""
    us = {one.get("user_id") for one in body.get("authorizations") or () if one.get("is_bot")}
    return bool(message.get("bot_id")) or message.get("user") in us - {None}


def _is_gone(event: Payload) -> bool:
    return event.get("subtype") == "message_deleted" or (event.get("message") or {}).get("subtype") == GONE


def _changes_nothing(event: Payload) -> bool:
    """A change that its author did not make: a link that Slack unfurled, a reply that it counted."""
    before, after = event.get("previous_message") or {}, event.get("message") or {}
    return event.get("subtype") == "message_changed" and bool(before) and _said(before) == _said(after)


def _said(message: Payload) -> tuple[object, ...]:
    files = [file.get("id") for file in message.get("files") or ()]
    return (message.get("text"), message.get("edited"), message.get("subtype") == GONE, files)
