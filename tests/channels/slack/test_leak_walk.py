"""Whatever people press, say, edit, delete and repeat, no word among staff reaches a customer unless it is sent."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web

from bot.channels.web.application import application
from bot.core import facts as f
from bot.sandbox.slack import NotPossibleError, View
from bot.sandbox.slack.block_kit import options_of
from bot.sandbox.slack.delivery import Envelope
from bot.sandbox.slack.inputs import Entry
from bot.sandbox.slack.wire import Payload, SlackError
from tests.channels.slack import connect
from tests.channels.slack.town import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    GUEST,
    OCTAVE,
    SHARED,
    STAFF_CHANNEL,
    THEIRS,
    THIRD,
    Town,
    a_town,
)

STAFF = (*(ALICE, OCTAVE) * 4, GUEST)
SECONDS, STEPS = 25, 240
PUBLIC = "words meant for everybody"
ANOTHERS = "evesown"


@dataclass
class Walk:
    """One incident of Bob's in chat. Every word said among staff has a mark; `released` are those somebody sent.

    With `shared` it is Carol's, in the channel that is shared with her organisation.
    """

    town: Town
    rng: Random
    shared: bool = False
    marks: list[str] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    kept: list[Envelope] = field(default_factory=list)

    @property
    def customer(self) -> str:
        return CAROL if self.shared else BOB

    @property
    def place(self) -> str:
        return SHARED if self.shared else self.town.direct()

    async def step(self) -> None:
        step = self.rng.choices(*zip(*_STEPS, strict=True))[0]
        with suppress(NotPossibleError, SlackError, IndexError):  # Slack's own client does not let them
            await step(self)
        self.kept += self.town.people.sent
        self.town.people.sent.clear()
        await self.town.settle()

    # --- words among staff ---

    def _word(self) -> str:
        self.marks.append(f"amongus{len(self.marks)}x")
        return f"{self.marks[-1]} this customer, between us"

    async def note(self) -> None:
        files = [(f"{self._word().split()[0]}.txt", b"inside")] if self.rng.random() < 0.2 else []
        where = self.town.card().ts if self.rng.random() < 0.9 else None
        await self.town.people.say(self.rng.choice(STAFF), STAFF_CHANNEL, self._word(), where, files)

    async def edit(self) -> None:
        user, ts = self._note()
        await self.town.people.edit(user, STAFF_CHANNEL, ts, self._word())

    async def delete(self) -> None:
        user, ts = self._note()
        await self.town.people.delete(user, STAFF_CHANNEL, ts)

    async def react(self) -> None:
        _, ts = self._note()
        name = self.rng.choice(("eyes", "outbox_tray", "envelope", "white_check_mark"))
        await self.town.people.react(self.rng.choice(STAFF), STAFF_CHANNEL, ts, name)

    def _note(self) -> tuple[str, str]:
        replies = self.town.workspace.replies(STAFF_CHANNEL, self.town.card().ts)
        note = self.rng.choice([one for one in replies if one.user in STAFF])
        return note.user, note.ts

    async def tell_the_app(self) -> None:
        """To the app itself, in one's own conversation with it, or by a command."""
        who = self.rng.choice(STAFF)
        if self.rng.random() < 0.5:
            await self.town.people.say(who, self.town.direct(who), self._word())
        else:
            await self.town.people.command(who, STAFF_CHANNEL, "/incident", self._word())

    # --- acts of staff ---

    async def press(self) -> None:
        who = self.rng.choice(STAFF)
        await self.town.people.click(who, STAFF_CHANNEL, self.town.card().ts, self.rng.choice(self.town.offers()))

    async def fill_in(self) -> None:
        """What is open: with public words, or as it came."""
        who = self.rng.choice((ALICE, OCTAVE, self.customer))
        view = self.town.modal(who)
        await self.town.people.submit(who, view.id, dict(self._entries(view)))

    def _entries(self, view: View) -> Iterator[tuple[str, Entry]]:
        for block in view.blocks:
            element = block.get("element")
            if element is not None:
                yield block["block_id"], self._entry(block["block_id"], element)

    def _entry(self, name: str, element: Payload) -> Entry:
        match element["type"]:
            case "datepicker":
                day = self.town.desk.terms.day_of(self.town.clock()) + timedelta(days=self.rng.choice((0, 5)))
                return day.isoformat()
            case "multi_static_select" | "checkboxes":
                return [str(one["value"]) for one in options_of(element)[:2]]
            case "static_select" | "radio_buttons":
                return str(self.rng.choice(options_of(element))["value"])
            case "file_input":
                return []
            case _:
                return {"lines": "Repair | 2 | 30,00", "validity_days": "10", "amount": "24,00"}.get(name, PUBLIC)

    async def look_and_leave(self) -> None:
        """The shortcut on a note, and second thoughts."""
        who = self.rng.choice((ALICE, OCTAVE))
        _, ts = self._note()
        await self.town.people.message_shortcut(who, STAFF_CHANNEL, ts, "send_to_customer")
        await self.town.people.close_view(who)

    async def send(self) -> None:
        """The shortcut on a note, confirmed: the one way out."""
        who = self.rng.choice((ALICE, OCTAVE))
        _, ts = self._note()
        await self.town.people.message_shortcut(who, STAFF_CHANNEL, ts, "send_to_customer")
        modal = self.town.modal(who)
        shown = f"{modal.values} {modal.blocks}"  # the words, and the names of the files that go along
        self.released |= {mark for mark in self.marks if mark in shown}
        await self.town.people.submit(who, modal.id, {})

    # --- the customer, repeats, time ---

    async def bob_writes(self) -> None:
        """In the incident's thread or beside it; in a shared channel others write, too."""
        who = self.rng.choice((CAROL, CAROL, DAVE, ERIN)) if self.shared else BOB
        thread = connect.all_told(self.town)[0].thread_ts if self.shared and self.rng.random() < 0.8 else None
        words = self.rng.choice(("Alors ?", "Oui", "Merci", "STOP"))
        await self.town.people.say(who, self.place, words, thread)

    async def staff_write_there(self) -> None:
        """By themselves, for all to read."""
        if self.shared:
            thread = connect.all_told(self.town)[0].thread_ts
            await self.town.people.say(self.rng.choice(STAFF[:2]), SHARED, PUBLIC, thread)

    async def somebody_comes_and_goes(self) -> None:
        """A third organisation in the channel; an operator puts it on file again."""
        if self.shared:
            teams = self.rng.choice(((THEIRS,), (THEIRS, THIRD)))
            self.town.workspace.put_channel(replace(self.town.workspace.channels[SHARED], teams=teams))
            await connect.share(self.town)

    async def bob_presses(self) -> None:
        message = self.rng.choice(connect.all_told(self.town) if self.shared else self.town.told())
        actions = [
            one["action_id"] for block in message.blocks for one in block.get("elements", ()) if "value" in one
        ]
        who = self.rng.choice((CAROL, DAVE)) if self.shared else BOB
        await self.town.people.click(who, self.place, message.ts, self.rng.choice(actions))

    async def bob_looks(self) -> None:
        await self.town.people.open_home(self.customer)

    async def again(self) -> None:
        await self.town.people.redeliver(self.rng.choice(self.kept), new_id=self.rng.random() < 0.5)

    async def forge(self) -> None:
        """A press such as Slack would sign, by somebody else or on something else."""
        envelope = self.rng.choice([one for one in self.kept if STAFF_CHANNEL in str(one.payload.get("channel"))])
        payload = json.loads(json.dumps(envelope.payload))
        payload["user"] = {"id": self.rng.choice((*STAFF, self.customer)), "team_id": "T0COMPTOIR"}
        for action in payload.get("actions", ()):
            action["action_id"] = self.rng.choice(("reply", "ask_customer", "take", "original", "order", "contest"))
        await self.town.people.redeliver(replace(envelope, payload=payload))

    async def wait(self) -> None:
        self.town.clock.turn(hours=self.rng.choice((1, 30)))
        await self.town.channel.backfill(self.town.clock())


