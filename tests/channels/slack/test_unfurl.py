"""Links to our pages show staff what they lead to, and show nothing to anybody else; a deleted card comes again."""

from storage import Direction
from tests.channels.slack.town import ALICE, BOB, STAFF_CHANNEL, Town, words

PAGE = "https://desk.example/a/"


async def a_link(town: Town) -> str:
    """A link that was mailed to the customer."""
    link = await town.store.read(lambda tx: tx.links.of_customer(1)[0])
    return f"{PAGE}{town.desk.keys.token(link.id)}"


def unfurled(town: Town, channel: str = STAFF_CHANNEL) -> list[str]:
    return [words(blocks) for one in town.workspace.roots(channel) for _, blocks in one.unfurls]


async def test_link_in_the_staff_channel_shows_its_incident(town: Town) -> None:
    await town.open(title="Site <!channel> en panne")

    await town.people.share(ALICE, STAFF_CHANNEL, await a_link(town), "https://desk.example/a/unknown")
    await town.settle()
    message = town.workspace.roots(STAFF_CHANNEL)[-1]
    (_, (section,)) = message.unfurls[0]
    await town.people.click(ALICE, STAFF_CHANNEL, message.ts, "show_incident")

    assert unfurled(town) == ["INC-1 · Site <!channel> en panne\nannounced, bob@clientsa.fr Open"]
    assert section["text"]["type"] == "plain_text"
    assert town.modal().title == "INC-1"


async def test_link_elsewhere_and_by_others_shows_nothing(town: Town) -> None:
    await town.open()
    link = await a_link(town)

    await town.people.share(ALICE, "C0TOWN", link)
    await town.people.share(BOB, STAFF_CHANNEL, link)
    await town.settle()

    assert (unfurled(town), unfurled(town, "C0TOWN")) == ([], [])
    assert all(call.method != "chat.unfurl" for call in town.slack.calls)


async def test_card_that_somebody_deletes_comes_again_at_once(town: Town) -> None:
    await town.open()
    before = town.card()

    await town.people.delete(ALICE, STAFF_CHANNEL, before.ts)
    await town.settle()

    assert town.card().ts != before.ts
    assert town.card().pinned


async def test_other_messages_of_ours_that_are_deleted_stay_so(town: Town) -> None:
    await town.open()
    first, line = town.workspace.replies(STAFF_CHANNEL, town.card().ts)
    before = await town.facts()

    await town.people.delete(ALICE, STAFF_CHANNEL, line.ts)
    await town.settle()

    assert town.workspace.replies(STAFF_CHANNEL, town.card().ts) == (first,)
    assert await town.facts() == before
    assert [message.text for message in (await town.case()).messages if message.direction is Direction.NOTE] == []
