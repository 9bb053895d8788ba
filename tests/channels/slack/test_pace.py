"""New messages keep Slack's pace in each channel: Slack is not asked in vain, nothing overtakes, others go on."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.channels.slack import pace
from bot.channels.slack.pace import BURST
from bot.channels.slack.wire import Api, RateLimitedError
from bot.core import commands as c
from bot.core import facts as f
from bot.sandbox.slack import Call
from storage import Store
from tests.builders import MONDAY, an_order
from tests.channels.slack.town import BOB, STAFF_CHANNEL, Town, a_town

SECOND = timedelta(seconds=1)


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    """A town whose desk keeps Slack's pace, and whose Slack insists on it."""
    async with a_town(sqlite_url, every=SECOND) as opened:
        opened.slack.faults.keep_pace(burst=BURST)
        yield opened


async def test_many_lines_leave_at_slacks_pace_in_order_and_nobody_is_asked_in_vain(town: Town) -> None:
    await town.open()
    await _say(town, 12)

    at_once = len(_posts(town))
    await _pass(town, seconds=20)

    posts = _posts(town)
    assert at_once == BURST
    assert {call.outcome for call in posts} == {"ok"}
    assert max(Counter(call.at for call in posts[BURST:]).values()) == 1
    assert _said(town) == [f"words {number}" for number in range(12)]


async def test_what_only_waited_for_its_turn_is_not_looked_up(town: Town) -> None:
    await town.open()
    await _say(town, 8)
    await _pass(town, seconds=20)

    assert [call for call in town.slack.calls if call.method.startswith("conversations.re")] == []


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
async def test_limit_that_is_said_in_words_alone_is_kept_to(town: Town, code: str) -> None:
    """`chat.postMessage` has a word of its own for it."""
    await town.open()
    town.slack.faults.refuse(code, method="chat.postMessage")

    await _say(town, 1)
    before = _said(town)
    await _pass(town, seconds=60)

    assert before == []
    assert _said(town) == ["words 0"]


async def test_customers_are_told_while_the_staff_channel_waits(town: Town) -> None:
    await town.open()
    await _say(town, 12)

    await town.open(channel=f.Channel.SLACK, linked=True)

    assert len(town.told()) == 1
    assert [call.outcome for call in _posts(town, BOB)] == ["ok"]


async def test_slower_slack_than_thought_is_asked_again_when_it_said(sqlite_url: str) -> None:
    async with a_town(sqlite_url, every=SECOND) as town:
        town.slack.faults.keep_pace(seconds=4, burst=1)
        await town.open()
        await _say(town, 6)

        await _pass(town, seconds=90)

        posts = _posts(town)
        assert _said(town) == [f"words {number}" for number in range(6)]
        refused = [index for index, call in enumerate(posts) if call.outcome == "ratelimited"]
        assert all(posts[index + 1].at - posts[index].at >= SECOND for index in refused)
        assert len(refused) <= len(posts) - len(refused)


async def test_line_that_slack_refused_costs_the_others_no_refusal_and_comes_before_them(sqlite_url: str) -> None:
    """Slack takes one a second and no more at once: it refuses the second line, and nothing after that."""
    async with a_town(sqlite_url, every=SECOND) as town:
        for number in range(1, 7):
            await town.open(address=f"bob{number}@clientsa.fr")
            await _pass(town, seconds=10)
        town.slack.faults.keep_pace(burst=1)
        before = len(_posts(town))

        for number in range(1, 7):
            await town.give(number, an_order(c.TakeIncident))
        await _pass(town, seconds=20)

        posts = _posts(town)[before:]
        assert [call.outcome for call in posts] == ["ok", "ratelimited", *["ok"] * 5]
        told = [str(call.arguments["text"]).partition(":")[0] for call in posts if call.outcome == "ok"]
        assert told == [f"INC-{number}" for number in range(1, 7)]


