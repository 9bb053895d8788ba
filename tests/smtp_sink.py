"""Postfix's `smtp-sink`: a relay that misbehaves as its options say, and writes down what it took."""

import asyncio
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSink:
    """One that listens."""

    folder: Path

    def mails(self) -> list[Message]:
        """Whatever came as far as its text."""
        found = [message_from_bytes(file.read_bytes()) for file in self.folder.iterdir()]
        return [mail for mail in found if mail["Message-ID"]]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def an_smtp_sink(port: int, *options: str) -> AsyncIterator[SmtpSink]:
    """Listens on this port until the block ends, with options such as `-r RCPT`, `-q .`, `-W .:700`."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise FileNotFoundError("smtp-sink is not installed: `make test` does that")
    folder = _open_folder()
    who = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "nobody"
    process = await asyncio.create_subprocess_exec(
        *(program, "-u", who, *options, "-d", f"{folder}/mail.", f"127.0.0.1:{port}", "100"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_it_listens(port)
        yield SmtpSink(folder=folder)
    finally:
        process.kill()
        await process.wait()
        shutil.rmtree(folder)


def _open_folder() -> Path:
    """Not the test's own: smtp-sink drops root's rights, and must still write there."""
    folder = Path(tempfile.mkdtemp(prefix="smtp-sink"))
    folder.chmod(0o777)
    return folder


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
