"""Debian's Postfix with its own configuration, queue and ports: it passes on what it takes, and ends with a test."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

START_SECONDS = 60
MAIN = """
compatibility_level = 3.6
mail_owner = postfix
myhostname = border.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
smtp_destination_concurrency_failed_cohort_limit = 0
lmtp_destination_concurrency_failed_cohort_limit = 0
message_size_limit = 0
mailbox_size_limit = 0
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60   1 pickup
cleanup   unix n - n -    0 cleanup
qmgr      unix n - n 300  1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -    - trivial-rewrite
bounce    unix - - n -    0 bounce
defer     unix - - n -    0 bounce
trace     unix - - n -    0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -    - proxymap
smtp      unix - - n -    - smtp
relay     unix - - n -    - smtp
lmtp      unix - - n -    - lmtp
showq     unix n - n -    - showq
error     unix - - n -    - error
retry     unix - - n -    - error
discard   unix - - n -    - discard
anvil     unix - - n -    1 anvil
scache    unix - - n -    1 scache
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """One that runs: the port it takes mail at, and the folder of everything that is its own."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What it has logged: `dsn=`, `status=` and the answers of the next server among it."""
        return (self.folder / "log").read_text(errors="replace")

    async def waiting(self) -> int:
        """How many mails are in its queue, those being delivered and those put off."""
        return len((await _as_root("postqueue", "-c", str(self.folder), "-j")).splitlines())

    async def flush(self) -> None:
        """Has it try everything in its queue now."""
        await _as_root("postqueue", "-c", str(self.folder), "-f")

    async def wait_for_log(self, text: str, times: int = 1, seconds: float = 120) -> None:
        """Returns once it has logged this so many times; TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while self.log.count(text) < times:  # noqa: ASYNC110 - it waits for another program's file
                await asyncio.sleep(0.05)


@asynccontextmanager
async def a_postfix(
    relay_to: int | Path,
    protocol: Literal["smtp", "lmtp"] = "smtp",
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Postfix]:
    """One that passes everything on to this port, or LMTP socket; `settings` are more lines of its `main.cf`."""
    # Not in the test's own folder: Postfix drops its rights, and must still get there.
    folder = Path(tempfile.mkdtemp(prefix="postfix"))
    port = _free_port()
    try:
        _prepare(folder, port, _next_hop(relay_to, protocol), settings or {})
        await _as_root("chown", "root", str(folder / "queue"))
        await _as_root("chown", "postfix", str(folder / "data"))
        await _as_root("postfix", "-c", str(folder), "start")
        try:
            await _until_it_greets(port)
            yield Postfix(port=port, folder=folder)
        finally:
            await _as_root("postfix", "-c", str(folder), "stop")
    finally:
        await _as_root("rm", "-rf", str(folder))


def _next_hop(relay_to: int | Path, protocol: str) -> str:
    if isinstance(relay_to, Path):
        return f"lmtp:unix:{relay_to}"
    return f"smtp:[127.0.0.1]:{relay_to}" if protocol == "smtp" else f"lmtp:inet:[127.0.0.1]:{relay_to}"


def _prepare(folder: Path, port: int, next_hop: str, settings: Mapping[str, str]) -> None:
    folder.chmod(0o755)
    (folder / "queue").mkdir()
    (folder / "data").mkdir()
    (folder / "log").touch()
    own = {
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "default_transport": next_hop,
        "relay_transport": next_hop,
        **settings,
    }
    (folder / "main.cf").write_text(MAIN + "".join(f"{name} = {value}\n" for name, value in own.items()))
    (folder / "master.cf").write_text(SERVICES.format(port=port))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def _until_it_greets(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
                continue
            greeting = await reader.readline()
            writer.close()
            if greeting.startswith(b"220"):
                return


async def _as_root(*command: str) -> str:
    """Postfix changes users by itself, which needs root to begin with."""
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    program = shutil.which(command[0], path=search)
    if program is None:
        raise FileNotFoundError(f"{command[0]} is not installed: `make test` does that")
    sudo = () if os.geteuid() == 0 else ("sudo", "-n")
    process = await asyncio.create_subprocess_exec(
        *sudo, program, *command[1:], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {said.decode()}")
    return said.decode()
