"""The text of one mail while it comes in (DATA, RFC 5321 §4.1.1.4). Only CR LF . CR LF ends it."""

import asyncio
from collections.abc import Callable

from bot.channels.mail.answers import BUSY, TOO_BIG
from bot.channels.mail.listener import Listener
from bot.channels.mail.reception import Reception

_END = b"\r\n.\r\n"
_ALL = 1 << 24


class Data:
    """The text of one mail while it comes in: bounded alone, and together with all others."""

    def __init__(self, reception: Reception, listener: Listener) -> None:
        self._reception = reception
        self._listener = listener
        self._body = bytearray(b"\r\n")  # DATA begins as if after the end of a line
        self._counted = self._since = 0
        self._refusal: str | None = None

    async def read(self, reader: asyncio.StreamReader, moved: Callable[[], None]) -> bytes | str:
        """The text without its dots, or the refusal to answer; `moved` is called when it has grown enough."""
        try:
            return await self._read(reader, moved)
        finally:
            self._listener.in_flight -= self._counted

    async def _read(self, reader: asyncio.StreamReader, moved: Callable[[], None]) -> bytes | str:
        end, searched = -1, 0
        while (end := self._body.find(_END, searched)) < 0:
            self._bound()
            searched = max(0, len(self._body) - len(_END) + 1)
            self._grow(chunk := await reader.read(_ALL))
            self._since += len(chunk)
            if self._since >= self._reception.progress:
                self._since = 0
                moved()
        if rest := self._body[end + len(_END) :]:
            # What was read is all the reader had: what follows this mail goes back in front.
            reader.feed_data(rest)
        if end > self._reception.size_limit:
            self._refusal = self._refusal or TOO_BIG
        if self._refusal:
            return self._refusal
        del self._body[end + 2 :]
        # Few mails have a line that begins with a dot; a large one is not copied to look for it.
        stuffed = b"\r\n." in self._body
        return bytes(memoryview(self._body.replace(b"\r\n.", b"\r\n") if stuffed else self._body)[2:])

    def _grow(self, chunk: bytes) -> None:
        self._body += chunk
        self._counted += len(chunk)
        self._listener.in_flight += len(chunk)

    def _bound(self) -> None:
        """Lets go of what will be refused anyway; only its end is still looked for."""
        if len(self._body) > self._reception.size_limit:
            self._refusal = self._refusal or TOO_BIG
        elif self._listener.in_flight > self._reception.in_flight:
            self._refusal = self._refusal or BUSY
        if self._refusal:
            del self._body[: -len(_END) + 1]
            self._listener.in_flight -= self._counted
            self._counted = 0
