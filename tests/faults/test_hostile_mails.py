"""Mails meant to break a desk: each becomes an incident of its own or says why not, and nobody else waits for it."""

import asyncio
import io
import re
import resource
import struct
import time
import zipfile
import zlib
from email.message import EmailMessage

from aiohttp import web
from aiohttp.test_utils import TestServer

from storage import Message, Transaction
from tests.stories.people import BOB, DOWN_FR, JANE
from tests.stories.steps import invoice
from tests.stories.town import SUPPORT, Town, town

MEGABYTE = 1 << 20
MOST_SECONDS = 3.0  # for a click while a hostile mail is read, on a machine with other work


def a_mail(*headers: str, body: bytes = b"Rien ne va.", sender: str = BOB, subject: str = "Panne") -> bytes:
    head = "\r\n".join([f"From: {sender}", f"Subject: {subject}", *headers])
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body + b"\r\n"


def nested(depth: int) -> bytes:
    return b"".join(
        b'--%d\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n' % (n, n + 1) for n in range(depth)
    )


BOMBS = {
    "semicolons": a_mail("Content-Type: text/plain" + ";" * 40_000),
    "folded semicolons": a_mail("Content-Type: text/plain" + ";\r\n " * 13_000),
    "parameters": a_mail("Content-Type: text/plain" + "; a=b" * 20_000),
    "nested comments": a_mail("Reply-To: " + "(" * 4000),
    "words in To": a_mail("To: " + "a " * 20_000),
    "nested 400": a_mail('Content-Type: multipart/mixed; boundary="0"', body=nested(400)),
    "nested 1500": a_mail('Content-Type: multipart/mixed; boundary="0"', body=nested(1500)),
    "empty parts": a_mail("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n\r\n" * 20_000),
    "introductions": a_mail(body=b"Le 12/03/2010 10:00 a@b.fr\r\n" * 20_000),
    "quotes": a_mail("Content-Type: text/html", body=b"<blockquote type=cite>a</blockquote>" * 9_000),
    "tables": a_mail("Content-Type: text/html", body=b"<table><tr><td>" * 6_000),
    "a report": a_mail("Auto-Submitted: auto-generated", body=b"<a@b.fr>: failed 550 5.1.1\r\n" * 20_000),
}


async def test_hostile_mails_hold_up_neither_other_mails_nor_clicks(sqlite_url: str) -> None:
    async with town(sqlite_url, chat=False) as here:
        await here.mail(BOB, "Panne", DOWN_FR)
        page = here.newest(BOB).link
        slow: dict[str, float] = {}
        for number, (name, bomb) in enumerate(BOMBS.items()):
            other = f"someone{number}@customer.co.uk"
            await here.hand_in(BOB, SUPPORT, bomb)
            await here.hand_in(other, SUPPORT, a_mail(sender=other))
            while not here.inbox(other):
                began = time.perf_counter()
                assert (await here.open(page)).status == 200
                slow[name] = max(slow.get(name, 0), time.perf_counter() - began)
                await asyncio.sleep(0.01)
            await here.settled()

        assert {name: seconds for name, seconds in slow.items() if seconds > MOST_SECONDS} == {}


async def test_mail_that_is_set_aside_can_be_had_by_staff_as_it_came(here: Town) -> None:
    await here.hand_in(BOB, SUPPORT, BOMBS["nested 400"])
    await here.settled()
    place, workspace = here.staff.channel, here.slack.workspace
    said = next(one for one in workspace.replies(place, here.staff.card().ts) if "original.eml" in str(one.blocks))

    await here.people.click(here.staff.user, place, said.ts, "original")
    await here.settled()

    assert "too many parts within parts" in said.text + str(said.blocks)
    (file,) = workspace.files.values()
    assert file.name.endswith(".eml")
    assert (file.content or b"").endswith(BOMBS["nested 400"])


