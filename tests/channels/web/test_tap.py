"""A tap in Gmail's list of mails: Google's word is checked, then it decides what the page's one button would."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import date, timedelta

import jwt
import pytest

from bot.core import facts as f
from bot.core.customer import Details
from bot.core.lives import Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind, Terms
from storage import Store
from tests.channels.web.front import ADDRESS, Front, serving
from tests.channels.web.keyring import Keyring, a_key, a_keyring

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/1.0 (KHTML, like Gecko; Gmail Actions)"


@pytest.fixture
async def ring() -> AsyncIterator[Keyring]:
    async with a_keyring() as ring:
        yield ring


@pytest.fixture
async def front(store: Store, ring: Keyring) -> AsyncIterator[Front]:
    async with serving(store, keys_url=ring.url) as served:
        yield served


async def tap(front: Front, path: str, token: str | None) -> int:
    """As Gmail sends it; the answer's status."""
    headers = {"User-Agent": AGENT} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
    answer = await front.client.post(f"{path}/confirm", data={"confirmed": "Approved"}, headers=headers)
    return answer.status


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


async def quoted(front: Front, kind: Kind = Kind.BUSINESS) -> str:
    await front.open(kind=kind)
    await front.diagnose(kind)
    await front.quote()
    return await front.mailed(Purpose.QUOTE)


async def test_quote_is_accepted_once_with_the_evidence_of_a_click(front: Front, ring: Keyring) -> None:
    path, token = await quoted(front), ring.token(front.clock())

    statuses = await asyncio.gather(*(tap(front, path, token) for _ in range(3)))

    accepted = next(told.fact for told in await front.story() if isinstance(told.fact, f.QuoteAccepted))
    quote = (await front.now()).quote
    assert quote is not None
    evidence = accepted.evidence
    wording = await front.desk.store.read(lambda tx: tx.blobs.content(evidence.wording_sha256))
    assert statuses == [200, 200, 200]
    assert await front.count(f.QuoteAccepted) == 1
    assert (evidence.method, evidence.who, evidence.link) == ("gmail", ADDRESS, (await front.link(path)).id)
    assert (evidence.document_sha256, evidence.agent) == (quote.document_sha256, AGENT)
    assert wording is not None
    assert "Accepter avec obligation de paiement" in wording.decode()
    assert [mail.notice for mail in (await front.mails())[-1:]] == ["quote_accepted"]


async def test_diagnosis_is_ordered_at_the_price_announced_and_taken_back_as_after_a_click(
    front: Front, ring: Keyring
) -> None:
    await front.open()

    status = await tap(front, await front.mailed(Purpose.ORDER), ring.token(front.clock()))

    assert (status, (await front.now()).stage) == (200, Stage.ORDERED)
    after = await front.click(await front.mailed(Purpose.INCIDENT), "disown")
    assert (after.status, (await front.now()).stage) == (200, Stage.ANNOUNCED)


async def test_only_googles_word_counts(front: Front, ring: Keyring) -> None:
    path, now = await quoted(front), front.clock()
    yesterday = now - timedelta(days=1)
    symmetric = jwt.encode({"aud": "https://host.example"}, "k" * 64, algorithm="HS256", headers={"kid": "one"})
    wrong = {
        "no header": None,
        "nothing in it": "",
        "no token": "AbCdEf123456",
        "another's key": ring.token(now, key=a_key()),
        "a key nobody knows": ring.token(now, kid="two", key=a_key()),
        "another audience": ring.token(now, aud="https://pirate.net"),
        "the page's address": ring.token(now, aud="http://127.0.0.1:8080"),
        "another party": ring.token(now, azp="mallory@pirate.net"),
        "no party": ring.token(now, azp=None),
        "another issuer": ring.token(now, iss="https://pirate.net"),
        "expired": ring.token(yesterday),
        "no end": ring.token(now, exp=None),
        "not yet": ring.token(now + timedelta(hours=2)),
        "another algorithm": symmetric,
        "none": unsigned(ring.token(now)),
    }

    statuses = {why: await tap(front, path, token) for why, token in wrong.items()}

    assert statuses == dict.fromkeys(wrong, 401)
    assert (await front.now()).stage is Stage.QUOTED
    assert await tap(front, path, ring.token(now)) == 200


async def test_consumers_are_never_bound_by_a_tap(front: Front, ring: Keyring) -> None:
    path = await quoted(front, Kind.CONSUMER)

    assert await tap(front, path, ring.token(front.clock())) == 409
    assert (await front.now()).stage is Stage.QUOTED


