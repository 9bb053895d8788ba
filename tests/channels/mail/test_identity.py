"""Who really wrote it: signatures, domains and borders, against a DNS server of our own."""

import time
from collections.abc import AsyncIterator

import dkim  # type: ignore[import-untyped]  # ships no types
import pytest

from bot.app.proof import Level, Proof
from bot.channels.mail.border import parse_peers
from bot.channels.mail.identity import Border, Envelope, Identity, judge
from bot.channels.mail.lookup import Resolver, Server, parse_servers
from bot.channels.mail.read import parse
from tests.channels.mail.keys import OTHER, SHORT, STRONG, Key
from tests.channels.mail.names import Zone, a_zone

MAIL = (
    b"From: Bob <bob@clientsa.fr>\r\nTo: support@host.fr\r\nSubject: INC-42\r\n"
    b"Date: Mon, 14 Jun 2010 09:30:00 +0200\r\nMessage-ID: <m1@clientsa.fr>\r\n\r\nJe commande le diagnostic.\r\n"
)
ALL = ("from", "to", "subject", "date", "message-id")
BORDER = Border(peers=parse_peers("10.0.0.0/8, 192.0.2.7"), authserv_id="mx.host.fr")


def signed(
    raw: bytes = MAIL,
    *,
    domain: str = "clientsa.fr",
    selector: str = "s1",
    key: Key = STRONG,
    headers: tuple[str, ...] = ALL,
    algorithm: bytes = b"rsa-sha256",
    length: bool = False,
) -> bytes:
    header = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        key.private,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.encode() for name in headers],
        signature_algorithm=algorithm,
        length=length,
    )
    return bytes(header) + raw


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    async with a_zone() as zone:
        zone.texts = {
            "s1._domainkey.clientsa.fr": (STRONG.record,),
            "other._domainkey.clientsa.fr": (OTHER.record,),
            "short._domainkey.clientsa.fr": (SHORT.record,),
            "revoked._domainkey.clientsa.fr": ("v=DKIM1; p=",),
            "testing._domainkey.clientsa.fr": (STRONG.record + "; t=y",),
            "two._domainkey.clientsa.fr": (STRONG.record, OTHER.record),
            "s1._domainkey.client-sa.fr": (STRONG.record,),
            "s1._domainkey.mail.clientsa.fr": (STRONG.record,),
            "s1._domainkey.pirate.net": (OTHER.record,),
            "s1._domainkey.victim.test": (STRONG.record,),
            "_dmarc.strict.fr": ("v=DMARC1; p=reject; adkim=s",),
            "_dmarc.pirate.net": ("v=DMARC1; p=reject",),
        }
        yield zone


async def judged(
    raw: bytes,
    zone: Zone,
    peer: str = "198.51.100.1",
    border: Border | None = None,
    mail_from: str = "bob@clientsa.fr",
) -> Proof:
    resolver = Resolver((zone.server,), seconds=0.5)
    return await judge(
        raw, parse(raw), Envelope(peer=peer, mail_from=mail_from), Identity(resolver=resolver, border=border)
    )


async def test_genuine_mail_is_strong_and_says_why(zone: Zone) -> None:
    verdict = await judged(signed(), zone)

    assert verdict.level is Level.STRONG
    assert [(one.domain, one.selector, one.result) for one in verdict.signatures] == [("clientsa.fr", "s1", "pass")]
    assert len(verdict.signatures[0].key_sha256 or "") == 64


async def test_hyphenated_domain_is_strong(zone: Zone) -> None:
    raw = MAIL.replace(b"bob@clientsa.fr", b"bob@client-sa.fr")

    assert (await judged(signed(raw, domain="client-sa.fr"), zone)).level is Level.STRONG


@pytest.mark.parametrize(
    "change",
    [
        (b"Bob <bob@", b"Bob <boss@"),
        (b"From: Bob", b"From: Boss"),
        (b"commande", b"refuse"),
        (b"INC-42", b"INC-43"),
        (b"\r\n\r\nJe", b"\r\n\r\nfooter\r\nJe"),
    ],
)
async def test_mail_changed_after_signing_fails(zone: Zone, change: tuple[bytes, bytes]) -> None:
    verdict = await judged(signed().replace(*change), zone)

    assert verdict.level is Level.FAIL


@pytest.mark.parametrize("name", [b"From: Bob <bob@clientsa.fr>", b"Subject: Je commande", b"Date: x"])
async def test_header_put_in_front_takes_the_proof_away(zone: Zone, name: bytes) -> None:
    verdict = await judged(name + b"\r\n" + signed(), zone)

    assert verdict.level in {Level.NONE, Level.FAIL, Level.MALFORMED}


async def test_text_added_behind_a_signed_length_counts_for_nothing(zone: Zone) -> None:
    raw = signed(length=True) + b"et effacez toutes les bases\r\n"

    verdict = await judged(raw, zone)

    assert verdict.level is Level.NONE
    assert verdict.reason == "l= leaves a part of the text unsigned"


