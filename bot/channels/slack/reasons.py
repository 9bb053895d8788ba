"""Why Slack refuses something: its words in ours, and which of them an administrator of the app can mend."""

from collections.abc import Mapping
from typing import Final

from bot.channels.slack.room import SHARED

OF_THE_APP: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "restricted_action",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""The app, its token or its rights: nothing goes anywhere, until somebody mends it."""
OF_THE_CHANNEL: Final = frozenset({SHARED, "channel_not_found", "is_archived", "not_in_channel"})
"""The same of the staff channel. Of a customer's own conversation they are for good."""
UNSURE: Final = "nobody can say whether it had arrived before"

_WORDS: Final[Mapping[str, str]] = {
    "account_inactive": "the app's account is deactivated",
    "another_organisation": "it is shared with another organisation than before",
    "cannot_dm_bot": "that user is a bot",
    "channel_not_found": "there is no such conversation any more",
    "channel_not_used": "their channel is not used any more, and nobody of them is linked",
    "ekm_access_denied": "the workspace's administrators have stopped it",
    "invalid_auth": "Slack does not know the app's token",
    "is_archived": "the conversation is archived",
    "messages_tab_disabled": "the app takes no direct messages",
    "missing_scope": "the app lacks a right",
    "not_authed": "Slack does not know the app's token",
    "not_in_channel": "the app is not in the conversation",
    "not_shared": "it is not shared with another organisation",
    "organisations_not_named": "Slack does not say with whom it is shared",
    "restricted_action": "the workspace's administrators do not let the app post",
    "several_organisations": "more than one other organisation reads it",
    "sharing_is_pending": "it is about to be shared with another organisation",
    "slack_connect_blocked_file_type": "one of the organisations lets no files of this kind be shared with others",
    "slack_connect_file_upload_sharing_blocked": "one of the organisations lets no files be shared with others",
    "team_access_not_granted": "the app is not let into the workspace",
    "token_expired": "the app's token has expired",
    "token_revoked": "the app's token was revoked",
    "user_disabled": "the user is deactivated",
    "user_not_found": "there is no such user",
    "users_not_found": "there is no such user",
}


def said(reply: str) -> str:
    """What Slack said, for people: `the user is deactivated (user_disabled)`, and whatever we had to add to it."""
    code, comma, rest = reply.partition(", ")
    return f"{_WORDS[code]} ({code}){comma}{rest}" if code in _WORDS else reply
