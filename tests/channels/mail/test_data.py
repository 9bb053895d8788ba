"""The text of a mail while it comes in: where it ends, how much of it there may be, and that it stays as it was."""

import asyncio
import re
from importlib.metadata import version

import pytest

from tests.channels.mail.door import ENVELOPE, MAIL, Box, a_door, until


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


async def test_very_long_line_is_kept_whole() -> None:
    box = Box()
    text = b"Subject: a\r\n\r\n" + b"x" * 200_000 + b"\r\n"
    async with a_door(box) as (_, connect):
        assert await (await connect()).hand_in(text) == "250 2.0.0 Kept"

    assert [arrival.raw for arrival in box.kept] == [text]
