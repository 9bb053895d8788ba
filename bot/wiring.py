"""The desk put together from its settings, with what its parts share; the only place that makes a clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.app.desk import Desk
from bot.app.keys import Keys
from bot.channels.slack.receive import PATIENCE
from bot.settings import Misconfigured, Settings, read_secret
from bot.words import Words
from storage import Store

Clock = Callable[[], datetime]


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
