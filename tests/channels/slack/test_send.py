"""What leaves when Slack is slow, broken, or says no: each message once, in order, or parked with the reason."""

from dataclasses import replace

import pytest

from bot.app.opening import Said, add_words
from bot.core import commands as c
from bot.core import facts as f
from storage import Direction, Via
from tests.builders import STAFF, an_order
from tests.channels.slack.town import ADDRESS, ALICE, BOB, BOT, STAFF_CHANNEL, Town, a_town, words


async def customer_writes(town: Town, text: str) -> None:
    said = Said(author=ADDRESS, text=text, via=Via.MAIL)
    await town.store.run(lambda tx: add_words(tx, town.desk, 1, said, f.Role.CUSTOMER, town.clock()))
    await town.settle()


async def test_channel_that_is_limited_waits_alone(town: Town) -> None:
    await town.open()
    town.slack.faults.limit_rate(retry_after=30, channel=STAFF_CHANNEL)

    mine = await town.open(channel=f.Channel.SLACK, linked=True)
    calls = len(town.slack.calls)
    await town.give(1, an_order(c.TakeIncident), an_order(c.OrderDiagnosis))
    spun = [call for call in town.slack.calls[calls:] if call.channel == STAFF_CHANNEL]
    told = [words(message.blocks) for message in town.told()]
    waiting = town.thread()
    town.clock.turn(seconds=31)
    await town.settle()

    assert any(f"INC-{mine}" in text for text in told)
    assert spun == []
    assert waiting == town.thread()[: len(waiting)]
    heads = [line[:5] for line in town.thread() if line.startswith(("Taken", "Diagnosis ordered"))]
    assert heads == ["Taken", "Diagn"]
    assert town.card(mine).pinned


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_words_whose_shape_slack_does_not_take_are_read_without_it(town: Town, code: str) -> None:
    """Whatever it is that Slack has against the blocks, staff are not to miss what a customer wrote."""
    await town.open()
    town.slack.faults.refuse(code, channel=STAFF_CHANNEL, method="chat.postMessage")

    await customer_writes(town, "Still *down*, <!channel> & <@U0ALICE>")

    shown = town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1]
    assert shown.blocks == ()
    assert shown.text.startswith("INC-1: bob@clientsa.fr wrote by mail")
    assert shown.text.endswith("\nStill *down*, &lt;!channel&gt; &amp; &lt;@U0ALICE&gt;")
    posts = [call for call in town.slack.calls if call.method == "chat.postMessage"]
    assert posts[-1].arguments["mrkdwn"] is False
    assert await town.store.read(lambda tx: tx.outbox.parked(10)) == []


async def test_customers_words_whose_shape_slack_does_not_take_leave_by_mail_as_they_are(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)
    before = len(town.told())
    town.slack.faults.refuse("invalid_blocks", channel=town.direct(), method="chat.postMessage")

    await town.give(1, an_order(c.WriteToCustomer, text="We are looking.", message="m1"))

    assert len(town.told()) == before
    assert [type(one).__name__ for one in town.mails] == ["StaffWrote"]


