"""A message as it stands after an event: who says it, where, and what of it is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.channels.slack import payloads
from bot.channels.slack.files import Fetched
from bot.channels.slack.receive import GONE, is_by_us, workspace
from bot.channels.slack.room import Person
from bot.channels.slack.wire import Payload

LONGEST_NAME = 80  # characters
NOBODY: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message as it stands after an event. `edited` is when it was last changed, `gone` that it was deleted.

    `shared`: other organisations read the channel; `name` is how its author is called there, where that was asked.
    """

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
    shared: bool = False
    name: str = ""

    @property
    def place(self) -> str:
        """Names the message for ever, whatever becomes of its words."""
        return f"slack:{self.channel}/{self.ts}"

    @property
    def thread(self) -> str:
        """The thread it belongs to, which may begin with it."""
        return f"{self.channel}/{self.thread_ts or self.ts}"


def spoken_in(
    body: Payload, fetched: tuple[Fetched, ...], now: datetime, account: Mapping[str, object] = NOBODY
) -> Spoken:
    """What this event of kind `message` says; `fetched` are the files of it that are here.

    `account` is what Slack says of its author.
    """
    event = body["event"]
    gone = event.get("subtype") == "message_deleted" or (event.get("message") or {}).get("subtype") == GONE
    message = event.get("previous_message" if gone else "message") or event
    edited = str((message.get("edited") or {}).get("ts") or "") if not gone else str(event.get("event_ts") or "")
    ts = str(event.get("deleted_ts") or message.get("ts") or "")
    thread_ts = str(message.get("thread_ts") or "")  # with replies below it, a message names itself
    team = _team(message, account) or workspace(body)
    named = tuple(str(file.get("name") or "?") for file in message.get("files") or ())
    return Spoken(
        person=Person(team, str(message.get("user") or "")),
        channel=str(event.get("channel") or ""),
        ts=ts,
        thread_ts=thread_ts if thread_ts != ts else "",
        direct=is_direct(event),
        text="" if gone else payloads.said(message),
        files=(*(one.name for one in fetched), *named[len(fetched) :]),
        fetched=fetched,
        at=payloads.moment_of(edited or ts) or now,
        edited=event.get("subtype") == "message_changed" and not gone,
        gone=gone,
        ours=is_by_us(body, message),
        shared=bool(body.get("is_ext_shared_channel")),
        name=_name(account),
    )


def is_direct(event: Payload) -> bool:
    """Whether it happens between one person and the app."""
    return event.get("channel_type") == "im" or str(event.get("channel") or "").startswith("D")


def author_of(event: Payload) -> str:
    """Who wrote the message that an event is about; empty for one that is nobody's."""
    return str(_about(event).get("user") or "")


def names_workspace(event: Payload) -> bool:
    """Whether it says whose workspace its author is of: with files it may not (slackapi/slack-api-specs#62)."""
    return bool(_team(_about(event), NOBODY))


def _about(event: Payload) -> Payload:
    return event.get("previous_message") or event.get("message") or event


def _team(message: Payload, account: Mapping[str, object]) -> str:
    """The workspace of whoever wrote it, as Slack says: the `team` of a message may be its channel's host."""
    profile = message.get("user_profile") or {}
    whose = (message.get("user_team"), message.get("source_team"), profile.get("team"), account.get("team_id"))
    named = (*whose, message.get("team"))
    return str(next(filter(None, named), None) or "")


def _name(account: Mapping[str, object]) -> str:
    """As others see them in Slack: another workspace sets it, so that it proves nothing."""
    profile = account.get("profile")
    given = profile if isinstance(profile, dict) else {}
    name = given.get("display_name") or given.get("real_name") or account.get("real_name") or account.get("name")
    return " ".join(str(name or "").split())[:LONGEST_NAME]
