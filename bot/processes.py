"""The processes: what each is made of, started and stopped in order."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import web
from pydantic import TypeAdapter

from bot.app.anchoring import anchor_daily
from bot.app.billing import provider_faults
from bot.app.decisions import bill_again, held_back
from bot.app.deliver import Later, Sender, deliver
from bot.app.digest import expect_digest
from bot.app.due import ask
from bot.app.jobs import JudgeAgain
from bot.app.language import warm_up
from bot.app.paper import print_paper
from bot.app.retention import is_todays, sweep
from bot.channels.cards.checkout import stripe_cards
from bot.channels.mail.addresses import desk_address
from bot.channels.mail.border import Border, parse_peers
from bot.channels.mail.certificate import Certificate
from bot.channels.mail.fetch import Fetcher, LoginRefused, Place, read_mailbox
from bot.channels.mail.identity import Identity, is_local
from bot.channels.mail.inbox import Mailroom, keep, keep_fetched
from bot.channels.mail.listener import Listener
from bot.channels.mail.lookup import Resolver, parse_servers
from bot.channels.mail.outbox import Postman
from bot.channels.mail.read import Reader
from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.send import Relay
from bot.channels.mail.sign import Signer, load_signer
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.room import Canned, Preset
from bot.channels.web.application import application
from bot.channels.web.google import Google
from bot.loops import Loop, keep_doing
from bot.papers import Printer
from bot.settings import Environment, Misconfigured, Settings, told
from bot.wiring import Clock, Wired, system_clock, wire
from storage import Job, Transaction

SWEEP_SECONDS = 3600.0
PARTS = ("web", "mail", "worker", "clock", "slack")
LISTENING_TO_SLACK = frozenset({"worker", "slack"})
AWAY_SECONDS = 60.0
SOON = timedelta(minutes=1)
GRACE_SECONDS = 5.0
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
        slack = _slack(wired, stack)
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
        tx.inbox.recall(now)
        tx.outbox.recall(now)
    if tx.alone and "clock" in parts:
        tx.deadlines.recall(now)


async def serve_until_stopped(settings: Settings, parts: frozenset[str], clock: Clock = system_clock) -> None:
    """Runs these parts until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with wire(settings, clock) as wired, run_parts(wired, parts) as running:
        _announce(running, parts)
        await stop.wait()


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


_PRESETS = TypeAdapter(tuple[Preset, ...])


def _slack(wired: Wired, stack: AsyncExitStack) -> SlackChannel | None:
    """Slack for this desk, where it is set up; `SLACK_APP_TOKEN` unset: it comes over HTTP."""
    environment, file = wired.settings.environment, wired.settings.file
    if environment.slack_missing:
        return None
    slack = SlackChannel(
        desk=wired.desk,
        clock=wired.clock,
        bot_token=told(environment.slack_bot_token),
        signing_secret=told(environment.slack_signing_secret),
        app_token=told(environment.slack_app_token),
        patience=wired.patience,
        api_url=environment.slack_api_url,
        channel=environment.slack_staff_channel,
        team=file.slack.team,
        staff=file.slack.staff,
        managers=file.slack.managers,
        canned=[Canned(**reply.model_dump()) for reply in file.canned_replies],
        presets=_PRESETS.validate_python([preset.model_dump() for preset in file.quote_presets]),
        every=timedelta(seconds=file.slack.seconds_a_message),
    )
    stack.push_async_callback(slack.close)
    return slack


def _start_worker(
    wired: Wired,
    slack: SlackChannel | None,
    language: asyncio.Task[None],
    doors: Sequence[Listener],
    stack: AsyncExitStack,
) -> Sequence[Loop]:
    environment = wired.settings.environment
    reader = Reader()
    stack.push_async_callback(reader.close)
    printer = Printer()
    stack.push_async_callback(printer.close)
    relay = Relay(environment.relay_url, local_hostname=environment.mail_domain, signers=_signers(environment))
    stack.push_async_callback(relay.close)
    addresses = desk_address(environment.mail_address, environment.mail_domain)
    mailroom = Mailroom(desk=wired.desk, reader=reader, addresses=addresses, identity=_identity(environment))
    postman = Postman(desk=wired.desk, relay=relay, addresses=addresses)
    senders: dict[str, Sender] = {
        "mail": postman.send,
        "anchor": postman.send_anchor,
        "paper": partial(print_paper, wired.desk, printer.print),
        **(slack.senders if slack else {}),
    }

    def busy() -> bool:
        return any(door.is_busy for door in doors) or (slack is not None and slack.is_busy)

    understanding = _understanding(wired, mailroom, slack, language, busy)
    return _start_loops(stack, understanding, _delivering(wired, senders, busy))


