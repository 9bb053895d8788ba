"""Which right each method of the Web API asks for. Source: docs.slack.dev/reference/methods, "Scopes"."""

from collections.abc import Mapping

from bot.sandbox.slack.wire import Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

KINDS = {"channel": "channels", "group": "groups", "im": "im"}
NEEDED: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "conversations.info": "{kind}:read",
    "conversations.members": "{kind}:read",
    "conversations.history": "{kind}:history",
    "conversations.replies": "{kind}:history",
    "users.info": "users:read",
    "usergroups.users.list": "usergroups:read",
    "pins.add": "pins:write",
    "pins.remove": "pins:write",
    "reactions.add": "reactions:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "chat.unfurl": "links:write",
}
"""`kind` is that of the conversation which the call is about. Methods that are not named ask for none."""


def check_scope(workspace: Workspace, method: str, given: Payload) -> None:
    """SlackError `missing_scope` where the token lacks the right that this call needs."""
    needed = NEEDED.get(method, "")
    channel = workspace.channels.get(str(given.get("channel", "")))
    needed = needed.format(kind=KINDS[channel.kind] if channel else "channels")
    if workspace.scopes is not None and needed and needed not in workspace.scopes:
        raise SlackError("missing_scope", needed=needed)
