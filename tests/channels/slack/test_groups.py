"""Staff by user group: who is in it acts, who left it does not, and guests, bots and others are told why not."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import People, User
from tests.channels.slack.town import ALICE, BOB, STAFF_CHANNEL, Town, a_channel, serving

GROUP = "S0STAFF"


@pytest.fixture
async def people(town: Town) -> AsyncIterator[People]:
    """People who reach a desk whose staff are a group of Alice alone."""
    town.workspace.user_groups[GROUP] = (ALICE,)
    channel = a_channel(town.desk, town.clock, town.slack.api_url, staff=(GROUP,))
    async with serving(channel) as address:
        crowd = People.over_http(town.workspace, address)
        yield crowd
        await crowd.close()
    await channel.close()


async def test_member_of_the_group_acts_and_others_are_told_why_not(town: Town, people: People) -> None:
    await town.open()

    await people.click(BOB, STAFF_CHANNEL, town.card().ts, "take")
    await people.click(ALICE, STAFF_CHANNEL, town.card().ts, "take")

    assert (await town.facts()).count("IncidentTaken") == 1
    assert "not on its list" in town.whispers(BOB)[-1]


async def test_who_left_the_group_is_refused_and_slacks_silence_changes_nothing(town: Town, people: People) -> None:
    await town.open()
    ts = town.card().ts
    await people.click(ALICE, STAFF_CHANNEL, ts, "reply")
    town.clock.turn(minutes=11)
    town.slack.faults.fail(method="usergroups.users.list")
    await people.click(ALICE, STAFF_CHANNEL, ts, "reply")
    opened = _forms(town)
    town.workspace.user_groups[GROUP] = ()

    await people.click(ALICE, STAFF_CHANNEL, ts, "reply")

    assert (opened, _forms(town)) == (2, 2)
    assert "not on its list" in town.whispers(ALICE)[-1]


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (User(id=ALICE, name="Alice", is_restricted=True), "Guests"),
        (User(id=ALICE, name="Alice", is_ultra_restricted=True), "Guests"),
        (User(id=ALICE, name="Alice", is_bot=True), "Bots"),
        (User(id=ALICE, name="Alice", team="T0OTHER"), "not on its list"),
    ],
    ids=["guest", "single-channel guest", "bot", "Connect"],
)
@pytest.mark.parametrize("way", ["button", "emoji"])
async def test_whoever_is_no_member_of_the_workspace_is_refused_with_a_reason(
    town: Town, account: User, why: str, way: str
) -> None:
    await town.open()
    town.workspace.add_user(account)

    if way == "button":
        await town.people.click(ALICE, STAFF_CHANNEL, town.card().ts, "take")
    else:
        await town.people.react(ALICE, STAFF_CHANNEL, town.card().ts, "eyes")
    await town.settle()

    assert "IncidentTaken" not in await town.facts()
    assert why in town.whispers(ALICE)[-1] or "other workspaces" in town.whispers(ALICE)[-1]


def _forms(town: Town) -> int:
    return sum(call.method == "views.open" for call in town.slack.calls)
