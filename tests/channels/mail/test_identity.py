"""Who really wrote it: what signatures, domains and DNS come to together, and that it is who is shown."""

import asyncio
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.proof import Level, Proof
from bot.channels.mail.read import parse
from tests.channels.mail.keys import OTHER, STRONG
from tests.channels.mail.names import Zone, a_zone
from tests.channels.mail.proofs import MAIL, judged, signed


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
    "author",
    [b"bob@clientsa.fr, eve@pirate.net", b"bob@clientsa.fr <eve@pirate.net>", b"bob", b"a: bob@clientsa.fr;"],
)
async def test_author_that_is_not_one_is_malformed(zone: Zone, author: bytes) -> None:
    raw = MAIL.replace(b"Bob <bob@clientsa.fr>", author)

    assert (await judged(signed(raw, domain="pirate.net", key=OTHER), zone)).level is Level.MALFORMED


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
