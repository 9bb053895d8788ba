"""Staff type /incident."""

from bot.core.lives import Stage
from tests.channels.slack.stages import reach
from tests.channels.slack.town import ALICE, STAFF_CHANNEL, Town


async def test_command_finds_lists_and_opens(town: Town) -> None:
    await town.open(title="Panne du site")

    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "1")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "panne")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "99")
    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "new")
    answer = await town.submit(ALICE, address="eve@example.org", title="Phone", description="Mail is down")

    assert town.whispers() == ["INC-1", "1 found", "There is no INC-99."]
    assert answer.payload == {}
    assert (await town.case(2)).customer.address == "eve@example.org"


async def test_command_shows_the_reminders_of_two_weeks(town: Town) -> None:
    await reach(town, Stage.INVOICED)
    town.clock.turn(days=20)  # the first falls due in three days

    await town.people.command(ALICE, STAFF_CHANNEL, "/incident", "reminders")

    assert town.whispers() == ["Reminders of the next 14 days, if nobody pays or contests first: 1"]
