"""The door, from outside: real sockets, and what each kind of client is answered."""

import asyncio
import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from tests.channels.mail.door import HELLO, MAIL, Box, Client, a_door
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
