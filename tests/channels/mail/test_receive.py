"""The door, from outside: real sockets, and what each kind of client is answered."""

import asyncio
import itertools
import re
import ssl
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from tests.channels.mail.door import ENVELOPE, HELLO, MAIL, Box, Client, a_door, until
from tests.channels.mail.keys import LOCALHOST


async def test_mail_is_kept_whole_with_its_envelope() -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        client = await connect()

        answer = await client.hand_in(b"Subject: a\r\n\r\n..dot\r\n.. \r\nbare\nLF and\rCR \0\xff\r\n")

    assert answer == "250 2.0.0 Kept"
    assert box.kept == [
        Arrival(
            raw=b"Subject: a\r\n\r\n.dot\r\n. \r\nbare\nLF and\rCR \0\xff\r\n",
            mail_from="bob@clientsa.fr",
            rcpt_to=("support@host.fr",),
            peer="127.0.0.1",
            helo="client.example",
        )
    ]


@pytest.mark.parametrize(
    "claim", [b"XCLIENT ADDR=10.1.2.3\r\n", b"XFORWARD ADDR=10.1.2.3\r\n", b"PROXY TCP4 10.1.2.3 10.0.0.1 9 25\r\n"]
)
async def test_nobody_may_say_to_come_from_elsewhere(claim: bytes) -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        client = await connect()

        answer = await client.ask(claim)
        await client.hand_in(MAIL)

    assert answer.startswith("500")
    assert box.kept[0].peer == "127.0.0.1"


async def test_extensions_are_announced() -> None:
    async with a_door(Box(), size_limit=1000) as (_, connect):
        client = await connect()

        answer = await client.ask(HELLO)

    assert answer.split("\n") == [
        "250-mx.host.fr",
        "250-SIZE 1000",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250 ENHANCEDSTATUSCODES",
    ]


async def test_empty_mail_is_kept() -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        assert await (await connect()).hand_in(b"") == "250 2.0.0 Kept"

    assert [arrival.raw for arrival in box.kept] == [b""]


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n", b"\r.\r", b"\n.\r", b"\r\n.\0\r\n"],
)
async def test_only_crlf_dot_crlf_ends_a_mail(end: bytes) -> None:
    box = Box()
    smuggled = b"MAIL FROM:<boss@host.fr>\r\nRCPT TO:<abuse@host.fr>\r\nDATA\r\nSubject: smuggled\r\n\r\nhello"
    async with a_door(box) as (_, connect):
        client = await connect()

        answer = await client.hand_in(MAIL + b"first" + end + smuggled + b"\r\n")
        quit_answer = await client.ask(b"QUIT\r\n")

    assert (answer, quit_answer) == ("250 2.0.0 Kept", "221 Bye")
    assert [(arrival.mail_from, arrival.rcpt_to) for arrival in box.kept] == [
        ("bob@clientsa.fr", ("support@host.fr",))
    ]
    assert b"Subject: smuggled" in box.kept[0].raw


def test_library_is_past_the_smuggling_hole() -> None:
    assert tuple(map(int, re.findall(r"\d+", version("aiosmtpd"))[:3])) >= (1, 4, 6)


async def test_pipelined_mails_are_told_apart() -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        client = await connect()
        dialogue = ENVELOPE + b"DATA\r\n" + MAIL + b".\r\n"

        client.writer.write(dialogue * 3 + b"QUIT\r\n")
        answers = [await client.answer() for _ in range(13)]

    assert [answer[:3] for answer in answers] == ["250", "250", "354", "250"] * 3 + ["221"]
    assert [arrival.raw for arrival in box.kept] == [MAIL] * 3


async def test_text_in_any_pieces_is_the_same_mail() -> None:
    box = Box()
    text = b".\r\n\r\n.\r\r\n\r\n..\r\n"
    async with a_door(box) as (_, connect):
        client = await connect()
        for command in (b"MAIL FROM:<>\r\n", b"RCPT TO:<support@host.fr>\r\n", b"DATA\r\n"):
            await client.ask(command)
        for at in range(len(text := b"." + text + b".\r\n")):
            client.writer.write(text[at : at + 1])
            await client.writer.drain()
            await asyncio.sleep(0.001)
        answer = await client.answer()

    assert answer == "250 2.0.0 Kept"
    assert [arrival.raw for arrival in box.kept] == [b".\r\n\r\n\r\r\n\r\n.\r\n"]


