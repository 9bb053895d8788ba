"""What a workspace holds: frozen records, and the form in which Slack shows each to an app."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.slack.wire import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account. `team` other than the workspace's own: a stranger met through Slack Connect."""

    id: str
    name: str
    team: str = ""
    email: str = ""
    locale: str = "fr-FR"
    tz: str = "Europe/Paris"
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel or a direct conversation. `members` are user ids in the order they came.

    `teams` are the other workspaces that it is shared with (Slack Connect), `invited` those that have not come yet.
    """

    id: str
    name: str
    members: tuple[str, ...] = ()
    is_private: bool = True
    is_ext_shared: bool = False
    is_im: bool = False
    is_archived: bool = False
    teams: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether other workspaces read it."""
        return self.is_ext_shared or bool(self.teams)

    @property
    def kind(self) -> str:
        """`channel_type` of the events that happen here."""
        return "im" if self.is_im else "group" if self.is_private else "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message. `thread_ts` is its parent's ts when it is a reply, None otherwise."""

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: tuple[Payload, ...] = ()
    thread_ts: str | None = None
    bot_id: str | None = None
    metadata: Payload | None = None
    edited: str | None = None
    edited_by: str | None = None
    files: tuple[str, ...] = ()
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pinned: bool = False
    subtype: str | None = None
    broadcast: bool = False
    unfurls: tuple[tuple[str, tuple[Payload, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ephemeral:
    """A message that only `user` sees. `source`: `chat.postEphemeral`, `response_url` or `command`."""

    channel: str
    user: str
    ts: str
    source: str
    text: str = ""
    blocks: tuple[Payload, ...] = ()
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file: announced (no content), uploaded (content), shared (channels)."""

    id: str
    name: str
    title: str
    mimetype: str
    length: int
    user: str
    content: bytes | None = None
    channels: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A modal or an App Home as one person has it before them.

    `values` is what is filled in (`view.state.values`), `errors` what the app answered by block id, `trouble`
    the sentence Slack's own client shows when the app did not answer as it must.
    """

    id: str
    user: str
    hash: str
    given: Payload
    root_view_id: str
    previous_view_id: str | None = None
    values: Payload = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def callback_id(self) -> str:
        """The name under which the app opened it."""
        return str(self.given.get("callback_id") or "")

    @property
    def blocks(self) -> tuple[Payload, ...]:
        """Its blocks, each with a block id."""
        return tuple(self.given["blocks"])

    @property
    def title(self) -> str:
        """The words in its title bar; empty for an App Home."""
        return str((self.given.get("title") or {}).get("text", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The right to open one modal for `user`, for three seconds, once."""

    id: str
    user: str
    made_at: datetime
    view_id: str | None = None
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrl:
    """The right to answer one interaction: five times, for thirty minutes."""

    id: str
    channel: str
    user: str
    made_at: datetime
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a listener is told: `kind` (message, ephemeral, view, home, file, channel, user) and where."""

    kind: str
    channel: str = ""
    ts: str = ""
    user: str = ""


def user_payload(user: User) -> Payload:
    """A user as `users.info` shows it."""
    profile = {"real_name": user.name, "display_name": user.name, "email": user.email}
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name.lower().replace(" ", "."),
        "real_name": user.name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "tz": user.tz,
        "locale": user.locale,
        "profile": {name: value for name, value in profile.items() if value},
    }


def channel_payload(channel: Channel, bot_user: str, team: str) -> Payload:
    """A channel as `conversations.info` shows it to the bot."""
    partner = next((member for member in channel.members if member != bot_user), "")
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_im and not channel.is_private,
        "is_group": not channel.is_im and channel.is_private,
        "is_im": channel.is_im,
        "is_private": channel.is_private or channel.is_im,
        "is_archived": channel.is_archived,
        "context_team_id": team,
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_shared,
        "is_org_shared": False,
        "shared_team_ids": [team, *channel.teams],
        "connected_team_ids": list(channel.teams),
        "internal_team_ids": [],
        "pending_shared": [],
        "pending_connected_team_ids": list(channel.invited),
        "is_pending_ext_shared": bool(channel.invited),
        "is_member": bot_user in channel.members,
        "num_members": len(channel.members),
        **({"user": partner} if channel.is_im else {}),
    }


def file_payload(file: StoredFile, base_url: str) -> Payload:
    """A file as messages and `files.info` show it."""
    private = f"{base_url}files/{file.id}/{file.name}"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "text",
        "size": file.length,
        "user": file.user,
        "mode": "hosted",
        "is_external": False,
        "url_private": private,
        "url_private_download": private,
        "channels": list(file.channels),
    }


def view_payload(view: View, team: str, app_id: str, bot_id: str) -> Payload:
    """A view as Slack returns it and sends it along with interactions."""
    empty = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
    switches = {"clear_on_close": False, "notify_on_close": False}
    return {
        **empty,
        **switches,
        **view.given,
        "id": view.id,
        "team_id": team,
        "hash": view.hash,
        "state": {"values": view.values},
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "app_id": app_id,
        "bot_id": bot_id,
    }
