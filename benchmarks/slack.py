"""How soon Slack hears yes when 200 envelopes come within a second, and that all were worked, with a real desk."""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from slack_sdk.signature import SignatureVerifier

import storage
from bot.app.opening import Opening, Said, open_incident
from bot.sandbox.slack import Channel, People, SlackServer, User, Workspace, start
from bot.settings import read_settings
from bot.wiring import system_clock, wire
from storage import Direction, Store, Via

ROOT = Path(__file__).resolve().parent.parent
STAFF_CHANNEL, ALICE, BOT, SECRET = "C0STAFF", "U0ALICE", "U0COMPTOIR", "what signs in this benchmark"
BAR_MS = 100.0
CONFIG = f'[slack]\nteam = "T0COMPTOIR"\nstaff = ["{ALICE}"]\nmanagers = ["{ALICE}"]\n'


def a_workspace() -> Workspace:
    return Workspace(
        clock=lambda: datetime.now(UTC),
        bot_token="xoxb-bench",
        signing_secret=SECRET,
        users=(User(id=ALICE, name="Alice"),),
        channels=(Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE, BOT)),),
    )


@asynccontextmanager
async def a_desk(environment: Mapping[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "all"),
        cwd=ROOT,
        env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def a_bare_door(port: int) -> AsyncIterator[None]:
    """What any app must do at least: read the request, check its signature, say yes, forget it."""
    verifier = SignatureVerifier(SECRET)

    async def take(request: web.Request) -> web.Response:
        signed = verifier.is_valid_request(await request.read(), dict(request.headers))
        return web.Response(status=200 if signed else 401)

    app = web.Application()
    app.router.add_post("/slack/events", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield
    await runner.cleanup()


async def load(people: People, thread: str, envelopes: int) -> list[float]:
    """Milliseconds until yes, for so many notes spread over one second, whether earlier ones were answered or not."""

    async def one(number: int) -> float:
        await asyncio.sleep(number / envelopes)
        began = time.perf_counter()
        answer = await people.say(ALICE, STAFF_CHANNEL, f"note {number}", thread)
        if answer.outcome != "ok":
            raise RuntimeError(f"not acknowledged: {answer}")
        return (time.perf_counter() - began) * 1000

    return await asyncio.gather(*(one(number) for number in range(envelopes)))


async def until(happened: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not await happened():
        if time.monotonic() > end:
            raise RuntimeError(f"never: {what}")
        await asyncio.sleep(0.05)


async def prepare(environment: Mapping[str, str]) -> None:
    """One incident on file, whose card the desk will post."""
    await storage.upgrade(environment["DATABASE_URL"])
    said = Said(author="bob@example.fr", text="Le site ne répond plus.", subject="Site en panne", via=Via.MAIL)
    opening = Opening(address="bob@example.fr", said=said)
    async with wire(read_settings(environment)) as wired:
        await wired.desk.store.run(lambda tx: open_incident(tx, wired.desk, opening, system_clock()))


async def measure(url: str, folder: Path, envelopes: int) -> tuple[list[float], list[float], float]:
    """Milliseconds to yes at the desk, at a bare door, and the seconds until all was worked."""
    slack: SlackServer = await start(a_workspace())
    port, bare_port = a_port(), a_port()
    config = folder / "comptoir.toml"
    config.write_text(CONFIG, encoding="utf-8")
    environment = {
        "DATABASE_URL": url,
        "PORT": str(port),
        "MAIL_LISTEN": f"127.0.0.1:{a_port()}",
        "COMPTOIR_CONFIG": str(config),
        "COMPTOIR_SECRET": "s" * 40,
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": slack.api_url,
        "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
    }
    await prepare(environment)
    store = await Store.open(url)

    async def has_card() -> bool:
        return bool(slack.workspace.roots(STAFF_CHANNEL))

    async def has_all() -> bool:
        kept = await store.read(lambda tx: tx.messages.of_incident(1))
        return sum(one.direction is Direction.NOTE for one in kept) == 2 * envelopes

    async with a_desk(environment):
        await until(has_card, "a card")
        thread = slack.workspace.roots(STAFF_CHANNEL)[0].ts
        people = People.over_http(slack.workspace, f"http://127.0.0.1:{port}")
        await load(people, thread, envelopes)  # warm
        began = time.monotonic()
        waits = await load(people, thread, envelopes)
        await until(has_all, "all notes kept")
        worked = time.monotonic() - began
        await people.close()
    async with a_bare_door(bare_port):
        people = People.over_http(slack.workspace, f"http://127.0.0.1:{bare_port}")
        await load(people, thread, envelopes)
        bare = await load(people, thread, envelopes)
        await people.close()
    await store.close()
    await slack.stop()
    return waits, bare, worked


def a_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def p99(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an empty PostgreSQL database; SQLite without it")
    parser.add_argument("--envelopes", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{folder}/slack.db"
        waits, bare, worked = asyncio.run(measure(url, Path(folder), asked.envelopes))
    sys.stdout.write(
        f"{asked.envelopes} envelopes in one second: median {statistics.median(waits):.1f} ms, "
        f"p99 {p99(waits):.1f} ms (bar {BAR_MS:.0f}; a door that keeps nothing: {p99(bare):.1f} ms); "
        f"all worked after {worked:.1f} s\n"
    )


if __name__ == "__main__":
    main()
