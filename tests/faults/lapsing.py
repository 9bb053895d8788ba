"""A database with a quote that nobody has answered, and nothing else to do: the calendar's turn comes alone."""

from datetime import datetime, timedelta

from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import carry_out
from bot.app.jobs import Ask, decode
from bot.app.keys import Keys
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core.customer import Details
from bot.core.refusals import Refused
from bot.settings import read_settings
from bot.words import Words
from storage import Document, Store, Transaction, Via
from tests.builders import MONDAY, QUOTE, an_order
from tests.stories.people import BOB, DOWN_FR

COMMANDS = (
    an_order(c.ReportDelivery),
    an_order(c.OrderDiagnosis),
    an_order(c.StartDiagnosis),
    an_order(c.ConcludeDiagnosis),
    an_order(c.DraftQuote),
)
AN_HOUR_AFTER = datetime(2010, 6, 29, 23, 0, tzinfo=MONDAY.tzinfo)  # valid until the 29th, in Paris


async def with_a_quote_that_lapses(url: str) -> None:
    """Brings the incident there by real commands; what they wanted to send is said to be sent."""
    store = await Store.open(url)
    try:
        await store.run(lambda tx: _quoted(tx, _desk(store)))
    finally:
        await store.close()


def _quoted(tx: Transaction, desk: Desk) -> None:
    said = Said(author=BOB, text=DOWN_FR, via=Via.MAIL)
    open_incident(tx, desk, Opening(address=BOB, said=said), MONDAY)
    details = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
    register(tx, desk, [Registration(address=BOB, details=details)], MONDAY)
    sent = an_order(c.OfferQuote, document_sha256=_printed(tx))
    for command in (*COMMANDS, sent):
        done = carry_out(tx, desk, 1, command, MONDAY)
        assert not isinstance(done, Refused), (command, done)
    while jobs := tx.outbox.claim(MONDAY, 100, timedelta(minutes=1)):
        for job in jobs:
            tx.outbox.done(job, MONDAY)
    for job in tx.deadlines.claim(AN_HOUR_AFTER, 100, timedelta(minutes=1)):
        if decode(Ask, job.payload).kind is c.DeadlineKind.LAPSE_QUOTE:
            tx.deadlines.release(job, AN_HOUR_AFTER)
        else:
            tx.deadlines.done(job, MONDAY)


def _printed(tx: Transaction) -> str:
    """What stands for the quote's paper: the hash of bytes that are filed under its number."""
    sha256 = tx.blobs.keep(b"a quote")
    tx.blobs.file(
        Document(
            number=QUOTE, kind="pdf", incident_id=1, sha256=sha256, media_type="application/pdf", created_at=MONDAY
        )
    )
    return sha256


def _desk(store: Store) -> Desk:
    settings = read_settings({})
    return Desk(
        store=store,
        terms=settings.terms,
        catalogue=settings.catalogue,
        provider=settings.provider,
        words=Words(settings.provider),
        keys=Keys(secret=b"what every link is derived from, here"),
        public_url="http://127.0.0.1:8080",
        mail_domain="host.example",
        mail_address="support@host.example",
        chat=False,
    )
