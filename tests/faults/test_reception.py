"""Mail that comes in while the disk, the database or the process gives out: kept before its 250, or not taken."""

import asyncio
import re
import sqlite3
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import aiosmtplib
import pytest
from aiohttp import ClientSession

from storage import Store, Transaction
from tests.channels.mail.door import Client
from tests.faults.program import GRACE_SECONDS, Program, a_program
from tests.relay import a_relay
from tests.stories.letters import Letter, letter
from tests.stories.people import BOB, DETAILS
from tests.stories.town import PUBLIC_URL, SUPPORT, Town, town

TRACED = "trace=fsync,fdatasync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg"
SYNC = re.compile(r"\bf(data)?sync(\(\d+\)| resumed>\))\s+= 0$")
LAST_BYTES = r"\r\n.\r\n" + '"'  # as strace writes them
ENVELOPE = (f"MAIL FROM:<{BOB}>\r\n".encode(), f"RCPT TO:<{SUPPORT}>\r\n".encode())
KEPT = "250 2.0.0 Kept"
BUSY_SECONDS = 5.0
WIRE_SECONDS = 4.0  # what a busy machine may need beside


def a_mail(number: int, octets: int = 0) -> bytes:
    head = f"From: {BOB}\r\nSubject: Panne\r\nMessage-ID: <{number}.{BOB}>\r\n\r\nRien ne marche.\r\n"
    return head.encode() + (b"x" * 76 + b"\r\n") * (octets // 78)


@asynccontextmanager
async def a_client(port: int) -> AsyncIterator[aiosmtplib.SMTP]:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=GRACE_SECONDS)
    await client.connect()
    try:
        yield client
    finally:
        client.close()


