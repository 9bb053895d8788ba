"""What lies between the desk and its database: it may fall silent, and takes connections as before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

SOCKET = ".s.PGSQL.5432"


@dataclass(slots=True)
class Between:
    """`url` leads through it to the database. Once `fall_silent` was called nothing passes any more."""

    url: str
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by what is asked in vain."""
    _silent: bool = False

    def fall_silent(self) -> None:
        self._silent = True

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool) -> None:
        with suppress(ConnectionError):
            while octets := await reader.read(65_536):
                if self._silent:
                    if asks:
                        self.asked.set()
                    continue
                writer.write(octets)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def between(url: str, folder: Path) -> AsyncIterator[Between]:
    """In front of PostgreSQL's socket at `url`; its own is in `folder`."""
    there = sa.make_url(url)
    here = there.set(query={"host": str(folder)}).render_as_string(hide_password=False)
    silence = Between(url=here)
    passing: set[asyncio.Task[None]] = set()

    async def joined(asks: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        told_by, asked_of = await asyncio.open_unix_connection(f"{there.query['host']}/{SOCKET}")
        async with asyncio.TaskGroup() as both:
            both.create_task(silence.pass_on(asks, asked_of, asks=True))
            both.create_task(silence.pass_on(told_by, told, asks=False))

    def meet(asks: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        passing.add(asyncio.create_task(joined(asks, told)))

    server = await asyncio.start_unix_server(meet, folder / SOCKET)
    try:
        yield silence
    finally:
        server.close()
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
