"""The desk's front as tests use it: a real store, real pages on 127.0.0.1, and a clock that tests turn."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from html import unescape

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import links
from bot.app.desk import Desk
from bot.app.handle import Done, handle
from bot.app.jobs import TellByMail, decode
from bot.app.keys import Keys, token_sha256
from bot.app.opening import Opening, Said, open_incident
from bot.channels.web.application import application
from bot.channels.web.google import Google
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.incident import Incident
from bot.core.money import Line, Money
from bot.core.notices import Purpose
from bot.core.terms import Kind, Terms
from bot.rates import Pace
from bot.words import Provider, Words
from storage import Document, Link, Recorded, Store, Transaction, Via
from tests.builders import EDIT, READ, STAFF

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ADDRESS = "bob@clientsa.fr"
DETAILS = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
LINES = (
    Line(label="Réparer la base de données", quantity=Decimal(2), unit=Money(cents=6000)),
    Line(label="Mettre à jour le site", quantity=Decimal("0.5"), unit=Money(cents=9000)),
)
REPORT = "La table wp_options est corrompue.\nLe disque était plein."
PDF = b"%PDF-1.7\n"
TOKEN = "a token for programs"
PROVIDER = Provider(
    name="Hébergeur",
    legal_name="Hébergeur SAS",
    address="2 rue Kellermann, 59100 Roubaix",
    email="support@host.example",
    siren="732829320",
    vat_number="FR44732829320",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    feedback_address="avis@host.example",
)
WORDS = Words(PROVIDER)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
Client = TestClient[web.Request, web.Application]


def a_desk(store: Store, terms: Terms | None = None, public_url: str = "http://127.0.0.1:8080") -> Desk:
    """A desk without chat."""
    return Desk(
        store=store,
        terms=terms or Terms(),
        catalogue=(READ, EDIT),
        provider=PROVIDER,
        words=WORDS,
        keys=Keys(secret=b"k" * 32),
        public_url=public_url,
        mail_domain="host.example",
        mail_address="support@host.example",
        chat=False,
    )


@asynccontextmanager
async def serving(
    store: Store, *, terms: Terms | None = None, limit: int = 30, keys_url: str = ""
) -> AsyncIterator["Front"]:
    """The front over this store, its pages served; `limit` is how many unknown links one peer may try.

    `keys_url`: where Google's keys are, whose word counts then.
    """
    clock = Clock()
    desk = a_desk(store, terms)
    google = Google(keys_url, desk.mail_address, clock) if keys_url else None
    tokens = (sha256(TOKEN.encode()).hexdigest(),)
    app = application(desk, clock, tokens=tokens, pace=Pace(limit), google=google)
    async with TestClient(TestServer(app)) as client:
        yield Front(desk, clock, client)


@dataclass
class Clock:
    """Stands still until it is turned."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        self.now += by


