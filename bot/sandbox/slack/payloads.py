"""What Slack tells the app when somebody does something: events, interactions, commands."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.sandbox.slack.chat import message_payload
from bot.sandbox.slack.inputs import FIELDS, Entry, NotPossibleError, entered, pick
from bot.sandbox.slack.records import Channel, Message, User, View, view_payload
from bot.sandbox.slack.wire import Payload
from bot.sandbox.slack.workspace import Workspace

TOKEN = "verification-token"  # noqa: S105 - the deprecated field Slack still sends; no app should look at it


def event_callback(workspace: Workspace, event: Payload, *, shared: bool = False) -> Payload:
    """The wrapper of every event."""
    bot = {"user_id": workspace.bot_user, "is_bot": True, "is_enterprise_install": False}
    event_id = workspace.new_id("Ev")
    return {
        "token": TOKEN,
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(workspace.clock().timestamp()),
        "authorizations": [{"enterprise_id": None, "team_id": workspace.team_id, **bot}],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def message_event(workspace: Workspace, message: Message) -> Payload:
    """`message`: somebody said something."""
    channel = workspace.channels[message.channel]
    said = message_payload(workspace, message, with_metadata=False)
    return {**said, "channel": channel.id, "channel_type": channel.kind, "event_ts": message.ts}


def changed_event(workspace: Workspace, old: Message, new: Message) -> Payload:
    """`message_changed`: what it is now and what it was."""
    return {
        **_hidden(workspace, old, "message_changed"),
        "message": message_payload(workspace, new),
        "previous_message": message_payload(workspace, old),
    }


def deleted_event(workspace: Workspace, old: Message) -> Payload:
    """`message_deleted`: what it was. One with replies is changed into a tombstone instead."""
    if workspace.replies(old.channel, old.ts):
        stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": old.ts, "hidden": True}
        changed = {"message": stone, "previous_message": message_payload(workspace, old)}
        return {**_hidden(workspace, old, "message_changed"), **changed}
    gone = {"deleted_ts": old.ts, "previous_message": message_payload(workspace, old)}
    return {**_hidden(workspace, old, "message_deleted"), **gone}


def reaction_event(workspace: Workspace, message: Message, name: str, user: str) -> Payload:
    """`reaction_added`."""
    return {
        "type": "reaction_added",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": workspace.new_ts(),
    }


def shared_event(workspace: Workspace, channel: str, ts: str, user: str, urls: Sequence[str]) -> Payload:
    """`link_shared`: links to the domains that the app's manifest names."""
    links = [{"url": url, "domain": urlsplit(url).netloc} for url in urls]
    where = {"channel": channel, "is_bot_user_member": True, "user": user, "message_ts": ts}
    unfurl = {"unfurl_id": f"{channel}.{ts}", "source": "conversations_history"}
    return {"type": "link_shared", **where, **unfurl, "links": links, "event_ts": workspace.new_ts()}


def home_event(workspace: Workspace, user: User, tab: str) -> Payload:
    """`app_home_opened`: with the view they see, if one was published."""
    view = workspace.home(user.id)
    seen = {"view": shown_view(workspace, view)} if view and tab == "home" else {}
    direct = workspace.direct(user.id)
    opened = {"type": "app_home_opened", "user": user.id, "channel": direct.id, "tab": tab}
    return {**opened, **seen, "event_ts": workspace.new_ts()}


def slash_command(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> Payload:
    """The form fields of a command; all of them are text."""
    return {
        "token": TOKEN,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": workspace.new_response_url(channel=channel.id, user=user.id),
        "trigger_id": workspace.new_trigger(user.id),
    }


def interaction(workspace: Workspace, user: User, kind: str, view_id: str | None = None) -> Payload:
    """What all interactions have in common."""
    return {
        "type": kind,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team},
        "api_app_id": workspace.app_id,
        "token": TOKEN,
        "trigger_id": workspace.new_trigger(user.id, view_id),
        "enterprise": None,
        "is_enterprise_install": False,
    }


def in_message(workspace: Workspace, message: Message, user: User) -> Payload:
    """Where an interaction with a message happened, and the address to answer it at."""
    channel = workspace.channels[message.channel]
    shown = message_payload(workspace, message)
    thread_ts = shown.get("thread_ts")
    url = workspace.new_response_url(
        channel=channel.id, user=user.id, message_ts=message.ts, thread_ts=message.thread_ts
    )
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": False}
    return {
        "container": {**container, **({"thread_ts": thread_ts} if thread_ts else {})},
        "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
        "message": shown,
        "response_url": url,
    }


def shown_view(workspace: Workspace, view: View) -> Payload:
    """The view as it goes along with an interaction."""
    return view_payload(view, workspace.team_id, workspace.app_id, workspace.bot_id)


def action(workspace: Workspace, block: Payload, element: Payload, entry: Entry) -> Payload:
    """One entry of `actions`: what was pressed or chosen."""
    pressed = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": workspace.new_ts(),
    }
    if element["type"] == "button":
        kept: Payload = {name: element[name] for name in ("text", "value", "style") if name in element}
        return {**pressed, **kept}
    if element["type"] == "overflow":
        return {**pressed, "selected_option": pick(element, entry)}
    if element["type"] in FIELDS:
        return {**pressed, **entered(element, entry)}
    raise NotPossibleError(f"nobody can press a {element['type']}")


def _hidden(workspace: Workspace, message: Message, subtype: str) -> Payload:
    channel = workspace.channels[message.channel]
    stamp = workspace.new_ts()
    where = {"channel": channel.id, "channel_type": channel.kind}
    return {"type": "message", "subtype": subtype, "hidden": True, **where, "ts": stamp, "event_ts": stamp}
