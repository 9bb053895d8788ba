"""A shared channel that somebody else reads, or nobody: nothing more is said there, and staff are told once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.notices import IncidentOpened, StaffWrote
from storage import SharedChannel, Transaction
from tests.builders import an_order
from tests.channels.slack import connect
from tests.channels.slack.town import ALICE, CAROL, SHARED, STAFF_CHANNEL, THEIRS, THIRD, Town, a_town, words

OVER: dict[str, dict[str, Any]] = {
    "a third organisation": {"teams": (THEIRS, THIRD)},
    "another organisation": {"teams": (THIRD,)},
    "an invitation": {"invited": (THIRD,)},
    "not shared": {"teams": ()},
    "archived": {"is_archived": True},
    "the app was removed": {"members": (ALICE, CAROL)},
}


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with a_town(database_url) as opened:
        yield opened


def change(town: Town, **changes: Any) -> None:
    town.workspace.put_channel(replace(town.workspace.channels[SHARED], **changes))
    town.clock.turn(minutes=2)


async def write(town: Town, text: str) -> None:
    await town.give(1, an_order(c.WriteToCustomer, text=text, message=text))


def staff_read(town: Town) -> list[str]:
    return [one.text for one in town.workspace.roots(STAFF_CHANNEL) if SHARED in one.text]


@pytest.mark.parametrize("why", OVER)
async def test_what_is_said_goes_to_the_linked_one_alone_and_staff_read_so_once(town: Town, why: str) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    change(town, **OVER[why])

    await write(town, "First.")
    await write(town, "Second.")

    assert len(connect.all_told(town)) == 1
    assert ["First." in words(one.blocks) for one in town.told(CAROL)] == [True, False]
    assert len(staff_read(town)) == 1
    assert "not used any more" in staff_read(town)[0]
    assert staff_read(town)[0].endswith(f"python -m bot customers channels add C-1 {SHARED}")


async def test_it_is_mailed_where_nobody_is_linked(town: Town) -> None:
    await connect.share(town, linked=False)
    await connect.say(town, "Site en panne")
    change(town, teams=(THEIRS, THIRD))

    await write(town, "We are looking.")

    assert [one for one in town.mails if isinstance(one, StaffWrote)] == town.mails[-1:]
    assert len(connect.all_told(town)) == 1
    assert any("sent by mail instead" in line for line in town.thread())


async def test_announcement_is_mailed_where_the_channel_is_over_before_it_is_made(town: Town) -> None:
    await connect.share(town, linked=False)
    change(town, teams=(THEIRS, THIRD))

    await connect.say(town, "Site en panne")

    announced = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.PriceAnnounced)]
    assert [one.name() for one in town.mails] == [IncidentOpened.name()]
    assert [fact.via for fact in announced] == [f.Channel.MAIL]


async def test_channel_that_is_over_opens_nothing_and_says_so_but_its_threads_are_heard(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")
    change(town, teams=(THEIRS, THIRD))
    await write(town, "We are looking.")

    await connect.say(town, "Une autre panne")
    await connect.say(town, "Merci", thread=ts)

    assert await town.store.read(lambda tx: tx.incidents.open_of(1)) == [1]
    assert "support@host.example" in town.whispers(CAROL)[-1]
    assert any("Merci" in line for line in town.thread())


async def test_it_stays_over_until_an_operator_puts_it_on_file_again(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    change(town, teams=(THEIRS, THIRD))
    await write(town, "First.")
    change(town, teams=(THEIRS,))
    await write(town, "Second.")

    await connect.share(town)
    await write(town, "Third.")

    assert ["Third." in words(one.blocks) for one in connect.all_told(town)] == [False, True]
    assert len(town.told(CAROL)) == 2


async def test_channel_taken_off_file_is_not_used(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    await town.store.run(lambda tx: tx.shared.remove(SHARED))

    await write(town, "We are looking.")
    await connect.say(town, "Une autre panne")

    assert len(connect.all_told(town)) == 1
    assert len(town.told(CAROL)) == 1
    assert len(town.whispers(CAROL)) == 1


async def test_channel_of_another_customer_by_now_hears_nothing_of_this_one(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")

    def move(tx: Transaction) -> None:
        eve = tx.customers.create(address="eve@example.org", language=f.Language.EN, now=town.clock())
        tx.shared.put(SharedChannel(channel=SHARED, customer_id=eve.id, team=THEIRS, since=town.clock()))

    await town.store.run(move)
    await write(town, "We are looking.")

    assert len(connect.all_told(town)) == 1
    assert len(town.told(CAROL)) == 1


async def test_words_wait_while_slack_does_not_say_who_reads(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")
    town.clock.turn(minutes=2)
    town.slack.faults.fail(method="conversations.info", times=1)

    await write(town, "We are looking.")
    before = len(connect.told(town, ts))
    town.clock.turn(minutes=1)
    await town.settle()

    assert (before, len(connect.told(town, ts))) == (1, 2)
    assert staff_read(town) == []


async def test_words_that_arrived_there_before_it_was_over_are_not_said_again(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")
    town.slack.faults.lose_answer(method="chat.postMessage", channel=SHARED)
    await write(town, "We are looking.")
    change(town, teams=(THEIRS, THIRD))

    await town.settle()

    assert len(connect.told(town, ts)) == 2
    assert town.told(CAROL) == []
    assert town.mails == []


async def test_channel_of_a_customer_who_was_erased_is_nobodys(town: Town) -> None:
    customer = await connect.share(town)

    await town.store.run(lambda tx: tx.erasure.customer(customer.id))
    await connect.say(town, "Site en panne")

    assert await town.store.read(lambda tx: tx.shared.listing()) == []
    assert await town.store.read(lambda tx: tx.incidents.listing()) == []
