"""Which channels are shared with which customers: put on file by a command, looked over by `slack check`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.slack.shared import others, trouble_with
from bot.sandbox.slack import Channel, SlackServer, start
from tests.channels.slack.town import (
    ADDRESS,
    ALICE,
    BOT,
    CAROL,
    OCTAVE,
    SECRET,
    SHARED,
    STAFF_CHANNEL,
    TEAM,
    THEIRS,
    THIRD,
    Clock,
    a_workspace,
)
from tests.faults.program import comptoir, ended

OTHER = "eve@example.org"
CLIENT = Channel(id=SHARED, name="client", members=(ALICE, CAROL, BOT), teams=(THEIRS,))


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    server = await start(a_workspace(Clock()))
    server.workspace.put_channel(CLIENT)
    yield server
    await server.stop()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"is_archived": True}, "is_archived"),
        ({"is_member": False}, "not_in_channel"),
        ({"is_ext_shared": False}, "not_shared"),
        ({"is_ext_shared": False, "is_pending_ext_shared": True}, "sharing_is_pending"),
        ({"pending_connected_team_ids": [THIRD]}, "sharing_is_pending"),
        ({"connected_team_ids": [THEIRS, THIRD]}, "several_organisations"),
        ({"shared_team_ids": [TEAM, THEIRS, THIRD]}, "several_organisations"),
        ({"connected_team_ids": [THIRD], "shared_team_ids": [TEAM, THIRD]}, "another_organisation"),
        ({"connected_team_ids": None, "shared_team_ids": []}, "organisations_not_named"),
        ({}, ""),
        ({"connected_team_ids": [TEAM, THEIRS], "internal_team_ids": [TEAM]}, ""),
        ({"connected_team_ids": []}, ""),
    ],
)
def test_channel_is_used_where_its_customer_and_we_alone_read_it(changed: dict[str, object], why: str) -> None:
    channel: dict[str, object] = {
        "is_ext_shared": True,
        "is_member": True,
        "context_team_id": TEAM,
        "connected_team_ids": [THEIRS],
        "shared_team_ids": [TEAM, THEIRS],
    }

    assert trouble_with(channel | changed, TEAM, THEIRS) == why


def test_organisations_beside_ours_are_those_slack_names() -> None:
    named = {"connected_team_ids": [THEIRS], "shared_team_ids": [TEAM, "T0GRID"], "internal_team_ids": ["T0GRID"]}

    assert others(named, TEAM) == {THEIRS}


async def test_channel_is_put_on_file_listed_looked_over_and_taken_off(
    slack: SlackServer, tmp_path: Path, database_url: str
) -> None:
    run = Operator(slack, tmp_path, database_url)
    await run.does("customers", "add", ADDRESS, "--name", "Client SA")

    added = await run.does("customers", "channels", "add", ADDRESS, SHARED)
    listed = await run.does("customers", "channels", "list")
    checked = await run.does("slack", "check")
    removed = await run.does("customers", "channels", "remove", SHARED)

    assert added == listed == (0, f"{SHARED}  C-1  {THEIRS}\n", "")
    assert checked[1] == (
        f"channel {SHARED} of C-1: the app is in it, {THEIRS} and nobody else reads it\nthe desk can work in Slack\n"
    )
    assert removed == (0, f"{SHARED} is no customer's channel any more\n", "")
    assert await run.does("customers", "channels", "list") == (0, "", "")
    assert (await run.does("customers", "channels", "remove", SHARED))[0] == 1


async def test_channel_that_others_read_is_not_put_on_file_and_the_check_says_so_of_one_that_is(
    slack: SlackServer, tmp_path: Path, sqlite_url: str
) -> None:
    run = Operator(slack, tmp_path, sqlite_url)
    for address in (ADDRESS, OTHER):
        await run.does("customers", "add", address)
    await run.does("customers", "channels", "add", "C-1", SHARED)

    anothers = await run.does("customers", "channels", "add", "C-2", SHARED)
    staffs = await run.does("customers", "channels", "add", "C-1", STAFF_CHANNEL)
    unknown = await run.does("customers", "channels", "add", "C-1", "C0NOWHERE")
    slack.workspace.put_channel(replace(CLIENT, teams=(THEIRS, THIRD)))
    several = await run.does("customers", "channels", "add", "C-1", SHARED)
    checked = await run.does("slack", "check")

    assert [one[0] for one in (anothers, staffs, unknown, several, checked)] == [1] * 5
    assert "the channel of C-1" in anothers[2]
    assert "the staff channel" in staffs[2]
    assert "no such conversation" in unknown[2]
    assert "more than one other organisation reads it" in several[2]
    assert f"channel {SHARED} of C-1: not used, more than one other organisation reads it" in checked[1]


class Operator:
    """Who types commands, with Slack in reach."""

    def __init__(self, slack: SlackServer, folder: Path, database: str) -> None:
        config = folder / "comptoir.toml"
        config.write_text(
            f'[slack]\nteam = "{TEAM}"\nstaff = ["{ALICE}"]\nmanagers = ["{OCTAVE}"]\n', encoding="utf-8"
        )
        self._folder = folder
        self._environment = {
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.api_url,
            "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
            "DATABASE_URL": database,
        }

    async def does(self, *command: str) -> tuple[int | None, str, str]:
        """The exit code, and what was said."""
        return await ended(await comptoir(self._folder, "bot", *command, **self._environment))
