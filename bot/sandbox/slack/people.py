"""People in Slack: what they press, say and fill in, sent to the app as Slack would send it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.sandbox.slack import payloads, views
from bot.sandbox.slack.chat import react
from bot.sandbox.slack.delivery import Answer, Envelope, Letterhead, OverHttp, OverSocket, Transport, again
from bot.sandbox.slack.files import new_file
from bot.sandbox.slack.inputs import FIELDS, Entry, NotPossibleError, filled, initial_values
from bot.sandbox.slack.limits import elements_of
from bot.sandbox.slack.records import Channel, Ephemeral, Message, ResponseUrl, User, View, file_payload
from bot.sandbox.slack.respond import respond
from bot.sandbox.slack.socket_mode import Sockets
from bot.sandbox.slack.wire import Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

Then: TypeAlias = Callable[[Envelope, Answer], None]

TROUBLE = "We had some trouble connecting. Try again?"
SILENT = Answer(outcome="silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An interaction the app did not answer as it must; the person saw Slack's own error."""

    envelope: Envelope
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Held:
    envelope: Envelope
    then: Then


class People:
    """Everybody in a workspace. Each act returns what the app answered; `failures` keeps what went wrong.

    `copies` sends everything that many times at once; `sent` keeps what was sent, for `redeliver`.
    Acts that Slack's own client would not allow raise NotPossibleError.
    """

    def __init__(self, workspace: Workspace, transport: Transport) -> None:
        self.workspace = workspace
        self.sent: list[Envelope] = []
        self.failures: list[Failure] = []
        self.copies = 1
        self._transport = transport
        self._letterhead = Letterhead()
        self._held: list[_Held] | None = None

    @classmethod
    def over_http(cls, workspace: Workspace, desk_url: str, *, patience: float = 3.0) -> "People":
        """People whose acts reach the app at `<desk_url>/slack/events`."""
        return cls(workspace, OverHttp(workspace, desk_url, patience=patience))

    @classmethod
    def over_socket(cls, sockets: Sockets, *, patience: float = 3.0) -> "People":
        """People whose acts reach the app over Socket Mode."""
        return cls(sockets.workspace, OverSocket(sockets, patience=patience))

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.close()

    # --- pressing ---

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        block_id: str = "",
        *,
        option: Entry = None,
        confirm: bool = True,
    ) -> Answer:
        """Press a button or choose an `option` (value or words) in a message; `confirm` False: say no when asked."""
        person, _ = self._present(user, channel)
        shown = self._seen(person, channel, ts)
        below = shown.unfurls if isinstance(shown, Message) else ()
        block, element = find([*shown.blocks, *(one for _, blocks in below for one in blocks)], action_id, block_id)
        if "confirm" in element and not confirm:
            return SILENT
        action = payloads.action(self.workspace, block, element, option)
        entries = {block["block_id"]: option} if element["type"] in FIELDS else {}
        state = {"values": filled(shown.blocks, initial_values(shown.blocks), entries)}
        base = payloads.interaction(self.workspace, person, "block_actions")
        where = payloads.in_message(self.workspace, _as_message(shown), person)
        if isinstance(shown, Ephemeral):
            where = {**where, "container": {**where["container"], "is_ephemeral": True}}
            del where["message"]
        return await self._interact({**base, **where, "state": state, "actions": [action]})

    async def click_in_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        block_id: str = "",
        *,
        option: Entry = None,
        typed: Mapping[str, Entry] | None = None,
    ) -> Answer:
        """Press or choose something in an open modal or an App Home; what was `typed` by then goes along."""
        view = self._open_view(user, view_id)
        if typed:
            values = filled(view.blocks, view.values, self._uploaded(user, typed), whole=False)
            view = self.workspace.put_view(replace(view, values=values))
        block, element = find(view.blocks, action_id, block_id)
        action = payloads.action(self.workspace, block, element, option)
        if element["type"] in FIELDS:
            values = {**view.values, block["block_id"]: {**view.values.get(block["block_id"], {})}}
            values[block["block_id"]][action_id] = {
                name: value for name, value in action.items() if name in {"type", FIELDS[element["type"]].slot}
            }
            view = self.workspace.put_view(replace(view, values=values))
        inside = view.id if view.given["type"] == "modal" else None
        return await self._interact(
            {
                **payloads.interaction(self.workspace, self.workspace.user(user), "block_actions", inside),
                "container": {"type": "view", "view_id": view.id},
                "view": payloads.shown_view(self.workspace, view),
                "actions": [action],
            }
        )

    async def click_home(self, user: str, action_id: str, *, option: Entry = None) -> Answer:
        """Press something in the App Home published for `user`."""
        view = self.workspace.home(user)
        if view is None:
            raise NotPossibleError("nothing was published in this App Home")
        return await self.click_in_view(user, view.id, action_id, option=option)

    # --- modals ---

    async def submit(self, user: str, view_id: str, values: Mapping[str, Entry]) -> Answer:
        """Fill in a modal (block id -> entry) and submit it; what the app answers is done to the modal."""
        view = self._open_view(user, view_id)
        state = filled(view.blocks, view.values, self._uploaded(user, values))
        view = self.workspace.put_view(replace(view, values=state, errors={}, trouble=""))
        base = payloads.interaction(self.workspace, self.workspace.user(user), "view_submission", view.id)
        shown = payloads.shown_view(self.workspace, view)
        return await self._interact({**base, "view": shown, "response_urls": []}, self._obeying(view))

    async def close_view(self, user: str, view_id: str = "") -> Answer:
        """Close the modal on top; the app hears of it only if the modal says so."""
        view = self._open_view(user, view_id or self.workspace.modal(user).id)
        views.close_top(self.workspace, user)
        if not view.given.get("notify_on_close"):
            return SILENT
        base = payloads.interaction(self.workspace, self.workspace.user(user), "view_closed")
        return await self._interact({**base, "view": payloads.shown_view(self.workspace, view), "is_cleared": False})

    # --- saying ---

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
    ) -> Answer:
        """Post a message, with files (name, content) or without; `text` as Slack notes it (`<@U1>`, `&lt;`)."""
        person, place = self._present(user, channel)
        attached = tuple(self._attach(person, place, name, content) for name, content in files)
        message = self.workspace.put(
            Message(
                channel=place.id,
                ts=self.workspace.new_ts(),
                user=person.id,
                bot_id=self.workspace.bot_id if person.id == self.workspace.bot_user else None,
                text=text,
                thread_ts=thread_ts,
                files=attached,
                subtype="file_share" if attached else None,
            )
        )
        return await self._event(place, payloads.message_event(self.workspace, message))

    async def share(self, user: str, channel: str, *urls: str) -> Answer:
        """Post links to pages of the app's, and let it hear of them."""
        await self.say(user, channel, " ".join(f"<{url}>" for url in urls))
        ts = self.workspace.roots(channel)[-1].ts
        event = payloads.shared_event(self.workspace, channel, ts, user, urls)
        return await self._event(self.workspace.channels[channel], event)

    async def edit(self, user: str, channel: str, ts: str, text: str) -> Answer:
        """Change the words of one's own message."""
        old = self._own(user, channel, ts)
        edited = self.workspace.new_ts()
        new = self.workspace.put(replace(old, text=text, edited=edited, edited_by=user))
        event = payloads.changed_event(self.workspace, old, new)
        return await self._event(self.workspace.channels[channel], event)

    async def delete(self, user: str, channel: str, ts: str) -> Answer:
        """Delete one's own message, or one of the app's, as administrators may."""
        old = self.workspace.message(channel, ts)
        if old.user != self.workspace.bot_user:
            old = self._own(user, channel, ts)
        event = payloads.deleted_event(self.workspace, old)
        self.workspace.remove(channel, ts)
        return await self._event(self.workspace.channels[channel], event)

    async def react(self, user: str, channel: str, ts: str, name: str) -> Answer:
        """Add an emoji (`eyes`) to a message."""
        person, place = self._present(user, channel)
        message = react(self.workspace, self.workspace.message(channel, ts), name, person.id)
        return await self._event(place, payloads.reaction_event(self.workspace, message, name, user))

    # --- ways in that need no message ---

    async def open_home(self, user: str, tab: str = "home") -> Answer:
        """Open the app's home; `tab` is `home` or `messages`."""
        person = self._awake(user)
        return await self._event(self.workspace.direct(user), payloads.home_event(self.workspace, person, tab))

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Answer:
        """Type a slash command; its answer is shown. Strangers have no commands, and threads have none."""
        person, place = self._present(user, channel)
        if person.team != self.workspace.team_id:
            raise NotPossibleError("people of other workspaces have no commands")
        payload = payloads.slash_command(self.workspace, person, place, command, text)
        url = self.workspace.response_urls[payload["response_url"].rpartition("/")[2]]
        return await self._send(Envelope(kind="slash_commands", payload=payload), self._showing(url))

    async def shortcut(self, user: str, callback_id: str) -> Answer:
        """Use a global shortcut."""
        base = payloads.interaction(self.workspace, self._awake(user), "shortcut")
        return await self._interact({**base, "callback_id": callback_id, "action_ts": self.workspace.new_ts()})

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Answer:
        """Use a shortcut from a message's menu."""
        person, _ = self._present(user, channel)
        base = payloads.interaction(self.workspace, person, "message_action")
        where = payloads.in_message(self.workspace, self.workspace.message(channel, ts), person)
        del where["container"]
        named = {"callback_id": callback_id, "message_ts": ts, "action_ts": self.workspace.new_ts()}
        return await self._interact({**base, **where, **named})

    async def verify_url(self, challenge: str = "challenge") -> Answer:
        """`url_verification`: what Slack sends when the address is entered in the app's settings."""
        body = {"token": payloads.TOKEN, "challenge": challenge, "type": "url_verification"}
        return await self._send(Envelope(kind="events_api", payload=body))

    # --- disorder ---

    @contextmanager
    def writing(self, letterhead: Letterhead) -> Iterator[None]:
        """Within this, everything is sent with a wrong or odd signature."""
        usual, self._letterhead = self._letterhead, letterhead
        try:
            yield
        finally:
            self._letterhead = usual

    def hold(self) -> None:
        """Keep what happens from now on, until `release`."""
        self._held = self._held or []

    async def release(self, *, backwards: bool = False) -> list[Answer]:
        """Send what was held, one after the other, in order or backwards."""
        held, self._held = self._held or [], None
        return [await self._send(one.envelope, one.then) for one in (reversed(held) if backwards else held)]

    async def redeliver(
        self, envelope: Envelope, *, attempt: int = 1, reason: str = "http_timeout", new_id: bool = False
    ) -> Answer:
        """Send something again, as Slack does when it was not acknowledged; `new_id`: under another event id."""
        event_id = self.workspace.new_id("Ev") if new_id else ""
        return await self._send(again(envelope, attempt=attempt, reason=reason, event_id=event_id))

    # --- who and what is there ---

    def _awake(self, user: str) -> User:
        person = self.workspace.users.get(user)
        if person is None or person.deleted:
            raise NotPossibleError(f"{user} has no account")
        return person

    def _present(self, user: str, channel: str) -> tuple[User, Channel]:
        place = self.workspace.channels.get(channel)
        if place is None or user not in place.members or place.is_archived:
            raise NotPossibleError(f"{user} cannot act in {channel}")
        return self._awake(user), place

    def _seen(self, person: User, channel: str, ts: str) -> Message | Ephemeral:
        alone = [one for one in self.workspace.shown_to(person.id, channel) if one.ts == ts]
        return alone[0] if alone else self.workspace.message(channel, ts)

    def _own(self, user: str, channel: str, ts: str) -> Message:
        self._present(user, channel)
        message = self.workspace.message(channel, ts)
        if message.user != user:
            raise NotPossibleError("this message is somebody else's")
        return message

    def _open_view(self, user: str, view_id: str) -> View:
        seen = [view.id for view in (*self.workspace.modals(user)[-1:], self.workspace.home(user)) if view]
        if view_id not in seen:
            raise NotPossibleError(f"{user} does not see {view_id}; {', '.join(seen) or 'nothing'} is open")
        return self.workspace.views[view_id]

    def _uploaded(self, user: str, values: Mapping[str, Entry]) -> Mapping[str, Entry]:
        """Files that are put into a modal are in the workspace before it is submitted."""
        person = self.workspace.user(user)
        return {name: self._put_in(person, entry) for name, entry in values.items()}

    def _put_in(self, person: User, entry: Entry) -> Entry:
        if not isinstance(entry, Sequence) or not any(isinstance(one, tuple) for one in entry):
            return entry
        made = []
        for name, content in (one for one in entry if isinstance(one, tuple)):
            file = new_file(self.workspace, name, len(content), person.id)
            stored = self.workspace.put_file(replace(file, content=content, complete=True))
            made.append(file_payload(stored, self.workspace.base_url))
        return made

    def _attach(self, person: User, place: Channel, name: str, content: bytes) -> str:
        file = new_file(self.workspace, name, len(content), person.id)
        return self.workspace.put_file(replace(file, content=content, channels=(place.id,), complete=True)).id

    # --- sending ---

    async def _event(self, place: Channel, event: Payload) -> Answer:
        if self.workspace.bot_user not in place.members:
            return SILENT
        wrapped = payloads.event_callback(self.workspace, event, shared=place.is_shared)
        return await self._send(Envelope(kind="events_api", payload=wrapped))

    async def _interact(self, payload: Payload, then: Then = lambda _envelope, _answer: None) -> Answer:
        return await self._send(Envelope(kind="interactive", payload=payload), then)

    async def _send(self, envelope: Envelope, then: Then = lambda _envelope, _answer: None) -> Answer:
        if self._held is not None:
            self._held.append(_Held(envelope, then))
            return Answer(outcome="held")
        self.sent.append(envelope)
        sending = (self._transport.send(envelope, self._letterhead) for _ in range(self.copies))
        answer = (await asyncio.gather(*sending))[0]
        if answer.outcome != "ok":
            self.failures.append(Failure(envelope=envelope, answer=answer))
        then(envelope, answer)
        return answer

    def _obeying(self, view: View) -> Then:
        def then(envelope: Envelope, answer: Answer) -> None:
            try:
                if answer.outcome != "ok":
                    raise SlackError(answer.outcome)
                views.obey(self.workspace, view, answer.payload)
            except SlackError as refusal:
                self._trouble(view, envelope, answer, refusal)

        return then

    def _trouble(self, view: View, envelope: Envelope, answer: Answer, refusal: SlackError) -> None:
        if view.id in self.workspace.views:
            self.workspace.put_view(replace(self.workspace.views[view.id], trouble=TROUBLE))
        if answer.outcome == "ok":
            odd = replace(answer, outcome=refusal.error)
            self.failures.append(Failure(envelope=envelope, answer=odd))

    def _showing(self, url: ResponseUrl) -> Then:
        def then(_envelope: Envelope, answer: Answer) -> None:
            said = answer.payload or {"text": answer.body}
            if answer.outcome != "ok":
                said = {"text": f"failed with the error `{answer.outcome}`"}
            if said.get("text") or said.get("blocks"):
                respond(self.workspace, url, said, source="command")

        return then


def find(blocks: Sequence[Payload], action_id: str, block_id: str = "") -> tuple[Payload, Payload]:
    """The block and the element with this action id; NotPossibleError with what is there instead."""
    there = [
        (block, element)
        for block in blocks
        for _, element in elements_of(block)
        if "action_id" in element and block_id in {"", block["block_id"]}
    ]
    for block, element in there:
        if element["action_id"] == action_id:
            return block, element
    names = ", ".join(element["action_id"] for _, element in there)
    raise NotPossibleError(f"no {action_id} here; there is {names or 'nothing to press'}")


def _as_message(shown: Message | Ephemeral) -> Message:
    if isinstance(shown, Message):
        return shown
    return Message(channel=shown.channel, ts=shown.ts, user=shown.user, text=shown.text, thread_ts=shown.thread_ts)