async def test_failure_to_keep_is_temporary_and_tells_nothing() -> None:
    tries = []

    async def fails_once(_arrival: Arrival) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionResetError("postgresql://comptoir:fake-password@db refused")

    box = Box(fails_once)
    async with a_door(box) as (_, connect):
        client = await connect()

        answers = [await client.hand_in(MAIL), await client.hand_in(MAIL)]

    assert answers == ["451 4.3.0 Temporary failure on our side, please try again later", "250 2.0.0 Kept"]
    assert len(box.kept) == 1


async def test_failure_anywhere_is_temporary_and_tells_nothing() -> None:
    def accepts(_address: str) -> bool:
        raise RuntimeError("fake-password")

    listener = await serve("127.0.0.1", 0, Reception(domain="mx.host.fr", accepts=accepts, keep=Box()))
    client = Client(*await asyncio.open_connection("127.0.0.1", listener.port))
    await client.answer()
    await client.ask(HELLO)
    await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")

    answer = await client.ask(b"RCPT TO:<support@host.fr>\r\n")

    assert answer == "451 4.3.0 Temporary failure on our side, please try again later"
    client.writer.close()
    listener.close()
    await listener.wait_closed()


async def test_client_that_leaves_in_the_middle_leaves_nothing() -> None:
    box = Box()
    async with a_door(box) as (listener, connect):
        client = await connect()
        for command in (b"MAIL FROM:<bob@clientsa.fr>\r\n", b"RCPT TO:<support@host.fr>\r\n", b"DATA\r\n"):
            await client.ask(command)
        client.writer.write(MAIL)
        client.writer.close()
        await client.writer.wait_closed()
        await until(lambda: not listener.peers)

    assert box.kept == []
    assert listener.in_flight == 0


async def test_keeping_goes_on_when_the_client_leaves() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_arrival: Arrival) -> None:
        begun.set()
        await go_on.wait()

    box = Box(slowly)
    async with a_door(box) as (listener, connect):
        client = await connect()
        for command in (b"MAIL FROM:<bob@clientsa.fr>\r\n", b"RCPT TO:<support@host.fr>\r\n", b"DATA\r\n"):
            await client.ask(command)
        client.writer.write(MAIL + b".\r\n")
        await begun.wait()
        client.writer.close()
        await until(lambda: not listener.peers)
        go_on.set()

    assert [arrival.raw for arrival in box.kept] == [MAIL]


async def test_stopping_answers_the_mail_that_is_being_kept() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_arrival: Arrival) -> None:
        begun.set()
        await go_on.wait()

    async with a_door(Box(slowly)) as (listener, connect):
        idle, busy = await connect(), await connect()
        answer = asyncio.create_task(busy.hand_in(MAIL))
        await begun.wait()

        listener.close()
        goodbye = await idle.answer()
        go_on.set()

        assert goodbye == "421 4.3.2 This server is stopping, please try again later"
        assert await answer == "250 2.0.0 Kept"
        assert (await busy.answer())[:3] == "421"


async def test_size_is_refused_when_declared_and_when_sent() -> None:
    box = Box()
    async with a_door(box, size_limit=100_000) as (listener, connect):
        client = await connect()

        declared = await client.ask(b"MAIL FROM:<bob@clientsa.fr> SIZE=100001\r\n")
        sent = await client.hand_in(b"Subject: a\r\n\r\n" + b"x" * 300_000 + b"\r\n")
        just_over = await client.hand_in(b"x" * 99_999 + b"\r\n")
        at_the_limit = await client.hand_in(b"x" * 99_998 + b"\r\n")

    assert [declared[:3], sent[:3], just_over[:3], at_the_limit[:3]] == ["552", "552", "552", "250"]
    assert [len(arrival.raw) for arrival in box.kept] == [100_000]
    assert listener.in_flight == 0


async def test_too_much_at_once_is_put_off() -> None:
    box = Box()
    async with a_door(box, in_flight=50_000) as (listener, connect):
        client = await connect()

        answers = [await client.hand_in(b"x" * 90_000 + b"\r\n"), await client.hand_in(MAIL)]

    assert answers == ["452 4.3.1 Too much mail at once, please try again later", "250 2.0.0 Kept"]
    assert listener.in_flight == 0


async def test_recipients_are_checked_and_counted() -> None:
    async with a_door(Box(), recipients=2) as (_, connect):
        client = await connect()
        await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")

        answers = {
            who: (await client.ask(b"RCPT TO:<%s>\r\n" % who))[:3]
            for who in (
                b"victim@elsewhere.example",
                b"unknown@host.fr",
                b"@host.fr:victim@elsewhere.example",
                b"support@host.fr@elsewhere.example",
                b"Postmaster",
                b"support+key@host.fr",
                b"support@host.fr",
            )
        }

    assert list(answers.values()) == ["550", "550", "550", "550", "250", "250", "452"]


