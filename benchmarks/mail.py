"""Mails accepted per second and mail-to-announcement time, beside a bare aiosmtpd that drops the mail, in one run."""

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parent.parent
LINE = "Depuis ce matin, mon site affiche une erreur 500 et je ne sais pas où chercher.\r\n"

# Each mail is a stranger's who proves nothing, and each is answered here.
LIMITS = "[limits]\ndomain = 1000000\nunproven = 1000000\nunproven_day = 1000000\n"
BIG = 3_000_000
# What we hold ourselves to, beside the bare server in the same run.
RATE_BAR = 0.5
P99_BAR = 3.0  # plus one sync
WHOLE_JOB_BAR = {"sqlite": 6.0, "postgresql": 8.0}
BIG_BAR_MS = 25.0  # CPU, to take in a mail of 3 MB


@dataclass
class Sink:
    """A relay that takes everything and remembers when each of so many recipients' first mail came."""

    expected: int
    came: dict[str, float] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.came.setdefault(recipient, time.monotonic())
        if len(self.came) >= self.expected:
            self.complete.set()
        return "250 taken"


class Dropped:
    """The bare server: takes the mail and drops it."""

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return "250 dropped"


@dataclass(frozen=True)
class Load:
    """What a run of the client measured: seconds in all, and each mail's wait for its 250."""

    seconds: float
    waits: tuple[float, ...]
    accepted: dict[str, float]

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98] * 1000


