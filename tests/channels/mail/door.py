"""A door of our own in this loop, what stands behind it, and a client that says exactly what it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

from bot.channels.mail.addresses import desk_address
from bot.channels.mail.listener import Listener
from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception

PATIENCE = 60  # seconds
HELLO = b"EHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<bob@clientsa.fr>\r\nRCPT TO:<support@host.fr>\r\n"
MAIL = b"From: bob@clientsa.fr\r\nSubject: Panne\r\n\r\nBonjour\r\n"


class Box:
    """Keeps what arrives; may be told to fail, or to wait."""

    def __init__(self, keep: Callable[[Arrival], Awaitable[None]] | None = None) -> None:
        self.kept: list[Arrival] = []
        self._keep = keep

    async def __call__(self, arrival: Arrival) -> None:
        if self._keep:
            await self._keep(arrival)
        self.kept.append(arrival)


class Client:
    """A client that says exactly what it is told, and reads one answer at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> str:
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), PATIENCE)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def ask(self, command: bytes) -> str:
        self.writer.write(command)
        await self.writer.drain()
        return await self.answer()

    async def hand_in(self, mail: bytes) -> str:
        for command in (b"MAIL FROM:<bob@clientsa.fr>\r\n", b"RCPT TO:<support@host.fr>\r\n", b"DATA\r\n"):
            await self.ask(command)
        return await self.ask(mail + b".\r\n")


@asynccontextmanager
async def a_door(
    box: Box, protocol: Literal["smtp", "lmtp"] = "smtp", **limits: Any
) -> AsyncIterator[tuple[Listener, Callable[[], Awaitable[Client]]]]:
    reception = Reception(domain="mx.host.fr", accepts=desk_address("support@host.fr").accepts, keep=box, **limits)
    listener = await serve("127.0.0.1", 0, reception, protocol)
    writers = []

    async def connect() -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writers.append(writer)
        client = Client(reader, writer)
        greeting = await client.answer()
        if greeting.startswith("220"):
            await client.ask(HELLO if protocol == "smtp" else HELLO.replace(b"EHLO", b"LHLO"))
        else:
            client.refusal = greeting  # type: ignore[attr-defined]
        return client

    try:
        yield listener, connect
    finally:
        for writer in writers:
            writer.close()
        listener.close()
        async with asyncio.timeout(PATIENCE):
            await listener.wait_closed()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - it waits for the other side of a socket
            await asyncio.sleep(0.01)