async def test_flood_of_recipients_is_put_off_after_the_limit() -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        client = await connect()
        await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")
        answers = [(await client.ask(b"RCPT TO:<support+k%d@host.fr>\r\n" % number))[:3] for number in range(150)]
        postmaster = await client.ask(b"RCPT TO:<postmaster@host.fr>\r\n")
        await client.ask(b"DATA\r\n")
        kept = await client.ask(MAIL + b".\r\n")
        await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")
        postmaster_alone = await client.ask(b"RCPT TO:<postmaster@host.fr>\r\n")

    assert answers == ["250"] * 50 + ["452"] * 100
    assert (postmaster[:3], kept[:3], postmaster_alone[:3]) == ("452", "250", "250")
    assert [len(arrival.rcpt_to) for arrival in box.kept] == [50]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (b"<>", "250"),
        (b"<a@b.fr> BODY=8BITMIME", "250"),
        ("<é@b.fr> SMTPUTF8".encode(), "250"),
        (b"<a@b.fr", "553"),
        (b"<a\xff@b.fr>", "553"),
        (b"<a\x1b@b.fr>", "553"),
        (b"<" + b"a" * 400 + b"@b.fr>", "553"),
    ],
)
async def test_sender_is_read_strictly(path: bytes, code: str) -> None:
    async with a_door(Box()) as (_, connect):
        assert (await (await connect()).ask(b"MAIL FROM:" + path + b"\r\n"))[:3] == code


async def test_null_sender_is_empty() -> None:
    box = Box()
    async with a_door(box) as (_, connect):
        client = await connect()
        for command in (b"MAIL FROM:<>\r\n", b"RCPT TO:<bounce+k1@host.fr>\r\n", b"DATA\r\n"):
            await client.ask(command)
        await client.ask(MAIL + b".\r\n")

    assert [(arrival.mail_from, arrival.rcpt_to) for arrival in box.kept] == [("", ("bounce+k1@host.fr",))]


async def test_very_long_line_is_kept_whole() -> None:
    box = Box()
    text = b"Subject: a\r\n\r\n" + b"x" * 200_000 + b"\r\n"
    async with a_door(box) as (_, connect):
        assert await (await connect()).hand_in(text) == "250 2.0.0 Kept"

    assert [arrival.raw for arrival in box.kept] == [text]


async def test_slow_clients_are_shown_out_and_hold_up_nobody() -> None:
    box = Box()
    async with a_door(box, idle=3, patience=6, progress=1000) as (listener, connect):
        silent, in_text, chatty = await connect(), await connect(), await connect()
        for command in (b"MAIL FROM:<bob@clientsa.fr>\r\n", b"RCPT TO:<support@host.fr>\r\n", b"DATA\r\n"):
            await in_text.ask(command)

        async def drip(client: Client, octets: bytes) -> None:
            while not client.reader.at_eof() and not client.writer.is_closing():
                client.writer.write(octets)
                await asyncio.sleep(0.1)

        drips = [asyncio.create_task(drip(in_text, b"x")), asyncio.create_task(drip(chatty, b"NOOP\r\n"))]
        began = time.monotonic()
        answer = await (await connect()).hand_in(MAIL)
        took = time.monotonic() - began
        await until(lambda: not listener.peers)
        await asyncio.gather(*drips, return_exceptions=True)

        assert (await silent.answer())[:3] == "421"
    assert answer == "250 2.0.0 Kept"
    assert took < 3


SLOW = ((b"", b"x"), (b"", b"NOOP\r\n"), (ENVELOPE + b"DATA\r\n", b"x\r\n"))


async def drip(client: Client, slow: tuple[bytes, bytes]) -> bytes:
    """Says the first at once, then the second over and over, one octet at a time; what was last answered."""
    at_once, over_and_over = slow
    client.writer.write(at_once)
    listening = asyncio.create_task(last_line(client))
    for octet in itertools.cycle(over_and_over):
        if listening.done():
            break
        client.writer.write(bytes((octet,)))
        await asyncio.sleep(0.1)
    client.writer.close()
    return await listening


async def last_line(client: Client) -> bytes:
    last = b""
    with suppress(ConnectionError):  # what was said to a server that has closed
        while line := await client.reader.readline():
            last = line
    return last


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_crowd_of_slow_clients_is_shown_out_and_its_descriptors_are_free_again() -> None:
    box = Box()
    async with a_door(box, idle=3, patience=6, progress=1000, connections_per_peer=51) as (listener, connect):
        before = descriptors()
        slow = [asyncio.create_task(drip(await connect(), SLOW[number % len(SLOW)])) for number in range(50)]
        began = time.monotonic()
        normal = await connect()
        kept = await normal.hand_in(MAIL)
        took = time.monotonic() - began
        too_many = await connect()
        normal.writer.close()
        await until(lambda: not listener.peers)
        goodbyes = await asyncio.gather(*slow)
        await until(lambda: descriptors() <= before + 1)

    assert (kept, too_many.refusal[:3]) == ("250 2.0.0 Kept", "421")  # type: ignore[attr-defined]
    assert took < 3
    assert b"421 4.4.2 Too slow, goodbye\r\n" in goodbyes
    assert [arrival.raw for arrival in box.kept] == [MAIL]


