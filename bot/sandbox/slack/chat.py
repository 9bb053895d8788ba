"""chat.*, pins.*, reactions.*: what the app does to messages, and what Slack refuses."""

import copy
from dataclasses import replace

from bot.sandbox.slack.limits import (
    check_blocks,
    check_metadata,
    check_new_text,
    check_text,
    elements_of,
)
from bot.sandbox.slack.records import Channel, Ephemeral, Message, User, file_payload
from bot.sandbox.slack.wire import Arguments, Payload, SlackError
from bot.sandbox.slack.workspace import Workspace


def post_message(workspace: Workspace, call: Arguments) -> Payload:
    """chat.postMessage: a new message, in a channel or in a thread."""
    channel = postable(workspace, call.text("channel"))
    thread_ts = call.text("thread_ts") or None
    if thread_ts:
        _check_parent(workspace, channel, thread_ts)
    message = workspace.put(
        Message(
            channel=channel.id,
            ts=workspace.new_ts(),
            user=workspace.bot_user,
            bot_id=workspace.bot_id,
            text=check_text(call.text("text")),
            blocks=_blocks(workspace, call),
            thread_ts=thread_ts,
            broadcast=call.flag("reply_broadcast"),
            metadata=_metadata(call),
        )
    )
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": message_payload(workspace, message),
    }


def update(workspace: Workspace, call: Arguments) -> Payload:
    """chat.update: blocks and metadata that are not given stay; empty ones are removed."""
    channel = workspace.channel(call.text("channel"))
    if channel.is_archived:
        raise SlackError("is_inactive")
    old = _own(workspace, channel, call.text("ts"), "cant_update_message")
    keeps_blocks = "blocks" not in call.given
    blocks = old.blocks if keeps_blocks else _blocks(workspace, call, needs_content=False)
    text = check_new_text(call.text("text")) if "text" in call.given else old.text
    if not text and not blocks:
        raise SlackError("no_text")
    metadata = _metadata(call) if "metadata" in call.given else old.metadata
    new = replace(old, text=text, blocks=blocks, metadata=metadata)
    message = workspace.put(replace(new, edited=workspace.new_ts(), edited_by=workspace.bot_user))
    shown = message_payload(workspace, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": text, "message": shown}


def unfurl(workspace: Workspace, call: Arguments) -> Payload:
    """chat.unfurl: what the links in somebody's message lead to, shown below it."""
    channel = workspace.channel(call.text("channel"))
    try:
        message = workspace.message(channel.id, call.text("ts"))
    except SlackError:
        raise SlackError("cannot_unfurl_message") from None
    given = call.structure("unfurls", "cannot_parse_attachment")
    if not isinstance(given, dict) or not given or any(url not in message.text for url in given):
        raise SlackError("cannot_unfurl_url")
    shown = tuple((url, with_ids(workspace, check_blocks(one.get("blocks")))) for url, one in given.items())
    workspace.put(replace(message, unfurls=shown))
    return {"ok": True}


def delete(workspace: Workspace, call: Arguments) -> Payload:
    """chat.delete: the app's own messages only."""
    channel = workspace.channel(call.text("channel"))
    message = _own(workspace, channel, call.text("ts"), "cant_delete_message")
    workspace.remove(channel.id, message.ts)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def post_ephemeral(workspace: Workspace, call: Arguments) -> Payload:
    """chat.postEphemeral: for one member of the channel, gone when Slack likes."""
    channel = postable(workspace, call.text("channel"))
    if call.text("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    shown = workspace.put_ephemeral(
        Ephemeral(
            channel=channel.id,
            user=call.text("user"),
            ts=workspace.new_ts(),
            source="chat.postEphemeral",
            text=check_text(call.text("text")),
            blocks=_blocks(workspace, call),
            thread_ts=call.text("thread_ts") or None,
        )
    )
    return {"ok": True, "message_ts": shown.ts}


def get_permalink(workspace: Workspace, call: Arguments) -> Payload:
    """chat.getPermalink: the address a person can open."""
    channel = workspace.channel(call.text("channel"))
    message = workspace.message(channel.id, call.text("message_ts"))
    address = f"{workspace.base_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"ok": True, "channel": channel.id, "permalink": address}


def pin(workspace: Workspace, call: Arguments) -> Payload:
    """pins.add."""
    return _set_pin(workspace, call, pinned=True, refusal="already_pinned")


def unpin(workspace: Workspace, call: Arguments) -> Payload:
    """pins.remove."""
    return _set_pin(workspace, call, pinned=False, refusal="no_pin")


def add_reaction(workspace: Workspace, call: Arguments) -> Payload:
    """reactions.add: by the app."""
    channel = postable(workspace, call.text("channel"))
    message = workspace.message(channel.id, call.text("timestamp"))
    react(workspace, message, call.text("name").strip(":"), workspace.bot_user)
    return {"ok": True}


def react(workspace: Workspace, message: Message, name: str, user: str) -> Message:
    """Add one person's reaction to a message; `already_reacted` if it is there."""
    reactions = dict(message.reactions)
    if user in reactions.get(name, ()):
        raise SlackError("already_reacted")
    reactions[name] = (*reactions.get(name, ()), user)
    return workspace.put(replace(message, reactions=tuple(reactions.items())))


def postable(workspace: Workspace, channel_id: str) -> Channel:
    """The channel, if the app may post in it."""
    channel = workspace.channel(channel_id)
    if channel.is_archived:
        raise SlackError("is_archived")
    if workspace.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def with_ids(workspace: Workspace, blocks: tuple[Payload, ...]) -> tuple[Payload, ...]:
    """The blocks with a block id and action ids: Slack gives one to those that have none."""
    return tuple(_with_ids(workspace, block) for block in blocks)


def message_payload(workspace: Workspace, message: Message, *, with_metadata: bool = True) -> Payload:
    """A message as Slack shows it to the app, with the count of its replies if it has any."""
    author = workspace.users.get(message.user)
    shown: Payload = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": author.team if author else workspace.team_id,
    }
    optional: Payload = {
        "subtype": message.subtype,
        "bot_id": message.bot_id,
        "app_id": workspace.app_id if message.bot_id == workspace.bot_id else None,
        "blocks": list(message.blocks),
        "thread_ts": message.thread_ts,
        "parent_user_id": _author_of_parent(workspace, message),
        "files": [file_payload(workspace.files[one], workspace.base_url) for one in message.files],
        "reactions": [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions],
        "pinned_to": [message.channel] if message.pinned else [],
        "metadata": message.metadata if with_metadata else None,
        "edited": {"user": message.edited_by, "ts": message.edited} if message.edited else None,
    }
    return {
        **shown,
        **(_from_elsewhere(author) if author and author.team != workspace.team_id else {}),
        **{name: value for name, value in optional.items() if value},
        **_thread(workspace, message),
    }


