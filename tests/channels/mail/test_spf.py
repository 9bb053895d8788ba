"""Which servers a domain lets send in its name, against a DNS server of our own."""

from collections.abc import AsyncIterator

import pytest

from bot.app.proof import Level
from bot.channels.mail.identity import Envelope, Identity, judge
from bot.channels.mail.lookup import Resolver
from bot.channels.mail.read import parse
from bot.channels.mail.spf import Result, check_sender
from tests.channels.mail.names import Zone, a_zone

BOB = "bob@clientsa.fr"
HERE = "192.0.2.7"
MAIL = b"From: Bob <bob@clientsa.fr>\r\nSubject: x\r\nDate: Mon, 14 Jun 2010 09:30:00 +0200\r\n\r\nBonjour\r\n"


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    async with a_zone() as zone:
        yield zone


async def said(zone: Zone, *, peer: str = HERE, mail_from: str = BOB, helo: str = "mx.clientsa.fr") -> Result:
    result, _ = await check_sender(peer, mail_from, helo, Resolver((zone.server,), seconds=0.5))
    return result


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", Result.PASS),
        ("v=spf1 ip4:192.0.2.7 -all", Result.PASS),
        ("v=spf1 ip4:198.51.100.0/24 -all", Result.FAIL),
        ("v=spf1 ip4:198.51.100.0/24 ~all", Result.SOFT_FAIL),
        ("v=spf1 ip4:198.51.100.0/24 ?all", Result.NEUTRAL),
        ("v=spf1 ip4:198.51.100.0/24", Result.NEUTRAL),
        ("v=spf1 a -all", Result.PASS),
        ("v=spf1 a:web.clientsa.fr -all", Result.FAIL),
        ("v=spf1 a:web.clientsa.fr/24 -all", Result.PASS),
        ("v=spf1 mx -all", Result.PASS),
        ("v=spf1 include:relay.net -all", Result.PASS),
        ("v=spf1 include:refuses.net ?all", Result.NEUTRAL),
        ("v=spf1 redirect=relay.net", Result.PASS),
        ("v=spf1 exists:%{ir}.%{l}._spf.%{d} -all", Result.PASS),
        ("v=spf1 unknown=modifier +all", Result.PASS),
        ("v=spf1 ptr -all", Result.FAIL),
        ("V=SPF1 IP4:192.0.2.7 -ALL", Result.PASS),
        ("v=spf10 +all", Result.NONE),
        ("v=spf1 include:nothing.net -all", Result.BROKEN),
        ("v=spf1 redirect=nothing.net", Result.BROKEN),
        ("v=spf1 ip4:nonsense -all", Result.BROKEN),
        ("v=spf1 ip4 -all", Result.BROKEN),
        ("v=spf1 oops -all", Result.BROKEN),
        ("v=spf1 exists:%{x}.net -all", Result.BROKEN),
    ],
)
async def test_record_is_followed(zone: Zone, record: str, result: Result) -> None:
    zone.texts = {
        "clientsa.fr": ("another text", record),
        "relay.net": ("v=spf1 ip4:192.0.2.0/28 -all",),
        "refuses.net": ("v=spf1 -all",),
    }
    zone.addresses = {
        "clientsa.fr": (HERE,),
        "web.clientsa.fr": ("192.0.2.99",),
        "mx.clientsa.fr": (HERE,),
        "7.2.0.192.bob._spf.clientsa.fr": ("127.0.0.2",),
    }
    zone.exchanges = {"clientsa.fr": ("10 mx.clientsa.fr.",)}

    assert await said(zone) is result


async def test_ipv6_and_mapped_addresses_are_known(zone: Zone) -> None:
    zone.texts = {"clientsa.fr": ("v=spf1 ip6:2001:db8::/32 ip4:192.0.2.7 -all",)}

    assert await said(zone, peer="2001:db8::25") is Result.PASS
    assert await said(zone, peer="2001:db9::25") is Result.FAIL
    assert await said(zone, peer="::ffff:192.0.2.7") is Result.PASS


async def test_two_records_are_broken(zone: Zone) -> None:
    zone.texts = {"clientsa.fr": ("v=spf1 +all", "v=spf1 -all")}

    assert await said(zone) is Result.BROKEN


async def test_null_sender_is_judged_by_its_greeting(zone: Zone) -> None:
    zone.texts = {"mx.clientsa.fr": ("v=spf1 ip4:192.0.2.7 -all",)}

    assert await said(zone, mail_from="") is Result.PASS
    assert await said(zone, mail_from="", helo="[192.0.2.7]") is Result.NONE


async def test_record_that_asks_for_ever_costs_ten_questions(zone: Zone) -> None:
    zone.texts = {"clientsa.fr": ("v=spf1 include:clientsa.fr -all",)}

    assert await said(zone) is Result.BROKEN

    zone.texts = {"clientsa.fr": (" ".join(["v=spf1", *(f"a:h{n}.net" for n in range(60)), "-all"]),)}

    assert await said(zone) is Result.BROKEN
    assert sum(name.startswith("h") for name in zone.asked) <= 3


async def test_dns_that_does_not_answer_leaves_it_open(zone: Zone) -> None:
    zone.failing = ("clientsa.fr",)

    assert await said(zone) is Result.LATER


@pytest.mark.parametrize(
    ("peer", "mail_from", "level"),
    [
        (HERE, BOB, Level.WEAK),
        (HERE, "bounce@news.clientsa.fr", Level.NONE),
        (HERE, "m@pirate.net", Level.NONE),
        ("198.51.100.1", BOB, Level.NONE),
    ],
)
async def test_server_that_may_send_for_the_author_is_a_hint_only(
    zone: Zone, peer: str, mail_from: str, level: Level
) -> None:
    zone.texts = {"clientsa.fr": ("v=spf1 ip4:192.0.2.7 -all",), "pirate.net": ("v=spf1 +all",)}
    identity = Identity(resolver=Resolver((zone.server,), seconds=0.5))

    proof = await judge(MAIL, parse(MAIL), Envelope(peer=peer, mail_from=mail_from), identity)

    assert proof.level is level