ODD = [
    ('To: "', "Message-ID: <@>"),
    ("Message-ID: <@@>", "In-Reply-To:", "References: <>"),
    ("Message-ID:", "Date: " + "9" * 500),
    ('Content-Type: text/plain; charset="' + "x" * 300 + '"', "Content-Transfer-Encoding: ="),
    ("Content-Type: text/plain; charset=zlib",),
    ("Content-Type: text/plain; charset=utf-7",),
    ("Content-Type: =?utf-8?q?a?=", "MIME-Version: x"),
]


async def test_values_that_a_parser_raises_on_open_incidents_like_any(here: Town) -> None:
    senders = [f"someone{number}@clientsa.fr" for number in range(len(ODD))]

    for sender, headers in zip(senders, ODD, strict=True):
        await here.hand_in(sender, SUPPORT, a_mail(*headers, sender=sender))
    await here.settled()

    assert [await here.told(sender) for sender in senders] == [["incident_opened"]] * len(ODD)


async def test_line_breaks_hidden_in_a_subject_and_a_name_add_no_header_to_our_answer(here: Town) -> None:
    hidden = "=?utf-8?q?x=0d=0aBcc:_v@z.fr?="
    await here.hand_in(BOB, SUPPORT, a_mail(sender=f"{hidden} <{BOB}>", subject=hidden))
    await here.settled()

    answer = here.newest(BOB)
    assert answer.message["Bcc"] is None
    assert "\n" not in answer.subject
    assert [taken.recipients for taken in here.relay.mails] == [(BOB,)]


async def test_mail_without_subject_date_or_id_is_an_incident_that_answers_find(here: Town) -> None:
    await here.hand_in(BOB, SUPPORT, f"From: {BOB}\r\n\r\nRien ne va.\r\n".encode())
    await here.settled()

    await here.mail(BOB, "", "Toujours rien.", answering=here.newest(BOB))

    assert (await here.incident()).title
    assert not await here.exists(2)
    assert any("Toujours rien." in line for line in here.staff.thread())


async def test_bytes_that_are_no_text_are_kept_as_they_came_and_shown_as_far_as_they_go(here: Town) -> None:
    body = b"caf\xe9 \0 \xf0\x9f \xed\xa0\x80 \x1b[31m fin"
    raw = a_mail("Content-Type: text/plain; charset=utf-8", "X-Odd: \udce9", body=body, subject="caf\udce9 !")

    await here.hand_in(BOB, SUPPORT, raw)
    await here.settled()

    message, kept = await here.store.read(_first)
    assert "\0" not in message.text
    assert (message.text[:4], message.text[-3:]) == ("café", "fin")
    assert kept.endswith(raw)


def _first(tx: Transaction) -> tuple[Message, bytes]:
    message = tx.messages.of_incident(1)[0]
    return message, tx.blobs.content(message.raw or "") or b""


HTML = """<meta http-equiv=refresh content="0;url=EVIL/meta"><base href="EVIL/"><link rel=stylesheet href="EVIL/css">
<style>@import url(EVIL/import); p { background: url(EVIL/style) }</style><script src="EVIL/script"></script>
<p onclick="x()" style="background:url(EVIL/inline)">Rien ne va.</p><img src="EVIL/img" onerror="x()">
<iframe src="EVIL/frame"></iframe><form action="EVIL/form"><input name=a></form><object data="EVIL/object"></object>
<svg><image href="EVIL/svg"/><script>x()</script></svg><img src="http://169.254.169.254/latest">"""
PARTS = (
    b"--b\r\nContent-Type: text/html\r\n\r\n" + HTML.encode() + b"\r\n--b\r\n"
    b'Content-Type: message/external-body; access-type=url; url="EVIL/external"\r\n\r\nContent-Type: a/b\r\n\r\n'
    b'\r\n--b\r\nContent-Type: image/svg+xml; name=a.svg\r\n\r\n<svg><image href="EVIL/file"/></svg>\r\n--b--'
)


