"""Staff in an incident's thread: an emoji that takes it, a note that is sent, words changed afterwards."""

from bot.core import facts as f
from storage import Direction
from tests.channels.slack.town import ALICE, BOB, OCTAVE, STAFF_CHANNEL, Town


async def test_eyes_take_and_other_emoji_do_nothing(town: Town) -> None:
    await town.open()

    await town.people.react(ALICE, STAFF_CHANNEL, town.card().ts, "tada")
    await town.people.react(BOB, STAFF_CHANNEL, town.card().ts, "eyes")
    await town.settle()
    before = (await town.case()).incident.assignee
    await town.people.react(OCTAVE, STAFF_CHANNEL, town.card().ts, "eyes")
    await town.settle()

    assert (before, (await town.case()).incident.assignee) == ("", OCTAVE)


async def test_shortcut_sends_a_note_only_when_it_is_confirmed(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "Try a &lt;b&gt; again", town.card().ts)
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.settle()

    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    before = await town.facts()
    await town.submit(ALICE)

    assert "StaffWrote" not in before
    sent = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.StaffWrote)]
    assert [fact.text for fact in sent] == ["Try a <b> again"]


async def test_change_of_words_that_were_sent_is_noted_and_not_sent(town: Town) -> None:
    await town.open()
    await town.people.say(ALICE, STAFF_CHANNEL, "Try again", town.card().ts)
    note = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    await town.people.message_shortcut(ALICE, STAFF_CHANNEL, note.ts, "send_to_customer")
    await town.submit(ALICE)
    mails = len(town.mails)

    town.clock.turn(minutes=1)
    await town.people.edit(ALICE, STAFF_CHANNEL, note.ts, "Do not try again")
    await town.settle()

    assert len(town.mails) == mails
    assert "earlier words" in town.whispers()[0]
    assert [m.text for m in (await town.case()).messages if m.direction is Direction.NOTE][-1] == "Do not try again"
