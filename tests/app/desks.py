"""A desk on a store, under the settings that ship and without chat: what tests of `bot.app` act through."""

from bot.app.desk import Desk
from bot.app.keys import Keys
from bot.settings import Settings, read_settings
from bot.words import Words
from storage import Store

SETTINGS: Settings = read_settings({})


def a_desk(store: Store) -> Desk:
    return Desk(
        store=store,
        terms=SETTINGS.terms,
        catalogue=SETTINGS.catalogue,
        provider=SETTINGS.provider,
        words=Words(SETTINGS.provider),
        keys=Keys(secret=b"k" * 32),
        public_url="http://127.0.0.1:8080",
        mail_domain="host.example",
        mail_address="support@host.example",
        chat=False,
    )