async def test_card_that_waits_several_times_is_brought_up_to_date_once(town: Town) -> None:
    await town.open()
    town.slack.faults.limit_rate(retry_after=30, channel=STAFF_CHANNEL)
    await town.give(1, an_order(c.TakeIncident), an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    before = len(town.slack.calls)

    town.clock.turn(seconds=31)
    await town.settle()

    card = town.card()
    updates = [call for call in town.slack.calls[before:] if call.method == "chat.update"]
    assert [call.arguments["ts"] for call in updates].count(card.ts) == 1
    assert "diagnosing" in card.text


async def test_server_errors_are_outlived(sqlite_url: str) -> None:
    async with a_town(sqlite_url, seconds=1) as town:
        town.slack.faults.fail(times=3, method="chat.postMessage")
        town.slack.faults.hang(method="chat.postMessage")
        town.slack.faults.reset(method="chat.postMessage")

        await town.open()
        for _ in range(8):
            town.clock.turn(hours=1)
            await town.settle()

        assert len(town.workspace.roots(STAFF_CHANNEL)) == 1
        assert len(town.thread()) >= 1


async def test_lost_answer_is_looked_up_before_posting_again(town: Town) -> None:
    town.slack.faults.lose_answer(method="chat.postMessage", times=2)
    await town.open()
    town.slack.faults.lose_answer(method="chat.postMessage")
    await town.give(1, an_order(c.TakeIncident))

    for _ in range(4):
        town.clock.turn(hours=1)
        await town.settle()

    assert len(town.workspace.roots(STAFF_CHANNEL)) == 1
    assert len(town.thread()) == len(set(town.thread()))
    assert sum(line.startswith("Taken") for line in town.thread()) == 1


async def test_line_whose_answer_was_lost_shows_what_became_of_its_message(town: Town) -> None:
    """The first try wrote what was known then; once it is found again it is brought up to date."""
    await town.open()
    town.slack.faults.lose_answer(method="chat.postMessage", channel=STAFF_CHANNEL)
    await town.give(1, an_order(c.WriteToCustomer))
    for _ in range(4):
        town.clock.turn(hours=1)
        await town.settle()

    (line,) = [line for line in town.thread() if line.startswith("Written to the customer")]
    edited = [call.arguments["ts"] for call in town.slack.calls if call.method == "chat.update"]
    assert line.endswith("accepted by the relay (250 ok)")
    assert town.workspace.replies(STAFF_CHANNEL, town.card().ts)[-1].ts in edited


async def test_reply_in_chat_shows_that_it_was_delivered(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)

    await town.give(1, an_order(c.WriteToCustomer))

    (line,) = [line for line in town.thread() if line.startswith("Written to the customer")]
    assert line.endswith("✓ In chat: delivered")


async def test_lost_answer_to_a_customer_is_looked_up_too(town: Town) -> None:
    town.slack.faults.lose_answer(method="chat.postMessage", channel=BOB)

    await town.open(channel=f.Channel.SLACK, linked=True)
    town.clock.turn(hours=1)
    await town.settle()

    assert len(town.told()) == 1
    assert "PriceAnnounced" in await town.facts()


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "invalid_auth", "channel_not_found"])
async def test_refused_post_is_parked_with_the_reason_and_the_rest_flows(town: Town, code: str) -> None:
    town.slack.faults.refuse(code, method="chat.postMessage", channel=STAFF_CHANNEL, times=None)

    await town.open()

    parked = await town.store.read(lambda tx: tx.outbox.parked(10))
    assert {job.error for job in parked} == {code}
    assert len(town.mails) == 1


@pytest.mark.parametrize("code", ["invalid_auth", "is_archived"])
async def test_parked_jobs_leave_by_themselves_once_the_app_is_back(town: Town, code: str) -> None:
    town.slack.faults.refuse(code, times=None)
    await town.open()
    await town.channel.backfill(town.clock())
    await town.settle()
    still = await town.store.read(lambda tx: len(tx.outbox.parked(10)))
    town.slack.faults.clear()

    await town.channel.backfill(town.clock())
    await town.settle()

    assert still > 0
    assert len(town.thread()) == len(set(town.thread())) > 0
    assert await town.store.read(lambda tx: tx.outbox.parked(10)) == []


async def test_card_is_pinned_once_slack_lets_it(town: Town) -> None:
    town.slack.faults.limit_rate(retry_after=40, method="pins.add")
    await town.open()
    posted, pinned = len(town.thread()), town.card().pinned

    town.clock.turn(seconds=41)
    await town.settle()

    assert (posted > 0, pinned, town.card().pinned) == (True, False, True)


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", ["limited", "lost"])
async def test_whole_text_is_attached_once_however_slack_answers(town: Town, method: str, fault: str) -> None:
    if fault == "limited":
        town.slack.faults.limit_rate(retry_after=40, method=method)
    else:
        town.slack.faults.lose_answer(method=method)
    await town.open(text="x" * 5000)

    for _ in range(3):
        town.clock.turn(hours=1)
        await town.settle()

    replies = town.workspace.replies(STAFF_CHANNEL, town.card().ts)
    assert sum(bool(one.files) for one in replies) == 1
    assert sum("xxx" in str(one.blocks) for one in replies) == 1


