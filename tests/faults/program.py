"""The desk as operators run it: `python -m bot …` in a process of its own, and what it says on standard error."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.relay import Sink

REPOSITORY = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 60.0
START_SECONDS = 90.0
Said = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Program:
    """A desk that runs; `lines` is all it said so far, one event a line."""

    process: Process
    lines: list[str] = field(default_factory=list)
    web_port: int = 0
    _listening: "asyncio.Task[None] | None" = None

    @property
    def said(self) -> list[Said]:
        """The events; a line that is none fails."""
        return [json.loads(line) for line in self.lines]

    @property
    def mail_port(self) -> int:
        """Where it takes mail; 0 where it does not."""
        started = next(said for said in self.said if said.get("event") == "started")
        return int((started.get("mail") or ":0").rpartition(":")[2])

    @property
    def mail(self) -> tuple[str, int]:
        """The same, as what connects wants it."""
        return "127.0.0.1", self.mail_port

    async def stop(self) -> int | None:
        """Asks it to stop, as an operator does; its exit code. TimeoutError when it takes longer than promised."""
        self.process.terminate()
        async with asyncio.timeout(GRACE_SECONDS):
            return await self.process.wait()

    async def start(self) -> None:
        """Returns once it said that it started."""
        self._listening = asyncio.create_task(self._listen())
        async with asyncio.timeout(START_SECONDS):
            while not any('"event": "started"' in line for line in self.lines):
                assert not self._listening.done(), self.lines
                await asyncio.sleep(0.02)

    async def end(self) -> None:
        """Ends it without mercy, if it has not ended."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        if self._listening:
            await self._listening

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode())


async def comptoir(folder: Path, *arguments: str, under: Sequence[str] = (), **environment: str) -> Process:
    """Starts `python -m bot …` in a folder of its own, perhaps under another program."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = kept | {"PYTHONPATH": str(REPOSITORY), "LOG_FORMAT": "json"} | environment
    command = (*under, sys.executable, "-m", *arguments)
    return await asyncio.create_subprocess_exec(*command, cwd=folder, env=given, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> tuple[int | None, str, str]:
    """The exit code, standard output, standard error."""
    async with asyncio.timeout(START_SECONDS):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def a_program(
    folder: Path, database_url: str, relay: Sink, *parts: str, under: Sequence[str] = (), **more: str
) -> AsyncIterator[Program]:
    """`python -m bot all`, or these parts, once it has said that it started. `more` is environment."""
    web_port = _free_port()
    environment = {
        "DATABASE_URL": database_url,
        "RELAY_URL": relay.url,
        "PORT": str(web_port),
        "MAIL_LISTEN": "127.0.0.1:0",
    }
    process = await comptoir(folder, "bot", *(parts or ("all",)), under=under, **(environment | more))
    program = Program(process=process, web_port=web_port)
    try:
        await program.start()
        yield program
    finally:
        await program.end()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
