"""What is missing before the desk can work in Slack: tokens, rights, the channel, the people. One line each."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bot.channels.slack.reasons import said
from bot.channels.slack.rights import APP_SCOPE, SCOPES
from bot.channels.slack.room import is_group
from bot.channels.slack.shared import trouble_with
from bot.channels.slack.wire import Api, NoAnswerError, Payload, RateLimitedError, RefusedError
from storage import SharedChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was set, as `.env` and `[slack]` name it; empty where it was not."""

    bot_token: str
    signing_secret: str
    app_token: str
    channel: str
    team: str
    staff: Sequence[str]
    managers: Sequence[str]


async def missing(api: Api, setup: Setup) -> list[str]:
    """A line for each thing that is missing or wrong; none where the desk can work. Changes nothing in Slack."""
    return [line async for line in _missing(api, setup)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A channel shared with a customer, in one line; `trouble`: nothing is said there."""

    line: str
    trouble: bool


async def shared_channels(api: Api, team: str, on_file: Sequence[SharedChannel]) -> list[Seen]:
    """Each channel on file: whose it is, whether the app is in it, whether one other organisation reads it."""
    return [await _seen(api, team, shared) for shared in on_file]


async def _seen(api: Api, team: str, shared: SharedChannel) -> Seen:
    trouble = shared.trouble
    try:
        answer = await api.call("conversations.info", channel=shared.channel)
        trouble = trouble_with(answer.get("channel") or {}, team, shared.team) or trouble
    except RefusedError as refused:
        trouble = refused.code
    except (RateLimitedError, NoAnswerError) as away:
        trouble = trouble or f"Slack does not say ({away})"
    whose = f"channel {shared.channel} of C-{shared.customer_id}"
    if not trouble:
        return Seen(line=f"{whose}: the app is in it, {shared.team} and nobody else reads it", trouble=False)
    again = ": put it on file again" if shared.trouble else ""
    return Seen(line=f"{whose}: not used, {said(trouble)}{again}", trouble=True)


async def _missing(api: Api, setup: Setup) -> AsyncIterator[str]:
    for line in _unset(setup):
        yield line
    async for line in _line(api, setup.app_token):
        yield line
    if not setup.bot_token:
        return
    try:
        who, granted = await api.identity()
    except TROUBLE as trouble:
        yield f"SLACK_BOT_TOKEN: Slack does not take it ({trouble})"
        return
    for line in _rights(granted):
        yield line
    if setup.team and setup.team != who.get("team_id"):
        yield f"[slack] team: the token belongs to {who.get('team_id')} ({who.get('team')}), not to {setup.team}"
    async for line in _channel(api, setup.channel):
        yield line
    for listed in dict.fromkeys((*setup.staff, *setup.managers)):
        async for line in _person(api, listed):
            yield line


TROUBLE = (RefusedError, RateLimitedError, NoAnswerError)


def _unset(setup: Setup) -> list[str]:
    wanted = {
        "SLACK_BOT_TOKEN: is not set: the app's page, OAuth & Permissions, Bot User OAuth Token": setup.bot_token,
        "SLACK_STAFF_CHANNEL: is not set: the id at the end of the channel's details": setup.channel,
        "SLACK_SIGNING_SECRET: is not set, nor is SLACK_APP_TOKEN: Slack comes over HTTP with the one (Basic "
        "Information, App Credentials), over Socket Mode with the other (App-Level Tokens)": setup.signing_secret
        or setup.app_token,
        "[slack] team: is not set: without it a stranger's id could be taken for a member's": setup.team,
        "[slack] staff: nobody is listed, and nobody can act for the desk": setup.staff or setup.managers,
        "[slack] managers: nobody is listed, and nobody can concede, reinstate or write off": setup.managers,
    }
    return [line for line, value in wanted.items() if not value]


async def _line(api: Api, app_token: str) -> AsyncIterator[str]:
    if not app_token:
        return
    try:
        await api.call_as(app_token, "apps.connections.open")
    except TROUBLE as trouble:
        yield f"SLACK_APP_TOKEN: Slack opens no line with it ({trouble}); it needs {APP_SCOPE}"


def _rights(granted: frozenset[str] | None) -> list[str]:
    """None granted: Slack did not say, and what is missing shows below."""
    if granted is None:
        return []
    lacking = [scope for scope in SCOPES if scope not in granted]
    return [f"scope {scope}: is missing: the app {SCOPES[scope]}" for scope in lacking]


async def _channel(api: Api, channel: str) -> AsyncIterator[str]:
    if not channel:
        return
    try:
        answer = await api.call("conversations.info", channel=channel)
    except TROUBLE as trouble:
        yield (
            f"SLACK_STAFF_CHANNEL: {channel} cannot be looked at ({trouble}): "
            "is it the channel's id, and was the app invited there?"
        )
        return
    for name, why in _WRONG.items():
        if (answer.get("channel") or {}).get(name):
            yield f"SLACK_STAFF_CHANNEL: {channel} {why}"
    if not (answer.get("channel") or {}).get("is_member", True):
        yield f"SLACK_STAFF_CHANNEL: the app is not in {channel}: invite it there"


_WRONG = {
    "is_archived": "is archived",
    "is_ext_shared": "is shared outside the workspace: nothing is posted there",
    "is_pending_ext_shared": "is about to be shared outside the workspace: nothing is posted there",
    "is_im": "is a direct conversation, and staff need a channel",
}


async def _person(api: Api, listed: str) -> AsyncIterator[str]:
    try:
        if is_group(listed):
            members = (await api.call("usergroups.users.list", usergroup=listed)).get("users")
            if not members:
                yield f"[slack] {listed}: nobody is in this user group"
            return
        account: Payload = (await api.call("users.info", user=listed)).get("user") or {}
    except TROUBLE as trouble:
        yield f"[slack] {listed}: cannot be looked up ({trouble})"
        return
    for name, why in _REFUSED.items():
        if account.get(name):
            yield f"[slack] {listed}: {why}, and is refused"
            return


_REFUSED = {
    "deleted": "this account is deactivated",
    "is_bot": "this account is a bot's",
    "is_ultra_restricted": "this account is a guest's",
    "is_restricted": "this account is a guest's",
    "is_stranger": "this account belongs to another workspace",
}
