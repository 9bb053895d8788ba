"""Looking at a mailed link changes nothing, whoever looks, and tells strangers nothing."""

import asyncio
import math
import re
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.app.keys import token_sha256
from bot.core import commands as c
from bot.core import facts as f
from bot.core.notices import Purpose
from tests.channels.web.front import ADDRESS, Front
from tests.channels.web.test_original import send

PREFETCH = {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender", "X-Moz": "prefetch"}


async def _every_link(front: Front) -> list[str]:
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    await front.quote()
    purposes = (Purpose.ORDER, Purpose.INCIDENT, Purpose.CONSENT, Purpose.QUOTE)
    return [await front.mailed(purpose) for purpose in purposes]


async def test_fetching_every_link_in_every_way_changes_nothing(front: Front) -> None:
    paths = await _every_link(front)
    before = (await front.story(), await front.mails(), [await front.link(path) for path in paths])

    statuses = await _fetched(front, paths, ("GET", "HEAD", "OPTIONS"), PREFETCH)

    after = (await front.story(), await front.mails(), [await front.link(path) for path in paths])
    assert after == before
    assert statuses == {("GET", 200), ("HEAD", 200), ("OPTIONS", 405)}


async def test_fetching_what_is_asked_at_the_end_changes_nothing(front: Front) -> None:
    """The pages of a bill, of a contest and of a newcomer, and the documents and mails below a page."""
    await front.open()
    told = await send(front, "<p>Toujours en panne</p>")
    newcomer = c.ProposeContact(actor=f.BOT, address="alice@clientsa.fr", message="1")
    await front.give(newcomer)
    await front.diagnose()
    number = await front.bill()
    await front.give(c.SayContest(actor=front.bob, evidence=front.evidence))
    purposes = (Purpose.CONTACT, Purpose.INVOICE, Purpose.CONTEST, Purpose.INCIDENT)
    pages = [await front.mailed(purpose) for purpose in purposes]
    paths = [*pages, f"{pages[1]}/document/{number}", pages[3] + told.mail]
    before = (await front.story(), await front.mails(), [await front.link(path) for path in pages])

    statuses = await _fetched(front, paths, ("GET", "HEAD"))

    assert {status for _, status in statuses} == {200}
    assert (await front.story(), await front.mails(), [await front.link(path) for path in pages]) == before


async def _fetched(
    front: Front, paths: list[str], methods: tuple[str, ...], headers: Mapping[str, str] | None = None
) -> set[tuple[str, int]]:
    """Each path in each of these ways, all at once and twenty times over; what was answered."""
    answered: set[tuple[str, int]] = set()
    for _ in range(20):
        fetches = [front.client.request(method, path, headers=headers) for path in paths for method in methods]
        answered |= {(answer.method, answer.status) for answer in await asyncio.gather(*fetches)}
    return answered


async def test_pages_need_no_script_and_load_nothing_from_elsewhere(one_front: Front) -> None:
    for path in await _every_link(one_front):
        page = await one_front.look(path)

        assert "<script" not in page.text
        assert "http" not in page.text.replace("http://www.w3.org", "")
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")


async def test_unknown_link_is_a_404_whatever_is_wrong_with_it(one_front: Front) -> None:
    await one_front.open()
    order = await one_front.mailed(Purpose.ORDER)
    page = await one_front.look(order)

    answers = [
        await one_front.look("/a/" + "A" * 43),
        await one_front.look("/a/short"),
        await one_front.look(order[:-1] + ("A" if order[-1] != "A" else "B")),
        await one_front.click("/a/" + "B" * 43, "order", page),
        await one_front.click(order, "accept", page),
        await one_front.click(order, "confirm", page),
        await one_front.look(f"{order}/document/D2026-00001"),
    ]

    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert answers[0].plain.startswith("Cette page n’existe pas")


async def test_token_of_another_purpose_is_answered_as_an_unknown_one_and_as_fast(one_front: Front) -> None:
    paths = dict(zip(("order", "incident", "consent", "quote"), await _every_link(one_front), strict=True))
    await one_front.click(paths["quote"], "accept")
    await one_front.finish()
    paths |= {"invoice": await one_front.mailed(Purpose.INVOICE), "contest": await one_front.mint(Purpose.CONTEST)}
    fields = (await one_front.look(paths["incident"])).hidden
    wrong = [
        (paths["consent"], "accept"),
        (paths["order"], "accept"),
        (paths["quote"], "give"),
        (paths["invoice"], "confirm"),
        (paths["incident"], "confirm"),
        (paths["contest"], "disown"),
    ]
    before = await one_front.story()

    answers = [await one_front.post(path, fields | {"choice": choice}) for path, choice in wrong]
    unknown = ("/a/" + "A" * 43, "accept")
    usual = await one_front.post(unknown[0], fields | {"choice": unknown[1]})
    took = await _quickest(one_front, fields, [unknown, (paths["incident"], "revoke"), *wrong])

    assert {(answer.status, answer.text) for answer in answers} == {(usual.status, usual.text)}
    assert await one_front.story() == before
    least, page, *others = took
    assert [seconds for seconds in others if seconds - least > (page - least) / 3] == []


async def _quickest(front: Front, fields: dict[str, str], clicks: list[tuple[str, str]]) -> list[float]:
    """The least time that each of these takes, of many: a busy machine does not change that."""
    took = [math.inf] * len(clicks)
    for _ in range(15):
        for number, (path, choice) in enumerate(clicks):
            began = time.perf_counter()
            await front.post(path, fields | {"choice": choice})
            took[number] = min(took[number], time.perf_counter() - began)
    return took


async def test_stranger_is_answered_in_the_language_of_their_browser(one_front: Front) -> None:
    answer = await one_front.client.get("/a/unknown", headers={"Accept-Language": "de,en-GB;q=0.8,fr;q=0.5"})

    assert '<html lang="en">' in await answer.text()


async def test_form_of_one_link_is_refused_at_another(one_front: Front) -> None:
    await one_front.open()
    first = await one_front.mint(Purpose.ORDER)
    second = await one_front.mint(Purpose.ORDER)

    answer = await one_front.click(second, "withdraw", await one_front.look(first))

    assert answer.status == 403
    assert (await one_front.now()).closed_at is None


async def test_only_the_hash_of_a_token_is_kept_or_logged(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    paths = await _every_link(front)
    await front.click(paths[3], "decline")
    await front.look(paths[1])

    tokens = [path.removeprefix("/a/") for path in paths]
    kept = [await front.link(path) for path in paths]
    evidence = await front.desk.store.read(lambda tx: repr(tx.journal.facts("INC-1")))
    jobs = await front.desk.store.read(lambda tx: repr(tx.outbox.upcoming(front.clock() + timedelta(days=999), 999)))
    measures = await (await front.client.get("/metrics")).text()
    said = capsys.readouterr()
    assert [link.token_sha256 for link in kept] == [token_sha256(token) for token in tokens]
    assert all(len(token) == 43 for token in tokens)
    for token in tokens:
        assert token not in repr(kept) + evidence + jobs + measures + said.out + said.err


async def test_wording_kept_as_evidence_is_the_page_that_was_shown_without_its_token(front: Front) -> None:
    paths = await _every_link(front)
    shown = await front.look(paths[3])
    await front.click(paths[3], "accept", shown)

    accepted = (await front.story())[-1].fact
    evidence = accepted.evidence  # type: ignore[attr-defined]  # the last fact is the acceptance
    kept = await front.desk.store.read(lambda tx: tx.blobs.content(evidence.wording_sha256))

    assert kept is not None
    assert paths[3].removeprefix("/a/") not in kept.decode()
    assert "D2026-00001" in kept.decode()
    assert (evidence.method, evidence.who, evidence.link) == ("link", ADDRESS, (await front.link(paths[3])).id)
    assert evidence.shown_at == front.clock()
    assert evidence.ip == "127.0.0.1"


async def test_expired_link_explains_and_sends_one_fresh_link_to_the_address_on_file(front: Front) -> None:
    await front.open()
    path = await front.mailed(Purpose.ORDER)
    front.clock.turn(timedelta(days=61))
    before = len(await front.mails())

    page = await front.look(path)
    sent = await front.click(path, "renew", page)
    again = await front.click(path, "renew", page)
    then = await front.look(path)

    renewed = (await front.mails())[before:]
    assert (page.status, sent.status, again.status, then.status) == (410, 200, 200, 410)
    assert page.plain.startswith("Incident INC-1 Ce lien a expiré")
    assert "Un nouveau lien est parti" in sent.plain
    assert "Un nouveau lien est parti" in then.plain
    assert [(mail.notice, mail.to) for mail in renewed] == [("link_renewed", ADDRESS)]
    assert (await front.look(await front.mailed(Purpose.ORDER))).status == 200


async def test_link_that_expires_again_and_again_is_never_a_dead_end(one_front: Front) -> None:
    """One fresh link an hour, each good for its own days, and each of them replaced in its turn."""
    await one_front.open()
    path = await one_front.mailed(Purpose.INCIDENT)
    before = len(await one_front.mails())
    for _ in range(2):
        one_front.clock.turn(timedelta(days=731))
        page = await one_front.look(path)
        for _ in range(3):
            await one_front.click(path, "renew", page)
        one_front.clock.turn(timedelta(minutes=61))
        await one_front.click(path, "renew", page)
        path = await one_front.mailed(Purpose.INCIDENT)

    renewed = [mail.notice for mail in (await one_front.mails())[before:]]
    assert renewed == ["link_renewed"] * 4
    assert (await one_front.look(path)).status == 200


async def test_expired_link_decides_nothing(one_front: Front) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.ORDER)
    page = await one_front.look(path)
    one_front.clock.turn(timedelta(days=61))

    answer = await one_front.click(path, "withdraw", page)

    assert answer.status == 410
    assert (await one_front.now()).closed_at is None


async def test_fresh_link_leads_to_the_configured_address_whatever_host_is_asked_for(one_front: Front) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.ORDER)
    one_front.clock.turn(timedelta(days=61))
    page = await one_front.look(path)

    evil = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "Forwarded": "host=evil.example"}
    await one_front.post(path, page.hidden | {"choice": "renew"}, **evil)

    fresh = (await one_front.mails())[-1]
    assert fresh.notice == "link_renewed"
    assert one_front.desk.url(fresh.links[Purpose.ORDER]).startswith("http://127.0.0.1:8080/a/")
    assert "evil" not in repr(fresh)


