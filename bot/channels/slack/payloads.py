"""What Slack sends when somebody presses, fills in, types or chooses, read once into plain values."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeVar

from bot.channels.slack import blocks
from bot.channels.slack.room import Person
from bot.channels.slack.wire import Payload

E = TypeVar("E", bound=StrEnum)
MOST_DIGITS: Final = 18  # what fits into 64 bits, whichever they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A button that was pressed, a shortcut or a command that was used. Empty where there is no such thing.

    `modal` names the modal it was pressed in.
    """

    person: Person
    name: str
    carried: Mapping[str, object]
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    trigger_id: str = ""
    response_url: str = ""
    text: str = ""
    shown: str = ""
    files: tuple[Payload, ...] = ()
    modal: str = ""
    view_id: str = ""

    @property
    def incident(self) -> int | None:
        """The incident the button belongs to."""
        return _whole(self.carried.get("incident"))

    @property
    def version(self) -> int | None:
        """The version of it that was shown."""
        return _whole(self.carried.get("version"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A modal that was filled in. `carried` is what it was opened with, `entries` what was typed, by field.

    `files` were put into it.
    """

    person: Person
    name: str
    view_id: str
    carried: Mapping[str, object]
    entries: Mapping[str, str]
    shown: str = ""
    files: tuple[Payload, ...] = ()

    @property
    def incident(self) -> int | None:
        return _whole(self.carried.get("incident"))

    @property
    def version(self) -> int | None:
        return _whole(self.carried.get("version"))

    @property
    def source(self) -> str:
        """Where the words come from: the message they were taken from, else this modal; the same each time."""
        return str(self.carried.get("source") or f"slack:{self.identity}")

    @property
    def identity(self) -> str:
        """The same for the same modal with the same words in it, however often Slack brings it."""
        filled = json.dumps(dict(self.entries), sort_keys=True)
        return f"view:{self.view_id}:{sha256(filled.encode()).hexdigest()[:16]}"


def clicked(payload: Payload) -> Click:
    """The first action of a `block_actions` payload; Slack never sends more of them."""
    action = payload["actions"][0]
    container = payload.get("container") or {}
    message = payload.get("message") or {}
    view = payload.get("view") or {}
    return Click(
        person=person_of(payload),
        name=str(action.get("action_id", "")),
        carried=_json(action.get("value")),
        text=str(action.get("value") or "") if action.get("type") == "plain_text_input" else "",
        modal=str(view.get("callback_id") or "?") if view.get("type") == "modal" else "",
        view_id=str(view.get("id") or ""),
        channel=str((payload.get("channel") or {}).get("id") or container.get("channel_id") or ""),
        ts=str(container.get("message_ts") or message.get("ts") or ""),
        thread_ts=str(container.get("thread_ts") or message.get("thread_ts") or ""),
        trigger_id=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        shown=json.dumps(message.get("blocks") or [], sort_keys=True) if message else "",
    )


def chosen(payload: Payload) -> Click:
    """A shortcut: a global one, or one from a message's menu."""
    message = payload.get("message") or {}
    return Click(
        person=person_of(payload),
        name=str(payload.get("callback_id", "")),
        carried={},
        channel=str((payload.get("channel") or {}).get("id") or ""),
        ts=str(payload.get("message_ts") or message.get("ts") or ""),
        thread_ts=str(message.get("thread_ts") or ""),
        trigger_id=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        text=words_of(str(message.get("text") or "")),
        files=tuple(message.get("files") or ()),
    )


def typed(payload: Payload) -> Click:
    """A slash command."""
    return Click(
        person=Person(str(payload.get("team_id", "")), str(payload.get("user_id", ""))),
        name=str(payload.get("command", "")),
        carried={},
        channel=str(payload.get("channel_id", "")),
        trigger_id=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        text=words_of(str(payload.get("text") or "")).strip(),
    )


def submitted(payload: Payload) -> Submission:
    """A `view_submission`."""
    view = payload["view"]
    state = (view.get("state") or {}).get("values") or {}
    return Submission(
        person=person_of(payload),
        name=str(view.get("callback_id", "")),
        view_id=str(view.get("id", "")),
        carried=_json(view.get("private_metadata")),
        entries=blocks.entered(state),
        shown=json.dumps(view.get("blocks") or [], sort_keys=True),
        files=tuple(file for slots in state.values() for slot in slots.values() for file in slot.get("files") or ()),
    )


def person_of(payload: Payload) -> Person:
    """Who did it: a stranger met through Slack Connect keeps their own team."""
    user = payload.get("user") or {}
    return Person(str(user.get("team_id") or (payload.get("team") or {}).get("id", "")), str(user.get("id", "")))


def choice(kind: type[E], given: str | None, otherwise: E) -> E:
    """What was chosen, where it is still one of these: a form may be older than the desk."""
    return next((one for one in kind if one.value == given), otherwise)


def moment_of(ts: str) -> datetime | None:
    """When a message was posted."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError):
        return None


def said(message: Payload) -> str:
    """What its author typed, and below it the messages that they forwarded with it."""
    forwarded = [one for one in message.get("attachments") or () if one.get("is_share")]
    below = (f"[forwarded from {one.get('author_name') or '?'}] {one.get('text') or ''}" for one in forwarded)
    return "\n".join(filter(None, (words_of(str(message.get("text") or "")), *map(words_of, below))))


_LINK = re.compile(r"<(?P<sign>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


def words_of(text: str) -> str:
    """Slack's notation as the words its author saw."""
    plain = _LINK.sub(_seen, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _seen(found: re.Match[str]) -> str:
    sign, target, label = found["sign"], found["target"], found["label"]
    if sign == "!":
        return f"@{label or target.partition('^')[0]}"
    if sign:
        return f"{sign}{label or target}"
    if not label or label == target or target == f"mailto:{label}":
        return label or target
    return f"{label} ({target})"


def _json(text: object) -> Mapping[str, object]:
    """What we put there; nothing where somebody else did, such as numbers that no database can hold."""
    try:
        read = json.loads(str(text or "{}"), parse_int=_held)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _held(digits: str) -> int:
    """Raises ValueError beyond 64 bits."""
    if len(digits) > MOST_DIGITS:
        raise ValueError("no number of ours")
    return int(digits)


def number_in(typed: str) -> int | None:
    """The number that somebody typed in plain digits; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
