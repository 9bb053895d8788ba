"""A message as it stands after an event: who says it, where, and what of it is there."""

from dataclasses import dataclass
from datetime import datetime

from bot.channels.slack import payloads
from bot.channels.slack.files import Fetched
from bot.channels.slack.receive import GONE, is_by_us
from bot.channels.slack.room import Person
from bot.channels.slack.wire import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message as it stands after an event. `edited` is when it was last changed, `gone` that it was deleted."""

    person: Person
    channel: str
    ts: str
    thread_ts: str
    direct: bool
    text: str
    files: tuple[str, ...]
    fetched: tuple[Fetched, ...]
    at: datetime
    edited: bool
    gone: bool
    ours: bool

    @property
    def place(self) -> str:
        """Names the message for ever, whatever becomes of its words."""
        return f"slack:{self.channel}/{self.ts}"


def spoken_in(body: Payload, fetched: tuple[Fetched, ...], now: datetime) -> Spoken:
    """What this event of kind `message` says; `fetched` are the files of it that are here."""
    event = body["event"]
    gone = event.get("subtype") == "message_deleted" or (event.get("message") or {}).get("subtype") == GONE
    message = event.get("previous_message" if gone else "message") or event
    edited = str((message.get("edited") or {}).get("ts") or "") if not gone else str(event.get("event_ts") or "")
    ts = str(event.get("deleted_ts") or message.get("ts") or "")
    return Spoken(
        person=Person(_team(message, body), str(message.get("user") or "")),
        channel=str(event.get("channel") or ""),
        ts=ts,
        thread_ts=str(message.get("thread_ts") or ""),
        direct=is_direct(event),
        text="" if gone else payloads.said(message),
        files=tuple(str(file.get("name") or "?") for file in message.get("files") or ()),
        fetched=fetched,
        at=payloads.moment_of(edited or ts) or now,
        edited=event.get("subtype") == "message_changed" and not gone,
        gone=gone,
        ours=is_by_us(body, message),
    )


def is_direct(event: Payload) -> bool:
    """Whether it happens between one person and the app."""
    return event.get("channel_type") == "im" or str(event.get("channel") or "").startswith("D")


def _team(message: Payload, body: Payload) -> str:
    return str(message.get("user_team") or message.get("team") or body.get("team_id", ""))
