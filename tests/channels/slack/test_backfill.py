"""What was said while nobody listened is heard afterwards, once."""

from dataclasses import replace

from bot.channels.slack.backfill import SOON_SECONDS, USUAL_SECONDS
from bot.core import facts as f
from bot.sandbox.slack import Letterhead
from storage import Direction
from tests.channels.slack.town import ALICE, BOB, STAFF_CHANNEL, Town

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


async def test_words_said_during_an_outage_are_heard_once(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    ts = town.card().ts
    await town.people.say(ALICE, STAFF_CHANNEL, "heard", ts)
    await town.settle()
    town.clock.turn(minutes=1)
    with town.people.writing(Letterhead(secret="an outage")):
        await town.people.say(ALICE, STAFF_CHANNEL, "unheard", ts)
        await town.people.say(BOB, town.direct(), "Toujours en panne")
        await town.people.say(BOB, town.direct(), "et le courrier", town.told()[0].ts)

    told = [await town.channel.backfill(town.clock()) for _ in range(2)]
    await town.settle()

    messages = (await town.case()).messages
    assert told == [USUAL_SECONDS] * 2
    assert [m.text for m in messages if m.direction is Direction.NOTE] == ["heard", "unheard"]
    assert sorted(m.text for m in messages if m.direction is Direction.IN)[-2:] == [
        "Toujours en panne",
        "et le courrier",
    ]


async def test_words_said_after_the_clock_was_put_back_are_heard(town: Town) -> None:
    await town.open()
    ts = town.card().ts
    town.clock.turn(days=1)
    await town.channel.backfill(town.clock())
    town.clock.turn(days=-1)
    with town.people.writing(Letterhead(secret="an outage")):
        await town.people.say(ALICE, STAFF_CHANNEL, "unheard", ts)

    await town.channel.backfill(town.clock())
    await town.settle()

    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE] == ["unheard"]


async def test_files_of_words_said_and_changed_during_an_outage_are_kept(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    place, files = town.direct(), [("a.png", PNG), ("tool.exe", b"x")]
    with town.people.writing(Letterhead(secret="an outage")):
        await town.people.say(BOB, place, "Regardez", None, files)
        await town.people.edit(BOB, place, max(town.workspace.messages[place]), "Regardez ceci")

    await town.channel.backfill(town.clock())
    await town.settle()

    case = await town.case()
    assert [m.text for m in case.messages if m.direction is Direction.IN][-1:] == [
        "[edited] Regardez ceci\n[file: tool.exe]"
    ]
    assert [file.name for file in case.attachments] == ["a.png"]
    assert "tool.exe" in town.told()[-1].text


async def test_files_of_words_changed_after_they_were_heard_are_kept_once(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    place = town.direct()
    await town.people.say(BOB, place, "Regardez", None, [("a.png", PNG)])
    said = max(town.workspace.messages[place])
    await town.settle()

    await town.people.edit(BOB, place, said, "Regardez ceci")
    await town.settle()

    assert [file.name for file in (await town.case()).attachments] == ["a.png"]


async def test_words_with_a_file_that_were_heard_are_not_heard_again(town: Town) -> None:
    """A history does not say that there are files as an event does: it is the same message."""
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.people.say(ALICE, STAFF_CHANNEL, "a note", town.card().ts, [("a.png", PNG)])
    await town.people.say(BOB, town.direct(), "Regardez", None, [("b.png", PNG)])
    await town.settle()
    told = [one.text for one in town.told()]

    await town.channel.backfill(town.clock())
    await town.settle()

    notes = [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE]
    assert notes == ["a note\n[file: a.png]"]
    assert "Plusieurs de vos incidents" in told[-1]
    assert [one.text for one in town.told()] == told


async def test_files_of_ours_that_come_without_a_bot_are_nobodys_words(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    await town.channel.backfill(town.clock())
    told = town.told()[0]
    for place, thread in ((town.direct(), told.ts), (STAFF_CHANNEL, town.card().ts)):
        ours = replace(told, channel=place, ts=town.workspace.new_ts(), thread_ts=thread, bot_id=None, text="ours")
        town.workspace.put(replace(ours, subtype="file_share"))

    await town.channel.backfill(town.clock())
    await town.settle()

    assert [m for m in (await town.case()).messages if m.text == "ours"] == []
    assert [one.text for one in town.told()] == [told.text, "ours"]


async def test_slack_that_is_away_is_asked_again(town: Town) -> None:
    await town.open()
    town.slack.faults.fail(method="conversations.replies")

    told = [await town.channel.backfill(town.clock()) for _ in range(2)]

    assert told == [SOON_SECONDS, USUAL_SECONDS]
