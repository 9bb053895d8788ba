"""The workspace: everything Slack would remember, in memory, with listeners that hear of every change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.sandbox.slack.records import (
    Change,
    Channel,
    Ephemeral,
    Message,
    ResponseUrl,
    StoredFile,
    Trigger,
    User,
    View,
)
from bot.sandbox.slack.wire import SlackError

Clock: TypeAlias = Callable[[], datetime]
Listener: TypeAlias = Callable[[Change], None]

TRIGGER_LIFE = timedelta(seconds=3)


class Workspace:
    """One Slack workspace with one app installed in it.

    `clock` returns aware datetimes; ids are counted, so the same story gives the same ids. The app is in
    every channel that lists `bot_user` among its members. `user_groups` maps a group id to its members' ids.
    Without an `app_token` there is no Socket Mode. `scopes` are what the bot token may do: all of it by default.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        bot_token: str,
        signing_secret: str,
        app_token: str = "",
        users: Iterable[User] = (),
        channels: Iterable[Channel] = (),
        user_groups: Mapping[str, tuple[str, ...]] | None = None,
        scopes: Iterable[str] | None = None,
        team_id: str = "T0COMPTOIR",
        domain: str = "comptoir",
        app_id: str = "A0COMPTOIR",
        bot_id: str = "B0COMPTOIR",
        bot_user: str = "U0COMPTOIR",
    ) -> None:
        self.clock = clock
        self.team_id = team_id
        self.domain = domain
        self.app_id = app_id
        self.bot_id = bot_id
        self.bot_user = bot_user
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.scopes = None if scopes is None else frozenset(scopes)
        self.base_url = "http://127.0.0.1/"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.user_groups = dict(user_groups or {})
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: list[Ephemeral] = []
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, tuple[str, ...]] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._listeners: list[Listener] = []
        self.counts: dict[str, int] = {}
        self._last_stamp = 0
        self.add_user(User(id=bot_user, name="Comptoir", is_bot=True))
        for user in users:
            self.add_user(user)
        for channel in channels:
            self.put_channel(channel)

    # --- listeners, ids, time ---

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def new_id(self, letter: str) -> str:
        """The next id that begins with `letter` (`F0000000001`)."""
        self.counts[letter] = self.counts.get(letter, 0) + 1
        return f"{letter}{self.counts[letter]:010d}"

    def new_ts(self) -> str:
        """The next message timestamp: seconds and microseconds, never twice, never backwards."""
        seconds = int(self.clock().timestamp())
        self._last_stamp = max(seconds * 1_000_000, self._last_stamp) + 100
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    # --- people and places ---

    def add_user(self, user: User) -> User:
        """Add or replace a user; without a team of its own it belongs to this workspace."""
        self.users[user.id] = replace(user, team=user.team or self.team_id)
        self._tell(Change(kind="user", user=user.id))
        return self.users[user.id]

    def put_channel(self, channel: Channel) -> Channel:
        """Add or replace a channel: also how one is archived, shared, joined or left."""
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, {})
        self._tell(Change(kind="channel", channel=channel.id))
        return channel

    def user(self, user_id: str) -> User:
        """The user, or `user_not_found`."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """The channel as the app may see it, or `channel_not_found`; a user id means their DM with the app."""
        if channel_id in self.users:
            return self.direct(channel_id)
        channel = self.channels.get(channel_id)
        hidden = channel is not None and channel.kind != "channel" and self.bot_user not in channel.members
        if channel is None or hidden:
            raise SlackError("channel_not_found")
        return channel

    def direct(self, user_id: str) -> Channel:
        """The conversation between the app and a user; opened if there is none yet."""
        members = (user_id, self.bot_user)
        found = (one for one in self.channels.values() if one.is_im and one.members == members)
        return next(found, None) or self.put_channel(
            Channel(id=self.new_id("D"), name="direct", members=members, is_im=True)
        )

    # --- messages ---

    def put(self, message: Message) -> Message:
        """Store a message, new or changed."""
        self.messages[message.channel][message.ts] = message
        self._tell(Change(kind="message", channel=message.channel, ts=message.ts))
        return message

    def remove(self, channel: str, ts: str) -> None:
        """Take a message away; one with replies leaves a tombstone, as in Slack."""
        gone = self.messages[channel][ts]
        if self.replies(channel, ts):
            stone = Message(channel=channel, ts=ts, user="USLACKBOT", text="This message was deleted.")
            self.put(replace(stone, subtype="tombstone"))
            return
        del self.messages[channel][gone.ts]
        self._tell(Change(kind="message", channel=channel, ts=ts))

    def message(self, channel: str, ts: str) -> Message:
        """The message, or `message_not_found`."""
        found = self.messages.get(channel, {}).get(ts)
        if found is None or found.subtype == "tombstone":
            raise SlackError("message_not_found")
        return found

    def roots(self, channel: str) -> tuple[Message, ...]:
        """What the channel itself shows, oldest first: no replies, except those also sent to the channel."""
        return tuple(one for one in self._in_order(channel) if one.thread_ts is None or one.broadcast)

    def replies(self, channel: str, thread_ts: str) -> tuple[Message, ...]:
        """The replies under a message, oldest first, without the message itself."""
        return tuple(one for one in self._in_order(channel) if one.thread_ts == thread_ts)

    def pinned(self, channel: str) -> tuple[Message, ...]:
        """The channel's pinned messages, oldest first."""
        return tuple(one for one in self._in_order(channel) if one.pinned)

    def put_ephemeral(self, ephemeral: Ephemeral) -> Ephemeral:
        """Show something to one person alone, in the place of the one with the same ts if there is one."""
        self.ephemerals = [one for one in self.ephemerals if one.ts != ephemeral.ts] + [ephemeral]
        self._tell(Change(kind="ephemeral", channel=ephemeral.channel, ts=ephemeral.ts, user=ephemeral.user))
        return ephemeral

    def drop_ephemeral(self, ts: str) -> None:
        """Take away what one person alone was shown."""
        gone = [one for one in self.ephemerals if one.ts == ts]
        self.ephemerals = [one for one in self.ephemerals if one.ts != ts]
        for one in gone:
            self._tell(Change(kind="ephemeral", channel=one.channel, ts=ts, user=one.user))

    def shown_to(self, user: str, channel: str = "") -> tuple[Ephemeral, ...]:
        """What `user` alone sees (in one channel, or everywhere), oldest first."""
        return tuple(one for one in self.ephemerals if one.user == user and (not channel or one.channel == channel))

    def put_file(self, file: StoredFile) -> StoredFile:
        """Store a file, new or further along."""
        self.files[file.id] = file
        self._tell(Change(kind="file", user=file.user))
        return file

    # --- views ---

    def put_view(self, view: View) -> View:
        """Store a view, new or changed."""
        self.views[view.id] = view
        self._tell(Change(kind="home" if view.given["type"] == "home" else "view", user=view.user))
        return view

    def modals(self, user: str) -> tuple[View, ...]:
        """The modals `user` has open, the one they see last."""
        return tuple(self.views[view_id] for view_id in self.stacks.get(user, ()))

    def modal(self, user: str) -> View:
        """The modal `user` sees, or `not_found`."""
        if not self.stacks.get(user):
            raise SlackError("not_found")
        return self.modals(user)[-1]

    def home(self, user: str) -> View | None:
        """The App Home published for `user`."""
        return self.views.get(self.homes.get(user, ""))

    def set_stack(self, user: str, stack: tuple[str, ...]) -> None:
        """Say which modals `user` has open; those left out are gone."""
        for view_id in set(self.stacks.get(user, ())) - set(stack):
            del self.views[view_id]
        self.stacks[user] = stack
        self._tell(Change(kind="view", user=user))

    # --- rights that run out ---

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        """A trigger id for an interaction of `user`, inside the modal `view_id` if it happened in one."""
        trigger_id = f"{self.new_id('')}.{self.new_id('')}.{self.team_id.lower()}"
        trigger = Trigger(id=trigger_id, user=user, made_at=self.clock(), view_id=view_id)
        self.triggers[trigger_id] = trigger
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Exchange a trigger, or refuse one that is unknown, used or older than three seconds."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() - trigger.made_at > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        self.triggers[trigger_id] = replace(trigger, used=True)
        return trigger

    def new_response_url(
        self, *, channel: str, user: str, message_ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """An address at which the app may answer one interaction."""
        right = ResponseUrl(
            id=self.new_id("R"),
            channel=channel,
            user=user,
            made_at=self.clock(),
            message_ts=message_ts,
            thread_ts=thread_ts,
        )
        self.response_urls[right.id] = right
        return f"{self.base_url}response/{right.id}"

    def _in_order(self, channel: str) -> list[Message]:
        return [message for _, message in sorted(self.messages.get(channel, {}).items())]

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)