@asynccontextmanager
async def a_plain_client(port: int) -> AsyncIterator[Client]:
    """One that minds nothing it says."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        await client.answer()
        yield client
    finally:
        client.writer.close()


async def answer_to(client: aiosmtplib.SMTP, raw: bytes) -> int:
    """The code that the mail is answered with, whatever it is."""
    await client.mail(BOB)
    await client.rcpt(SUPPORT)
    try:
        return (await client.data(raw)).code
    except aiosmtplib.SMTPResponseException as refused:
        return refused.code


async def hand_in(port: int, raw: bytes) -> int:
    async with a_client(port) as client:
        return await answer_to(client, raw)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another process (this one) holds the database's write lock."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def inbox(url: str) -> int:
    store = await Store.open(url)
    try:
        return await store.read(lambda tx: tx.inbox.waiting())
    finally:
        await store.close()


async def test_a_mail_is_on_disk_before_its_250(tmp_path: Path, sqlite_url: str) -> None:
    trace = tmp_path / "trace"
    strace = ("strace", "-D", "-f", "--seccomp-bpf", "-s", "4096", "-e", TRACED, "-o", str(trace))
    async with a_relay() as relay, a_program(tmp_path, sqlite_url, relay, "mail", under=strace) as desk:
        async with a_client(desk.mail_port) as client:
            codes = [await answer_to(client, a_mail(number)) for number in range(5)]
        assert await desk.stop() == 0

    assert codes == [250] * 5
    assert all(syncs >= 1 for syncs in _syncs_before_answers(trace.read_text()))


def _syncs_before_answers(trace: str) -> Sequence[int]:
    """How many syncs ended between the last bytes of each mail and its 250."""
    counts, since = [], None
    for line in trace.splitlines():
        if LAST_BYTES in line:
            since = 0
        elif since is not None and SYNC.search(line):
            since += 1
        elif since is not None and KEPT in line:
            counts.append(since)
            since = None
    assert len(counts) == 5, trace
    return counts


TROUBLE = {
    "full": ("PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"),  # never below what is used
    "read-only": ("PRAGMA query_only=ON", "PRAGMA query_only=OFF"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_disk_that_takes_no_more_takes_no_mail_until_it_does_again(sqlite_url: str, trouble: str) -> None:
    breaks, mends = TROUBLE[trouble]
    async with town(sqlite_url, chat=False) as here:
        writer = await here.store.run(_driver)
        await asyncio.to_thread(writer.execute, breaks)
        refused = [await hand_in(here.running.mail_port, a_mail(1, octets=100_000)) for _ in range(2)]
        red = await _readiness(here)
        stored = await here.store.read(_kept)

        await asyncio.to_thread(writer.execute, mends)
        taken = await hand_in(here.running.mail_port, a_mail(1, octets=100_000))
        await here.settled()

        assert {*refused} <= {451, 452}
        assert red == (503, False)
        assert stored == (0, 0)
        assert taken == 250
        assert await _readiness(here) == (200, True)
        assert await here.told(BOB) == ["incident_opened"]


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_a_disk_that_takes_no_more_decides_nothing_and_the_page_says_so(sqlite_url: str, trouble: str) -> None:
    breaks, mends = TROUBLE[trouble]
    async with town(sqlite_url, chat=False) as here:
        await here.mail(BOB, "Panne", "Rien ne marche.")
        page = await here.open(here.newest(BOB).link)
        writer = await here.store.run(_driver)
        before = await here.history()
        await asyncio.to_thread(writer.execute, breaks)

        refused = await here.press(page, "order", **DETAILS[BOB])
        looked = await here.open(page.url)
        await asyncio.to_thread(writer.execute, mends)

        assert (refused.status, looked.status) == (503, 200)
        assert await here.history() == before
        assert (await here.press(page, "order", **DETAILS[BOB])).status == 200
        assert await here.stage() == "ordered"


def _driver(tx: Transaction) -> sqlite3.Connection:
    """The one connection that writes."""
    return cast("sqlite3.Connection", tx._connection.connection.driver_connection)


async def _readiness(here: Town) -> tuple[int, bool]:
    here.clock.forward(seconds=2)  # longer than the answer is remembered
    ready = await here.open(f"{PUBLIC_URL}/readyz")
    alive = await here.open(f"{PUBLIC_URL}/healthz")
    assert alive.status == 200
    return ready.status, b'"ready": true' in alive.body


def _kept(tx: Transaction) -> tuple[int, int]:
    """How many rows of the inbox there are, and how many contents."""
    tables = ("inbox", "blobs")
    inbox_rows, blobs = (
        tx._connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in tables
    )
    return inbox_rows, blobs


async def test_a_locked_database_puts_mail_off_in_time_and_holds_up_no_greeting(
    tmp_path: Path, sqlite_url: str
) -> None:
    url = f"{sqlite_url}?timeout={BUSY_SECONDS}"
    async with a_relay() as relay, a_program(tmp_path, url, relay) as desk:
        with locked(sqlite_url):
            answers = [asyncio.create_task(_timed(desk, number)) for number in range(3)]
            greeted = []
            while not all(answer.done() for answer in answers):
                began = time.monotonic()
                async with a_client(desk.mail_port) as other:
                    await other.ehlo()
                greeted.append(time.monotonic() - began)
            put_off = [await answer for answer in answers]
        taken = await hand_in(desk.mail_port, a_mail(1))
        await relay.wait_for(1)
        assert await desk.stop() == 0

    assert [code for code, _ in put_off] == [451] * 3
    assert max(took for _, took in put_off) < BUSY_SECONDS + WIRE_SECONDS
    assert max(greeted) < BUSY_SECONDS - 1
    assert taken == 250


async def _timed(desk: Program, number: int) -> tuple[int, float]:
    began = time.monotonic()
    return await hand_in(desk.mail_port, a_mail(number)), time.monotonic() - began


async def test_a_stop_while_a_mail_is_being_stored_waits_for_its_answer(tmp_path: Path, sqlite_url: str) -> None:
    async with a_relay() as relay, a_program(tmp_path, sqlite_url, relay, "mail") as desk:
        with locked(sqlite_url):
            answer = asyncio.create_task(hand_in(desk.mail_port, a_mail(1)))
            await asyncio.sleep(0.5)
            desk.process.terminate()
            await asyncio.sleep(1)
        assert await answer == 250
        assert await desk.stop() == 0

        async with a_program(tmp_path, sqlite_url, relay, "mail") as again:
            assert await hand_in(again.mail_port, a_mail(1)) == 250
    assert await inbox(sqlite_url) == 1


@pytest.mark.parametrize("part", ["all", "mail"])
async def test_a_stop_while_nothing_can_be_stored_ends_in_time(tmp_path: Path, sqlite_url: str, part: str) -> None:
    async with a_relay() as relay, a_program(tmp_path, sqlite_url, relay, part) as desk:
        with locked(sqlite_url):
            answer = asyncio.create_task(hand_in(desk.mail_port, a_mail(1)))
            await asyncio.sleep(0.5)
            code = await desk.stop()
            put_off = await answer

    assert put_off in {421, 451}
    assert code == 0, desk.lines
    assert await inbox(sqlite_url) == 0


async def test_a_mail_that_breaks_off_leaves_nothing(here: Town) -> None:
    async with a_plain_client(here.running.mail_port) as client:
        answers = [await client.ask(line) for line in (b"EHLO client.example\r\n", *ENVELOPE, b"DATA\r\n")]
        client.writer.write(a_mail(1, octets=50_000))
    await here.settled()

    assert answers[-1][:3] == "354"
    assert await here.store.read(_kept) == (0, 0)
    assert here.relay.mails == []


HOSTILE = "\x1b[2J\u202eevil\u2066"  # clears a terminal, and turns the direction of reading


async def test_what_strangers_write_is_one_clean_event_each_in_the_log(tmp_path: Path, sqlite_url: str) -> None:
    encoded = f"=?utf-8?b?{b64encode(f'{HOSTILE}{chr(13)}{chr(10)}event=forged'.encode()).decode()}?="
    raw = (
        f"From: {encoded} <{BOB}>\r\nTo: {SUPPORT}\r\nSubject: {encoded}\r\nMessage-ID: <1.{BOB}>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nRien ne marche.\r\n'
        f'--x\r\nContent-Type: text/plain; name="{encoded}"\r\nContent-Disposition: attachment; '
        f'filename="{encoded}"\r\n\r\nfichier\r\n--x--\r\n'
    ).encode()
    async with a_relay() as relay, a_program(tmp_path, sqlite_url, relay) as desk:
        async with a_plain_client(desk.mail_port) as client:
            hello = f"EHLO {HOSTILE}\r\n".encode()
            answers = [await client.ask(said) for said in (hello, *ENVELOPE, b"DATA\r\n", raw + b".\r\n")]
        announced = letter((await relay.wait_for(1))[0])
        async with a_client(desk.mail_port) as client:
            await client.sendmail(BOB, [str(announced.message["Reply-To"])], a_mail(2))
        page = f"http://127.0.0.1:{desk.web_port}{urlsplit(announced.link).path}"
        async with ClientSession() as session, session.get(page) as looked:
            assert looked.status == 200
        assert await desk.stop() == 0

    assert answers[-1] == KEPT
    said = [event["event"] for event in desk.said]
    assert said.count("mail_kept") == 2
    assert not any(event == "forged" for event in said)
    assert [line for line in desk.lines if not line.rstrip("\n").isprintable()] == []
    for secret in (announced.link.rpartition("/")[2], _reply_key(announced)):
        assert [line for line in desk.lines if secret in line] == []


def _reply_key(announced: Letter) -> str:
    return str(announced.message["Reply-To"]).partition("+")[2].partition("@")[0]
