"""Which domain speaks for which, and what a domain asks about mails that only pretend to be its own (DMARC)."""

import pytest
from structlog.testing import capture_logs

from bot.app.proof import Level
from bot.channels.mail.lookup import Resolver
from bot.channels.mail.policy import Policy, find_policy
from tests.channels.mail.keys import OTHER, STRONG
from tests.channels.mail.names import Zone
from tests.channels.mail.proofs import MAIL, judged, signed

REJECT = Policy(action="reject", strict=False)


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


@pytest.mark.parametrize(
    ("records", "policy", "logged"),
    [
        (("v=DMARC1; p=reject",), REJECT, 0),
        (("v=DMARC1; p=reject; sp=none; rua=mailto:d@clientsa.fr; ",), REJECT, 0),
        (("v=DMARC1; p=reject; oops; x",), REJECT, 1),
        (("v=DMARC1; p=nonsense\x1b[2J",), None, 1),
        (("v=DMARC1",), None, 1),
        (("v=DMARC1; p=reject", "v=DMARC1; p=none"), None, 2),
        (("v=DMARC1; p=reject", "v=DMARC1;  p=reject"), None, 2),
        (("v=spf1 -all", "v=DMARC1; p=reject"), REJECT, 0),
        ((), None, 0),
    ],
)
async def test_record_is_used_as_far_as_it_goes_and_what_is_wrong_is_logged(
    zone: Zone, records: tuple[str, ...], policy: Policy | None, logged: int
) -> None:
    zone.texts = {"_dmarc.clientsa.fr": records} if records else {}
    with capture_logs() as events:
        found = await find_policy(Resolver((zone.server,)), "clientsa.fr")

    assert found == policy
    assert [event["event"] for event in events] == ["policy_malformed"] * logged
    assert all(event["record"].isprintable() for event in events)
