"""Signatures of a domain (DKIM): what one must cover, and by which keys and until when it holds."""

import time

import pytest

from bot.app.proof import Level
from tests.channels.mail.keys import EDWARDS, SHORT, STRONG, Key
from tests.channels.mail.names import Zone
from tests.channels.mail.proofs import ALL, MAIL, judged, record_of, signed, signed_with
from tests.timing import taking_less_than


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

    with taking_less_than(1):
        verdict = await judged(signed(), zone)

    assert verdict.level is not Level.STRONG


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


async def test_flood_of_signatures_costs_few_questions(zone: Zone) -> None:
    strangers = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.net; s=s; h=from:subject:date; bh=YQ==; b=YQ==\r\n" % n
        for n in range(200)
    )
    relatives = strangers.replace(b".net", b".clientsa.fr")

    with taking_less_than(1):
        verdicts = [await judged(strangers + MAIL, zone), await judged(relatives + MAIL, zone)]

    assert {verdict.level for verdict in verdicts} <= {Level.NONE, Level.FAIL}
    assert sum("_domainkey" in name for name in zone.asked) <= 5


@pytest.mark.parametrize("poison", [b" " * 60_000, b"\t " * 30_000, b"\r\n" * 60_000])
async def test_text_that_would_be_slow_to_verify_is_not_verified(zone: Zone, poison: bytes) -> None:
    raw = signed() + poison + b"x\r\n"

    with taking_less_than(1):
        assert (await judged(raw, zone)).level is not Level.STRONG
