"""Reading mails without risk: small and simple ones here, all others in a bounded child process."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

import structlog

from bot.channels.mail import child, parcel
from bot.channels.mail.bounds import SMALL, excess
from bot.channels.mail.headers import split_headers
from bot.channels.mail.mail import Attachment, DeliveryReport, Mail
from bot.channels.mail.parse import parse, unreadable

__all__ = ["Attachment", "DeliveryReport", "Mail", "Reader", "parse"]

MOST_ANSWER = 200_000_000
log = structlog.get_logger("mail.read")


class Reader:
    """Reads mails. `seconds` bounds each mail, `memory` (octets) each child; children start when first needed.

    A mail within the small bounds is parsed in this process: everything it meets there is linear, and takes a few
    milliseconds at most. What exceeds them may be slow, so a child does it, which is killed when it takes too long.
    """

    def __init__(
        self, *, children: int = 1, seconds: float = 20, memory: int = 1_000_000_000, idle: float = 60
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._idle = idle
        self._free = asyncio.Semaphore(children)
        self._waiting: list[Process] = []
        self._closer: asyncio.TimerHandle | None = None

    async def read(self, raw: bytes, mail_from: str | None = None) -> Mail:
        """The mail, or an unreadable one with the reason. `mail_from` is the envelope's sender where known."""
        if excess(raw, split_headers(raw[: SMALL.size + 1]), SMALL) is None:
            return parse(raw, mail_from)
        async with self._free:
            return await self._read_in_child(raw, mail_from)

    async def close(self) -> None:
        """Ends the children that wait; a read that is cancelled ends its own."""
        if self._closer:
            self._closer.cancel()
        while self._waiting:
            await _end(self._waiting.pop())

    async def _read_in_child(self, raw: bytes, mail_from: str | None) -> Mail:
        process = self._waiting.pop() if self._waiting else await self._start()
        try:
            async with asyncio.timeout(self._seconds):
                mail = await _ask(process, raw, mail_from)
        except (TimeoutError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
            await _end(process)
            log.warning("mail_unreadable", octets=len(raw), error=type(error).__name__, exit=process.returncode)
            reason = "took too long" if isinstance(error, TimeoutError) else "ended the process"
            return unreadable(raw, f"reading the mail {reason}", mail_from)
        except asyncio.CancelledError:
            process.kill()
            raise
        self._rest(process)
        return mail

    async def _start(self) -> Process:
        limits = (str(self._memory), str(max(1, int(self._seconds))))
        # The child gets no environment: it parses what strangers send, and needs none of our secrets.
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", child.__name__, *limits),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV") if name in os.environ},
        )

    def _rest(self, process: Process) -> None:
        self._waiting.append(process)
        if self._closer:
            self._closer.cancel()
        self._closer = asyncio.get_running_loop().call_later(self._idle, self._dismiss)

    def _dismiss(self) -> None:
        """Lets the children go that have had nothing to do: their input ends, so they end."""
        while self._waiting:
            stdin = self._waiting.pop().stdin
            if stdin:
                stdin.close()


async def _ask(process: Process, raw: bytes, mail_from: str | None) -> Mail:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(child.ask(raw, mail_from))
    await process.stdin.drain()
    described, contents = parcel.HEAD.unpack(await process.stdout.readexactly(parcel.HEAD.size))
    if described + contents > MOST_ANSWER:
        raise ValueError("the child's answer is too long")
    answer = await process.stdout.readexactly(described + contents)
    return parcel.unpack(answer[:described], answer[described:])


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
