"""A relay that says later, never, or nothing at all: every mail arrives, or its failure is said (RFC 5321 §4.2.1)."""

from datetime import timedelta

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import diagnose
from tests.stories.town import SUPPORT, Town, town

DOWN = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <1.{BOB}>\r\n\r\nRien ne marche.\r\n".encode()


@pytest.mark.parametrize("step", ["at_mail", "at_text"])
async def test_a_relay_that_says_later_gets_the_mail_later(here: Town, step: str) -> None:
    setattr(here.relay, step, "451 4.3.2 Not now")
    await here.mail(BOB, "Panne", DOWN_FR)
    began = here.clock()
    await here.wait(hours=6)
    assert await here.stage() == "opened"

    setattr(here.relay, step, "250 2.0.0 Ok")
    await here.wait(hours=1)

    assert await here.stage() == "announced"
    announced = (await here.incident()).announced_at
    assert announced is not None
    assert timedelta(hours=6) < announced - began < timedelta(hours=7)


async def test_the_wait_between_tries_doubles_up_to_an_hour(here: Town) -> None:
    here.relay.at_mail = "451 4.3.2 Not now"
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.wait(hours=12)

    assert 15 <= (await here.tries()) <= 25


async def test_a_mail_that_nobody_takes_is_given_up_after_five_days_and_said_to_be(here: Town) -> None:
    here.relay.at_recipient[BOB] = "451 4.2.2 Full"
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.wait(days=6)

    assert (await here.facts())[-1] is f.NoticeFailed
    assert await here.stage() == "opened"
    here.parked = 1


async def test_refused_for_good_it_is_said_at_once_and_others_get_theirs(here: Town) -> None:
    here.relay.at_recipient[BOB] = "550 5.1.1 Unknown"

    await here.mail(BOB, "Panne", DOWN_FR)
    await here.mail(JANE, "Down", DOWN_EN)

    assert (await here.facts())[-1] is f.NoticeFailed
    assert await here.told(JANE) == ["incident_opened"]
    assert any("5.1.1" in line for line in here.staff.thread())
    here.parked = 1


async def test_dropped_after_the_text_the_same_mail_is_sent_again(here: Town) -> None:
    """Nobody knows whether the first one arrived: the second is the same to the byte, invoice number included."""
    here.repeats = True
    await diagnose(here)
    await here.staff.submit("conclude", outcome="quote", report="L'index est cassé.")
    here.relay.after_text = "drop"
    await here.staff.submit("send_quote", lines="Réparer | 1 | 60,00", validity_days="15")
    await here.wait(seconds=20)
    here.relay.after_text = "answer"

    await here.wait(minutes=1)

    sent = [letter.taken.raw for letter in here.inbox(BOB) if letter.papers]
    assert len(sent) > 2
    assert len(set(sent)) == 1
    assert (await here.told(BOB))[-1] == "quote_offered"


async def test_a_relay_that_never_answers_holds_no_other_mail_up(sqlite_url: str) -> None:
    """It is given half a minute, then the mail is tried again later; two of its three connections still work."""
    async with town(sqlite_url, chat=False) as here:
        here.repeats = True
        here.relay.after_text = "hang"
        await here.hand_in(BOB, SUPPORT, DOWN)
        await here.relay.wait_for(1)
        here.relay.after_text = "answer"

        await here.hand_in(JANE, SUPPORT, DOWN.replace(BOB.encode(), JANE.encode()))

        await here.relay.wait_for(2)
        assert [taken.recipients for taken in here.relay.mails] == [(BOB,), (JANE,)]
        here.relay.cut()
        await here.settled()
        await here.wait(minutes=1)
        assert await here.stage(1) == await here.stage(2) == "announced"