async def test_connections_are_bounded_per_peer() -> None:
    async with a_door(Box(), connections_per_peer=2) as (listener, connect):
        await connect()
        second = await connect()

        third = await connect()
        second.writer.close()
        await until(lambda: listener.peers["127.0.0.1"] == 1)
        again = await connect()

    assert third.refusal[:3] == "421"  # type: ignore[attr-defined]
    assert not hasattr(again, "refusal")


async def test_what_was_said_before_encryption_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "localhost.pem").write_text(LOCALHOST)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(tmp_path / "localhost.pem")
    theirs = ssl.create_default_context(cadata=LOCALHOST[LOCALHOST.index("-----BEGIN CERT") :])
    box = Box()
    async with a_door(box, tls=lambda: ours) as (_, connect):
        client = await connect()

        ready = await client.ask(b"STARTTLS\r\nMAIL FROM:<eve@pirate.net>\r\n")
        await client.writer.start_tls(theirs, server_hostname="localhost")
        first = await client.ask(HELLO)
        kept = await client.hand_in(MAIL)

    assert (ready[:3], first.split("\n")[0], kept[:3]) == ("220", "250-mx.host.fr", "250")
    assert "STARTTLS" not in first
    assert "AUTH" not in first
    assert [arrival.mail_from for arrival in box.kept] == ["bob@clientsa.fr"]


async def test_log_has_one_clean_record_and_no_key() -> None:
    async with a_door(Box()) as (_, connect):
        client = await connect()
        await client.ask(b"EHLO evil\x1b[2J\xe2\x80\xaename\r\n")
        await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")
        with capture_logs() as records:
            await client.ask(b"RCPT TO:<sales+secretkey@host.fr>\r\n")
            await client.ask(b"RCPT TO:<support+secretkey@host.fr>\r\n")
            await client.ask(b"DATA\r\n")
            await client.ask(MAIL + b".\r\n")

    assert records == [
        {"event": "recipient_refused", "log_level": "info", "peer": "127.0.0.1"},
        {
            "event": "mail_kept",
            "log_level": "info",
            "peer": "127.0.0.1",
            "helo": "evil [2Jname",
            "octets": len(MAIL),
        },
    ]


async def test_lmtp_answers_once_for_each_recipient() -> None:
    box = Box()
    async with a_door(box, protocol="lmtp") as (_, connect):
        client = await connect()
        for command in (
            b"MAIL FROM:<bob@clientsa.fr>\r\n",
            b"RCPT TO:<support@host.fr>\r\n",
            b"RCPT TO:<nobody@host.fr>\r\n",
            b"RCPT TO:<support+k@host.fr>\r\n",
            b"DATA\r\n",
        ):
            await client.ask(command)
        client.writer.write(MAIL + b".\r\nNOOP\r\n")

        answers = [await client.answer() for _ in range(3)]
        helo = await client.ask(b"EHLO client.example\r\n")

    assert answers == ["250 2.0.0 Kept", "250 2.0.0 Kept", "250 OK"]
    assert helo[:3] == "500"
    assert [arrival.rcpt_to for arrival in box.kept] == [("support@host.fr", "support+k@host.fr")]


async def test_peer_that_brings_too_many_mails_a_minute_is_told_to_wait() -> None:
    box = Box()
    async with a_door(box, mails_per_minute=2) as (_, connect):
        client = await connect()
        answers = [await client.hand_in(MAIL + b"%d\r\n" % number) for number in range(2)]

        refused = await client.ask(b"MAIL FROM:<bob@clientsa.fr>\r\n")

    assert [answer[:3] for answer in answers] == ["250", "250"]
    assert refused == "450 4.7.1 Too many mails a minute, please try again later"
    assert len(box.kept) == 2


async def test_trusted_peer_may_bring_as_many_as_it_likes() -> None:
    box = Box()
    async with a_door(box, mails_per_minute=1, unlimited=lambda peer: peer == "127.0.0.1") as (_, connect):
        client = await connect()

        answers = [await client.hand_in(MAIL + b"%d\r\n" % number) for number in range(3)]

    assert [answer[:3] for answer in answers] == ["250"] * 3
