"""Mails that nobody could open: their senders are told so, in words that say what to do, and once."""

import pytest

from tests.faults.test_hostile_mails import a_mail, nested
from tests.stories.people import BOB, DOWN_FR, JANE, MALLORY
from tests.stories.signing import bring, reply
from tests.stories.town import SUPPORT, Town

FILE = b"--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n"
SEALED = 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'
UNREAD = {
    "deep": (a_mail('Content-Type: multipart/mixed; boundary="0"', body=nested(400)), "en texte simple"),
    "a thousand files": (a_mail("Content-Type: multipart/mixed; boundary=b", body=FILE * 1100), "moins de pièces"),
    "encrypted": (a_mail(SEALED, body=b"--b\r\n\r\nx\r\n--b--"), "sans chiffrement"),
}


@pytest.mark.parametrize("name", UNREAD)
async def test_who_sends_a_mail_that_cannot_be_opened_is_told_what_to_do(here: Town, name: str) -> None:
    raw, advice = UNREAD[name]
    await here.mail(BOB, "Panne", DOWN_FR)
    to = str(here.newest(BOB).message["Reply-To"])

    await here.hand_in(BOB, to, raw)
    await here.settled()

    assert await here.told(BOB) == ["incident_opened", "mail_unread"]
    assert advice in here.newest(BOB).text
    assert not await here.exists(2)


async def test_opening_with_a_mail_that_cannot_be_opened_tells_the_price_and_that(here: Town) -> None:
    await here.hand_in(JANE, SUPPORT, UNREAD["deep"][0].replace(BOB.encode(), JANE.encode()))
    await here.settled()

    assert await here.told(JANE) == ["incident_opened", "mail_unread"]
    assert await here.stage() == "announced"


async def test_a_stranger_in_a_conversation_is_told_nothing_of_their_mail(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    mail = reply("x", here.newest(BOB), sender=MALLORY)
    raw = UNREAD["deep"][0].replace(BOB.encode(), MALLORY.encode())

    await bring(here, mail, raw, sender=MALLORY)

    assert await here.told(BOB) == ["incident_opened"]
    assert here.inbox(MALLORY) == []


async def test_a_flood_of_mails_that_cannot_be_opened_is_answered_a_few_times(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    to = str(here.newest(BOB).message["Reply-To"])

    for number in range(6):
        await here.hand_in(BOB, to, UNREAD["deep"][0] + b"%d" % number)
        await here.settled()

    assert (await here.told(BOB)).count("mail_unread") == 2
