"""The desk and what its parts are made of, put together from settings; the only place that makes a clock."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pydantic import TypeAdapter

from bot.app.deliver import Sender
from bot.app.desk import Desk
from bot.app.keys import Keys
from bot.app.paper import print_paper
from bot.channels.mail import addresses
from bot.channels.mail.border import Border, parse_peers
from bot.channels.mail.certificate import Certificate
from bot.channels.mail.fetch import Fetcher, LoginRefused, Place, read_mailbox
from bot.channels.mail.identity import Identity, is_local
from bot.channels.mail.inbox import Mailroom, keep, keep_fetched
from bot.channels.mail.lookup import Resolver, parse_servers
from bot.channels.mail.outbox import Postman
from bot.channels.mail.read import Reader
from bot.channels.mail.reception import Arrival, Reception
from bot.channels.mail.send import Relay
from bot.channels.mail.sign import Signer, load_signer
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.receive import PATIENCE
from bot.channels.slack.room import Canned, Preset
from bot.channels.web.google import Google
from bot.papers import Printer
from bot.secret import read_secret
from bot.settings import Environment, Misconfigured, Settings, told
from bot.words import Words
from storage import Store

Clock = Callable[[], datetime]
_PRESETS = TypeAdapter(tuple[Preset, ...])


def system_clock() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """A desk with what its parts share; `patience` bounds each answer to Slack, in seconds."""

    settings: Settings
    desk: Desk
    clock: Clock
    patience: float = PATIENCE


@asynccontextmanager
async def wire(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Wired]:
    """Opens the database and puts the desk together. Misconfigured, Outdated or Unavailable say what is wrong."""
    environment = settings.environment
    keys = Keys(secret=read_secret(environment))
    store = await Store.open(environment.database_url)
    try:
        await _same_secret(store, keys)
        desk = Desk(
            store=store,
            terms=settings.terms,
            catalogue=settings.catalogue,
            provider=settings.provider,
            words=Words(settings.provider),
            keys=keys,
            public_url=environment.public_url,
            mail_domain=environment.mail_domain,
            mail_address=environment.mail_address,
            chat=not environment.slack_missing,
            limits=settings.limits,
            taps=settings.file.gmail.confirm_action,
            files=settings.files,
            nudges=settings.nudges,
            digest=settings.file.nudges.digest,
        )
        yield Wired(settings=settings, desk=desk, clock=clock)
    finally:
        await store.close()


async def _same_secret(store: Store, keys: Keys) -> None:
    """All processes of a desk derive the same tokens, or mailed links would lead nowhere."""
    known = await store.read(lambda tx: tx.setting("secret"))
    if known is None:
        await store.run(lambda tx: tx.keep_setting("secret", keys.fingerprint))
    elif known != keys.fingerprint:
        raise Misconfigured("COMPTOIR_SECRET: not the secret this database's links were made with")


def slack_channel(wired: Wired) -> SlackChannel | None:
    """Slack for this desk, where it is set up; `SLACK_APP_TOKEN` unset: it comes over HTTP."""
    environment, file = wired.settings.environment, wired.settings.file
    if environment.slack_missing:
        return None
    return SlackChannel(
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
        mailbox=_staff_mailbox(wired.settings),
    )


def _staff_mailbox(settings: Settings) -> str:
    """Where staff read that they read nothing in Slack: no address of the desk's own; empty where there is none."""
    own = _addresses(settings.environment)
    written = (settings.provider.email, settings.file.anchor.mailbox)
    return next((address for address in written if address and not own.accepts(address)), "")


def relay(environment: Environment) -> Relay:
    """What carries our mails out, signed where there are keys. Misconfigured says what is wrong with one."""
    return Relay(environment.relay_url, local_hostname=environment.mail_domain, signers=_signers(environment))


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


def senders(wired: Wired, relay: Relay, printer: Printer, slack: SlackChannel | None) -> dict[str, Sender]:
    """Who takes each kind of job out."""
    postman = Postman(desk=wired.desk, relay=relay, addresses=_addresses(wired.settings.environment))
    return {
        "mail": postman.send,
        "anchor": postman.send_anchor,
        "outage": postman.send_outage,
        "paper": partial(print_paper, wired.desk, printer.print),
        **(slack.senders if slack else {}),
    }


def mailroom(wired: Wired, reader: Reader) -> Mailroom:
    """Who understands the mails that came in."""
    environment = wired.settings.environment
    return Mailroom(
        desk=wired.desk, reader=reader, addresses=_addresses(environment), identity=_identity(environment)
    )


def _identity(environment: Environment) -> Identity:
    """Whom to ask for keys, and whose word counts: a border's only with its name and its addresses."""
    border = (
        Border(authserv_id=environment.mail_authserv_id, peers=parse_peers(environment.mail_trusted_peers))
        if environment.mail_authserv_id and environment.mail_trusted_peers
        else None
    )
    return Identity(resolver=Resolver(parse_servers(environment.dns_servers)), border=border)


def reception(wired: Wired) -> Reception:
    """Who takes mails in at the door. Misconfigured says what is wrong with its certificate."""
    environment = wired.settings.environment
    certificate = _certificate(environment)

    async def take_in(arrival: Arrival) -> None:
        await keep(wired.desk, arrival, wired.clock())

    return Reception(
        domain=environment.mail_domain,
        accepts=_addresses(environment).accepts,
        keep=take_in,
        unlimited=_known_peers(environment),
        tls=certificate.context if certificate else None,
    )


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


async def fetcher(wired: Wired) -> Fetcher:
    """Who fetches the mailbox of MAIL_IMAP_URL, which lets us in or is away. Misconfigured says what is wrong."""
    environment = wired.settings.environment

    async def take(arrival: Arrival, mailbox: str, place: Place) -> None:
        await keep_fetched(wired.desk, arrival, mailbox, place, wired.clock())

    async def place(mailbox: str) -> str | None:
        return await wired.desk.store.read(lambda tx: tx.setting(mailbox))

    try:
        fetching = Fetcher(
            mailbox=read_mailbox(told(environment.mail_imap_url)),
            accepts=_addresses(environment).accepts,
            default_recipient=environment.mail_address,
            place=place,
            take=take,
        )
        await fetching.check()
    except (ValueError, LoginRefused) as wrong:
        raise Misconfigured(f"MAIL_IMAP_URL: {wrong}") from None
    return fetching


def google(wired: Wired) -> Google | None:
    """Who checks that a tap comes from Gmail, where mails carry something to tap."""
    desk = wired.desk
    return Google(wired.settings.file.gmail.keys_url, desk.mail_address, wired.clock) if desk.taps else None


def _addresses(environment: Environment) -> addresses.Desk:
    return addresses.desk_address(environment.mail_address, environment.mail_domain)
