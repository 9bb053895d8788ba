"""The same relay faults with real peers: Postfix's smtp-sink, and Postfix itself, behind the whole desk."""

import time

from bot.channels.mail.rests import SHORTEST, Rests
from bot.channels.mail.send import Accepted, Deferred, Outcome, Relay, Unknown, build
from bot.core import facts as f
from tests.channels.mail.test_compose import LETTER
from tests.postfix import a_postfix
from tests.relay import a_relay
from tests.smtp_sink import an_smtp_sink, free_port
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.town import Town, town

RAW = build(LETTER)


async def announced_as(here: Town) -> str | None:
    """The Message-ID of the first announcement."""
    messages = await here.store.read(lambda tx: tx.messages.of_incident(1))
    return next(message.rfc_message_id for message in messages if message.subject == "incident_opened")


async def test_recipients_put_off_for_hours_are_served_when_it_recovers(database_url: str) -> None:
    port = free_port()
    async with town(database_url, relay_url=f"smtp://127.0.0.1:{port}") as here:
        async with an_smtp_sink(port, "-r", "RCPT") as sink:
            await here.mail(BOB, "Panne", DOWN_FR)
            await here.wait(hours=6)
            put_off, tries = sink.mails(), await here.tries()
        async with an_smtp_sink(port) as sink:
            await here.wait(hours=1)
            taken = sink.mails()

        assert put_off == []
        assert 8 <= tries <= 20
        assert [mail["Message-ID"] for mail in taken] == [f"<{await announced_as(here)}>"]
        assert await here.stage() == "announced"
        assert any("450 4.3.0 Error: command failed" in line for line in here.staff.thread())


async def test_recipients_put_off_for_five_days_are_given_up_with_a_task(sqlite_url: str) -> None:
    port = free_port()
    async with town(sqlite_url, relay_url=f"smtp://127.0.0.1:{port}") as here:
        async with an_smtp_sink(port, "-r", "RCPT"):
            await here.mail(BOB, "Panne", DOWN_FR)
            await here.wait(days=6)

        assert (await here.facts())[-1] is f.NoticeFailed
        assert any("given up after 5 days: 450" in line for line in here.staff.thread())
        here.parked = 1


async def test_cut_off_at_the_end_of_the_text_the_mail_leaves_again_as_it_was(database_url: str) -> None:
    port = free_port()
    async with town(database_url, relay_url=f"smtp://127.0.0.1:{port}") as here:
        async with an_smtp_sink(port, "-q", "."):
            await here.mail(BOB, "Panne", DOWN_FR)
            await here.wait(minutes=2)
            tries = await here.tries()
        async with an_smtp_sink(port) as sink:
            await here.wait(hours=1)
            taken = sink.mails()

        assert tries > 2
        assert [mail["Message-ID"] for mail in taken] == [f"<{await announced_as(here)}>"]
        assert await here.stage() == "announced"


async def test_one_of_two_recipients_refused_by_postfix_fails_alone(database_url: str) -> None:
    refused = f"check_recipient_access inline:{{{{{BOB} = 550 5.1.1 No such user}}}}, permit_mynetworks, reject"
    async with (
        a_relay() as beyond,
        a_postfix(beyond.port, settings={"smtpd_recipient_restrictions": refused}) as postfix,
        town(database_url, relay_url=f"smtp://127.0.0.1:{postfix.port}") as here,
    ):
        await here.mail(BOB, "Panne", DOWN_FR)
        await here.mail(JANE, "Down", DOWN_EN)

        assert (await here.facts())[-2:] == [f.NoticeFailed, f.AddressLost]
        assert await here.stage(2) == "announced"
        await beyond.wait_for(1)
        assert [taken.recipients for taken in beyond.mails] == [(JANE,)]
        here.parked = 1


async def send(relay: Relay, to: str) -> Outcome:
    return await relay.send("bounce+k1@host.fr", to, RAW)


async def test_relay_that_hangs_is_left_in_time_and_not_asked_again_at_once() -> None:
    """Nobody knows whether the first was taken; the second holds no connection, and says when to come back."""
    port, now = free_port(), [0.0]
    relay = Relay(f"smtp://127.0.0.1:{port}", timeout=0.5, rests=Rests(clock=lambda: now[0]))
    began = time.monotonic()
    async with an_smtp_sink(port, "-W", ".:700"):
        hung = await send(relay, BOB)
        resting = await send(relay, BOB)
        other = await send(relay, JANE)
    took = time.monotonic() - began
    async with an_smtp_sink(port):
        now[0] = SHORTEST
        again = await send(relay, BOB)
        await relay.close()

    assert isinstance(hung, Unknown)
    assert resting == Deferred(0, "no answer in time; not asked again for a while", SHORTEST)
    assert isinstance(other, Unknown)
    assert isinstance(again, Accepted)
    assert took < 60


async def test_relay_that_never_greets_rests_for_everybody() -> None:
    port = free_port()
    relay = Relay(f"smtp://127.0.0.1:{port}", timeout=0.5)
    async with an_smtp_sink(port, "-W", "CONNECT:700"):
        first = await send(relay, BOB)
        second = await send(relay, JANE)
        await relay.close()

    assert isinstance(first, Deferred)
    assert not first.seconds
    assert isinstance(second, Deferred)
    assert second.seconds


def test_each_silence_doubles_the_rest_and_an_answer_ends_it() -> None:
    now = [0.0]
    rests = Rests(clock=lambda: now[0])
    lasted = []
    for _ in range(8):
        rests.silent("dead.example")
        rests.silent("dead.example")  # another that had begun beside it
        lasted.append(rests.left("dead.example"))
        now[0] += lasted[-1]
    rests.answered("dead.example")
    rests.silent("dead.example")

    assert lasted == [15, 30, 60, 120, 240, 480, 600, 600]
    assert rests.left("dead.example") == SHORTEST
    assert rests.left("other.example") == 0
