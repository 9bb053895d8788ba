"""A town with a desk in it: customers who write, click and chat, staff who answer, a relay, and one clock for all."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import aiosmtplib

from bot.app.check import look_over
from bot.app.customers import Registration, register
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.incident import Incident
from bot.core.terms import Kind
from bot.processes import PARTS, Running, run_parts
from bot.sandbox.slack import Channel, People, SlackServer, User, Workspace, start
from bot.settings import read_settings
from bot.wiring import wire
from storage import Recorded, Store, Transaction
from tests.builders import MONDAY
from tests.relay import Sink, a_relay
from tests.stories.browser import Browser, Entry, Page, host_of
from tests.stories.chat import Person
from tests.stories.letters import Letter, letter, write
from tests.stories.work import is_busy, next_due, waiting

SUPPORT = "support@host.example"
PUBLIC_URL = "http://desk.host.example"
BORDER = "mx.host.fr"
STAFF_CHANNEL = "C0STAFF"
ALICE, OCTAVE, BOB_IN_SLACK = "U0ALICE", "U0OCTAVE", "U0BOB"
SOON = timedelta(seconds=3)  # what is sent a second apart is still on its way
LOOK_SECONDS = 0.01
MOST_LOOKS = 6000
MOST_STEPS = 200
PATIENCE = 60  # seconds, between the desk and Slack: a story is about what is said, not about a busy machine
QUEUES = ("inbox", "outbox", "deadlines")

CONFIG = """
[terms]
{terms}
[slack]
team = "T0COMPTOIR"
staff = ["U0ALICE", "U0OCTAVE"]
managers = ["U0OCTAVE"]
seconds_a_message = 0
"""


@dataclass(slots=True)
class Clock:
    """A clock that only the story moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(slots=True, kw_only=True)
class Town:
    """Everything a story needs. What people do here returns once all that follows from it is done.

    `parked` is how many jobs may be set aside at the end, `repeats` whether a mail may have left twice, `wrong` what
    is no more as it was written.
    """

    clock: Clock
    relay: Sink
    slack: SlackServer
    people: People
    running: Running
    browser: Browser
    parked: int = 0
    repeats: bool = False
    wrong: str = ""
    _mails: int = 0

    @property
    def store(self) -> Store:
        return self.running.wired.desk.store

    # --- customers ---

    async def mail(self, sender: str, subject: str, text: str, *, answering: Letter | None = None) -> str:
        """Sends a mail to the desk, as a mail server does; what the desk answered at its end."""
        self._mails += 1
        message = write(sender, SUPPORT, subject, text, number=self._mails, answering=answering)
        reply = await self.hand_in(sender, str(message["To"]), bytes(message))
        await self.settled()
        return reply

    async def hand_in(self, sender: str, to: str, raw: bytes, port: int = 0) -> str:
        """Brings bytes to the desk's SMTP port, or to that of another desk."""
        port = port or self.running.mail_port
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            _, reply = await client.sendmail(sender, [to], raw)
        return reply

    def inbox(self, address: str) -> list[Letter]:
        """The mails that reached this address, the first first."""
        return [letter(taken) for taken in self.relay.mails if address in taken.recipients]

    def newest(self, address: str) -> Letter:
        """The last mail that reached this address."""
        return self.inbox(address)[-1]

    async def open(self, link: str) -> Page:
        """Opens a link."""
        return await self.browser.open(link)

    async def press(self, page: Page, button: str, **entries: Entry) -> Page:
        """Presses a button, by its value or its words, with these fields filled in."""
        result = await self.browser.press(page, button, **entries)
        await self.settled()
        return result

    def person(self, user: str) -> Person:
        """Somebody in Slack."""
        return Person(user=user, people=self.people, channel=STAFF_CHANNEL, after=self.settled)

    @property
    def staff(self) -> Person:
        """Alice, of the staff."""
        return self.person(ALICE)

    @property
    def manager(self) -> Person:
        """Octave, who may concede, reinstate and write off."""
        return self.person(OCTAVE)

    async def register(self, address: str, kind: Kind) -> None:
        """Puts a customer on file, as an operator does."""
        details = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
        known = Registration(address=address, kind=kind, details=details)
        await self.store.run(lambda tx: register(tx, self.running.wired.desk, [known], self.clock()))

    # --- time ---

    async def settled(self) -> None:
        """Returns once nothing is due or in hand; fails with what still is after a while."""
        for _ in range(MOST_LOOKS):
            jobs = await self.store.read(waiting)
            leaving = next_due(jobs, "outbox")
            if not is_busy(jobs, self.clock()):
                if leaving is None or leaving > self.clock() + SOON:
                    return
                self.clock.now = leaving
                self.wake()
            await asyncio.sleep(LOOK_SECONDS)
        raise AssertionError(f"still at work: {jobs}")

    def wake(self) -> None:
        """Lets the loops look at the clock."""
        self.store.wake(*QUEUES)

    async def wait(self, **time: float) -> None:
        """Lets time pass; what falls due on the way happens when it is due."""
        end = self.clock() + timedelta(**time)
        for _ in range(MOST_STEPS):
            due = next_due(await self.store.read(waiting))
            if due is None or due > end:
                break
            await self._move(due)
        await self._move(end)

    async def outage(self, **time: float) -> None:
        """Lets time pass with nobody at work, who then finds all of it due at once."""
        await self._move(self.clock() + timedelta(**time))

    async def _move(self, to: datetime) -> None:
        self.clock.now = max(self.clock.now, to)
        self.wake()
        await self.settled()

    # --- what is true now ---

    async def incident(self, number: int = 1) -> Incident:
        """The incident with this number."""
        found = await self.store.read(lambda tx: tx.incidents.load(number))
        assert found is not None
        return found

    async def stage(self, number: int = 1) -> str:
        """Where the incident stands."""
        return (await self.incident(number)).stage

    async def customer(self, address: str) -> Customer:
        """The customer on file under this address."""
        found = await self.store.read(lambda tx: tx.customers.by_address(address))
        assert found is not None
        return found

    async def exists(self, number: int) -> bool:
        """Whether there is an incident with this number."""
        return await self.store.read(lambda tx: tx.incidents.row(number)) is not None

    async def history(self, number: int = 1) -> list[Recorded]:
        """All that happened in an incident."""
        return await self.store.read(lambda tx: tx.journal.facts(f"INC-{number}"))

    async def facts(self, number: int = 1) -> list[type[f.Fact]]:
        """The kinds of all that happened in an incident, deliveries left out."""
        kinds = [type(entry.fact) for entry in await self.history(number)]
        return [kind for kind in kinds if kind is not f.NoticeDelivered]

    async def ledger(self) -> list[str]:
        """What is owed: each invoice and credit note, its amount, what became of it, and what is still open."""
        rows = await self.store.read(lambda tx: tx.money.listing(limit=1000))
        return [
            f"{row.number} {row.gross.amount} {row.status}" + (f" {row.open.amount}" if row.paid and row.open else "")
            for row in sorted(rows, key=lambda row: row.number)
        ]

    async def told(self, address: str) -> list[str]:
        """The notices that reached this address by mail, by name, in the order the relay took them."""
        ids = [each.message_id for each in self.inbox(address)]
        names = await self.store.read(lambda tx: {m.rfc_message_id: m.subject for m in tx.messages.by_rfc_ids(ids)})
        return [names[each] for each in ids]

    async def tries(self) -> int:
        """How often the first mail of all that still waits has been tried."""
        waiting = await self.store.read(lambda tx: tx.outbox.upcoming(self.clock() + timedelta(days=1), limit=10))
        return next(job.tries for job in waiting if job.kind == "mail")

    async def audit(self) -> None:
        """What must hold at the end of any story."""
        assert (await look_over(self.store)).wrong == self.wrong
        parked = await self.store.read(_parked)
        assert len(parked) == self.parked, parked
        assert [(str(each.answer), each.envelope.payload) for each in self.people.failures] == []
        ids = [each.message_id for each in map(letter, self.relay.mails)]
        assert self.repeats or len(ids) == len(set(ids)), "a mail left twice"