async def test_card_that_was_deleted_is_made_again(town: Town) -> None:
    await town.open()
    before = town.card()
    town.workspace.remove(STAFF_CHANNEL, before.ts)

    await town.give(1, an_order(c.TakeIncident))

    assert town.card().ts != before.ts
    assert any(line.startswith("Taken") for line in town.thread())


async def test_nothing_is_posted_where_outsiders_read(town: Town) -> None:
    inside = town.workspace.channels[STAFF_CHANNEL]
    town.workspace.put_channel(replace(inside, is_ext_shared=True))
    await town.open()
    await town.channel.backfill(town.clock())
    await town.settle()
    parked = await town.store.read(lambda tx: tx.outbox.parked(10))
    posted = town.workspace.roots(STAFF_CHANNEL)

    town.workspace.put_channel(inside)
    await town.channel.backfill(town.clock())
    await town.settle()

    assert posted == ()
    assert "shared" in str(parked[0].error)
    assert town.card().pinned


async def test_channel_that_is_shared_later_gets_nothing_more(town: Town) -> None:
    await town.open()
    before = len(town.thread())
    town.workspace.put_channel(replace(town.workspace.channels[STAFF_CHANNEL], is_ext_shared=True))
    town.clock.turn(minutes=2)

    await town.give(1, an_order(c.TakeIncident), an_order(c.OrderDiagnosis))

    assert len(town.thread()) == before


async def test_nothing_is_posted_while_nobody_ever_said_whether_outsiders_read(town: Town) -> None:
    town.slack.faults.fail(method="conversations.info", times=2)

    await town.open()
    posted = town.workspace.roots(STAFF_CHANNEL)
    town.clock.turn(hours=1)
    await town.settle()
    town.clock.turn(hours=1)
    await town.settle()

    assert posted == ()
    assert town.card().pinned


async def test_customers_words_are_only_text(town: Town) -> None:
    evil = (
        "<!channel> <!here> <@U0ALICE> <https://evil.example|https://bank.example> `a` *b* & mot de passe: hunter2 "
    )

    await town.open(title=f"<!channel> {'é' * 200}", text=evil + "x" * 50_000)

    root = town.card()
    replies = town.workspace.replies(STAFF_CHANNEL, root.ts)
    for message in (root, *replies):
        assert "<!channel>" not in message.text
        assert "<@" not in message.text
        assert all(block["type"] != "section" or "<" not in str(block) for block in message.blocks)
    assert "<!here> <@U0ALICE>" in town.thread()[0]
    assert "hunter2" not in str(replies)
    (file,) = [one for one in town.workspace.files.values() if one.name.startswith("INC-1")]
    assert file.content is not None
    assert len(file.content) > 50_000
    assert b"hunter2" not in file.content


async def test_every_call_that_shows_words_asks_for_no_unfurling(town: Town) -> None:
    await town.open()

    posts = [call.arguments for call in town.slack.calls if call.method == "chat.postMessage"]
    assert posts
    assert {(post["unfurl_links"], post["unfurl_media"]) for post in posts} == {(False, False)}


async def test_notes_reach_no_customer(town: Town) -> None:
    """Whatever is said in the thread, and whatever happens next: no word of it leaves."""
    secret = "this customer is a pain, 4f1d2c"
    await town.open(channel=f.Channel.SLACK, linked=True)
    ts = town.card().ts
    await town.people.say(ALICE, STAFF_CHANNEL, secret, ts)
    await town.people.edit(ALICE, STAFF_CHANNEL, town.workspace.replies(STAFF_CHANNEL, ts)[-1].ts, f"{secret}!")
    await town.settle()
    await town.press("order")
    await town.give(
        1,
        an_order(c.StartDiagnosis),
        an_order(c.AskCustomer),
        an_order(c.WriteToCustomer),
        an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED, report="Solved."),
    )
    await town.people.say(BOB, town.direct(), "thank you")
    await town.settle()

    case = await town.case()
    assert [m.text for m in case.messages if m.direction is Direction.NOTE] == [secret, f"{secret}!"]
    assert all(secret not in m.text for m in case.messages if m.direction is Direction.OUT)
    assert all(secret not in str(message.blocks) + message.text for message in town.told())
    assert all(secret not in str(mail) for mail in town.mails)
    assert {message.user for message in town.told()} == {BOT}
    assert STAFF.name in str(case.history)