async def test_lines_that_slack_refused_at_once_come_back_one_by_one(store: Store) -> None:
    def hold() -> Awaitable[timedelta]:
        return store.run(lambda tx: pace.hold(tx, "C1", SECOND, MONDAY + 30 * SECOND, MONDAY))

    async def turn(after: int, *, waited: bool) -> timedelta:
        now = MONDAY + after * SECOND
        return await store.run(lambda tx: pace.turn(tx, "C1", SECOND, now, waited=waited))

    refused = [await hold() for _ in range(3)]
    later = await turn(5, waited=False)
    back = [await turn(30 + number, waited=True) for number in range(3)]

    assert refused == [30 * SECOND, 31 * SECOND, 32 * SECOND]
    assert later == 28 * SECOND  # behind them
    assert back == [timedelta()] * 3


async def test_turns_are_given_once_for_all_workers(store: Store) -> None:
    async def turn(channel: str = "C1", now: datetime = MONDAY, *, waited: bool = False) -> timedelta:
        return await store.run(lambda tx: pace.turn(tx, channel, SECOND, now, waited=waited))

    given = [await turn() for _ in range(BURST + 3)]
    elsewhere = await turn("C2")
    came = await turn(now=MONDAY + SECOND, waited=True)
    refused = await store.run(lambda tx: pace.hold(tx, "C1", SECOND, MONDAY + 60 * SECOND, MONDAY))
    held = [await turn(now=MONDAY + 5 * SECOND, waited=waited) for waited in (True, False)]

    assert given == [timedelta()] * BURST + [SECOND, 2 * SECOND, 3 * SECOND]
    assert (elsewhere, came) == (timedelta(), timedelta())
    assert (refused, *held) == (60 * SECOND, 56 * SECOND, 57 * SECOND)


async def test_turns_given_before_the_clock_was_put_back_hold_up_nothing(store: Store) -> None:
    async def turn(now: datetime) -> timedelta:
        return await store.run(lambda tx: pace.turn(tx, "C1", SECOND, now, waited=False))

    tomorrow = MONDAY + timedelta(days=1)
    given = [await turn(tomorrow) for _ in range(BURST + 1)]
    await store.run(lambda tx: pace.hold(tx, "C1", SECOND, tomorrow + 30 * SECOND, tomorrow))

    assert given[-1] == SECOND
    assert await turn(MONDAY) == timedelta()


async def test_limit_of_slacks_from_before_the_clock_was_put_back_holds_up_nothing(town: Town) -> None:
    api = Api(token="xoxb-test", url=town.slack.api_url, clock=town.clock)
    town.clock.turn(days=1)
    town.slack.faults.limit_rate(retry_after=30, method="users.info")
    with pytest.raises(RateLimitedError):
        await api.call("users.info", user=BOB)
    town.slack.faults.clear()
    town.clock.turn(days=-1)

    assert (await api.call("users.info", user=BOB))["ok"] is True

    await api.close()


async def test_card_is_posted_once_though_its_first_line_has_to_wait(town: Town) -> None:
    for number in range(4):
        await town.open(address=f"bob{number}@clientsa.fr")

    await _pass(town, seconds=30)

    titles = [root.text.split(" ·")[0] for root in town.workspace.roots(STAFF_CHANNEL)]
    assert sorted(titles) == [f"INC-{number}" for number in range(1, 5)]
    assert all(town.card(number).pinned and town.thread(number) for number in range(1, 5))


async def _say(town: Town, times: int) -> None:
    for number in range(times):
        await town.give(1, an_order(c.WriteToCustomer, text=f"words {number}", message=f"m{number}"))


async def _pass(town: Town, seconds: int) -> None:
    for _ in range(seconds):
        town.clock.turn(seconds=1)
        await town.settle()


def _posts(town: Town, channel: str = STAFF_CHANNEL) -> Sequence[Call]:
    return [call for call in town.slack.calls if call.method == "chat.postMessage" and call.channel == channel]


def _said(town: Town) -> list[str]:
    return [line.split("—")[1].split("✓")[0].strip() for line in town.thread() if line.startswith("Written")]
