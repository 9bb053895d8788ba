"""Who really wrote it: signatures, domains and borders, against a DNS server of our own."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.proof import Level, Proof
from bot.channels.mail.lookup import Server, parse_servers
from bot.channels.mail.read import parse
from tests.channels.mail.keys import EDWARDS, OTHER, SHORT, STRONG, Key
from tests.channels.mail.names import Zone, a_zone
from tests.channels.mail.proofs import ALL, MAIL, judged, record_of, signed, signed_with


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
            "ed._domainkey.clientsa.fr": (EDWARDS.record,),
            "brisbane._domainkey.football.example.com": (EDWARDS.record,),
            "s1._domainkey.client-sa.fr": (STRONG.record,),
            "s1._domainkey.mail.clientsa.fr": (STRONG.record,),
            "s1._domainkey.pirate.net": (OTHER.record,),
            "s1._domainkey.victim.test": (STRONG.record,),
            "_dmarc.strict.fr": ("v=DMARC1; p=reject; adkim=s",),
            "_dmarc.pirate.net": ("v=DMARC1; p=reject",),
        }
        yield zone


async def test_genuine_mail_is_strong_and_says_why(zone: Zone) -> None:
    verdict = await judged(signed(), zone)

    assert verdict.level is Level.STRONG
    assert [(one.domain, one.selector, one.result) for one in verdict.signatures] == [("clientsa.fr", "s1", "pass")]
    assert verdict.signatures[0].key == STRONG.record
    assert verdict.signatures[0].key_sha256 == hashlib.sha256(STRONG.record.encode()).hexdigest()


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


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("; s=tlsrpt", "the key is not for mail"),
        ("; s=email", ""),
        ("; h=sha1", "the key is for another algorithm"),
        ("; k=ed25519", "the key is of another kind than the signature"),
        ("; t=s", ""),
        ("; t=s:y", "the domain is only testing"),
        ("; n=" + "note " * 500, "the key is too large"),
    ],
)
async def test_key_is_used_as_its_domain_says(zone: Zone, rest: str, reason: str) -> None:
    zone.texts["s1._domainkey.clientsa.fr"] = (STRONG.record.replace("k=rsa; ", "") + rest,)

    verdict = await judged(signed(), zone)

    assert verdict.level is (Level.FAIL if reason else Level.STRONG)
    assert reason in verdict.reason


async def test_key_for_its_domain_alone_is_not_for_names_below_it(zone: Zone) -> None:
    raw = signed(identity=b"bob@paris.clientsa.fr")
    assert (await judged(raw, zone)).level is Level.STRONG

    zone.texts["s1._domainkey.clientsa.fr"] = (f"{STRONG.record}; t=s",)

    assert (await judged(raw, zone)).reason == "the key is not for the names below its domain"


async def test_key_may_lie_under_another_name(zone: Zone) -> None:
    zone.aliases = {"s1._domainkey.clientsa.fr": "keys.mailer.net"}
    zone.texts = {"keys.mailer.net": (STRONG.record,)}

    assert (await judged(signed(), zone)).level is Level.STRONG


@pytest.mark.parametrize(("bits", "exponent"), [(2048, 2000), (8192, 17), (60_000, 59_000)])
async def test_key_that_would_take_long_to_use_is_not_used(zone: Zone, bits: int, exponent: int) -> None:
    """Its owner chooses it: an exponent of 16,000 bits costs ten seconds, in which nobody else would be served."""
    zone.texts["s1._domainkey.clientsa.fr"] = (record_of(bits, exponent),)
    began = time.process_time()

    verdict = await judged(signed(), zone)

    assert verdict.level is not Level.STRONG
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "headers", [b"from:from:to:subject:subject:date", b"From:Subject:Date", b"from:subject:date:x"]
)
async def test_headers_may_be_signed_against_a_second_one(zone: Zone, headers: bytes) -> None:
    raw = signed_with(b"", headers.lower())

    assert (await judged(raw, zone)).level is Level.STRONG
    assert (await judged(b"Subject: other\r\n" + raw, zone)).level is not Level.STRONG


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        pytest.param(b"t=%d; x=%d; " % (time.time() - 60, time.time() + 3600), Level.STRONG, id="an hour left"),
        pytest.param(b"t=%d; x=%d; " % (time.time() - 9 * 86400, time.time() - 86400), Level.FAIL, id="over"),
        pytest.param(b"t=%d; " % (time.time() + 86400), Level.FAIL, id="not yet"),
        (b"x=1; t=2; ", Level.FAIL),
        (b"i=bob@pirate.net; ", Level.FAIL),
        (b"i=@evilclientsa.fr; ", Level.FAIL),
        (b"q=http; ", Level.FAIL),
        (b"unknown=tag; ", Level.STRONG),
    ],
)
async def test_signature_holds_for_its_time_and_its_domain(zone: Zone, tags: bytes, level: Level) -> None:
    assert (await judged(signed_with(tags), zone)).level is level


async def test_short_key_fails(zone: Zone) -> None:
    verdict = await judged(signed(selector="short", key=SHORT), zone)

    assert verdict.level is Level.FAIL
    assert "too small" in verdict.reason


async def test_sha1_counts_for_nothing(zone: Zone) -> None:
    verdict = await judged(signed(algorithm=b"rsa-sha1"), zone)

    assert (verdict.level, verdict.reason) == (Level.NONE, "the algorithm rsa-sha1 does not count")


# RFC 8463, appendix A.3.
FOOTBALL = (
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;",
    " d=football.example.com; i=@football.example.com;",
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :",
    " subject : date : message-id : from : subject : date;",
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus",
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
    "From: Joe SixPack <joe@football.example.com>",
    "To: Suzie Q <suzie@shopping.example.net>",
    "Subject: Is dinner ready?",
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
    "",
    "Hi.",
    "",
    "We lost the game.  Are you hungry yet?",
    "",
    "Joe.",
    "",
)


async def test_mail_of_the_standard_for_ed25519_is_strong(zone: Zone) -> None:
    verdict = await judged("\r\n".join(FOOTBALL).encode(), zone)

    assert verdict.level is Level.STRONG


async def test_ed25519_counts_like_rsa(zone: Zone) -> None:
    genuine = signed(selector="ed", key=EDWARDS, algorithm=b"ed25519-sha256")

    verdicts = [await judged(genuine, zone), await judged(genuine.replace(b"commande", b"refuse"), zone)]

    assert [verdict.level for verdict in verdicts] == [Level.STRONG, Level.FAIL]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (STRONG.record, "the key is of another kind than the signature"),
        ("v=DKIM1; k=ed25519; p=AAAA", "the key has another size"),
        (f"v=DKIM1; k=ed25519; p={'A' * 43}=", ""),
    ],
    ids=["RSA's", "too short", "of small order"],
)
async def test_ed25519_signature_needs_a_key_of_its_own(zone: Zone, record: str, reason: str) -> None:
    zone.texts["ed._domainkey.clientsa.fr"] = (record,)

    verdict = await judged(signed(selector="ed", key=EDWARDS, algorithm=b"ed25519-sha256"), zone)

    assert verdict.level is Level.FAIL
    assert reason in (verdict.signatures[0].reason or "")


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


async def test_relative_does_not_speak_for_a_domain_that_is_strict(zone: Zone) -> None:
    zone.texts["_dmarc.paris.clientsa.fr"] = ("v=DMARC1; p=none; adkim=s",)
    raw = MAIL.replace(b"bob@clientsa.fr", b"bob@paris.clientsa.fr")

    assert (await judged(signed(raw), zone)).level is Level.NONE


@pytest.mark.parametrize(
    ("author", "signer"), [("shop.co.uk", "co"), ("shop.co.uk", "uk"), ("shop.co.uk", "evil.co.uk")]
)
async def test_neighbours_under_one_suffix_are_strangers_without_any_list(
    zone: Zone, author: str, signer: str
) -> None:
    zone.texts[f"s1._domainkey.{signer}"] = (STRONG.record,)
    zone.texts["_dmarc.co.uk"] = ("v=DMARC1; p=none",)
    raw = MAIL.replace(b"bob@clientsa.fr", f"bob@{author}".encode())

    assert (await judged(signed(raw, domain=signer), zone)).level is Level.NONE


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
    began = time.process_time()

    verdicts = [await judged(strangers + MAIL, zone), await judged(relatives + MAIL, zone)]

    assert {verdict.level for verdict in verdicts} <= {Level.NONE, Level.FAIL}
    assert sum("_domainkey" in name for name in zone.asked) <= 5
    assert time.process_time() - began < 1


@pytest.mark.parametrize("poison", [b" " * 60_000, b"\t " * 30_000, b"\r\n" * 60_000])
async def test_text_that_would_be_slow_to_verify_is_not_verified(zone: Zone, poison: bytes) -> None:
    raw = signed() + poison + b"x\r\n"
    began = time.process_time()

    assert (await judged(raw, zone)).level is not Level.STRONG
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "author",
    [b"bob@clientsa.fr, eve@pirate.net", b"bob@clientsa.fr <eve@pirate.net>", b"bob", b"a: bob@clientsa.fr;"],
)
async def test_author_that_is_not_one_is_malformed(zone: Zone, author: bytes) -> None:
    raw = MAIL.replace(b"Bob <bob@clientsa.fr>", author)

    assert (await judged(signed(raw, domain="pirate.net", key=OTHER), zone)).level is Level.MALFORMED


async def test_domain_that_answers_slowly_to_many_questions_is_asked_again_later(zone: Zone) -> None:
    """Its servers answer each question in time: only all of them together would keep everybody else waiting."""
    zone.texts = {"clientsa.fr": ("v=spf1 a:a.net a:b.net a:c.net a:d.net a:e.net -all",)}
    zone.addresses = {f"{name}.net": ("192.0.2.1",) for name in "abcde"}
    zone.slow = 0.2
    began = time.monotonic()

    verdict = await judged(MAIL, zone, patience=0.7)

    assert (verdict.level, verdict.address) == (Level.LATER, "bob@clientsa.fr")
    assert time.monotonic() - began < 5


BITS = (
    *("From: ", "from:", "FROM :", "Sender: ", "Reply-To: ", "Subject: x", "X: y"),
    *("bob@clientsa.fr", "mallory@pirate.net", '"bob@clientsa.fr"', '"Bob"@clientsa.fr', "<bob@clientsa.fr>"),
    *(
        "<mallory@pirate.net>",
        "=?utf-8?q?bob=40clientsa.fr?=",
        "(bob@clientsa.fr)",
        "(",
        ")",
        ",",
        ";",
        ":",
        '"',
        "\\",
    ),
    *("\r\n", "\r\n ", "\n", "\r", "\n\n", "\0", "\u202e", "\u212a", " ", "\t", "@", "<", ">", "."),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(BITS), max_size=12).map("".join), st.booleans())
def test_whatever_the_headers_the_author_shown_is_the_one_judged(written: str, behind: bool) -> None:
    """A signature of pirate.net holds in all of them: it never speaks for anybody else."""
    genuine = MAIL.replace(b"Bob <bob@clientsa.fr>", b"m@pirate.net")
    raw = signed(genuine, domain="pirate.net", key=OTHER)
    lines = f"{written}\r\n".encode()
    end = raw.index(b"\r\n\r\n") + 2
    raw = raw[:end] + lines + raw[end:] if behind else lines + raw

    async def look() -> tuple[Proof, str]:
        async with a_zone() as zone:
            zone.texts = {"s1._domainkey.pirate.net": (OTHER.record,)}
            return await judged(raw, zone), str(parse(raw).sender or "")

    proof, shown = asyncio.run(look())

    assert proof.address == shown
    assert (proof.level is Level.MALFORMED) == (shown == "")
    assert proof.level is not Level.STRONG or shown == "m@pirate.net"


def test_servers_are_read_from_a_list() -> None:
    assert parse_servers("127.0.0.1:5353, 192.0.2.1,[::1]:53") == (
        Server("127.0.0.1", 5353),
        Server("192.0.2.1"),
        Server("::1"),
    )
    with pytest.raises(ValueError, match="does not appear"):
        parse_servers("dns.example")
