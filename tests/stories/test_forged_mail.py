"""Mails that pretend: what somebody who may write anything into a mail gets for it, which is nothing."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.app.proof import Level, decode
from bot.core.terms import Kind
from bot.processes import run_parts
from bot.wiring import wire
from tests.channels.mail.keys import OTHER, STRONG
from tests.channels.mail.names import Zone, a_zone
from tests.stories.people import BOB, DOWN_FR
from tests.stories.signing import bring, reply, signed
from tests.stories.steps import quote
from tests.stories.test_signed_mail import ACCEPTS
from tests.stories.town import SUPPORT, Town, town

MALLORY = "mallory@pirate.net"
ALIKE = ("clientsa-fr.com", "c1ientsa.fr", "xn--lientsa-xjg.fr")


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    """clientsa.fr has a key, and a relay that others send from too; everybody else has a key of Mallory's."""
    async with a_zone() as zone:
        zone.texts = {
            "clientsa.fr": ("v=spf1 ip4:127.0.0.1 -all",),
            "s1._domainkey.clientsa.fr": (STRONG.record,),
            **{f"s1._domainkey.{domain}": (OTHER.record,) for domain in ("pirate.net", *ALIKE)},
        }
        yield zone


@pytest.fixture
async def here(database_url: str, zone: Zone) -> AsyncIterator[Town]:
    """A town with that name server."""
    async with town(database_url, dns=f"127.0.0.1:{zone.port}") as founded:
        yield founded


async def levels(here: Town) -> list[Level]:
    """How sure the author of each mail in the first incident is."""
    messages = await here.store.read(lambda tx: tx.messages.of_incident(1))
    return [proof.level for message in messages if (proof := decode(message.proof))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"From: ", b"From: mallory@pirate.net\r\nFrom: "),
        (b"Subject: ", b"From: mallory@pirate.net\r\nSubject: "),
        (b"From: bob@clientsa.fr", b"From: bob@clientsa.fr, mallory@pirate.net"),
        (b"From: bob@clientsa.fr", b"From: bob@clientsa.fr <mallory@pirate.net>"),
        (b"From: bob@clientsa.fr", b"From: Bob: bob@clientsa.fr;"),
        (b"From: bob@clientsa.fr", b"From: bob"),
        (b"From: bob@clientsa.fr\r\n", b""),
    ],
)
async def test_mail_without_one_author_is_shown_and_has_no_effect_and_no_answer(
    here: Town, old: bytes, new: bytes
) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))
    raw = signed(mail, domain="pirate.net", key=OTHER)
    before = len(here.relay.mails)
    assert old in raw

    await bring(here, mail, raw.replace(old, new, 1), sender=MALLORY)

    assert await here.stage() == "quoted"
    assert len(here.relay.mails) == before
    assert (await levels(here))[-1] is Level.MALFORMED
    assert any("J'accepte" in line for line in here.staff.thread())


async def test_unreadable_mail_without_one_author_is_not_the_envelopes(here: Town) -> None:
    """Anybody may write any envelope."""
    await here.register(BOB, Kind.BUSINESS)
    bomb = b"Content-Type: text/plain" + b";" * 40_000
    raw = b"From: a@pirate.net\r\nFrom: bob@clientsa.fr\r\nSubject: Panne\r\n" + bomb + b"\r\n\r\nx\r\n"

    await here.hand_in(BOB, SUPPORT, raw)
    await here.settled()

    assert here.relay.mails == []
    assert not await here.exists(1)


async def test_server_that_others_share_decides_nothing(here: Town) -> None:
    """It may send for the customer's domain, and a tenant of it did."""
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER))

    assert (await levels(here))[-1] is Level.WEAK
    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_server_of_another_domain_is_not_even_a_hint(here: Town, zone: Zone) -> None:
    zone.texts["pirate.net"] = ("v=spf1 ip4:127.0.0.1 -all",)
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER), sender=MALLORY)

    assert (await levels(here))[-1] is Level.NONE
    assert await here.stage() == "quoted"


@pytest.mark.parametrize("header", ["Reply-To", "Sender", "Return-Path", "X-Sender", "Resent-From"])
async def test_only_from_says_who_wrote_and_who_is_answered(here: Town, header: str) -> None:
    await here.register(BOB, Kind.BUSINESS)
    mail = reply(DOWN_FR, sender=MALLORY)
    mail[header] = f"<{BOB}>"

    await bring(here, mail, signed(mail, domain="pirate.net", key=OTHER), sender=BOB)

    assert await here.told(MALLORY) == ["incident_opened"]
    assert here.inbox(BOB) == []


