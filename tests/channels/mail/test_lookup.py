"""DNS that is slow, silent or out of order makes a verdict wait, and nobody else."""

import time

import pytest

from bot.app.proof import Level
from bot.channels.mail.lookup import Resolver, Server, parse_servers
from tests.channels.mail.names import Zone
from tests.channels.mail.proofs import MAIL, judged, signed


@pytest.mark.parametrize("where", ["_domainkey.clientsa.fr", "_dmarc.clientsa.fr"])
@pytest.mark.parametrize("how", ["failing", "silent"])
async def test_dns_that_does_not_answer_means_later(zone: Zone, where: str, how: str) -> None:
    setattr(zone, how, (where,))
    raw = signed() if "domainkey" in where else MAIL

    assert (await judged(raw, zone)).level is Level.LATER


@pytest.mark.parametrize("name", ["a" * 64 + ".fr", "a." * 127 + "fr", "\ud800.fr", "a..fr"])
async def test_what_is_no_name_has_no_records_now_or_later(zone: Zone, name: str) -> None:
    zone.silent = ("fr",)

    assert await Resolver((zone.server,), seconds=0.5).texts(name) == ()


async def test_domain_that_answers_slowly_to_many_questions_is_asked_again_later(zone: Zone) -> None:
    """Its servers answer each question in time: only all of them together would keep everybody else waiting."""
    zone.texts = {"clientsa.fr": ("v=spf1 a:a.net a:b.net a:c.net a:d.net a:e.net -all",)}
    zone.addresses = {f"{name}.net": ("192.0.2.1",) for name in "abcde"}
    zone.slow = 0.2
    began = time.monotonic()

    verdict = await judged(MAIL, zone, patience=0.7)

    assert (verdict.level, verdict.address) == (Level.LATER, "bob@clientsa.fr")
    assert time.monotonic() - began < 5


def test_servers_are_read_from_a_list() -> None:
    assert parse_servers("127.0.0.1:5353, 192.0.2.1,[::1]:53") == (
        Server("127.0.0.1", 5353),
        Server("192.0.2.1"),
        Server("::1"),
    )
    with pytest.raises(ValueError, match="does not appear"):
        parse_servers("dns.example")
