"""`python -m bot slack check`: each thing that is missing has a line, and nothing is said where nothing is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.slack.check import Setup, missing
from bot.channels.slack.rights import SCOPES
from bot.channels.slack.wire import Api
from bot.sandbox.slack import Channel, SlackServer, start
from tests.channels.slack.town import (
    ALICE,
    BOT,
    GUEST,
    OCTAVE,
    SECRET,
    STAFF_CHANNEL,
    TEAM,
    Clock,
    a_workspace,
)
from tests.faults.program import comptoir, ended

SETUP = Setup(
    bot_token="xoxb-test",
    signing_secret=SECRET,
    app_token="xapp-test",
    channel=STAFF_CHANNEL,
    team=TEAM,
    staff=(ALICE, "S0STAFF"),
    managers=(OCTAVE,),
)
NOTHING = Setup(bot_token="", signing_secret="", app_token="", channel="", team="", staff=(), managers=())


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    workspace = a_workspace(Clock())
    workspace.user_groups["S0STAFF"] = (ALICE,)
    workspace.scopes = frozenset(SCOPES)
    server = await start(workspace)
    yield server
    await server.stop()


async def said(slack: SlackServer, setup: Setup = SETUP) -> list[str]:
    async with calling(slack, setup) as api:
        return await missing(api, setup)


@asynccontextmanager
async def calling(slack: SlackServer, setup: Setup) -> AsyncIterator[Api]:
    api = Api(token=setup.bot_token, url=slack.api_url, clock=slack.workspace.clock, seconds=2)
    yield api
    await api.close()


async def test_nothing_is_missing_where_all_is_there_and_nothing_is_changed(slack: SlackServer) -> None:
    assert await said(slack) == []
    assert slack.workspace.roots(STAFF_CHANNEL) == ()


async def test_what_was_not_set_is_named(slack: SlackServer) -> None:
    lines = await said(slack, NOTHING)

    assert [line.split(":")[0] for line in lines] == [
        "SLACK_BOT_TOKEN",
        "SLACK_STAFF_CHANNEL",
        "SLACK_SIGNING_SECRET",
        "[slack] team",
        "[slack] staff",
        "[slack] managers",
    ]


@pytest.mark.parametrize("scope", SCOPES)
async def test_each_scope_that_is_missing_is_named_with_what_it_is_for(slack: SlackServer, scope: str) -> None:
    slack.workspace.scopes = frozenset(SCOPES) - {scope}

    lines = await said(slack)

    assert lines[0] == f"scope {scope}: is missing: the app {SCOPES[scope]}"


async def test_tokens_that_slack_does_not_take(slack: SlackServer) -> None:
    lines = await said(slack, replace(SETUP, bot_token="xoxb-other", app_token="xapp-other"))

    assert [line.split(":")[0] for line in lines] == ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"]
    assert all("invalid_auth" in line for line in lines)


async def test_http_alone_needs_the_signing_secret_and_no_app_token(slack: SlackServer) -> None:
    assert await said(slack, replace(SETUP, app_token="")) == []
    assert await said(slack, replace(SETUP, signing_secret="")) == []


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        (Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE,)), "channel_not_found"),
        (Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE,), is_private=False), "not in"),
        (Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE, BOT), is_ext_shared=True), "shared outside"),
        (Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE, BOT), is_archived=True), "archived"),
    ],
    ids=["private and not invited", "public and not invited", "shared", "archived"],
)
async def test_channel_where_the_desk_cannot_work(slack: SlackServer, channel: Channel, why: str) -> None:
    slack.workspace.put_channel(channel)

    (line,) = await said(slack)

    assert line.startswith("SLACK_STAFF_CHANNEL")
    assert why in line


async def test_people_who_cannot_act_and_a_team_that_is_another(slack: SlackServer) -> None:
    lines = await said(slack, replace(SETUP, team="T0OTHER", staff=(GUEST, "U0NOBODY", "S0GONE")))

    assert [line.split(": ")[0] for line in lines] == [
        "[slack] team",
        f"[slack] {GUEST}",
        "[slack] U0NOBODY",
        "[slack] S0GONE",
    ]


async def test_command_says_each_on_a_line_and_ends_with_1(slack: SlackServer, tmp_path: Path) -> None:
    config = tmp_path / "comptoir.toml"
    config.write_text(f'[slack]\nteam = "{TEAM}"\nstaff = ["{ALICE}"]\nmanagers = ["{OCTAVE}"]\n', encoding="utf-8")
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_API_URL": slack.api_url,
        "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
        "HTTP_PROXY": "http://127.0.0.1:1",  # nobody is there: a proxy for others is none of ours
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    lacking = await ended(await comptoir(tmp_path, "bot", "slack", "check", **environment))
    complete = await ended(
        await comptoir(tmp_path, "bot", "slack", "check", SLACK_SIGNING_SECRET=SECRET, **environment)
    )

    assert lacking[0] == 1
    assert [line.split(":")[0] for line in lacking[1].splitlines()] == ["SLACK_SIGNING_SECRET"]
    assert len(lacking[2].splitlines()) == 1
    assert complete == (0, "the desk can work in Slack\n", "")