async def test_customer_whose_address_is_missing_orders_on_the_page(front: Front, ring: Keyring) -> None:
    await front.open(details=Details())

    assert await tap(front, await front.mailed(Purpose.ORDER), ring.token(front.clock())) == 409
    assert (await front.now()).stage is Stage.ANNOUNCED


async def test_leave_and_contest_are_behind_no_tap(front: Front, ring: Keyring) -> None:
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    paths = [await front.mailed(Purpose.CONSENT), await front.mailed(Purpose.INCIDENT), "/a/" + "A" * 43]
    before = await front.story()

    assert [await tap(front, path, ring.token(front.clock())) for path in paths] == [404, 404, 404]
    assert await front.story() == before


async def test_acceptance_gives_no_leave_that_was_asked_beside_it(front: Front, ring: Keyring) -> None:
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    await front.quote()

    assert await tap(front, await front.mailed(Purpose.QUOTE), ring.token(front.clock())) == 200
    assert await front.count(f.QuoteAccepted) == 1
    assert await front.count(f.ConsentGranted) == 0


async def test_quote_that_was_replaced_or_has_ended_is_not_accepted(front: Front, ring: Keyring) -> None:
    first = await quoted(front)
    await front.quote(again=True)
    second = await front.mailed(Purpose.QUOTE)

    assert await tap(front, first, ring.token(front.clock())) == 409
    front.clock.turn(timedelta(days=16))
    assert await tap(front, second, ring.token(front.clock())) == 409
    front.clock.turn(timedelta(days=60))
    assert await tap(front, second, ring.token(front.clock())) == 410
    assert (await front.now()).stage is Stage.QUOTED


async def test_price_that_is_no_longer_the_one_of_the_mail_is_not_ordered(sqlite_url: str, ring: Keyring) -> None:
    store = await Store.open(sqlite_url)
    terms = Terms(offer_until=date(2026, 11, 23))
    async with serving(store, terms=terms, keys_url=ring.url) as front:
        await front.open()
        path = await front.mailed(Purpose.ORDER)
        front.clock.turn(timedelta(days=1))

        status = await tap(front, path, ring.token(front.clock()))
        stage = (await front.now()).stage
    await store.close()

    assert (status, stage) == (409, Stage.ANNOUNCED)


async def test_who_may_not_decide_cannot_tap(front: Front, ring: Keyring) -> None:
    path = await quoted(front)
    customer = await front.customer()
    await front.desk.store.run(
        lambda tx: tx.customers.add_contact(customer.id, "chef@clientsa.fr", f.Authority.OWNER)
    )
    await front.desk.store.run(lambda tx: tx.customers.set_authority(ADDRESS, f.Authority.WRITE))

    assert await tap(front, path, ring.token(front.clock())) == 409
    assert (await front.now()).stage is Stage.QUOTED


async def test_keys_are_kept_an_hour_and_asked_for_once_a_minute(front: Front, ring: Keyring) -> None:
    path, now = await quoted(front), front.clock()
    strange = a_key()
    tokens = [ring.token(now, kid=f"strange {number}", key=strange) for number in range(20)]
    assert {await tap(front, path, token) for token in tokens} == {401}
    assert ring.asked == 1

    ring.keys = {"new": a_key()}
    front.clock.turn(timedelta(minutes=2))
    ring.away = True
    assert await tap(front, path, ring.token(front.clock(), kid="new")) == 401
    ring.away = False
    front.clock.turn(timedelta(minutes=2))
    assert await tap(front, path, ring.token(front.clock(), kid="new")) == 200


@pytest.mark.parametrize("instead", [b"", b"[]", b"{}", b"<html>", b"\xff", b'{"keys": [null]}'])
async def test_who_answers_in_googles_place_vouches_for_nobody(front: Front, ring: Keyring, instead: bytes) -> None:
    path = await quoted(front)
    ring.instead = instead

    assert await tap(front, path, ring.token(front.clock())) == 401
    assert (await front.now()).stage is Stage.QUOTED


async def test_where_it_is_off_there_is_no_such_address(one_front: Front, ring: Keyring) -> None:
    path = await quoted(one_front)

    assert await tap(one_front, path, ring.token(one_front.clock())) == 404
    assert ring.asked == 0
    assert (await one_front.now()).stage is Stage.QUOTED
