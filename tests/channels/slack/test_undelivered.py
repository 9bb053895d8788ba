"""Words for a customer that Slack does not take: they arrive by mail, once, or staff read that they did not."""

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.notices import IncidentOpened, QuoteOffered, StaffWrote
from storage import NewJob
from tests.builders import an_order
from tests.channels.slack.town import ADDRESS, BOB, STAFF_CHANNEL, Town, words

POST = "chat.postMessage"
FOR_GOOD = ["channel_not_found", "user_disabled", "cannot_dm_bot", "user_not_found", "messages_tab_disabled"]
FOR_GOOD += ["is_archived", "not_in_channel", "invalid_blocks"]


def refuse(town: Town, code: str, times: int | None = None) -> None:
    """Bob's conversation, under either of its names."""
    town.slack.faults.refuse(code, method=POST, channel=BOB, times=times)
    town.slack.faults.refuse(code, method=POST, channel=town.direct(), times=times)


def mailed(town: Town) -> list[str]:
    return [notice.name() for notice in town.mails]


async def in_chat(town: Town) -> None:
    await town.open(channel=f.Channel.SLACK, linked=True)


async def write(town: Town, text: str = "We are looking.") -> None:
    await town.give(1, an_order(c.WriteToCustomer, text=text, message=text))


def line(town: Town, text: str) -> str:
    return next(one for one in town.thread() if text in one)


@pytest.mark.parametrize("code", FOR_GOOD)
async def test_words_that_slack_refuses_for_good_are_mailed_once_and_staff_read_why(town: Town, code: str) -> None:
    await in_chat(town)
    refuse(town, code)

    await write(town)

    assert [notice for notice in town.mails if isinstance(notice, StaffWrote)] == town.mails[-1:]
    assert mailed(town) == ["staff_wrote"]
    assert len(town.told()) == 1
    shown = line(town, "We are looking.")
    assert "✗ In chat: not delivered, sent by mail instead" in shown
    assert code in shown
    assert f"✓ Mail to {ADDRESS}: accepted by the relay" in shown
    assert await town.store.read(lambda tx: tx.outbox.parked(9)) == []


async def test_announcement_that_slack_refuses_counts_when_the_mail_is_taken(town: Town) -> None:
    refuse(town, "user_disabled")

    await in_chat(town)

    assert mailed(town) == [IncidentOpened.name()]
    announced = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.PriceAnnounced)]
    assert [(fact.via, fact.reply) for fact in announced] == [(f.Channel.MAIL, "250 ok")]
    assert (await town.case()).incident.unannounced_at is None
    assert "announce_again" not in town.offers()
    assert f"sent by mail to {ADDRESS} instead" in line(town, "Not delivered by Slack")
    assert "the user is deactivated" in line(town, "Not delivered by Slack")


async def test_quote_that_is_mailed_instead_goes_with_its_document(town: Town) -> None:
    """And in a mail's words: only what leaves for chat is worded for it."""
    await in_chat(town)
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE))
    refuse(town, "user_disabled")

    await town.give(1, an_order(c.DraftQuote, number=""))

    quote = (await town.case()).incident.quotes[-1]
    assert [(one.notice, one.document) for one in town.letters] == [(QuoteOffered.name(), quote.number)]
    assert [id_ for one in town.told() for id_ in one.files] == []


async def test_words_wait_for_an_app_that_is_mended_soon(town: Town) -> None:
    await in_chat(town)
    town.slack.faults.refuse("token_revoked", times=None)
    await write(town)
    town.clock.turn(minutes=5)
    await town.settle()
    town.slack.faults.clear()
    town.clock.turn(hours=1)

    await town.settle()

    assert mailed(town) == []
    assert [words(one.blocks).count("We are looking.") for one in town.told()[1:]] == [1]


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive", "missing_scope", "invalid_auth"])
async def test_words_that_wait_too_long_for_the_app_are_mailed_in_order_and_not_said_again(
    town: Town, code: str
) -> None:
    await in_chat(town)
    refuse(town, code)
    await write(town, "First.")
    await write(town, "Second.")

    for _ in range(8):
        town.clock.turn(minutes=4)
        await town.settle()
    town.slack.faults.clear()
    await town.channel.backfill(town.clock())
    await town.settle()

    assert [notice.text for notice in town.mails if isinstance(notice, StaffWrote)] == ["First.", "Second."]
    assert len(town.told()) == 1
    assert code in line(town, "First.")


