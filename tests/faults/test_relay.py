"""A relay that says later, never, or nothing at all: every mail arrives, or its failure is said (RFC 5321 §4.2.1)."""

from datetime import timedelta

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import diagnose, invoice
from tests.stories.town import SUPPORT, Town, town

LATE_FR = "il n’a pas pu partir aussitôt : aucun serveur de messagerie ne le prenait encore."
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


async def test_a_mail_that_waits_for_hours_is_noted_once_and_says_so_when_it_leaves(here: Town) -> None:
    here.relay.at_text = "451 4.3.2 Not now"
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.wait(hours=3, minutes=50)
    silent = here.staff.thread()
    await here.wait(hours=20)
    here.relay.at_text = "250 2.0.0 Ok"
    await here.wait(hours=1)

    assert not any("Not delivered" in line for line in silent)
    (noted,) = [line for line in here.staff.thread() if "Not delivered" in line]
    assert "incident opened has waited since 14 Jun 10:00" in noted
    assert "451 4.3.2 Not now" in noted
    assert [letter.text.count(LATE_FR) for letter in here.inbox(BOB)] == [1]
    assert "Nous avons écrit ce message le lundi 14 juin 2010 à 10 h 00" in here.newest(BOB).text
    assert LATE_FR in " ".join(here.newest(BOB).html.split())
    assert await here.stage() == "announced"


async def test_a_late_mail_says_so_in_its_readers_language(here: Town) -> None:
    here.relay.at_recipient[JANE] = "451 4.4.1 Host is away"
    await here.mail(JANE, "Down", DOWN_EN)
    await here.wait(hours=6)
    here.relay.at_recipient.clear()
    await here.wait(hours=1)

    written = "We wrote this message on Monday 14 June 2010 at 10:00 (Paris time)"
    assert written in here.newest(JANE).text
    assert "but it could not leave at once: no mail server was taking it yet." in here.newest(JANE).text


async def test_a_mail_that_waits_a_little_says_nothing_of_it(here: Town) -> None:
    here.relay.at_text = "451 4.3.2 Not now"
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.wait(hours=2)
    here.relay.at_text = "250 2.0.0 Ok"
    await here.wait(hours=1)

    assert LATE_FR not in here.newest(BOB).text


async def test_what_may_have_arrived_is_sent_again_as_it_was_however_late(here: Town) -> None:
    """Dropped after the text, then put off for a day: staff are told, and the mail stays the same to the byte."""
    here.repeats = True
    here.relay.after_text = "drop"
    await here.hand_in(BOB, SUPPORT, DOWN)
    await here.relay.wait_for(1)
    here.relay.at_mail, here.relay.after_text = "451 4.3.2 Not now", "answer"
    await here.settled()
    await here.wait(days=1)
    here.relay.at_mail = "250 2.0.0 Ok"
    await here.wait(hours=1)

    assert any("Not delivered by mail yet" in line for line in here.staff.thread())
    sent = [letter.taken.raw for letter in here.inbox(BOB)]
    assert len(sent) > 1
    assert len(set(sent)) == 1
    assert LATE_FR not in here.newest(BOB).text


async def test_late_mail_whose_taking_is_unknown_stays_the_same_too(here: Town) -> None:
    here.repeats = True
    here.relay.at_text = "451 4.3.2 Not now"
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.wait(hours=5)
    here.relay.at_text, here.relay.after_text = "250 2.0.0 Ok", "drop"
    await here.wait(hours=5)
    here.relay.after_text = "answer"
    await here.wait(hours=1)

    sent = [letter.taken.raw for letter in here.inbox(BOB)]
    assert len(sent) > 2
    assert len(set(sent)) == 1
    assert LATE_FR in here.newest(BOB).text


async def test_a_mail_that_nobody_takes_is_given_up_after_five_days_and_said_to_be(here: Town) -> None:
    here.relay.at_recipient[BOB] = "451 4.2.2 Full"
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.wait(days=6)

    assert (await here.facts())[-1] is f.NoticeFailed
    assert any("given up after 5 days: 451 4.2.2 Full" in line for line in here.staff.thread())
    assert await here.stage() == "opened"
    here.parked = 1


async def test_refused_for_good_it_is_said_at_once_and_others_get_theirs(here: Town) -> None:
    here.relay.at_recipient[BOB] = "550 5.1.1 Unknown"

    await here.mail(BOB, "Panne", DOWN_FR)
    await here.mail(JANE, "Down", DOWN_EN)

    assert (await here.facts())[-2:] == [f.NoticeFailed, f.AddressLost]
    assert await here.told(JANE) == ["incident_opened"]
    assert any("5.1.1" in line for line in here.staff.thread())
    here.parked = 1


async def test_an_address_refused_for_good_is_lost_until_its_owner_writes(here: Town) -> None:
    """As if the mail had come back: no reminder goes there, and what was missed is said once it works again."""
    await invoice(here)
    here.relay.at_recipient[BOB] = "550 5.1.1 Unknown"
    await here.staff.submit("reply", text="Bonjour ?")
    lost = await here.facts()
    await here.wait(days=60)
    silent = await here.facts()
    here.relay.at_recipient.clear()

    await here.mail(BOB, "Re", "Me revoilà.")

    assert lost[-2:] == [f.NoticeFailed, f.AddressLost]
    assert f.InvoiceReminded not in silent
    assert f.AddressRestored in await here.facts()
    here.parked = 1


@pytest.mark.parametrize(
    "answer", ["552 5.2.2 Full", "550 5.7.1 Denied by policy", "550 Denied", "554 5.3.4 Too big"]
)
async def test_a_refusal_that_is_not_the_addresss_fault_leaves_it_alone(here: Town, answer: str) -> None:
    here.relay.at_recipient[BOB] = answer

    await here.mail(BOB, "Panne", DOWN_FR)

    assert (await here.facts())[-1] is f.NoticeFailed
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