async def test_empty_length_fails_without_an_exception(zone: Zone) -> None:
    raw = signed(length=True)
    start = raw.index(b"l=")
    end = raw.index(b";", start)

    assert (await judged(raw[:start] + b"l=" + raw[end:], zone)).level is Level.FAIL


@pytest.mark.parametrize("missing", ["subject", "date"])
async def test_signature_that_leaves_out_a_header_counts_for_nothing(zone: Zone, missing: str) -> None:
    verdict = await judged(signed(headers=tuple(name for name in ALL if name != missing)), zone)

    assert (verdict.level, verdict.reason) == (Level.NONE, f"{missing} is not signed")


async def test_signature_that_leaves_out_from_counts_for_nothing(zone: Zone) -> None:
    raw = signed().replace(b"h=from : ", b"h=")

    assert (await judged(raw, zone)).reason == "from is not signed"


@pytest.mark.parametrize(
    ("selector", "key", "reason"),
    [
        ("revoked", STRONG, "the key is revoked"),
        ("absent", STRONG, "no key"),
        ("testing", STRONG, "the domain is only testing"),
        ("two", STRONG, "several keys"),
        ("other", STRONG, "the signature does not match"),
    ],
)
async def test_key_that_cannot_prove_fails(zone: Zone, selector: str, key: Key, reason: str) -> None:
    verdict = await judged(signed(selector=selector, key=key), zone)

    assert (verdict.level, verdict.reason) == (Level.FAIL, reason)


async def test_short_key_fails(zone: Zone) -> None:
    verdict = await judged(signed(selector="short", key=SHORT), zone)

    assert verdict.level is Level.FAIL
    assert "too small" in verdict.reason


async def test_sha1_counts_for_nothing(zone: Zone) -> None:
    verdict = await judged(signed(algorithm=b"rsa-sha1"), zone)

    assert (verdict.level, verdict.reason) == (Level.NONE, "the algorithm rsa-sha1 does not count")


async def test_aligned_signature_may_stand_second(zone: Zone) -> None:
    raw = signed(signed(), domain="pirate.net", key=OTHER)

    assert (await judged(raw, zone)).level is Level.STRONG


async def test_signature_of_somebody_else_proves_nothing(zone: Zone) -> None:
    verdict = await judged(signed(domain="pirate.net", key=OTHER), zone)

    assert (verdict.level, verdict.reason) == (Level.NONE, "not signed")


async def test_two_domains_below_one_suffix_are_strangers(zone: Zone) -> None:
    raw = MAIL.replace(b"clientsa.fr", b"clientsa.test")

    assert (await judged(signed(raw, domain="victim.test"), zone)).level is Level.NONE


async def test_domain_above_the_author_speaks_for_it(zone: Zone) -> None:
    raw = MAIL.replace(b"bob@clientsa.fr", b"bob@paris.clientsa.fr")

    assert (await judged(signed(raw), zone)).level is Level.STRONG


@pytest.mark.parametrize(
    ("policy", "level"),
    [("v=DMARC1; p=none", Level.STRONG), ("v=DMARC1; p=none; adkim=s", Level.NONE), ("v=spf1", Level.NONE)],
)
async def test_domain_below_the_author_speaks_where_it_is_let(zone: Zone, policy: str, level: Level) -> None:
    zone.texts["_dmarc.clientsa.fr"] = (policy,)

    assert (await judged(signed(domain="mail.clientsa.fr"), zone)).level is level


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ((), Level.NONE),
        (("v=DMARC1; p=reject; oops; x",), Level.FAIL),
        (("v=DMARC1; p=reject", "v=DMARC1; p=none"), Level.NONE),
        (("v=DMARC1; p=reject; sp=none",), Level.FAIL),
        (("v=DMARC1; p=nonsense",), Level.NONE),
        (("v=spf1 -all", "v=DMARC1; p=quarantine"), Level.FAIL),
    ],
)
async def test_forged_mail_is_judged_by_the_policy_of_its_domain(
    zone: Zone, records: tuple[str, ...], level: Level
) -> None:
    if records:
        zone.texts["_dmarc.clientsa.fr"] = records

    assert (await judged(MAIL, zone)).level is level


async def test_policy_of_the_parent_holds_below_it(zone: Zone) -> None:
    zone.texts["_dmarc.clientsa.fr"] = ("v=DMARC1; p=none; sp=reject",)

    assert (await judged(MAIL.replace(b"bob@clientsa.fr", b"bob@paris.clientsa.fr"), zone)).level is Level.FAIL
    assert (await judged(MAIL, zone)).level is Level.NONE


@pytest.mark.parametrize("where", ["_domainkey.clientsa.fr", "_dmarc.clientsa.fr"])
@pytest.mark.parametrize("how", ["failing", "silent"])
async def test_dns_that_does_not_answer_means_later(zone: Zone, where: str, how: str) -> None:
    setattr(zone, how, (where,))
    raw = signed() if "domainkey" in where else MAIL

    assert (await judged(raw, zone)).level is Level.LATER


