"""conversations.*, users.*, usergroups.*, auth.test: what the app may look up."""

from collections.abc import Sequence

from bot.sandbox.slack.chat import message_payload
from bot.sandbox.slack.records import Message, channel_payload, user_payload
from bot.sandbox.slack.wire import Arguments, Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

MOST = 999


def auth_test(workspace: Workspace, _call: Arguments) -> Payload:
    """auth.test: who the token belongs to."""
    return {
        "ok": True,
        "url": workspace.base_url,
        "team": workspace.domain,
        "user": workspace.users[workspace.bot_user].name.lower(),
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def open_direct(workspace: Workspace, call: Arguments) -> Payload:
    """conversations.open: the DM with one user; the same one every time."""
    user = workspace.user(call.text("users").split(",")[0])
    if user.deleted:
        raise SlackError("user_disabled")
    before = set(workspace.channels)
    channel = workspace.direct(user.id)
    known = channel.id in before
    noted = {"no_op": True, "already_open": True} if known else {}
    return {"ok": True, **noted, "channel": channel_payload(channel, workspace.bot_user, workspace.team_id)}


def info(workspace: Workspace, call: Arguments) -> Payload:
    """conversations.info."""
    channel = workspace.channel(call.text("channel"))
    return {"ok": True, "channel": channel_payload(channel, workspace.bot_user, workspace.team_id)}


def members(workspace: Workspace, call: Arguments) -> Payload:
    """conversations.members, all on one page."""
    channel = workspace.channel(call.text("channel"))
    return {"ok": True, "members": list(channel.members), "response_metadata": {"next_cursor": ""}}


def history(workspace: Workspace, call: Arguments) -> Payload:
    """conversations.history: the channel itself, newest first."""
    channel = workspace.channel(call.text("channel"))
    _must_be_in(workspace, channel.members)
    return _page(workspace, call, [one for one in reversed(workspace.roots(channel.id)) if _within(call, one)])


def replies(workspace: Workspace, call: Arguments) -> Payload:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel = workspace.channel(call.text("channel"))
    _must_be_in(workspace, channel.members)
    parent = workspace.messages[channel.id].get(call.text("ts"))
    if parent is None:
        raise SlackError("thread_not_found")
    found = [one for one in workspace.replies(channel.id, parent.ts) if _within(call, one)]
    return _page(workspace, call, [parent, *found])


def user_info(workspace: Workspace, call: Arguments) -> Payload:
    """users.info."""
    return {"ok": True, "user": user_payload(workspace.user(call.text("user")))}


def group_members(workspace: Workspace, call: Arguments) -> Payload:
    """usergroups.users.list."""
    if call.text("usergroup") not in workspace.user_groups:
        raise SlackError("no_such_subteam")
    return {"ok": True, "users": list(workspace.user_groups[call.text("usergroup")])}


def _must_be_in(workspace: Workspace, inside: tuple[str, ...]) -> None:
    if workspace.bot_user not in inside:
        raise SlackError("not_in_channel")


def _within(call: Arguments, message: Message) -> bool:
    oldest, latest = call.text("oldest", "0"), call.text("latest", "9999999999.999999")
    on_the_edge = call.flag("inclusive") and message.ts in {oldest, latest}
    return on_the_edge or float(oldest) < float(message.ts) < float(latest)


def _page(workspace: Workspace, call: Arguments, found: Sequence[Message]) -> Payload:
    start = call.number("cursor", 0)
    end = start + min(call.number("limit", 100), MOST)
    more = end < len(found)
    metadata = call.flag("include_all_metadata")
    return {
        "ok": True,
        "messages": [_found(workspace, one, with_metadata=metadata) for one in found[start:end]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(end) if more else ""},
    }


def _found(workspace: Workspace, message: Message, *, with_metadata: bool) -> Payload:
    """As an event brought it, but that files are no subtype here (slackapi/bolt-python#980)."""
    shown = message_payload(workspace, message, with_metadata=with_metadata)
    if shown.get("subtype") == "file_share":
        del shown["subtype"]
    return shown
