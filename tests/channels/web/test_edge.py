"""The edge: odd requests, failures, headers, and what operators watch."""

import asyncio
import json
import re
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing

import pytest

from bot.core.notices import Purpose
from storage import Store
from tests.channels.web.front import TOKEN, Front, seen, serving

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROUTES = ("/healthz", "/readyz", "/metrics", "/robots.txt", "/a/x", "/api/v1/openapi.json", "/nowhere")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE", "PATCH"])
async def test_every_answer_has_its_headers_and_no_traceback(one_front: Front, method: str) -> None:
    for route in ROUTES:
        answer = await seen(await one_front.client.request(method, route))

        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.status in ({200, 404} if method == "GET" else {404, 405})
        assert "Traceback" not in answer.text
        assert answer.headers["Server"] == "Comptoir"


async def test_pages_behind_links_have_the_same_headers(one_front: Front) -> None:
    await one_front.open()

    for purpose in (Purpose.ORDER, Purpose.INCIDENT):
        page = await one_front.look(await one_front.mailed(purpose))

        assert {name: page.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"a=" + b"x" * 70_000, FORM, 413),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), FORM, 413),
        (b"&".join(b"%d=1" % n for n in range(5_000)), FORM, 400),
        (b"choice=%ff%fe", FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b"choice", FORM, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"choice=accept", {"Content-Type": "text/plain"}, 415),
        (b"choice=accept", {}, 415),
        (b"", FORM, 404),
    ],
)
async def test_odd_forms_are_refused_in_words(
    one_front: Front, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.ORDER)
    before = await one_front.story()

    answer = await seen(await one_front.client.post(path, data=body, headers=headers))

    assert answer.status == status
    assert "Rien n’a été fait." in answer.plain
    assert await one_front.story() == before


MANY = b"&".join(b"f%d=1" % n for n in range(10_000))
HUGE = b"a=" + b"x" * (2 * 1024 * 1024)
ODD = (
    (HUGE, FORM),
    (MANY, FORM),
    (HUGE, {"Content-Type": "application/json"}),
    (b"{" * 60_000, {"Content-Type": "application/json"}),
    (b"\x00" * 1000, {"Content-Type": "application/octet-stream"}),
    (b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>", {"Content-Type": "text/xml"}),
    (b"x", {"Content-Type": "a/" + "b" * 4000}),
    (b"x", {"Content-Type": "; charset=nothing-we-know"}),
    (b"x", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-16"}),
    (b"x", {"Content-Type": "multipart/form-data"}),
    (b"\x1f\x8b\x00broken", FORM | {"Content-Encoding": "gzip"}),
)
REFUSED = {400, 401, 403, 404, 405, 413, 415, 422}


async def test_every_route_refuses_odd_methods_and_bodies_in_words(one_front: Front) -> None:
    await one_front.open()
    token = (await one_front.mailed(Purpose.ORDER)).removeprefix("/a/")
    filled = {"{token}": token, "{number}": "1", "{who}": "bob@clientsa.fr"}
    routes = {route.resource.canonical for route in one_front.client.app.router.routes() if route.resource}
    paths = {re.sub(r"{\w+}", lambda found: filled[found[0]], route) for route in routes}
    bearer = {"Authorization": f"Bearer {TOKEN}", "Connection": "close"}
    before = await one_front.story()

    wrong: list[tuple[str, str, int]] = []
    for path in sorted(paths):
        for method in ("TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"):
            answer = await seen(await one_front.client.request(method, path))
            if answer.status not in {400, 405} or "Traceback" in answer.text:
                wrong.append((method, path, answer.status))
        for body, headers in ODD:
            answer = await seen(await one_front.client.post(path, data=body, headers=bearer | headers))
            if answer.status not in REFUSED or "Traceback" in answer.text:
                wrong.append((f"{headers['Content-Type'][:40]} of {len(body)}", path, answer.status))

    assert wrong == []
    assert len(paths) > 10
    assert await one_front.story() == before


async def test_method_that_is_not_allowed_says_which_are(one_front: Front) -> None:
    answer = await one_front.client.put("/a/x")

    assert sorted(answer.headers["Allow"].split(",")) == ["GET", "HEAD", "POST"]


async def test_stylesheet_is_served_under_its_hash_for_ever(one_front: Front) -> None:
    page = (await one_front.look("/a/x")).text
    path = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    answer = await one_front.client.get(path)

    assert answer.status == 200
    assert answer.content_type == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_while_the_database_takes_no_write_decisions_are_a_503_and_readiness_is_red(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    async with serving(store) as front:
        await front.open()
        path = await front.mailed(Purpose.ORDER)
        page = await front.look(path)
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer, ready = await asyncio.gather(front.click(path, "withdraw", page), front.look("/readyz"))
            looked = await front.look(path)
        after = await front.click(path, "withdraw", page)

    await store.close()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert answer.plain.startswith("Nous ne pouvons pas répondre en ce moment")
    assert (ready.status, ready.text) == (503, '{"ready": false}')
    assert (looked.status, after.status) == (200, 200)


async def test_probes_and_measures(front: Front) -> None:
    await front.open()
    await front.click(await front.mailed(Purpose.ORDER), "withdraw")

    alive = json.loads((await seen(await front.client.get("/healthz"))).text)
    ready = await seen(await front.client.get("/readyz"))
    measures = (await seen(await front.client.get("/metrics"))).text

    assert alive == {"alive": True, "ready": True}
    assert (ready.status, json.loads(ready.text)) == (200, {"ready": True})
    assert 'comptoir_decisions_total{choice="withdraw",result="done"} 1.0' in measures
    assert 'comptoir_requests_total{method="POST",route="/a/{token}",status="303"} 1.0' in measures
    assert 'comptoir_queue_waiting{queue="outbox"} 2.0' in measures
    assert 'comptoir_queue_parked{queue="outbox"} 0.0' in measures


async def test_robots_are_kept_out(one_front: Front) -> None:
    assert await (await one_front.client.get("/robots.txt")).text() == "User-agent: *\nDisallow: /\n"


async def test_request_that_is_not_http_gets_no_traceback(one_front: Front) -> None:
    port = one_front.client.port
    assert port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
    writer.write(b"GET /a/\xff\x00 HTTP/1.1\r\nHost: x\r\n\r\n")

    answer = await asyncio.wait_for(reader.read(), 30)

    writer.close()
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"Traceback" not in answer
