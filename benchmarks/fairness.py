"""How soon an acceptance leaves past 10,000 mails to a domain that is away, with real worker processes."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

import storage
from bot.app.jobs import TellByMail, fields_of
from bot.app.keys import random_key
from bot.core.facts import Language
from bot.core.notices import SupportEnded
from storage import NewJob, Store, Transaction

ROOT = Path(__file__).resolve().parent.parent
DEAD, JANE = "bob@dead.example", "jane@customer.example"
Away = Literal["refuses", "hangs"]


class Sink:
    """A relay that knows one domain to be away: it says so, or says nothing."""

    def __init__(self, away: Away) -> None:
        self._away = away
        self.refused = 0
        self.came: list[float] = []
        self.arrived = asyncio.Event()

    async def handle_RCPT(  # noqa: N802 - named by the library
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.endswith("@dead.example"):
            self.refused += 1
            if self._away == "hangs":
                await asyncio.Event().wait()
            return "451 4.4.1 Host is away"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.came.append(time.monotonic())
        self.arrived.set()
        return "250 Ok"


def a_mail(to: str, due_at: datetime) -> NewJob:
    told = SupportEnded()
    job = TellByMail(
        notice=told.name(),
        fields=fields_of(told),
        incident=None,
        customer=1,
        to=to,
        language=Language.FR,
        title="",
        message_id=f"{random_key()}@host.example",
    )
    return NewJob(kind=job.KIND, payload=job.encode(), due_at=due_at)


@asynccontextmanager
async def workers(count: int, url: str, port: int) -> AsyncIterator[None]:
    given = {"DATABASE_URL": url, "RELAY_URL": f"smtp://127.0.0.1:{port}", "COMPTOIR_SECRET": "s" * 40}
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "worker"),
            cwd=ROOT,
            env=os.environ | given,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(process.wait() for process in started))


async def measure(url: str, backlog: int, count: int, away: Away) -> float:
    """Seconds from the acceptance's commit to the relay's 250."""
    await storage.upgrade(url)
    store = await Store.open(url)
    sink = Sink(away)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="relay.example", loop=asyncio.get_running_loop()), "127.0.0.1", 0
    )

    def fill(tx: Transaction) -> None:
        now = datetime.now(UTC)
        for _ in range(backlog):
            tx.outbox.put(a_mail(DEAD, now), now)
        for job in tx.outbox.claim(now, backlog, timedelta(minutes=1)):
            tx.outbox.retry(job, now, "451 not now", untaken=True)

    await store.run(fill)
    async with workers(count, url, server.sockets[0].getsockname()[1]):
        while sink.refused < 2 * count:  # noqa: ASYNC110 - it waits for other processes
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        now = datetime.now(UTC)
        await store.run(lambda tx: tx.outbox.put(a_mail(JANE, now - timedelta(hours=1)), now))
        began = time.monotonic()
        await asyncio.wait_for(sink.arrived.wait(), 60)
    server.close()
    await store.close()
    return sink.came[0] - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite without it")
    parser.add_argument("--backlog", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--away", choices=("refuses", "hangs"), default="refuses")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{folder}/fairness.db"
        seconds = asyncio.run(measure(url, asked.backlog, asked.workers, asked.away))
    sys.stdout.write(
        f"{asked.backlog} mails wait, their domain {asked.away}: an acceptance left in {seconds:.2f} s\n"
    )


if __name__ == "__main__":
    main()