def _identity(environment: Environment) -> Identity:
    """Whom to ask for keys, and whose word counts: a border's only with its name and its addresses."""
    border = (
        Border(authserv_id=environment.mail_authserv_id, peers=parse_peers(environment.mail_trusted_peers))
        if environment.mail_authserv_id and environment.mail_trusted_peers
        else None
    )
    return Identity(resolver=Resolver(parse_servers(environment.dns_servers)), border=border)


def _signers(environment: Environment) -> tuple[Signer, ...]:
    """One or two, where two: one of each kind. Misconfigured says what is wrong."""
    keys = {
        "DKIM_KEY_FILE": (environment.dkim_key_file, environment.dkim_selector),
        "DKIM_SECOND_KEY_FILE": (environment.dkim_second_key_file, environment.dkim_second_selector),
    }
    signers = []
    for name, (file, selector) in keys.items():
        try:
            signers += [load_signer(file, environment.mail_domain, selector)] if file is not None else []
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{name}: {error}") from None
    return tuple(signers)


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
    task.cancel()
    await asyncio.wait({task})


def _understanding(
    wired: Wired,
    mailroom: Mailroom,
    slack: SlackChannel | None,
    language: asyncio.Task[None],
    busy: Callable[[], bool],
) -> Loop:
    """Works the inbox once languages can be told apart; listening does not wait for that."""

    async def work(job: Job) -> None:
        await asyncio.shield(language)
        if slack is not None and job.kind in slack.INBOX_KINDS:
            await slack.understand(job, wired.clock())
        elif job.kind == JudgeAgain.KIND:
            await mailroom.judge_again(job, wired.clock())
        else:
            await mailroom.understand(job, wired.clock())

    return Loop(store=wired.desk.store, queue="inbox", work=work, clock=wired.clock, busy=busy)


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
    google = Google(file.gmail.keys_url, desk.mail_address, wired.clock) if desk.taps else None
    cards = await stack.enter_async_context(stripe_cards(*environment.stripe))
    app = application(desk, wired.clock, tokens=file.api.tokens, ready=takes_mail, google=google, cards=cards)
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
    addresses = desk_address(environment.mail_address, environment.mail_domain)

    async def take_in(arrival: Arrival) -> None:
        await keep(wired.desk, arrival, wired.clock())

    host, port = environment.mail_endpoint
    certificate = _certificate(environment)
    reception = Reception(
        domain=environment.mail_domain,
        accepts=addresses.accepts,
        keep=take_in,
        unlimited=_known_peers(environment),
        tls=certificate.context if certificate else None,
    )
    listener = await serve(host, port, reception, environment.mail_protocol)

    async def stop() -> None:
        listener.close()
        await listener.wait_closed()

    stack.push_async_callback(stop)
    return listener


def _known_peers(environment: Environment) -> Callable[[str], bool]:
    """This machine and the border servers, which speak for everybody, bring mail at any pace."""
    border = Border(peers=parse_peers(environment.mail_trusted_peers), authserv_id="")
    return lambda peer: is_local(peer) or border.trusts(peer)


def _certificate(environment: Environment) -> Certificate | None:
    """What STARTTLS is offered with; nothing without a certificate. Misconfigured says what is wrong."""
    if environment.mail_tls_cert_file is None:
        return None
    try:
        return Certificate(environment.mail_tls_cert_file, environment.mail_tls_key_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"MAIL_TLS_CERT_FILE: {error}") from None


async def _start_fetching(wired: Wired, stack: AsyncExitStack) -> None:
    """Fetches the mailbox of MAIL_IMAP_URL. A server that is away is waited for; a refused login is said at once."""
    environment = wired.settings.environment
    addresses = desk_address(environment.mail_address, environment.mail_domain)

    async def take(arrival: Arrival, mailbox: str, place: Place) -> None:
        await keep_fetched(wired.desk, arrival, mailbox, place, wired.clock())

    async def place(mailbox: str) -> str | None:
        return await wired.desk.store.read(lambda tx: tx.setting(mailbox))

    try:
        fetcher = Fetcher(
            mailbox=read_mailbox(told(environment.mail_imap_url)),
            accepts=addresses.accepts,
            default_recipient=environment.mail_address,
            place=place,
            take=take,
        )
        await fetcher.check()
    except (ValueError, LoginRefused) as wrong:
        raise Misconfigured(f"MAIL_IMAP_URL: {wrong}") from None
    stack.push_async_callback(_end, asyncio.create_task(fetcher.run()))