@pytest.mark.parametrize("domain", ALIKE)
async def test_proven_mail_of_a_domain_that_looks_like_a_customers_is_a_strangers_each_time(
    here: Town, domain: str
) -> None:
    await quote(here)
    answered = here.newest(BOB)

    for number in (71, 72):
        mail = reply(ACCEPTS, answered, sender=f"bob@{domain}", number=number)
        await bring(here, mail, signed(mail, domain=domain, key=OTHER), sender=f"bob@{domain}")
        mail = reply(DOWN_FR, sender=f"bob@{domain}", number=number + 10)
        await bring(here, mail, signed(mail, domain=domain, key=OTHER), sender=f"bob@{domain}")

    assert await here.stage() == "quoted"
    wrote = [line for line in here.staff.thread() if f"bob@{domain}" in line]
    assert len(wrote) == 2
    assert all("(proven; BEWARE, its domain only looks like clientsa.fr)" in line for line in wrote)


RESULTS = "dkim=pass header.d=clientsa.fr; dmarc=pass header.from=clientsa.fr"


@pytest.mark.parametrize(
    ("results", "stage"),
    [
        (f"mx.host.fr; {RESULTS}", "working"),
        (f"MX.Host.FR 1; {RESULTS}", "working"),
        (f"mx.host.fr.pirate.net; {RESULTS}", "quoted"),
        (f"(mx.host.fr;) mx.pirate.net; {RESULTS}", "quoted"),
        (f"mx.pirate.net (mx.host.fr; {RESULTS})", "quoted"),
        ("mx.host.fr; dkim=pass header.d=pirate.net; dmarc=pass header.from=pirate.net", "quoted"),
        (f'mx.host.fr; spf=pass smtp.mailfrom="x; {RESULTS}; y"@pirate.net', "quoted"),
        (f"mx.host.fr; dmarc=none\r\nAuthentication-Results: mx.host.fr; {RESULTS}", "quoted"),
    ],
)
async def test_decision_counts_by_the_word_that_our_border_gave_at_this_delivery(
    database_url: str, results: str, stage: str
) -> None:
    async with town(database_url, border="127.0.0.1") as here:
        await quote(here)
        mail = reply(ACCEPTS, here.newest(BOB))
        raw = f"Authentication-Results: {results}\r\n".encode() + bytes(mail)

        await bring(here, mail, raw)

        assert await here.stage() == stage


async def test_word_of_our_border_brought_by_anybody_else_decides_nothing(here: Town) -> None:
    await quote(here)
    mail = reply(ACCEPTS, here.newest(BOB))

    await bring(here, mail, f"Authentication-Results: mx.host.fr; {RESULTS}\r\n".encode() + bytes(mail))

    assert await here.stage() == "quoted"
    assert (await here.told(BOB))[-1] == "decide_by_link"


async def test_known_and_unknown_senders_get_the_same_answer_at_the_door(here: Town) -> None:
    await here.register(BOB, Kind.BUSINESS)

    took: dict[str, list[float]] = {BOB: [], MALLORY: []}
    answers = set()
    for number in range(6):
        for sender in took:
            raw = f"From: {sender}\r\nSubject: Panne\r\nMessage-ID: <{number}.{sender}>\r\n\r\nPanne.\r\n"
            await here.settled()
            began = time.monotonic()
            answers.add(await here.hand_in(sender, SUPPORT, raw.encode()))
            took[sender].append(time.monotonic() - began)
    await here.settled()

    assert answers == {"2.0.0 Kept"}
    assert abs(min(took[BOB]) - min(took[MALLORY])) < 1


async def test_twenty_mails_whose_domain_keeps_silent_hold_up_no_click(here: Town, zone: Zone) -> None:
    await quote(here)
    answered = here.newest(BOB)
    zone.silent = ("clientsa.fr",)
    mails = [reply("Merci.", answered, number=number) for number in range(100, 120)]

    began = time.monotonic()
    await asyncio.gather(*(here.hand_in(BOB, str(mail["To"]), signed(mail)) for mail in mails))
    accepted = time.monotonic() - began
    await asyncio.sleep(0.3)
    began = time.monotonic()
    page = await here.open(answered.link)
    clicked = time.monotonic() - began
    await here.settled()

    assert page.status == 200
    assert clicked < 5
    assert accepted < 30
    assert (await levels(here)).count(Level.LATER) == 20
    zone.silent = ()
    await here.wait(minutes=10)
    assert (await levels(here)).count(Level.STRONG) == 20


async def test_same_mail_brought_to_two_desks_at_once_is_one_message(here: Town) -> None:
    raw = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <1@clientsa.fr>\r\n\r\n{DOWN_FR}\r\n".encode()
    settings = here.running.wired.settings

    async with wire(settings, here.clock) as wired, run_parts(wired, frozenset({"mail", "worker"})) as other:
        for number in range(1, 6):
            one = raw.replace(b"<1@", b"<%d@" % number)
            ports = (here.running.mail_port, other.mail_port)
            answers = await asyncio.gather(*(here.hand_in(BOB, SUPPORT, one, port=port) for port in ports))
            assert answers == ["2.0.0 Kept"] * 2
        await here.settled()

    assert await here.told(BOB) == ["incident_opened"] * 5
    assert not await here.exists(6)