def _parked(tx: Transaction) -> list[tuple[str, str | None]]:
    queues = (tx.inbox, tx.outbox, tx.deadlines)
    return [(job.kind, job.error) for queue in queues for job in queue.parked(limit=20)]


@asynccontextmanager
async def town(
    database_url: str,
    *,
    terms: str = "",
    now: datetime = MONDAY,
    chat: bool = True,
    dns: str = "",
    border: str = "",
    relay_url: str = "",
    more: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Town]:
    """A town where the scheme begins. `terms` are lines of the configuration's `[terms]`; `chat` False: no Slack.

    `dns` is where its name server answers, as `host:port`; `border` the address of the mail server whose word counts;
    `relay_url` another relay than the town's own, `more` further settings by their names.
    """
    clock = Clock(now)
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(a_relay())
        slack = await start(_workspace(clock))
        stack.push_async_callback(slack.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        given = _environment(database_url, relay, slack, folder, terms, chat=chat) | {"DNS_SERVERS": dns}
        given |= {"MAIL_TRUSTED_PEERS": border, "MAIL_AUTHSERV_ID": BORDER} if border else {}
        given |= {"RELAY_URL": relay_url} if relay_url else {}
        settings = read_settings({**given, **more})
        wired = await stack.enter_async_context(wire(settings, clock))
        running = await stack.enter_async_context(run_parts(replace(wired, patience=PATIENCE), frozenset(PARTS)))
        browser = await stack.enter_async_context(Browser(host_of(PUBLIC_URL), running.web_port))
        people = People.over_http(slack.workspace, f"http://127.0.0.1:{running.web_port}", patience=PATIENCE)
        stack.push_async_callback(people.close)
        here = Town(clock=clock, relay=relay, slack=slack, people=people, running=running, browser=browser)
        yield here
        await here.settled()
        await here.audit()


def _workspace(clock: Clock) -> Workspace:
    staff = (User(id=ALICE, name="Alice"), User(id=OCTAVE, name="Octave"))
    bot = "U0COMPTOIR"
    return Workspace(
        clock=clock,
        bot_token="xoxb-town",
        signing_secret="the town's signing secret",
        users=(*staff, User(id=BOB_IN_SLACK, name="Bob"), User(id="U0STRANGER", name="Stranger", team="T0OTHER")),
        channels=(Channel(id=STAFF_CHANNEL, name="support", members=(ALICE, OCTAVE, bot)),),
    )


def _environment(
    database_url: str, relay: Sink, slack: SlackServer, folder: Path, terms: str, *, chat: bool
) -> dict[str, str]:
    config = folder / "comptoir.toml"
    config.write_text(CONFIG.format(terms=terms), encoding="utf-8")
    given = {
        "DATABASE_URL": database_url,
        "PORT": "0",
        "PUBLIC_URL": PUBLIC_URL,
        "MAIL_LISTEN": "127.0.0.1:0",
        "RELAY_URL": relay.url,
        "COMPTOIR_CONFIG": str(config),
        "COMPTOIR_SECRET": "what every link of this town is derived from",
    }
    if not chat:
        return given
    return given | {
        "SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "SLACK_SIGNING_SECRET": slack.workspace.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
    }