async def test_nothing_in_a_mail_is_fetched_by_anybody_nor_sent_on_as_it_was(here: Town) -> None:
    """From its arrival over the pages that show it to the invoice at the end."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(text="heard")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hear)
    async with TestServer(app) as server:
        evil = f"http://127.0.0.1:{server.port}"
        parts = a_mail("Content-Type: multipart/mixed; boundary=b", body=PARTS.replace(b"EVIL", evil.encode()))
        await invoice(here)
        await here.hand_in(BOB, SUPPORT, parts.replace(b"Subject: Panne", b"Subject: Re: [INC-1] Panne"))
        await here.settled()
        page = await here.open(here.newest(BOB).links[-1])
        shown = [
            await here.open(f"{page.url}{lead}") for lead in re.findall(r"/(?:mail|file)/\d+", page.body.decode())
        ]

    assert len(shown) > 2
    assert heard == []
    for body in [page.body, *(each.body for each in shown if b"<html" in each.body)]:
        assert not re.search(rb"<(?:script|iframe|object|form action=.?http)|onerror|onclick=|url[(]", body)
    sent = b"".join(taken.raw for taken in here.relay.mails)
    assert not [word for word in (b"onerror", b"<script", b"/frame", b"/external") if word in sent]


async def test_many_files_and_a_heavy_one_are_kept_and_none_is_opened(here: Town) -> None:
    """Nothing is unpacked or drawn. What is larger than the port takes is refused there, in words (test_receive)."""
    file = b"--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n"
    bomb = b"PK\x03\x04" + b"x" * 70 + b"\r\n"
    await here.hand_in(BOB, SUPPORT, a_mail("Content-Type: multipart/mixed; boundary=b", body=file * 999))
    await here.hand_in(
        JANE, SUPPORT, a_mail("Content-Type: application/zip; name=a.zip", sender=JANE, body=bomb * 300_000)
    )
    await here.settled()

    assert await here.told(BOB) == await here.told(JANE) == ["incident_opened"]
    one, two = await here.store.read(lambda tx: (_sizes(tx, 1), _sizes(tx, 2)))
    heavy, many = sorted((one, two), key=len)
    assert heavy == [len(bomb) * 300_000 + len(b"\r\n")]
    assert len(many) == 999


def a_picture(side: int) -> bytes:
    """A black PNG, some thousand times as large once it is drawn."""
    rows = zlib.compressobj(1)
    pixels = b"".join([*(rows.compress(bytes(side + 1)) for _ in range(side)), rows.flush()])
    chunks = ((b"IHDR", struct.pack("!IIBBBBB", side, side, 8, 0, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b""))
    written = (
        struct.pack("!I", len(held)) + kind + held + struct.pack("!I", zlib.crc32(kind + held))
        for kind, held in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def an_archive(size: int) -> bytes:
    """A zip file that holds this many zeros."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as file:
        for _ in range(size // MEGABYTE):
            file.write(bytes(MEGABYTE))
    return packed.getvalue()


async def test_giant_picture_and_a_bomb_of_an_archive_are_kept_as_they_came_and_never_drawn_or_unpacked(
    here: Town,
) -> None:
    """Drawn or unpacked they would take 400 MB each; they are shown to staff, and on the incident's page."""
    held = (a_picture(20_000), an_archive(400 * MEGABYTE))
    before = _peak()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = BOB, SUPPORT, "Panne"
    message.set_content("Voici.")
    message.add_attachment(held[0], maintype="image", subtype="png", filename="a.png", cid="<a@clientsa.fr>")
    message.add_attachment(held[1], maintype="application", subtype="zip", filename="a.zip")

    await here.hand_in(BOB, SUPPORT, bytes(message))
    await here.settled()

    assert (await here.open(here.newest(BOB).link)).status == 200
    assert await here.store.read(lambda tx: _sizes(tx, 1)) == [len(held[0]), len(held[1])]
    assert _peak() - before < 200 * MEGABYTE


def _peak() -> int:
    """The most memory, in octets, that this process or one it has ended ever took."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) * 1024


def _sizes(tx: Transaction, number: int) -> list[int]:
    """How large the files of an incident's first mail are."""
    return [file.size for file in tx.messages.attachments_of(tx.messages.of_incident(number)[0].id)]