async def test_many_unknown_links_from_one_peer_are_slowed_and_known_ones_still_open(one_front: Front) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.INCIDENT)

    tried = [(await one_front.look(f"/a/{number:043d}")).status for number in range(200)]
    one_front.clock.turn(timedelta(minutes=1))
    later = (await one_front.look("/a/" + "C" * 43)).status

    assert tried == [404] * 30 + [429] * 170
    assert (await one_front.look(path)).status == 200
    assert later == 404
    assert "comptoir_unknown_links_total 201.0" in await (await one_front.client.get("/metrics")).text()


RANDOM = 5_000
PEERS = 100
AT_ONCE = 25


async def test_five_thousand_guesses_from_one_peer_or_many_find_nothing_and_slow_nobody(
    one_front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.INCIDENT)
    quiet = await _seconds(one_front, path)

    one = await _guess(one_front, "127.0.0.2", RANDOM // 2)
    many: Counter[int] = Counter()
    for peer in range(PEERS):
        many += await _guess(one_front, f"127.0.1.{peer + 1}", RANDOM // 2 // PEERS)
    loud, _ = await asyncio.gather(_seconds(one_front, path), _guess(one_front, "127.0.0.3", AT_ONCE))

    said = capsys.readouterr().out
    assert one == {404: 30, 429: RANDOM // 2 - 30}
    assert many == {404: RANDOM // 2}
    assert said.count("many unknown links from all peers together") == 1
    assert said.count("127.0.0.2") == 1
    assert loud < quiet + 5
    assert (await one_front.look(path)).status == 200


async def _seconds(front: Front, path: str) -> float:
    began = time.perf_counter()
    assert (await front.look(path)).status == 200
    return time.perf_counter() - began


async def _guess(front: Front, peer: str, times: int) -> Counter[int]:
    """Tries random tokens from this address, many in a row over one connection; what they were answered."""
    answered: Counter[int] = Counter()
    for number in range(0, times, AT_ONCE):
        tries = min(AT_ONCE, times - number)
        reader, writer = await asyncio.open_connection("127.0.0.1", front.client.port, local_addr=(peer, 0))
        lines = [f"GET /a/{secrets.token_urlsafe(32)} HTTP/1.1\r\nHost: x\r\n" for _ in range(tries)]
        writer.write("\r\n".join(lines).encode() + b"Connection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        answered.update(int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", answer))
    return answered
