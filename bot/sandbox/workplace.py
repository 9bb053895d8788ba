"""Slack as one person has it before them, and what they do in it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.sandbox.cast import MANAGERS, STAFF, STAFF_CHANNEL
from bot.sandbox.slack import (
    Answer,
    Channel,
    Ephemeral,
    Message,
    NotPossibleError,
    Payload,
    People,
    SlackError,
    View,
    Workspace,
)

Entry: TypeAlias = str | list[str] | list[tuple[str, bytes]] | None
SHORTCUTS = {"open_incident": "Open an incident"}
MESSAGE_SHORTCUTS = {"send_to_customer": "Send to the customer"}
ROLES = {**{user.id: "staff" for user in STAFF}, **{user.id: "manager" for user in MANAGERS}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody does. Each kind of act needs some of these; the rest stays empty."""

    kind: str
    user: str
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    view: str = ""
    action: str = ""
    block: str = ""
    text: str = ""
    option: Entry = None
    values: Mapping[str, Entry] | None = None
    files: Sequence[tuple[str, bytes]] = ()


def seen(workspace: Workspace, user: str, channel: str, thread_ts: str) -> Payload:
    """Everything on this person's screen: places, one channel, one thread, what lies above it, their App Home."""
    places = [one for one in workspace.channels.values() if user in one.members]
    place = next((one for one in places if one.id == channel), places[0])
    home = workspace.home(user)
    return {
        "me": user,
        "people": {one.id: _person(workspace, one.id) for one in workspace.users.values()},
        "places": [_place(workspace, one, user) for one in places],
        "channel": place.id,
        "messages": [_message(workspace, one) for one in workspace.roots(place.id)],
        "ephemerals": [_ephemeral(one) for one in workspace.shown_to(user, place.id)],
        "thread": _thread(workspace, place, thread_ts),
        "modal": _view(workspace.modals(user)[-1]) if workspace.modals(user) else None,
        "home": _view(home) if home else None,
        "is_staff": user in ROLES,
        "shortcuts": SHORTCUTS,
        "message_shortcuts": MESSAGE_SHORTCUTS if user in ROLES else {},
    }


def _person(workspace: Workspace, user: str) -> Payload:
    person = workspace.users[user]
    role = "app" if person.is_bot else ROLES.get(user, "customer")
    return {"id": user, "name": person.name, "role": role}


def _place(workspace: Workspace, place: Channel, user: str) -> Payload:
    other = next((one for one in place.members if one != user), workspace.bot_user)
    name = workspace.users[other].name if place.is_im else place.name
    return {"id": place.id, "name": name, "direct": place.is_im, "staff": place.id == STAFF_CHANNEL}


def _thread(workspace: Workspace, place: Channel, thread_ts: str) -> Payload | None:
    root = workspace.messages[place.id].get(thread_ts)
    if root is None:
        return None
    replies = workspace.replies(place.id, thread_ts)
    return {"root": _message(workspace, root), "replies": [_message(workspace, one) for one in replies]}


def _message(workspace: Workspace, message: Message) -> Payload:
    replies = workspace.replies(message.channel, message.ts)
    return {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": list(message.blocks),
        "thread_ts": message.thread_ts,
        "edited": message.edited is not None,
        "pinned": message.pinned,
        "unfurls": [block for _, blocks in message.unfurls for block in blocks],
        "reactions": [{"name": name, "users": list(users)} for name, users in message.reactions],
        "files": [_file(workspace, one) for one in message.files],
        "replies": len(replies),
        "latest": replies[-1].ts if replies else "",
    }


def _file(workspace: Workspace, file_id: str) -> Payload:
    file = workspace.files[file_id]
    return {"id": file.id, "name": file.title or file.name, "size": file.length, "type": file.mimetype}


def _ephemeral(one: Ephemeral) -> Payload:
    return {"ts": one.ts, "user": "", "text": one.text, "blocks": list(one.blocks), "thread_ts": one.thread_ts}


def _view(view: View) -> Payload:
    """With what is filled in and what the app said of it."""
    return {
        "id": view.id,
        "hash": view.hash,
        "given": view.given,
        "values": view.values,
        "errors": view.errors,
        "trouble": view.trouble,
    }


async def act(people: People, what: Act) -> Payload:
    """Does it; `error` says why it could not be done, in Slack's words where Slack has some."""
    try:
        answer = await ACTS[what.kind](people, what)
    except (NotPossibleError, SlackError) as refused:
        return {"outcome": "not_possible", "error": str(refused)}
    wrong = {} if answer.outcome in {"ok", "silent"} else {"error": f"Slack: {answer.outcome.replace('_', ' ')}"}
    return {"outcome": answer.outcome, **wrong}


async def _click(people: People, what: Act) -> Answer:
    return await people.click(what.user, what.channel, what.ts, what.action, what.block, option=what.option)


async def _click_in_view(people: People, what: Act) -> Answer:
    return await people.click_in_view(
        what.user, what.view, what.action, what.block, option=what.option, typed=what.values
    )


async def _submit(people: People, what: Act) -> Answer:
    return await people.submit(what.user, what.view, what.values or {})


async def _close(people: People, what: Act) -> Answer:
    return await people.close_view(what.user, what.view)


async def _say(people: People, what: Act) -> Answer:
    """In the thread that is open, else in the channel; a direct conversation has no threads of its own here."""
    text = what.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return await people.say(what.user, what.channel, text, what.thread_ts or None, what.files)


async def _command(people: People, what: Act) -> Answer:
    return await people.command(what.user, what.channel, "/incident", what.text)


async def _shortcut(people: People, what: Act) -> Answer:
    return await people.shortcut(what.user, what.action)


async def _message_shortcut(people: People, what: Act) -> Answer:
    return await people.message_shortcut(what.user, what.channel, what.ts, what.action)


async def _home(people: People, what: Act) -> Answer:
    return await people.open_home(what.user)


async def _react(people: People, what: Act) -> Answer:
    return await people.react(what.user, what.channel, what.ts, what.action)


async def _dismiss(people: People, what: Act) -> Answer:
    people.workspace.drop_ephemeral(what.ts)
    return Answer(outcome="silent")


ACTS: Mapping[str, Callable[[People, Act], Awaitable[Answer]]] = {
    "click": _click,
    "click_in_view": _click_in_view,
    "submit": _submit,
    "close": _close,
    "say": _say,
    "command": _command,
    "shortcut": _shortcut,
    "message_shortcut": _message_shortcut,
    "home": _home,
    "react": _react,
    "dismiss": _dismiss,
}
