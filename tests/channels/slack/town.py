"""A desk with a workspace around it: real HTTP both ways, a real database, a clock that tests turn."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from bot.app.deliver import Delivered, Delivery, Sender, deliver
from bot.app.desk import Desk
from bot.app.handle import Done, handle
from bot.app.jobs import MailOutage, PrintPaper, TellByMail, decode
from bot.app.keys import Keys
from bot.app.opening import Opening, Said, open_incident
from bot.app.paper import print_paper
from bot.app.read import Case, case
from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.room import Canned
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.notices import Notice
from bot.core.terms import Kind, Terms
from bot.papers import Paper
from bot.sandbox.slack import Answer, Channel, Message, People, SlackServer, User, View, Workspace, start
from bot.sandbox.slack.inputs import Entry
from bot.words import Provider, Words
from storage import Job, Store, Transaction, Via
from tests.builders import CUT_OFF, EDIT, MONDAY, READ, REBOOT, SEARCH_MAIL, SUSPEND

TEAM, STAFF_CHANNEL, BOT = "T0COMPTOIR", "C0STAFF", "U0COMPTOIR"
ALICE, OCTAVE, GUEST, BOB, MALLORY = "U0ALICE", "U0OCTAVE", "U0GUEST", "U0BOB", "U0MALLORY"
CAROL, DAVE, ERIN = "U0CAROL", "U0DAVE", "U0ERIN"
THEIRS, THIRD, SHARED = "T0CLIENT", "T0THIRD", "C0CLIENT"
ADDRESS = "bob@clientsa.fr"
TEAM_MAILBOX = "team@host.example"
SECRET = "shared secret"
PATIENCE = 60  # seconds, between the desk and Slack
DETAILS = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
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


@dataclass
class Clock:
    """Stands still until it is turned."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Town:
    """The desk, the workspace and the people in it."""

    store: Store
    clock: Clock
    desk: Desk
    slack: SlackServer
    channel: SlackChannel
    people: People
    url: str = ""
    mails: list[Notice] = field(default_factory=list)
    letters: list[TellByMail] = field(default_factory=list)
    outages: list[MailOutage] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    # --- the desk works ---

    async def settle(self) -> None:
        """Works both queues until nothing is due."""
        while await self.work():
            pass

    async def work(self) -> int:
        """One round: understand what came, send what must leave; how many jobs that were."""
        now, lease = self.clock(), timedelta(minutes=1)
        arrived = await self.store.run(lambda tx: tx.inbox.claim(now, 20, lease))
        for job in arrived:
            await self.channel.understand(job, self.clock())
        leaving = await self.store.run(lambda tx: tx.outbox.claim(now, 20, lease))
        for job in leaving:
            await deliver(self.desk, job, self.senders, self.clock)
        return len(arrived) + len(leaving)

    @property
    def senders(self) -> dict[str, Sender]:
        by_mail: dict[str, Sender] = {TellByMail.KIND: self._mail, MailOutage.KIND: self._mail_outage}
        return {**self.channel.senders, **by_mail, PrintPaper.KIND: self._print}

    async def _mail(self, job: Job, _now: datetime) -> Delivery:
        order = decode(TellByMail, job.payload)
        self.letters.append(order)
        self.mails.append(order.worded())
        return Delivered("250 ok")

    async def _mail_outage(self, job: Job, _now: datetime) -> Delivery:
        self.outages.append(decode(MailOutage, job.payload))
        return Delivered("250 ok")

    async def _print(self, job: Job, now: datetime) -> Delivery:
        return await print_paper(self.desk, _pdf, job, now)

    # --- an incident, brought somewhere by commands ---

    async def open(
        self,
        *,
        channel: f.Channel = f.Channel.MAIL,
        kind: Kind = Kind.BUSINESS,
        details: Details = DETAILS,
        linked: bool = False,
        title: str = "Site en panne",
        text: str = "Le site ne répond plus.",
        language: f.Language = f.Language.FR,
        address: str = ADDRESS,
    ) -> int:
        """A new incident of Bob's, announced."""
        now = self.clock()
        said = Said(author=address, text=text, subject=title, via=Via.MAIL)

        def opening(tx: Transaction) -> object:
            known = tx.customers.by_address(address)
            if known is None:
                known = tx.customers.create(address=address, language=language, now=now, kind=kind, details=details)
            if linked:
                tx.customers.set_slack(known.id, TEAM, BOB)
            return open_incident(tx, self.desk, Opening(address=address, said=said, channel=channel), now)

        done = await self.store.run(opening)
        assert isinstance(done, Done)
        await self.settle()
        return done.incident.id

    async def give(self, incident: int, *commands: c.Command) -> None:
        """Commands, each carried out; what follows is sent."""
        for command in commands:
            done = await handle(self.desk, incident, command, self.clock())
            assert isinstance(done, Done), (command, done)
            await self.settle()

    async def case(self, incident: int = 1) -> Case:
        found = await case(self.store, incident)
        assert found is not None
        return found

    async def facts(self, incident: int = 1) -> list[str]:
        return [entry.kind for entry in (await self.case(incident)).history]

    # --- what people see and do ---

    def card(self, incident: int = 1) -> Message:
        """The card of an incident."""
        mine = [one for one in self.workspace.roots(STAFF_CHANNEL) if f"INC-{incident} ·" in one.text]
        assert len(mine) == 1, [one.text for one in self.workspace.roots(STAFF_CHANNEL)]
        return mine[0]

    def offers(self, incident: int = 1) -> list[str]:
        """What can be pressed on the card, in order."""
        return [
            b["action_id"]
            for block in self.card(incident).blocks
            if block["type"] == "actions"
            for b in block["elements"]
        ]

    def thread(self, incident: int = 1) -> list[str]:
        """The lines under the card."""
        return [
            words(one.blocks) or one.text for one in self.workspace.replies(STAFF_CHANNEL, self.card(incident).ts)
        ]

    async def click(self, action: str, incident: int = 1, user: str = ALICE) -> Answer:
        answer = await self.people.click(user, STAFF_CHANNEL, self.card(incident).ts, action)
        await self.settle()
        return answer

    async def fill(self, action: str, incident: int = 1, user: str = ALICE, /, **entries: Entry) -> Answer:
        """Presses, fills in the modal and submits it."""
        await self.click(action, incident, user)
        answer = await self.people.submit(user, self.modal(user).id, entries)
        await self.settle()
        return answer

    def modal(self, user: str = ALICE) -> View:
        return self.workspace.modal(user)

    def whispers(self, user: str = ALICE) -> list[str]:
        return [one.text for one in self.workspace.shown_to(user)]

    def direct(self, user: str = BOB) -> str:
        return self.workspace.direct(user).id

    def told(self, user: str = BOB) -> list[Message]:
        """The direct messages a customer got, oldest first."""
        return [one for _, one in sorted(self.workspace.messages[self.direct(user)].items()) if one.user == BOT]

    async def press(self, action: str, user: str = BOB) -> Answer:
        """Presses the newest such button in one's own conversation."""
        for message in reversed(self.told(user)):
            if action in str(message.blocks):
                answer = await self.people.click(user, self.direct(user), message.ts, action)
                await self.settle()
                return answer
        raise AssertionError(f"nobody offered {action}")

    async def submit(self, user: str = BOB, /, **entries: Entry) -> Answer:
        answer = await self.people.submit(user, self.modal(user).id, entries)
        await self.settle()
        return answer