_STEPS: tuple[tuple[Callable[[Walk], Awaitable[None]], int], ...] = (
    (Walk.note, 20),
    (Walk.edit, 8),
    (Walk.delete, 4),
    (Walk.react, 4),
    (Walk.tell_the_app, 4),
    (Walk.press, 20),
    (Walk.fill_in, 24),
    (Walk.look_and_leave, 4),
    (Walk.send, 3),
    (Walk.bob_writes, 6),
    (Walk.staff_write_there, 2),
    (Walk.somebody_comes_and_goes, 2),
    (Walk.bob_presses, 8),
    (Walk.bob_looks, 2),
    (Walk.again, 8),
    (Walk.forge, 6),
    (Walk.wait, 4),
)


async def test_no_way_through_slack_leads_words_among_staff_to_a_customer(sqlite_url: str) -> None:
    until = monotonic() + SECONDS
    async with a_town(sqlite_url) as town:
        await town.open(channel=f.Channel.SLACK, linked=True)
        walk = Walk(town, Random(2010))
        for _ in range(STEPS):
            await walk.step()
            if monotonic() > until:
                break
        seen = "".join([everything_seen(town, BOB), *[page async for page in pages(town)]])
        leaked = [mark for mark in walk.marks if mark in seen and mark not in walk.released]
        sent = [mark for mark in walk.released if mark in seen]

    assert leaked == []
    assert PUBLIC in seen, "nothing was ever said to the customer: these ways show nothing"
    assert sent, "no note was ever sent on purpose: what is looked at would not show one"
    assert len(walk.marks) > 20
    assert [one.answer for one in town.people.failures] == []


