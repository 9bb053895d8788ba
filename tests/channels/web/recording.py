"""A proxy that writes down all a browser asks for, brings it what is ours, and answers in everybody else's name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"
ELSEWHERE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\nConnection: close\r\n\r\nelsewhere"


@dataclass
class Proxy:
    """`heard` holds the head of each request as it came."""

    ours: str
    port: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[str]:
        """What was asked of others."""
        return [head for head in self.heard if not head.split(" ")[1].startswith(self.ours)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(HEAD_END)).decode()
        self.heard.append(head)
        method, url, _ = head.split("\r\n")[0].split(" ")
        if url.startswith(self.ours):
            await self._bring(method, url, head, reader, writer)
        else:
            writer.write(ELSEWHERE)
        await writer.drain()
        writer.close()

    async def _bring(
        self, method: str, url: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(url)
        kept = [line for line in head.split("\r\n")[1:] if line and not line.lower().startswith(("proxy-", "conn"))]
        length = next((int(line.split(":")[1]) for line in kept if line.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        theirs, ours = await asyncio.open_connection("127.0.0.1", parts.port)
        lines = (f"{method} {parts.path} HTTP/1.1", *kept, "Connection: close")
        ours.write("\r\n".join(lines).encode() + HEAD_END + body)
        writer.write(await theirs.read())
        ours.close()


@asynccontextmanager
async def recording(ours: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the pages at this address."""
    proxy = Proxy(ours)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy
