"""The processes: which parts each runs, started and stopped in order."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import structlog
from aiohttp import web

from bot import wiring
from bot.app.anchoring import anchor_daily
from bot.app.billing import provider_faults
from bot.app.decisions import bill_again, held_back
from bot.app.deliver import Later, Sender, deliver
from bot.app.digest import expect_digest
from bot.app.due import ask
from bot.app.jobs import JudgeAgain
from bot.app.language import warm_up
from bot.app.retention import is_todays, sweep
from bot.channels.cards.checkout import stripe_cards
from bot.channels.mail.inbox import Mailroom
from bot.channels.mail.listener import Listener
from bot.channels.mail.read import Reader
from bot.channels.mail.receive import serve
from bot.channels.slack.channel import SlackChannel
from bot.channels.web.application import application
from bot.loops import TRUSTED_TRIES, Loop, keep_doing
from bot.papers import Printer
from bot.settings import Settings
from bot.wiring import Clock, Wired, system_clock, wire
from storage import Job, Outdated, Transaction

SWEEP_SECONDS = 3600.0
PARTS = ("web", "mail", "worker", "clock", "slack")
LISTENING_TO_SLACK = frozenset({"worker", "slack"})
AWAY_SECONDS = 60.0
SOON = timedelta(minutes=1)
GRACE_SECONDS = 5.0
MOST_SECONDS = 9.0
"""Ten are promised to who stops a process. Killed, it loses nothing, so it waits no longer for who keeps silent."""
log = structlog.get_logger("processes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where the parts that listen can be reached; 0 and empty where a part does not run."""

    wired: Wired
    mail_port: int = 0
    web_port: int = 0


@asynccontextmanager
async def run_parts(
    wired: Wired, parts: frozenset[str], more: Callable[[web.Application], None] | None = None
) -> AsyncIterator[Running]:
    """Starts these parts, in the order that loses nothing, and stops them the other way round.

    `more` adds routes to the web application before it starts.
    """
    async with AsyncExitStack() as stack:
        running = Running(wired=wired)
        slack = _open_slack(wired, stack)
        language = asyncio.create_task(_learn_languages(parts))
        await wired.desk.store.run(lambda tx: _recall(tx, parts, wired.clock()))
        if "worker" in parts:  # the settings that kept an invoice back may be right now
            await wired.desk.store.run(lambda tx: bill_again(tx, wired.desk, held_back(tx), wired.clock()))
        loops: list[Loop] = []
        doors: list[Listener] = []
        if "worker" in parts:
            loops += _start_worker(wired, slack, language, doors, stack)
        if "clock" in parts:
            loops += _start_loops(stack, _calendar(wired))
            stack.push_async_callback(_end, asyncio.create_task(_sweep_daily(wired)))
            anchoring = anchor_daily(wired.desk, wired.settings.file.anchor.mailbox, wired.clock)
            stack.push_async_callback(_end, asyncio.create_task(anchoring))
        if "web" in parts:
            running = replace(running, web_port=await _start_web(wired, slack, doors, stack, more))
        if "mail" in parts:
            doors.append(await _start_mail(wired, stack))
            running = replace(running, mail_port=doors[0].port)
        if "mailbox" in parts or ("mail" in parts and wired.settings.environment.mail_imap_url):
            await _start_fetching(wired, stack)
        if "slack" in parts and slack is not None:
            stack.push_async_callback(_end, asyncio.create_task(slack.connect()))
        if slack is not None and parts & LISTENING_TO_SLACK:
            stack.push_async_callback(_end, asyncio.create_task(_catch_up(wired, slack)))
        yield running
        log.info("stopping")
        for loop in loops:  # at once, not each in its turn: what a locked database holds up, it holds up together
            loop.take_no_more()
        await language


async def _learn_languages(parts: frozenset[str]) -> None:
    """Who reads mails has to tell languages apart; what only takes them in starts without."""
    if "worker" in parts:
        await asyncio.to_thread(warm_up)


def _recall(tx: Transaction, parts: frozenset[str], now: datetime) -> None:
    """Where one process is alone, what is still claimed was claimed by the one that was killed."""
    if tx.alone and "worker" in parts:
        tx.inbox.recall(now, most_tries=TRUSTED_TRIES)
        tx.outbox.recall(now)
    if tx.alone and "clock" in parts:
        tx.deadlines.recall(now, most_tries=TRUSTED_TRIES)


async def serve_until_stopped(settings: Settings, parts: frozenset[str], clock: Clock = system_clock) -> None:
    """Runs these parts until SIGTERM or SIGINT. Raises Outdated, all in order, where another version comes."""
    stop = until_signalled()
    async with wire(settings, clock) as wired, run_parts(wired, parts) as running:
        _announce(running, parts)
        why = await stopped(wired, stop)
    if why:
        raise Outdated(why)


def until_signalled() -> asyncio.Event:
    """Set at SIGTERM and SIGINT; the process ends in time, though a database or a server says nothing."""
    stop = asyncio.Event()

    def end() -> None:
        stop.set()
        last = threading.Timer(MOST_SECONDS, _leave)
        last.daemon = True
        last.start()

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, end)
    return stop


def _leave() -> None:
    log.warning(
        "left", why="something does not answer", consequence="what was in hand is taken up when its claim ends"
    )
    os._exit(0)


async def stopped(wired: Wired, stop: asyncio.Event) -> str | None:
    """Returns when somebody stops this process, or, with the reason, when another version is to have the database."""
    superseded = asyncio.create_task(wired.desk.store.superseded())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({superseded, stopping}, return_when=asyncio.FIRST_COMPLETED)
    why = superseded.result() if superseded.done() else None
    for task in (superseded, stopping):
        task.cancel()
    return why


def _announce(running: Running, parts: frozenset[str]) -> None:
    environment = running.wired.settings.environment
    log.info(
        "started",
        parts=sorted(parts),
        web=f"{environment.public_url}" if running.web_port else None,
        mail=f"{environment.mail_endpoint[0]}:{running.mail_port}" if running.mail_port else None,
    )
    for fault in provider_faults(running.wired.desk.provider, running.wired.desk.terms):
        log.warning("invoices_cannot_be_issued", why=fault, consequence="what is owed waits, and nothing is lost")
    if environment.slack_missing:
        log.warning(
            "slack_is_not_set_up",
            missing=environment.slack_missing,
            consequence="the desk runs by mail and web only",
        )


def _open_slack(wired: Wired, stack: AsyncExitStack) -> SlackChannel | None:
    slack = wiring.slack_channel(wired)
    if slack is not None:
        stack.push_async_callback(slack.close)
    return slack


def _start_worker(
    wired: Wired,
    slack: SlackChannel | None,
    language: asyncio.Task[None],
    doors: Sequence[Listener],
    stack: AsyncExitStack,
) -> Sequence[Loop]:
    reader = Reader()
    stack.push_async_callback(reader.close)
    printer = Printer()
    stack.push_async_callback(printer.close)
    relay = wiring.relay(wired.settings.environment)
    stack.push_async_callback(relay.close)
    mailroom = wiring.mailroom(wired, reader)
    senders = wiring.senders(wired, relay, printer, slack)

    def busy() -> bool:
        return any(door.is_busy for door in doors) or (slack is not None and slack.is_busy)

    understanding = _understanding(wired, mailroom, slack, language, busy)
    return _start_loops(stack, understanding, _delivering(wired, senders, busy))


async def _catch_up(wired: Wired, slack: SlackChannel) -> None:
    """Brings in what was said in Slack while nobody listened: at the start, with each new line, and now and then."""

    async def catch_up() -> float:
        return await slack.backfill(wired.clock())

    await keep_doing("backfill", catch_up, slack.gap, AWAY_SECONDS)


async def _sweep_daily(wired: Wired) -> None:
    """Erases what is old enough, in one process of all that run, once a day; has the next morning's numbers wait."""
    store = wired.desk.store

    async def sweep_once() -> float:
        await store.run(lambda tx: expect_digest(tx, wired.desk, wired.clock()))
        if await store.run(lambda tx: is_todays(tx, wired.clock())):
            swept = await sweep(store, wired.settings.retention, wired.clock)
            log.info("swept", **asdict(swept))
        return SWEEP_SECONDS

    await keep_doing("sweep", sweep_once, asyncio.sleep, SWEEP_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    """Until it has ended: a cancellation can be lost in a library's goodbye to a server that is gone."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE_SECONDS)


def _understanding(
    wired: Wired,
    mailroom: Mailroom,
    slack: SlackChannel | None,
    language: asyncio.Task[None],
    busy: Callable[[], bool],
) -> Loop:
    """Works the inbox once languages can be told apart; listening does not wait for that."""

    async def work(job: Job) -> None:
        if slack is not None and job.kind in slack.INBOX_KINDS:
            await slack.understand(job, wired.clock())
        elif job.kind == JudgeAgain.KIND:
            await mailroom.judge_again(job, wired.clock())
        else:
            await mailroom.understand(job, wired.clock())

    return Loop(store=wired.desk.store, queue="inbox", work=work, clock=wired.clock, busy=busy, after=language)


def _delivering(wired: Wired, senders: Mapping[str, Sender], busy: Callable[[], bool]) -> Loop:
    async def work(job: Job) -> None:
        delivery = await deliver(wired.desk, job, senders, wired.clock)
        if isinstance(delivery, Later) and delivery.after is not None and delivery.after < SOON:
            seconds = delivery.after.total_seconds()
            asyncio.get_running_loop().call_later(seconds, wired.desk.store.wake, "outbox")  # its turn, to the moment

    return Loop(store=wired.desk.store, queue="outbox", work=work, clock=wired.clock, kinds=tuple(senders), busy=busy)


def _calendar(wired: Wired) -> Loop:
    async def work(job: Job) -> None:
        await ask(wired.desk, job, wired.clock())

    return Loop(store=wired.desk.store, queue="deadlines", work=work, clock=wired.clock)


def _start_loops(stack: AsyncExitStack, *loops: Loop) -> Sequence[Loop]:
    """They stop side by side: what hangs in one must not use up the time of the other."""
    tasks = [asyncio.create_task(loop.run()) for loop in loops]

    async def stop() -> None:
        await asyncio.gather(*(loop.stop(GRACE_SECONDS) for loop in loops))
        await asyncio.gather(*tasks)

    stack.push_async_callback(stop)
    return loops


async def _start_web(
    wired: Wired,
    slack: SlackChannel | None,
    doors: Sequence[Listener],
    stack: AsyncExitStack,
    more: Callable[[web.Application], None] | None,
) -> int:
    environment = wired.settings.environment

    async def takes_mail() -> bool:  # a disk may be too full for a mail, and not for what else is asked
        return all(door.is_keeping for door in doors)

    file, desk = wired.settings.file, wired.desk
    cards = await stack.enter_async_context(stripe_cards(*environment.stripe))
    app = application(
        desk, wired.clock, tokens=file.api.tokens, ready=takes_mail, google=wiring.google(wired), cards=cards
    )
    if slack is not None:
        app.router.add_post("/slack/events", slack.handle)
    if more is not None:
        more(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=3)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, environment.host, environment.port)
    await site.start()
    return int(runner.addresses[0][1])


async def _start_mail(wired: Wired, stack: AsyncExitStack) -> Listener:
    environment = wired.settings.environment
    host, port = environment.mail_endpoint
    listener = await serve(host, port, wiring.reception(wired), environment.mail_protocol)

    async def stop() -> None:
        listener.close()
        await listener.wait_closed()

    stack.push_async_callback(stop)
    return listener


async def _start_fetching(wired: Wired, stack: AsyncExitStack) -> None:
    """A server that is away is waited for; a refused login is said at once."""
    fetcher = await wiring.fetcher(wired)
    stack.push_async_callback(_end, asyncio.create_task(fetcher.run()))