async def test_nothing_among_staff_and_nothing_of_another_customer_is_seen_in_a_shared_channel(
    sqlite_url: str,
) -> None:
    until = monotonic() + SECONDS
    async with a_town(sqlite_url) as town:
        await connect.share(town)
        await connect.say(town, "Site en panne")
        await town.open(address="eve@example.org", title=f"{ANOTHERS} down", text=f"{ANOTHERS} words")
        walk = Walk(town, Random(2011), shared=True)
        for _ in range(STEPS):
            await walk.step()
            if monotonic() > until:
                break
        everybody = (CAROL, DAVE, ERIN, BOB)
        seen = "".join([*(everything_seen(town, one) for one in everybody), in_the_channel(town)])
        posted = in_the_channel(town)
        by_the_desk = str([one.blocks for one in connect.all_told(town)])
        leaked = [mark for mark in walk.marks if mark in seen and mark not in walk.released]

    assert leaked == []
    assert ANOTHERS not in posted
    assert town.desk.public_url not in posted, "whoever reads the channel would decide by this link"
    assert PUBLIC in by_the_desk, "nothing was ever said there: these ways show nothing"
    assert len(walk.marks) > 20


def in_the_channel(town: Town) -> str:
    """What all there read."""
    return " ".join(str((one.text, one.blocks)) for one in town.workspace.messages[SHARED].values())


def everything_seen(town: Town, user: str) -> str:
    """Somebody's conversation, what they alone were shown, their home, their forms, and the mails."""
    workspace = town.workspace
    home = workspace.home(user)
    shown: list[Any] = [
        *((one.text, one.blocks) for one in workspace.messages[town.direct(user)].values()),
        *((one.text, one.blocks) for one in workspace.shown_to(user)),
        *(view.given for view in workspace.modals(user)),
        home.given if home else {},
        *town.mails,
        *(call.arguments for call in town.slack.calls if user in str(call.arguments.get("channel", ""))),
    ]
    return " ".join(map(str, shown))


async def pages(town: Town) -> Any:
    """Every page that a link he was given leads to."""
    runner = web.AppRunner(application(town.desk, town.clock), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    given = everything_seen(town, BOB)
    links = {part.split("'")[0].split('"')[0] for part in given.split(town.desk.public_url)[1:]}
    async with aiohttp.ClientSession() as session:
        for link in sorted(links):
            async with session.get(f"{address}{link}") as answer:
                yield await answer.text()
    await runner.cleanup()