def _from_elsewhere(author: User) -> Payload:
    """What Slack adds where somebody of another workspace wrote."""
    profile = {
        "team": author.team,
        "name": author.name.lower(),
        "real_name": author.name,
        "display_name": author.name,
    }
    return {"user_team": author.team, "source_team": author.team, "user_profile": profile}


def _with_ids(workspace: Workspace, block: Payload) -> Payload:
    named = copy.deepcopy(block)
    named.setdefault("block_id", workspace.new_id("b"))
    for _, element in elements_of(named):
        if element["type"] != "image":
            element.setdefault("action_id", workspace.new_id("a"))
    return named


def _thread(workspace: Workspace, message: Message) -> Payload:
    replies = workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def _author_of_parent(workspace: Workspace, message: Message) -> str | None:
    parent = workspace.messages[message.channel].get(message.thread_ts or "")
    return parent.user if parent else None


def _check_parent(workspace: Workspace, channel: Channel, thread_ts: str) -> None:
    parent = workspace.messages[channel.id].get(thread_ts)
    if parent is None or parent.subtype == "tombstone":
        raise SlackError("thread_not_found")
    if parent.thread_ts is not None:
        raise SlackError("cannot_reply_to_message")


def _blocks(workspace: Workspace, call: Arguments, *, needs_content: bool = True) -> tuple[Payload, ...]:
    given = call.structure("blocks", "invalid_blocks_format")
    blocks = check_blocks(given) if given is not None else ()
    if needs_content and not blocks and not call.text("text"):
        raise SlackError("no_text")
    return with_ids(workspace, blocks)


def _metadata(call: Arguments) -> Payload | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    return check_metadata(metadata) if metadata else None


def _own(workspace: Workspace, channel: Channel, ts: str, refusal: str) -> Message:
    message = workspace.message(channel.id, ts)
    if message.bot_id != workspace.bot_id:
        raise SlackError(refusal)
    return message


def _set_pin(workspace: Workspace, call: Arguments, *, pinned: bool, refusal: str) -> Payload:
    channel = postable(workspace, call.text("channel"))
    message = workspace.message(channel.id, call.text("timestamp"))
    if message.pinned == pinned:
        raise SlackError(refusal)
    workspace.put(replace(message, pinned=pinned))
    return {"ok": True}
