"""Mails beyond the limit: refused once for each recipient, and never held in memory."""

import asyncio
from typing import Literal

import pytest

from tests.channels.mail.door import ENVELOPE, MAIL, Box, a_door

LIMIT = 100_000
READ_AT_ONCE = 1 << 18  # octets that a socket may bring beside what is held
TOO_BIG = 20_000_000


@pytest.mark.parametrize(("protocol", "answers"), [("smtp", 1), ("lmtp", 2)])
async def test_mail_far_beyond_the_limit_is_let_go_while_it_comes_in(
    protocol: Literal["smtp", "lmtp"], answers: int
) -> None:
    box = Box()
    most = 0
    async with a_door(box, protocol=protocol, size_limit=LIMIT) as (listener, connect):
        client = await connect()
        for command in (*ENVELOPE.splitlines(keepends=True), b"RCPT TO:<support+k@host.fr>\r\n", b"DATA\r\n"):
            await client.ask(command)
        for _ in range(TOO_BIG // LIMIT):
            client.writer.write(b"x" * (LIMIT - 2) + b"\r\n")
            await client.writer.drain()
            await asyncio.sleep(0)
            most = max(most, listener.in_flight)
        client.writer.write(b".\r\n")
        refused = [(await client.answer())[:3] for _ in range(answers)]
        kept = await client.hand_in(MAIL)

    assert refused == ["552"] * answers
    assert most < LIMIT + 4 * READ_AT_ONCE
    assert listener.in_flight == 0
    assert kept == "250 2.0.0 Kept"
    assert [arrival.raw for arrival in box.kept] == [MAIL]