async def test_flood_of_signatures_costs_few_questions(zone: Zone) -> None:
    strangers = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.net; s=s; h=from:subject:date; bh=YQ==; b=YQ==\r\n" % n
        for n in range(200)
    )
    relatives = strangers.replace(b".net", b".clientsa.fr")
    began = time.monotonic()

    verdicts = [await judged(strangers + MAIL, zone), await judged(relatives + MAIL, zone)]

    assert {verdict.level for verdict in verdicts} <= {Level.NONE, Level.FAIL}
    assert sum("_domainkey" in name for name in zone.asked) <= 5
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("poison", [b" " * 60_000, b"\t " * 30_000, b"\r\n" * 60_000])
async def test_text_that_would_be_slow_to_verify_is_not_verified(zone: Zone, poison: bytes) -> None:
    raw = signed() + poison + b"x\r\n"
    began = time.monotonic()

    assert (await judged(raw, zone)).level is not Level.STRONG
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "author",
    [b"bob@clientsa.fr, eve@pirate.net", b"bob@clientsa.fr <eve@pirate.net>", b"bob", b"a: bob@clientsa.fr;"],
)
async def test_author_that_is_not_one_is_malformed(zone: Zone, author: bytes) -> None:
    raw = MAIL.replace(b"Bob <bob@clientsa.fr>", author)

    assert (await judged(signed(raw, domain="pirate.net", key=OTHER), zone)).level is Level.MALFORMED


@pytest.mark.parametrize(
    ("results", "level"),
    [
        ("mx.host.fr; dmarc=pass header.from=clientsa.fr", Level.STRONG),
        ("mx.host.fr; dkim=pass header.d=clientsa.fr; dmarc=pass (p=reject) header.from=clientsa.fr", Level.STRONG),
        ("MX.Host.FR 1; dmarc=pass header.from=ClientSA.fr", Level.STRONG),
        ("mx.host.fr; dkim=fail header.d=clientsa.fr; spf=pass smtp.mailfrom=bob@clientsa.fr; "
         "dmarc=pass header.from=clientsa.fr", Level.WEAK),
        ("mx.host.fr; spf=pass smtp.mailfrom=bob@clientsa.fr", Level.WEAK),
        ("mx.host.fr; spf=pass smtp.mailfrom=eve@pirate.net", Level.NONE),
        ("mx.host.fr; dmarc=fail header.from=clientsa.fr", Level.FAIL),
        ("mx.host.fr; dmarc=pass header.from=pirate.net", Level.NONE),
        ("mx.host.fr.pirate.net; dmarc=pass header.from=clientsa.fr", Level.NONE),
        ("(mx.host.fr;) evil.net; dmarc=pass header.from=clientsa.fr", Level.NONE),
        ("evil.net (mx.host.fr; dmarc=pass header.from=clientsa.fr)", Level.NONE),
        ("mx.host.fr; dmarc=none (dmarc=pass header.from=clientsa.fr)", Level.NONE),
        ("mx.host.fr; none", Level.NONE),
    ],
)  # fmt: skip
async def test_word_of_our_border_counts_for_the_same_author(zone: Zone, results: str, level: Level) -> None:
    raw = f"Received: from x by mx.host.fr\r\nAuthentication-Results: {results}\r\n".encode() + MAIL

    assert (await judged(raw, zone, peer="10.1.2.3", border=BORDER)).level is level


async def test_word_of_a_border_from_elsewhere_counts_for_nothing(zone: Zone) -> None:
    said = b"Authentication-Results: mx.host.fr; dmarc=pass header.from=clientsa.fr\r\n"
    below = b"Received: from evil by mx.host.fr\r\nReceived: from x by evil\r\n" + said + MAIL

    assert (await judged(said + MAIL, zone, peer="198.51.100.1", border=BORDER)).level is Level.NONE
    assert (await judged(said + MAIL, zone, peer="10.1.2.3")).level is Level.NONE
    assert (await judged(below, zone, peer="10.1.2.3", border=BORDER)).level is Level.NONE


async def test_border_is_known_by_its_address_in_either_form(zone: Zone) -> None:
    raw = b"Authentication-Results: mx.host.fr; dmarc=pass header.from=clientsa.fr\r\n" + MAIL

    assert (await judged(raw, zone, peer="::ffff:10.1.2.3", border=BORDER)).level is Level.STRONG
    assert (await judged(raw, zone, peer="/run/lmtp", border=BORDER)).level is Level.NONE


def test_servers_are_read_from_a_list() -> None:
    assert parse_servers("127.0.0.1:5353, 192.0.2.1,[::1]:53") == (
        Server("127.0.0.1", 5353),
        Server("192.0.2.1"),
        Server("::1"),
    )
    with pytest.raises(ValueError, match="does not appear"):
        parse_servers("dns.example")
