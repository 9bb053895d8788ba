"""Who plays in the sandbox: customers on file, staff, and a Slack with all of them."""

from dataclasses import dataclass
from datetime import datetime

from bot.app.handle import note_on_customer
from bot.core.customer import Details
from bot.core.facts import BOT, ChatLinked, CustomerMet, Language
from bot.core.terms import Kind
from bot.sandbox.slack import Channel, User, Workspace
from bot.sandbox.slack.workspace import Clock
from storage import SharedChannel, Transaction

TEAM = "T0COMPTOIR"
BOT_USER = "U0COMPTOIR"
STAFF_CHANNEL = "C0INCIDENTS"
COLES_TEAM, COLES_CHANNEL = "T0COLE", "C0COLE"
NADIA = User(id="U0NADIA", name="Nadia Benali", email="nadia@host.example", locale="en-GB")
MARC = User(id="U0MARC", name="Marc Lefèvre", email="marc@host.example", locale="en-GB")
HARRIET = User(
    id="U0HARRIET", name="Harriet Cole", team=COLES_TEAM, email="harriet@coleandson.example", locale="en-GB"
)
OLIVER = User(id="U0OLIVER", name="Oliver Cole", team=COLES_TEAM, email="oliver@coleandson.example", locale="en-GB")
PAUL = User(id="U0PAUL", name="Paul Moreau", email="paul.moreau@courriel.example", locale="fr-FR")
STAFF = (NADIA, MARC)
MANAGERS = (MARC,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A customer on file when the sandbox opens; `about` is how the page introduces them."""

    address: str
    name: str
    about: str
    kind: Kind
    language: Language
    details: Details
    chat: User | None = None


CUSTOMERS = (
    Someone(
        address="camille@atelier-roux.example",
        name="Camille Roux",
        about="business, French",
        kind=Kind.BUSINESS,
        language=Language.FR,
        details=Details(
            name="Atelier Roux SARL", postal_address="12 rue des Tanneurs\n59000 Lille", siren="123456782"
        ),
    ),
    Someone(
        address="paul.moreau@courriel.example",
        name="Paul Moreau",
        about="consumer, French",
        kind=Kind.CONSUMER,
        language=Language.FR,
        details=Details(name="Paul Moreau", postal_address="3 allée des Tilleuls\n35000 Rennes"),
    ),
    Someone(
        address="harriet@coleandson.example",
        name="Harriet Cole",
        about="business, English; also in Slack, with a channel",
        kind=Kind.BUSINESS,
        language=Language.EN,
        details=Details(
            name="Cole & Son Booksellers Ltd", postal_address="8 Quayside\nBristol BS1 4RW", country="GB"
        ),
        chat=HARRIET,
    ),
)


def workspace(clock: Clock, *, bot_token: str, signing_secret: str) -> Workspace:
    """The provider's Slack: a private channel for staff, one shared with Cole & Son, everybody's direct one."""
    everyone = (*STAFF, HARRIET, OLIVER, PAUL)
    inside = tuple(user.id for user in STAFF)
    coles = (*inside, HARRIET.id, OLIVER.id, BOT_USER)
    made = Workspace(
        clock=clock,
        bot_token=bot_token,
        signing_secret=signing_secret,
        team_id=TEAM,
        bot_user=BOT_USER,
        users=everyone,
        channels=(Channel(id=STAFF_CHANNEL, name="incidents", members=(*inside, BOT_USER)),),
    )
    for person in everyone:
        made.direct(person.id)
    made.put_channel(Channel(id=COLES_CHANNEL, name="cole-and-son", members=coles, teams=(COLES_TEAM,)))
    return made


def introduce(tx: Transaction, now: datetime) -> None:
    """Puts the customers on file, unless they are."""
    for someone in CUSTOMERS:
        if tx.customers.by_address(someone.address) is None:
            _introduce(tx, someone, now)
    cole = tx.customers.by_address(HARRIET.email)
    if cole is not None and tx.shared.load(COLES_CHANNEL) is None:
        tx.shared.put(SharedChannel(channel=COLES_CHANNEL, customer_id=cole.id, team=COLES_TEAM, since=now))


def _introduce(tx: Transaction, someone: Someone, now: datetime) -> None:
    customer = tx.customers.create(
        address=someone.address,
        language=someone.language,
        now=now,
        kind=someone.kind,
        details=someone.details,
    )
    linked = (ChatLinked(team=someone.chat.team or TEAM, user=someone.chat.id),) if someone.chat else ()
    note_on_customer(tx, customer, (CustomerMet(language=someone.language), *linked), BOT, now)
