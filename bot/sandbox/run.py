"""The whole desk on one machine without accounts: its own relay, its own Slack, its own calendar, one page."""

import logging
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import click
import structlog
from pydantic import SecretStr

from bot.channels.mail.receive import serve
from bot.channels.mail.reception import Reception
from bot.processes import PARTS, run_parts, stopped, until_signalled
from bot.sandbox import cast, correspondence
from bot.sandbox.calendar import Calendar
from bot.sandbox.live import Live, watching
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.memory import remembering
from bot.sandbox.page import Page
from bot.sandbox.slack import People, SlackServer, Workspace, start
from bot.sandbox.write import BORDER
from bot.settings import Environment, Misconfigured, Settings, SlackSection
from bot.wiring import Wired, system_clock, wire
from storage import Outdated, upgrade

HERE = "127.0.0.1"
RELAY_PORT = 1025
REPLACED = (
    "relay_url",
    "mail_trusted_peers",
    "mail_authserv_id",
    "slack_bot_token",
    "slack_signing_secret",
    "slack_app_token",
    "slack_api_url",
    "slack_staff_channel",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox. `set_aside` names settings of the environment that it replaces by its own."""

    wired: Wired
    calendar: Calendar
    mailbox: Mailbox
    workspace: Workspace
    people: People
    url: str
    smtp: str
    relay: str
    set_aside: tuple[str, ...]


async def run_until_stopped(settings: Settings) -> None:
    """Runs the sandbox until SIGTERM or SIGINT, or until another version is to have its database."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    stop = until_signalled()
    async with opened(settings) as sandbox:
        click.echo(_greeting(sandbox))
        why = await stopped(sandbox.wired, stop)
    if why:
        raise Outdated(why)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Sandbox]:
    """Starts everything; what it needs of the machine are free ports. Misconfigured says which is taken."""
    environment = settings.environment
    await upgrade(environment.database_url)
    calendar = Calendar(system_clock)
    workspace = cast.workspace(
        calendar, bot_token=f"xoxb-{secrets.token_hex(8)}", signing_secret=secrets.token_hex(16)
    )
    async with AsyncExitStack() as stack:
        slack = await start(workspace)
        stack.push_async_callback(slack.stop)
        ours = _our_own(settings, slack)
        wired = await stack.enter_async_context(wire(ours, calendar))
        yield await _start(stack, wired, calendar, slack, _set_aside(environment))


async def _start(
    stack: AsyncExitStack, wired: Wired, calendar: Calendar, slack: SlackServer, set_aside: tuple[str, ...]
) -> Sandbox:
    environment, store, live = wired.settings.environment, wired.desk.store, Live()
    await calendar.remember(store)
    mailbox = Mailbox(store, calendar, partial(live.tell, "mail"))
    await mailbox.remember()
    await store.run(lambda tx: cast.introduce(tx, calendar()))
    await stack.enter_async_context(remembering(slack.workspace, store))
    await _start_relay(stack, mailbox, environment)
    people = People.over_http(slack.workspace, f"http://{environment.host}:{environment.port}")
    stack.push_async_callback(people.close)
    stack.callback(slack.workspace.subscribe(lambda _change: live.tell("slack")))
    await stack.enter_async_context(watching(live, store, calendar, partial(correspondence.follow, mailbox, store)))
    page = Page(
        wired=wired,
        calendar=calendar,
        mailbox=mailbox,
        people=people,
        live=live,
        timezone=wired.desk.terms.timezone,
    )
    await stack.enter_async_context(run_parts(wired, frozenset(PARTS), page.add_to))
    return Sandbox(
        wired=wired,
        calendar=calendar,
        mailbox=mailbox,
        workspace=slack.workspace,
        people=people,
        url=f"{environment.public_url}/sandbox",
        smtp=environment.mail_listen,
        relay=environment.relay_url,
        set_aside=set_aside,
    )


async def _start_relay(stack: AsyncExitStack, mailbox: Mailbox, environment: Environment) -> None:
    port = urlsplit(environment.relay_url).port or 0
    reception = Reception(domain=BORDER, accepts=lambda _address: True, keep=mailbox.take)
    relay = await serve(HERE, port, reception)

    async def stop() -> None:
        relay.close()
        await relay.wait_closed()

    stack.push_async_callback(stop)


def _our_own(settings: Settings, slack: SlackServer) -> Settings:
    """The settings with the sandbox's own relay, Slack and addresses in them."""
    environment = settings.environment
    web_port = _port("PORT", environment.host, environment.port)
    mail_host, mail_port = environment.mail_endpoint
    address = f"http://{environment.host}:{web_port}"
    given = "public_url" in environment.model_fields_set
    changed = environment.model_copy(
        update={
            "port": web_port,
            "public_url": environment.public_url if given else address,
            "mail_listen": f"{mail_host}:{_port('MAIL_LISTEN', mail_host, mail_port)}",
            "mail_trusted_peers": HERE,
            "mail_authserv_id": BORDER,
            "relay_url": f"smtp://{HERE}:{_relay_port(environment)}",
            "slack_bot_token": SecretStr(slack.workspace.bot_token),
            "slack_signing_secret": SecretStr(slack.workspace.signing_secret),
            "slack_app_token": None,
            "slack_api_url": slack.api_url,
            "slack_staff_channel": cast.STAFF_CHANNEL,
        }
    )
    staff = SlackSection(
        team=cast.TEAM,
        staff=tuple(user.id for user in cast.STAFF),
        managers=tuple(user.id for user in cast.MANAGERS),
        seconds_a_message=0,  # its Slack keeps no pace
    )
    return settings.model_copy(
        update={"environment": changed, "file": settings.file.model_copy(update={"slack": staff})}
    )


def _set_aside(environment: Environment) -> tuple[str, ...]:
    """What was set for the real world: the sandbox talks to nobody but itself."""
    return tuple(name.upper() for name in REPLACED if name in environment.model_fields_set)


def _relay_port(environment: Environment) -> int:
    """RELAY_URL's port where it points to this machine, else 1025; a free one where that is taken."""
    parts = urlsplit(environment.relay_url)
    wished = parts.port if parts.hostname in {HERE, "localhost"} and parts.port is not None else RELAY_PORT
    return wished if wished and _is_free(HERE, wished) else _free(HERE)


def _port(setting: str, host: str, port: int) -> int:
    if not port:
        return _free(host)
    if not _is_free(host, port):
        raise Misconfigured(f"{setting}: {host}:{port} is taken on this machine; set another, or 0 for any")
    return port


def _is_free(host: str, port: int) -> bool:
    try:
        with _bound(host, port):
            return True
    except OSError:
        return False


def _free(host: str) -> int:
    with _bound(host, 0) as bound:
        return int(bound.getsockname()[1])


def _bound(host: str, port: int) -> socket.socket:
    """A socket bound there for a moment, as a server would."""
    return socket.create_server((host, port), reuse_port=False)


def _greeting(sandbox: Sandbox) -> str:
    lines = [
        "",
        "  Comptoir's sandbox is running: everything on this machine, no accounts, and no mail leaves it.",
        "",
        f"    Open        {sandbox.url}",
        f"    Or write    to {sandbox.wired.desk.mail_address} with any mail program, SMTP server {sandbox.smtp}",
        f"    Database    {sandbox.wired.settings.environment.database_url}",
        "    Stop        Ctrl-C",
        "",
    ]
    if sandbox.set_aside:
        lines.insert(2, f"  Set aside while it runs: {', '.join(sandbox.set_aside)}.")
    return "\n".join(lines)