@dataclass(frozen=True)
class Front:
    """One incident of Bob's, and the pages that show it."""

    desk: Desk
    clock: Clock
    client: Client = field(repr=False)
    incident: int = 1

    async def open(
        self,
        *,
        kind: Kind = Kind.BUSINESS,
        language: f.Language = f.Language.FR,
        details: Details = DETAILS,
        announced: bool = True,
    ) -> None:
        """The incident, its price announced."""
        now = self.clock()
        said = Said(author=ADDRESS, text="Le site ne répond plus.", subject="Site en panne", via=Via.MAIL)

        def opening(tx: Transaction) -> object:
            if tx.customers.by_address(ADDRESS) is None:
                tx.customers.create(address=ADDRESS, language=language, now=now, kind=kind, details=details)
            return open_incident(tx, self.desk, Opening(address=ADDRESS, said=said), now)

        done = await self.desk.store.run(opening)
        assert isinstance(done, Done)
        assert done.incident.id == self.incident
        if announced:
            await self.give(
                c.ReportDelivery(
                    actor=f.BOT, notice="incident_opened", via=f.Channel.MAIL, delivered=True, reply="250 ok"
                )
            )

    async def order(self, kind: Kind = Kind.BUSINESS) -> None:
        price = (await self.now()).terms.price_at(self.clock())
        await self.give(
            c.OrderDiagnosis(actor=self.bob, price_cents=price.net.cents, kind=kind, evidence=self.evidence)
        )

    async def diagnose(self, kind: Kind = Kind.BUSINESS) -> None:
        await self.order(kind)
        await self.start()

    async def start(self) -> None:
        await self.give(c.StartDiagnosis(actor=STAFF))

    async def conclude(self, outcome: f.Outcome) -> None:
        await self.give(c.ConcludeDiagnosis(actor=STAFF, outcome=outcome, report=REPORT))

    async def quote(self, *, again: bool = False) -> str:
        """A quote in the customer's hands; its number."""
        if not again:
            await self.conclude(f.Outcome.QUOTE)
        done = await self.give(c.DraftQuote(actor=STAFF, number="", lines=LINES, validity_days=15))
        drafted = done.incident.quote
        assert drafted is not None
        sha256 = await self.file(drafted.number, PDF + drafted.number.encode())
        await self.give(c.OfferQuote(actor=f.BOT, number=drafted.number, document_sha256=sha256))
        return drafted.number

    async def ask_leave(self) -> None:
        await self.give(
            c.RequestConsent(
                actor=STAFF,
                acts=(READ, EDIT),
                places=("/www/boutique", "base boutique"),
                until=self.clock() + timedelta(days=5),
                why="Voir pourquoi la table est corrompue.",
            )
        )

    async def bill(self) -> str:
        """The problem solved, and the invoice in the customer's hands; its number."""
        await self.conclude(f.Outcome.SOLVED)
        return await self._print()

    async def finish(self) -> str:
        """The work finished, and the invoice in the customer's hands; its number."""
        await self.give(c.FinishWork(actor=STAFF, report="Tout est réparé."))
        return await self._print()

    async def _print(self) -> str:
        invoice = (await self.now()).invoice
        assert invoice is not None
        sha256 = await self.file(invoice.number, PDF + invoice.number.encode())
        await self.give(c.FilePaper(actor=f.BOT, number=invoice.number, document_sha256=sha256))
        return invoice.number

    async def file(self, number: str, content: bytes) -> str:
        def filing(tx: Transaction) -> str:
            sha256 = tx.blobs.keep(content)
            tx.blobs.file(
                Document(
                    number=number,
                    kind="pdf",
                    incident_id=self.incident,
                    sha256=sha256,
                    media_type="application/pdf",
                    created_at=self.clock(),
                )
            )
            return sha256

        return await self.desk.store.run(filing)

    async def give(self, command: c.Command) -> Done:
        done = await handle(self.desk, self.incident, command, self.clock())
        assert isinstance(done, Done), done
        return done

    async def now(self) -> Incident:
        incident = await self.desk.store.read(lambda tx: tx.incidents.load(self.incident))
        assert incident is not None
        return incident

    async def customer(self) -> Customer:
        customer = await self.desk.store.read(lambda tx: tx.customers.by_address(ADDRESS))
        assert customer is not None
        return customer

    async def story(self) -> list[Recorded]:
        return await self.desk.store.read(lambda tx: tx.journal.facts(f"INC-{self.incident}"))

    async def count(self, kind: type[f.Fact]) -> int:
        return sum(isinstance(recorded.fact, kind) for recorded in await self.story())

    async def mails(self) -> list[TellByMail]:
        """What waits to be mailed about the incident, in order."""
        far = self.clock() + timedelta(days=1000)
        jobs = await self.desk.store.read(lambda tx: tx.outbox.upcoming(far, 1000))
        in_order = sorted((job for job in jobs if job.kind == "mail"), key=lambda job: job.id)
        letters = [decode(TellByMail, job.payload) for job in in_order]
        return [letter for letter in letters if letter.incident == self.incident]

    async def mailed(self, purpose: Purpose) -> str:
        """The path of the newest mailed link of this purpose."""
        ids = [mail.links[purpose] for mail in await self.mails() if purpose in mail.links]
        return f"/a/{self.desk.keys.token(ids[-1])}"

    async def mint(self, purpose: Purpose, about: str = "") -> str:
        """The path of one more link."""
        customer = await self.customer()
        link = await self.desk.store.run(
            lambda tx: links.mint(
                tx,
                self.desk,
                purpose,
                incident=self.incident,
                customer=customer.id,
                about=about,
                to=ADDRESS,
                now=self.clock(),
            )
        )
        return f"/a/{self.desk.keys.token(link)}"

    async def link(self, path: str) -> Link:
        found = await self.desk.store.read(lambda tx: tx.links.by_token_sha256(token_sha256(path[3:])))
        assert found is not None
        return found

    @property
    def bob(self) -> f.Actor:
        return f.Actor(role=f.Role.CUSTOMER, name=ADDRESS)

    @property
    def evidence(self) -> f.Evidence:
        return f.Evidence(method="link", who=ADDRESS, express_request=True)

    async def look(self, path: str) -> "Seen":
        return await seen(await self.client.get(path))

    async def click(self, path: str, choice: str, _from: "Seen | None" = None, /, **fields: str) -> "Seen":
        """Opens the page (unless it was before) and clicks, as a browser would; follows the redirect."""
        page = _from or await self.look(path)
        return await self.post(path, page.hidden | {"choice": choice} | fields)

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> "Seen":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await seen(await self.client.post(path, data=fields, headers=named))


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as a browser has it."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def hidden(self) -> dict[str, str]:
        """What the page's first form carries."""
        found: dict[str, str] = {}
        for name, value in HIDDEN.findall(self.text):
            found.setdefault(name, unescape(value))
        return found

    @property
    def plain(self) -> str:
        """The page's words, without tags, no-break spaces made plain."""
        words = unescape(re.sub(r"<[^>]*>", " ", self.text.partition("<main>")[2].partition("</main>")[0]))
        return re.sub(r"\s+", " ", words.replace("\u00a0", " ").replace("\u202f", " ")).strip()


async def seen(response: ClientResponse) -> Seen:
    return Seen(response.status, await response.text(), dict(response.headers))
