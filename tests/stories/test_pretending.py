"""Mails that pretend to be a customer's by what a mail program shows, or by what was changed after it was signed."""

import dkim  # type: ignore[import-untyped]  # ships no types
import pytest

from bot.app.proof import Level, Proof, decode
from tests.channels.mail.keys import OTHER, STRONG
from tests.channels.mail.names import Zone
from tests.stories.people import BOB, DOWN_FR, MALLORY
from tests.stories.signing import SIGNED, bring, reply, signed
from tests.stories.steps import quote
from tests.stories.test_signed_mail import ACCEPTS
from tests.stories.town import SUPPORT, Town


async def last_proof(here: Town, number: int = 1) -> Proof:
    messages = await here.store.read(lambda tx: tx.messages.of_incident(number))
    return next(found for message in reversed(messages) if (found := decode(message.proof)))


@pytest.mark.parametrize("author", [b"bob@clientsa.fr", b"Bob <bob@clientsa.fr>"])
async def test_mail_of_a_colleague_made_into_the_owners_after_signing_decides_nothing(
    here: Town, zone: Zone, author: bytes
) -> None:
    zone.texts["_dmarc.clientsa.fr"] = ("v=DMARC1; p=reject",)
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB), sender="alice@clientsa.fr")
    raw = signed(mail)
    changed = raw.replace(b"From: alice@clientsa.fr", b"From: " + author)
    assert changed != raw

    await bring(here, mail, changed)

    proof = await last_proof(here)
    assert (proof.level, proof.address) == (Level.FAIL, BOB)
    assert "asks to reject" in proof.reason
    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_words_added_behind_a_signed_length_decide_nothing_and_it_is_said_why(here: Town) -> None:
    await quote(here)
    mail = reply("Bonjour.", here.newest(BOB))
    raw = bytes(mail)
    header = dkim.sign(raw, b"s1", b"clientsa.fr", STRONG.private, include_headers=list(SIGNED), length=True)

    await bring(here, mail, bytes(header) + raw + f"\r\n{ACCEPTS}\r\n".encode())

    proof = await last_proof(here)
    assert proof.level is Level.NONE
    assert "l=" in proof.reason
    assert await here.stage() == "quoted"


async def test_proven_stranger_who_goes_by_a_customers_address_is_shown_by_their_own(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB), sender=f'"{BOB}" <{MALLORY}>')

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER), sender=MALLORY)

    wrote = next(line for line in here.staff.thread() if "pirate.net" in line)
    assert wrote.startswith(f"{MALLORY} “{BOB}” (proven; BEWARE, its name shows another address: {BOB})")
    assert await here.stage() == "quoted"


async def test_capital_i_in_place_of_an_l_is_pointed_out(here: Town, zone: Zone) -> None:
    """A program shows what was typed; the domain it stands for is another one."""
    zone.texts["s1._domainkey.ciientsa.fr"] = (OTHER.record,)
    await quote(here)
    mail = reply(DOWN_FR, here.newest(BOB), sender="bob@cIientsa.fr")

    await bring(here, mail, signed(mail, domain="ciientsa.fr", key=OTHER), sender="bob@ciientsa.fr")

    assert (await last_proof(here)).resembles == "clientsa.fr"
    assert "contact_proposed" not in await here.told(BOB)


@pytest.mark.parametrize(
    "head",
    [
        b"Subject: Panne\r\n",
        b"From: bob\r\nSubject: Panne\r\n",
        b"From : bob@clientsa.fr\r\nSubject: Panne\r\n",
        b" folded\r\nFrom: bob@clientsa.fr\r\nSubject: Panne\r\n",
        b"\xef\xbb\xbfFrom: bob@clientsa.fr\r\nSubject: Panne\r\n",
        b"From: =?utf-8?q?bob?=@clientsa.fr\r\nSubject: Panne\r\n",
        b"From: bob@clientsa.fr\0\r\nSubject: Panne\r\n",
        b"",
    ],
)
async def test_head_that_no_mail_program_writes_is_shown_and_never_answered(here: Town, head: bytes) -> None:
    await here.hand_in(BOB, SUPPORT, head + b"\r\nRien ne marche.\r\n")
    await here.settled()

    assert here.relay.mails == []
    assert not await here.exists(1)
    (shown,) = here.slack.workspace.roots(here.staff.channel)
    assert "belongs to no incident" in shown.text
    (file,) = here.slack.workspace.files.values()
    assert b"Rien ne marche." in (file.content or b"")


async def test_refusal_made_into_an_acceptance_by_another_boundary_decides_nothing_and_staff_see_why(
    here: Town,
) -> None:
    await quote(here)
    mail = reply("", here.newest(BOB))
    mail.replace_header("Content-Type", 'multipart/mixed; boundary="outer"')
    mail.set_payload(
        "--outer\r\n\r\nNous refusons ce devis.\r\n--outer\r\nContent-Type: message/rfc822\r\n\r\n"
        'Content-Type: multipart/mixed; boundary="inner"\r\n\r\n'
        f"--inner\r\n\r\n{ACCEPTS}\r\n--inner--\r\n--outer--\r\n"
    )
    raw = signed(mail)
    changed = raw.replace(b'boundary="outer"', b'boundary="inner"')
    assert changed != raw

    await bring(here, mail, changed)

    proof = await last_proof(here)
    assert (proof.level, proof.unsure) == (
        Level.STRONG,
        "its words depend on what is not signed: content-type",
    )
    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"
    assert any("BEWARE, its words depend on what is not signed" in line for line in here.staff.thread())
