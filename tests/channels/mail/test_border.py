"""What our own border says counts, about the author that we read, and nobody else's word does."""

from collections.abc import AsyncIterator

import pytest

from bot.app.proof import Level
from bot.channels.mail.border import Border, parse_peers
from tests.channels.mail.keys import STRONG
from tests.channels.mail.names import Zone, a_zone
from tests.channels.mail.proofs import MAIL, judged, signed

BORDER = Border(peers=parse_peers("10.0.0.0/8, 192.0.2.7"), authserv_id="mx.host.fr")


@pytest.fixture
async def zone() -> AsyncIterator[Zone]:
    async with a_zone() as zone:
        zone.texts = {"s1._domainkey.clientsa.fr": (STRONG.record,)}
        yield zone


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
        ("mx.host.fr; spf=pass smtp.mailfrom=bob@clientsa.fr; dmarc=pass header.from=clientsa.fr", Level.WEAK),
        ("mx.host.fr; dkim=pass header.d=evil.clientsa.fr; dmarc=pass header.from=clientsa.fr", Level.WEAK),
        ("mx.host.fr; dkim=pass header.d=fr; dmarc=pass header.from=clientsa.fr", Level.WEAK),
        ("mx.host.fr; dmarc=none header.from=clientsa.fr; dmarc=pass header.from=clientsa.fr", Level.NONE),
        ('mx.host.fr; spf=pass smtp.mailfrom="a; dkim=pass header.d=clientsa.fr; dmarc=pass header.from=clientsa.fr; '
         'x"@pirate.net', Level.NONE),
        ('mx.host.fr; spf=pass smtp.mailfrom="("@pirate.net; dmarc=fail header.from=clientsa.fr; '
         'x=pass (y) header.from=clientsa.fr', Level.FAIL),
        ('mx.host.fr; spf=none smtp.helo="; dmarc=pass header.from=clientsa.fr', Level.NONE),
        ('"mx.host.fr"; dkim=pass (good (really)) header.d=clientsa.fr; dmarc=pass header.from="clientsa.fr"',
         Level.STRONG),
        ("mx.host.fr; dmarc=pass header.from=clientsa.fr (" + "(" * 40, Level.NONE),
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


async def test_only_the_topmost_word_of_our_border_counts(zone: Zone) -> None:
    """It did not take away what somebody wrote in its name."""
    forged = b"Authentication-Results: mx.host.fr; dmarc=pass header.from=clientsa.fr\r\n" + MAIL
    ours = b"Authentication-Results: mx.host.fr; dmarc=none header.from=clientsa.fr\r\n"

    assert (await judged(ours + forged, zone, peer="10.1.2.3", border=BORDER)).level is Level.NONE


async def test_signature_counts_where_the_border_only_looked_at_the_server(zone: Zone) -> None:
    said = b"Authentication-Results: mx.host.fr; spf=pass smtp.mailfrom=bob@clientsa.fr\r\n"

    assert (await judged(said + signed(), zone, peer="10.1.2.3", border=BORDER)).level is Level.STRONG


async def test_server_of_our_own_border_is_no_hint(zone: Zone) -> None:
    """Customers let their hosting provider's servers send for them: what they bring may be anybody's."""
    zone.texts["clientsa.fr"] = ("v=spf1 ip4:10.0.0.0/8 -all",)

    assert (await judged(MAIL, zone, peer="10.1.2.3", border=BORDER)).level is Level.NONE
    assert (await judged(MAIL, zone, peer="10.1.2.3")).level is Level.WEAK


async def test_border_is_known_by_its_address_in_either_form(zone: Zone) -> None:
    raw = b"Authentication-Results: mx.host.fr; dmarc=pass header.from=clientsa.fr\r\n" + MAIL

    assert (await judged(raw, zone, peer="::ffff:10.1.2.3", border=BORDER)).level is Level.STRONG
    assert (await judged(raw, zone, peer="/run/lmtp", border=BORDER)).level is Level.NONE


@pytest.mark.parametrize("name", [b"ARC-Authentication-Results", b"Authentication-Results"])
async def test_what_a_liar_seals_proves_nothing(zone: Zone, name: bytes) -> None:
    """Whether his seal holds is not even asked."""
    said = b"i=1; mx.pirate.net; dkim=pass header.d=clientsa.fr; dmarc=pass header.from=clientsa.fr\r\n"
    seal = b"i=1; a=rsa-sha256; t=1276500600; cv=none; d=pirate.net; s=s1; b=YQ==\r\n"
    stamp = b"i=1; a=rsa-sha256; d=pirate.net; s=s1; h=from:subject:date; bh=YQ==; b=YQ==\r\n"
    sealed = b"ARC-Seal: " + seal + b"ARC-Message-Signature: " + stamp + name + b": " + said + MAIL

    assert (await judged(sealed, zone)).level is Level.NONE
    assert (await judged(sealed, zone, peer="10.1.2.3", border=BORDER)).level is Level.NONE
