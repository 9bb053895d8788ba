"""Why Slack refuses something: its words in ours, and which of them an administrator of the app can mend."""

from collections.abc import Mapping
from typing import Final

from bot.channels.slack.room import SHARED

OF_THE_APP: Final = frozenset(
    {
        "accesslimited",
        "account_inactive",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "message_limit_exceeded",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "restricted_action",
        "team_access_not_granted",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
"""The app, its token, its rights, its workspace: nothing goes anywhere, until somebody mends it."""
OF_THE_CHANNEL: Final = frozenset(
    {
        SHARED,
        "access_denied",
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "no_permission",
        "not_in_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)
"""The same of the staff channel. Of a customer's own conversation they are for good."""
UNSURE: Final = "nobody can say whether it had arrived before"

_WORDS: Final[Mapping[str, str]] = {
    "access_denied": "the app is not let into the conversation",
    "accesslimited": "the workspace lets no app in from this network",
    "account_inactive": "the app's account is deactivated",
    "another_organisation": "it is shared with another organisation than before",
    "cannot_dm_bot": "that user is a bot",
    "channel_not_found": "there is no such conversation any more",
    "channel_not_used": "their channel is not used any more, and nobody of them is linked",
    "ekm_access_denied": "the workspace's administrators have stopped it",
    "enterprise_is_restricted": "the organisation does not let the app do this",
    "invalid_auth": "Slack does not know the app's token",
    "is_archived": "the conversation is archived",
    "is_inactive": "the conversation is archived",
    "message_limit_exceeded": "the workspace has used up the messages of its plan",
    "messages_tab_disabled": "the app takes no direct messages",
    "missing_scope": "the app lacks a right",
    "no_permission": "the app is not let into the conversation",
    "not_allowed_token_type": "this is another kind of token than the bot's",
    "not_authed": "Slack does not know the app's token",
    "not_in_channel": "the app is not in the conversation",
    "not_shared": "it is not shared with another organisation",
    "org_login_required": "the workspace is being moved into an organisation",
    "organisations_not_named": "Slack does not say with whom it is shared",
    "restricted_action": "the workspace's administrators do not let the app post",
    "restricted_action_non_threadable_channel": "the channel allows no threads",
    "restricted_action_read_only_channel": "the channel lets the app only read",
    "restricted_action_thread_only_channel": "the channel allows only replies in threads",
    "several_organisations": "more than one other organisation reads it",
    "sharing_is_pending": "it is about to be shared with another organisation",
    "slack_connect_blocked_file_type": "one of the organisations lets no files of this kind be shared with others",
    "slack_connect_file_upload_sharing_blocked": "one of the organisations lets no files be shared with others",
    "team_access_not_granted": "the app is not let into the workspace",
    "team_added_to_org": "the workspace is being moved into an organisation",
    "token_expired": "the app's token has expired",
    "token_revoked": "the app's token was revoked",
    "two_factor_setup_required": "the workspace asks for two-factor authentication first",
    "user_disabled": "the user is deactivated",
    "user_not_found": "there is no such user",
    "users_not_found": "there is no such user",
}


def said(reply: str) -> str:
    """What Slack said, for people: `the user is deactivated (user_disabled)`, and whatever we had to add to it."""
    code, comma, rest = reply.partition(", ")
    return f"{_WORDS[code]} ({code}){comma}{rest}" if code in _WORDS else reply
