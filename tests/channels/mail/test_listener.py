"""The open door: how many may come in and for how long, and that it closes with courtesy."""

import asyncio
import itertools
import time
from contextlib import suppress
from pathlib import Path

from bot.channels.mail.reception import Arrival
from tests.channels.mail.door import ENVELOPE, MAIL, Box, Client, a_door, until


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
