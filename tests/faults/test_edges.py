"""What the desk does not take or does not know: said as the interface promises, and nothing changes."""

import asyncio
import re

import aiohttp
import aiosmtplib
import pytest

from tests.stories.people import BOB, DETAILS, DOWN_FR
from tests.stories.steps import diagnose, order, quote
from tests.stories.town import PUBLIC_URL, SUPPORT, Town, town

UNKNOWN = f"{PUBLIC_URL}/a/{'x' * 43}"


async def test_the_mail_port_takes_only_what_is_for_the_desk(sqlite_url: str) -> None:
    async with town(sqlite_url, chat=False) as here:
        port = here.running.mail_port
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            await client.mail(BOB)
            for stranger in ("info@elsewhere.example", "nobody@host.example", "support+@host.example"):
                with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
                    await client.rcpt(stranger)
                assert refused.value.code == 550
            await client.rset()
            with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused_size:
                await client.mail(BOB, options=["SIZE=99999999"])
            assert refused_size.value.code == 552
            await client.rset()
            for address in (SUPPORT, "postmaster@host.example", "bounce+abc@host.example"):
                await client.mail(BOB)
                assert (await client.rcpt(address)).code == 250
                await client.rset()


async def test_a_page_nobody_was_sent_is_unknown_whatever_is_wrong(here: Town) -> None:
    await order(here)
    token = here.newest(BOB).link.rpartition("/")[2]

    unknown = await here.open(UNKNOWN)
    assert unknown.status == 404
    for wrong in (
        f"{PUBLIC_URL}/a/{token[:-1]}",
        f"{PUBLIC_URL}/a/x",
        f"{PUBLIC_URL}/a/{token}/document/F2010-00001",
    ):
        page = await here.open(wrong)
        assert (page.status, page.body) == (404, unknown.body)


async def test_a_choice_of_another_kind_of_page_is_unknown(here: Town) -> None:
    page = await quote(here)
    page.form("accept")[0].button("accept").value = "confirm"  # type: ignore[union-attr]  # it was just found

    answer = await here.press(page, "confirm")

    assert answer.status == 404
    assert await here.stage() == "quoted"


async def test_another_sites_form_changes_nothing(here: Town) -> None:
    page = await quote(here)
    where = f"http://127.0.0.1:{here.running.web_port}/a/{page.url.rpartition('/')[2]}"
    fields = {name: control.value for name, control in page.form("accept")[0].controls.items()} | {"choice": "accept"}

    async with aiohttp.ClientSession() as session:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            async with session.post(where, data=fields, headers=headers) as response:
                assert response.status == 403
        async with session.post(where, data={"choice": "accept"}) as response:
            assert response.status == 403

    assert await here.stage() == "quoted"


async def test_an_expired_page_offers_a_fresh_link_once(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    link = here.newest(BOB).link
    here.clock.forward(days=61)

    page = await here.open(link)
    assert page.status == 410
    assert page.choices == ("renew",)
    for _ in range(2):
        assert (await here.press(page, "renew")).status == 200

    assert (await here.told(BOB)).count("link_renewed") == 1
    assert (await here.open(here.newest(BOB).link)).status == 200


async def test_looking_changes_nothing(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)
    before = await here.history()

    async with aiohttp.ClientSession() as session:
        path = here.newest(BOB).link.removeprefix(PUBLIC_URL)
        for method in ("GET", "HEAD", "OPTIONS") * 3:
            await session.request(method, f"http://127.0.0.1:{here.running.web_port}{path}")
    await here.settled()

    assert await here.history() == before
    assert (await here.press(await here.open(here.newest(BOB).link), "order", **DETAILS[BOB])).status == 200


async def test_a_stale_click_answers_with_what_happened_since(here: Town) -> None:
    await diagnose(here)
    old = here.staff.card()
    await here.manager.submit("conclude", outcome="no_quote", report="Rien à faire.")
    here.people.workspace.put(old)  # Alice's screen has not been brought up to date yet

    await here.staff.click("conclude")

    assert any("Since then" in hint for hint in here.staff.hints())
    assert await here.stage() == "closed"


async def test_the_desk_says_whether_it_lives_and_works(here: Town) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"):
        assert (await here.open(f"{PUBLIC_URL}{path}")).status == 200
    assert (await here.open(f"{PUBLIC_URL}/api/v1/entitlements/{BOB}")).status == 401


async def test_many_mails_at_once_are_each_answered_once(here: Town) -> None:
    senders = [f"someone{number}@clientsa.fr" for number in range(30)]
    raws = [f"From: {s}\r\nSubject: Panne\r\nMessage-ID: <{s}>\r\n\r\nRien ne va.\r\n".encode() for s in senders]

    await asyncio.gather(*(here.hand_in(sender, SUPPORT, raw) for sender, raw in zip(senders, raws, strict=True)))
    await here.settled()

    assert [await here.told(sender) for sender in senders] == [["incident_opened"]] * len(senders)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_visitor_who_leaves_in_the_middle_is_counted_as_no_fault_of_ours(here: Town, kind: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.running.web_port)
    writer.write(f"POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n".encode())
    writer.write(b"Expect: 100-continue\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")  # the rest is waited for
    writer.transport.abort()

    async with asyncio.timeout(60):
        while not (counted := await _counted(here, "/a/{token}")):  # noqa: ASYNC110 - it is told when asked alone
            await asyncio.sleep(0.02)

    assert counted == {"400"}


async def _counted(here: Town, route: str) -> set[str]:
    """The statuses of this route's requests."""
    url = f"http://127.0.0.1:{here.running.web_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        told = await answer.text()
    return set(re.findall(rf'comptoir_requests_total{{.*route="{re.escape(route)}",status="(\d+)"', told))