async def test_words_that_may_have_arrived_are_looked_up_and_never_mailed_as_well(town: Town) -> None:
    await in_chat(town)
    town.slack.faults.lose_answer(method=POST, channel=town.direct())
    await write(town)
    town.slack.faults.refuse("token_revoked", times=None)
    for _ in range(8):
        town.clock.turn(minutes=4)
        await town.settle()
    unsure = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.NoticeFailed)]
    town.slack.faults.clear()
    town.clock.turn(minutes=4)

    await town.channel.backfill(town.clock())
    await town.settle()

    assert ["nobody can say" in fact.reply and not fact.instead for fact in unsure] == [True]
    assert mailed(town) == []
    assert len(town.told()) == 2
    assert "✓ In chat: delivered" in line(town, "We are looking.")


async def test_words_that_surely_did_not_arrive_at_first_are_mailed(town: Town) -> None:
    await in_chat(town)
    town.slack.faults.fail(status=503, method=POST, channel=town.direct())
    await write(town)
    refuse(town, "user_disabled")
    town.clock.turn(minutes=1)

    await town.settle()

    assert mailed(town) == [StaffWrote.name()]
    assert len(town.told()) == 1


async def test_what_goes_by_mail_in_any_case_is_not_mailed_twice(town: Town) -> None:
    await in_chat(town)
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE))
    refuse(town, "user_disabled")

    await town.give(1, an_order(c.DraftQuote, number=""))

    assert mailed(town).count(QuoteOffered.name()) == 1


async def test_where_mail_does_not_reach_the_customer_either_staff_read_that_nothing_did(town: Town) -> None:
    await in_chat(town)
    await town.give(1, c.LoseAddress(actor=f.BOT, address=ADDRESS, reply="550 5.1.1"))
    before = len(town.mails)
    refuse(town, "user_disabled")

    await write(town)

    assert len(town.mails) == before
    assert "nothing reached the customer" in line(town, "We are looking.")
    assert "✗ In chat: not delivered: the user is deactivated (user_disabled)" in line(town, "We are looking.")


async def test_files_that_staff_sent_along_go_with_the_mail(town: Town) -> None:
    await in_chat(town)
    sha256 = await town.store.run(lambda tx: tx.blobs.keep(b"%PDF-1.4"))
    file = f.File(name="notice.pdf", media_type="application/pdf", sha256=sha256)
    refuse(town, "user_disabled")

    await town.give(1, an_order(c.WriteToCustomer, text="Here it is.", message="m", files=(file,)))

    mail = next(one for one in (await town.case()).messages if one.author == ADDRESS and one.subject == "staff_wrote")
    along = await town.store.read(lambda tx: tx.messages.attachments_of(mail.id))
    assert [one.name for one in along] == ["notice.pdf"]


async def test_words_that_give_a_reply_back_are_not_lost_with_the_app(town: Town) -> None:
    await town.open()
    town.slack.faults.refuse("token_revoked", times=None)
    said = b'{"channel":"%s","text":"Your words.","only_to":"U0ALICE"}' % STAFF_CHANNEL.encode()
    now = town.clock()
    await town.store.run(lambda tx: tx.outbox.put(NewJob(kind="say", payload=said, due_at=now), now))
    await town.settle()
    town.slack.faults.clear()

    await town.channel.backfill(town.clock())
    await town.settle()

    assert town.whispers()[-1] == "Your words."