def words(blocks: object) -> str:
    """All that can be read in blocks."""
    if isinstance(blocks, dict):
        own = blocks.get("text")
        return own if isinstance(own, str) else " ".join(filter(None, map(words, blocks.values())))
    if isinstance(blocks, Sequence) and not isinstance(blocks, str):
        return " ".join(filter(None, map(words, blocks)))
    return ""


async def _pdf(paper: Paper) -> bytes:
    return f"%PDF {paper.number}".encode()


def a_workspace(clock: Clock) -> Workspace:
    return Workspace(
        clock=clock,
        bot_token="xoxb-test",
        app_token="xapp-test",
        signing_secret=SECRET,
        users=(
            User(id=ALICE, name="Alice", locale="en-US"),
            User(id=OCTAVE, name="Octave"),
            User(id=GUEST, name="Guest", is_restricted=True),
            User(id=BOB, name="Bob", email=ADDRESS),
            User(id=MALLORY, name="Mallory", email=ADDRESS, team="T0OTHER"),
            User(id=CAROL, name="Carol Durand", email=ADDRESS, team=THEIRS),
            User(id=DAVE, name="Dave", email=ADDRESS, team=THEIRS),
            User(id=ERIN, name="Erin", email=ADDRESS, team=THIRD),
        ),
        channels=(
            Channel(id=STAFF_CHANNEL, name="staff", members=(ALICE, OCTAVE, GUEST, BOB, MALLORY, BOT)),
            Channel(id="C0TOWN", name="town", members=(ALICE, BOB, BOT)),
            Channel(id=SHARED, name="client", members=(ALICE, BOB, CAROL, DAVE, ERIN, BOT), teams=(THEIRS,)),
        ),
    )


@asynccontextmanager
async def a_town(
    url: str, terms: Terms | None = None, every: timedelta = timedelta(), seconds: float = PATIENCE
) -> AsyncIterator[Town]:
    """A town on this database, open for business; `every` is between two messages in one channel.

    `seconds` bounds each call to Slack: short only where Slack hangs, since a call that took longer is tried again.
    """
    clock = Clock()
    slack = await start(a_workspace(clock))
    store = await Store.open(url)
    desk = Desk(
        store=store,
        terms=terms or Terms(),
        catalogue=(READ, EDIT, REBOOT, SUSPEND, SEARCH_MAIL, CUT_OFF),
        provider=PROVIDER,
        words=WORDS,
        keys=Keys(secret=b"k" * 32),
        public_url="https://desk.example",
        mail_domain="host.example",
        mail_address="support@host.example",
        chat=True,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        stack.push_async_callback(slack.stop)
        channel = a_channel(desk, clock, slack.api_url, every, seconds=seconds)
        stack.push_async_callback(channel.close)
        address = await stack.enter_async_context(serving(channel))
        people = People.over_http(slack.workspace, address, patience=PATIENCE)
        stack.push_async_callback(people.close)
        yield Town(store=store, clock=clock, desk=desk, slack=slack, channel=channel, people=people, url=address)


def a_channel(
    desk: Desk,
    clock: Clock,
    api_url: str,
    every: timedelta = timedelta(),
    staff: Sequence[str] = (ALICE, GUEST),
    seconds: float = PATIENCE,
) -> SlackChannel:
    """What one process has of Slack."""
    return SlackChannel(
        desk=desk,
        clock=clock,
        bot_token="xoxb-test",
        signing_secret=SECRET,
        api_url=api_url,
        channel=STAFF_CHANNEL,
        team=TEAM,
        staff=staff,
        managers=(OCTAVE,),
        canned=(Canned(id="looking", fr="Nous regardons.", en="We are looking."),),
        app_token="xapp-test",
        seconds=seconds,
        every=every,
        patience=PATIENCE,
        mailbox=TEAM_MAILBOX,
    )


@asynccontextmanager
async def serving(channel: SlackChannel) -> AsyncIterator[str]:
    """`/slack/events` of one process; its address."""
    app = web.Application()
    app.router.add_post("/slack/events", channel.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