def mail(sender: str, number: int, octets: int = 45 * len(LINE.encode())) -> bytes:
    """A plain mail as a customer writes it, of 4 kB or so many octets, its lone dots escaped by having none."""
    head = (
        f"From: {sender}\r\nTo: support@host.example\r\nSubject: Site en panne {number}\r\n"
        f"Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <{number}.{os.getpid()}@bench.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return (head + LINE * (octets // len(LINE.encode()))).encode()


async def load(port: int, mails: int, connections: int, *sized: int, first: int = 0) -> Load:
    """Sends so many mails over so many kept connections, each from a customer of its own; `sized`: its octets.

    `first` numbers the first of them.
    """
    waits: list[float] = []
    accepted: dict[str, float] = {}
    numbers = iter(range(first, first + mails))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def command(line: bytes) -> bytes:
            writer.write(line)
            while True:
                answer = await reader.readline()
                if answer[3:4] != b"-":
                    return answer

        await reader.readline()
        await command(b"EHLO bench.example\r\n")
        for number in numbers:
            sender = f"customer{number}@bench.example"
            await command(f"MAIL FROM:<{sender}>\r\n".encode())
            await command(b"RCPT TO:<support@host.example>\r\n")
            await command(b"DATA\r\n")
            text = mail(sender, number, *sized) + b".\r\n"
            began = time.monotonic()
            answer = await command(text)
            if not answer.startswith(b"250"):
                raise RuntimeError(answer.decode())
            accepted[sender] = time.monotonic()
            waits.append(accepted[sender] - began)
        writer.close()

    began = time.monotonic()
    await asyncio.gather(*(client() for _ in range(connections)))
    return Load(time.monotonic() - began, tuple(waits), accepted)


@asynccontextmanager
async def listening(handler: object) -> AsyncIterator[int]:
    """A server of aiosmtpd's in this loop; its port."""
    loop = asyncio.get_running_loop()
    make: Callable[[], SMTP] = lambda: SMTP(handler, hostname="bench", loop=loop)  # noqa: E731
    server = await loop.create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def bare() -> AsyncIterator[tuple[int, int]]:
    """The dropping server in a process of its own: its port and process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.mail", "--bare", cwd=ROOT, stdout=subprocess.PIPE
    )
    if process.stdout is None:
        raise RuntimeError("no output to read the port from")
    try:
        yield int(await process.stdout.readline()), process.pid
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def desk(url: str, relay: int, folder: str, part: str = "all") -> AsyncIterator[tuple[int, int]]:
    """The whole desk in one process, or one part of it: its SMTP port and process id."""
    (Path(folder) / "comptoir.toml").write_text(LIMITS)
    environment = os.environ | {
        "DATABASE_URL": url,
        "MAIL_LISTEN": "127.0.0.1:0",
        "PORT": "0",
        "RELAY_URL": f"smtp://127.0.0.1:{relay}",
        "COMPTOIR_SECRET": "benchmark-" * 4,
        "LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
    }
    upgraded = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "storage", "upgrade", cwd=folder, env=environment
    )
    if await upgraded.wait():
        raise RuntimeError("the database could not be made ready")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", part, cwd=folder, env=environment, stderr=subprocess.PIPE
    )
    if process.stderr is None:
        raise RuntimeError("no output to read the port from")
    port, said = 0, ""
    while not port:
        line = (await process.stderr.readline()).decode()
        found = re.search(r'"mail": "127\.0\.0\.1:(\d+)"', line)
        port = int(found[1]) if found else 0
        if not line:
            raise RuntimeError(f"the desk did not start: {said}")
        said = line
    drain = asyncio.create_task(process.stderr.read())
    try:
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()
        drain.cancel()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def compare(url: str, mails: int, connections: int) -> None:
    """Both servers, one after the other, same client; prints the figures and their ratios."""
    async with bare() as (port, pid):
        before = cpu_seconds(pid)
        reference = await load(port, mails, connections)
        reference_cpu = (cpu_seconds(pid) - before) / mails
    sink = Sink(mails)
    with tempfile.TemporaryDirectory() as folder:
        sync = one_sync(Path(folder))
        async with listening(sink) as relay, desk(url or "sqlite:///bench.db", relay, folder) as (port, pid):
            await started(port, sink)
            before = cpu_seconds(pid)
            ours = await load(port, mails, connections)
            async with asyncio.timeout(300):
                await sink.complete.wait()
            whole = (cpu_seconds(pid) - before) / max(1, len(sink.came))
        big = await big_mails(url or "sqlite:///big.db", folder)
    whole_bar = WHOLE_JOB_BAR["postgresql" if url.startswith("postgres") else "sqlite"]
    report(
        Measured("bare aiosmtpd", reference, reference_cpu),
        Measured("comptoir", ours, whole),
        sink.came,
        whole_bar,
        sync,
    )
    print(f"a mail of 3 MB  {big * 1000:7.1f} ms CPU to take in (bar {BIG_BAR_MS:.0f})")


async def started(port: int, sink: Sink) -> None:
    """Waits until a first mail is answered: what a start costs, as loading languages does, is no mail's cost."""
    expected, sink.expected = sink.expected, 1
    await load(port, 1, 1, first=expected)
    await sink.complete.wait()
    sink.expected = expected
    sink.came.clear()
    sink.complete.clear()


def one_sync(folder: Path) -> float:
    """Seconds that this disk needs for one commit's sync: the worst of twenty but one."""
    waits = []
    with (folder / "sync").open("wb") as file:
        for _ in range(20):
            file.write(b"x" * 32_768)
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            waits.append(time.monotonic() - began)
    return sorted(waits)[-2]


async def big_mails(url: str, folder: str, mails: int = 20) -> float:
    """CPU seconds that reception alone spends on a mail of 3 MB."""
    async with desk(url, 1, folder, "mail") as (port, pid):
        await load(port, 2, 1, BIG)
        before = cpu_seconds(pid)
        await load(port, mails, 1, BIG + 1_000)
        return (cpu_seconds(pid) - before) / mails


@dataclass(frozen=True)
class Measured:
    """One server under the load: its name, what the client saw, its CPU seconds a mail."""

    name: str
    load: Load
    cpu: float


def report(bare: Measured, desk: Measured, came: dict[str, float], whole_bar: float, sync: float) -> None:
    """Prints both, each ratio beside its bar, then what the whole job took. `sync` in seconds."""
    for one in (bare, desk):
        print(
            f"{one.name:15} {one.load.rate:7.0f} mails/s   p99 {one.load.p99:6.1f} ms to the 250"
            f"   {one.cpu * 1000:5.2f} ms CPU a mail"
        )
    late = (desk.load.p99 - sync * 1000) / bare.load.p99
    print(
        f"ratio           {desk.load.rate / bare.load.rate:7.2f} (bar {RATE_BAR})   "
        f"{late:6.1f} (bar {P99_BAR:.0f}, less one sync of {sync * 1000:.1f} ms)   "
        f"{desk.cpu / bare.cpu:5.1f} (bar {whole_bar:.0f}: the whole job)"
    )
    waits = [came[sender] - at for sender, at in desk.load.accepted.items() if sender in came]
    seconds = max(came.values()) - min(desk.load.accepted.values())
    print(
        f"announcements   {len(waits)} of {len(desk.load.accepted)}: {len(waits) / seconds:.0f} a second, "
        f"after the 250 median {statistics.median(waits):.2f} s, last {max(waits):.2f} s"
    )


async def serve_bare() -> None:
    async with listening(Dropped()) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a database; a fresh SQLite file when left out")
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    asyncio.run(serve_bare() if given.bare else compare(given.url, given.mails, given.connections))


if __name__ == "__main__":
    main()
