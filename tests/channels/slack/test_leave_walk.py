"""Whatever staff press, send, send again or forge, nothing is done on hosted data without leave that covers it."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from time import monotonic
from typing import Any

from bot.app.handle import handle
from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.sandbox.slack import NotPossibleError
from bot.sandbox.slack.delivery import Envelope
from bot.sandbox.slack.wire import SlackError
from storage import Recorded
from tests.builders import CUSTOMER, CUT_OFF, EDIT, READ, REBOOT, SEARCH_MAIL, SUSPEND, an_order
from tests.channels.slack.stages import reach
from tests.channels.slack.town import ALICE, GUEST, MALLORY, OCTAVE, STAFF_CHANNEL, Town, a_town

ACTS = (READ.id, EDIT.id, REBOOT.id, SUSPEND.id, CUT_OFF.id, SEARCH_MAIL.id, "no_such_act", "")
PLACES = ("shop", "shop/", " SHOP", "/www", "/www/", "/www/x", "shop\u200b", "", "é" * 200)
STAFF = (*(ALICE, OCTAVE) * 5, GUEST, MALLORY)
SECONDS, STEPS = 25, 240


@dataclass
class Walk:
    """One incident among people who press whatever they can; the customer now and then gives leave or takes it."""

    town: Town
    rng: Random
    kept: list[Envelope] = field(default_factory=list)

    async def step(self) -> None:
        step = self.rng.choices(*zip(*_STEPS, strict=True))[0]
        with suppress(
            NotPossibleError, SlackError, IndexError
        ):  # Slack's own client does not let them: nothing is sent
            await step(self)
        self.kept += [one for one in self.town.people.sent if one.kind == "interactive"]
        self.town.people.sent.clear()
        await self.town.settle()

    # --- staff ---

    async def press(self) -> None:
        ts = self.town.card().ts
        await self.town.people.click(self.rng.choice(STAFF), STAFF_CHANNEL, ts, self.rng.choice(_BUTTONS))

    async def hint(self) -> None:
        who = self.rng.choice(STAFF)
        hint = self.town.workspace.shown_to(who)[-1]
        await self.town.people.click(who, STAFF_CHANNEL, hint.ts, "ask_consent")

    async def record(self) -> None:
        who = self.rng.choice(STAFF)
        await self._open(who, "record_act")
        act, place = self.rng.choice((*ACTS, *ACTS[:2] * 4)), self.rng.choice((*PLACES, *PLACES[:5] * 2))
        entries = {"act": act, "place": place, "note": self.rng.choice(("", "n"))}
        await self.town.people.submit(who, self.town.workspace.modal(who).id, entries)

    async def ask(self) -> None:
        who = self.rng.choice(STAFF)
        await self._open(who, "ask_consent")
        days = self.rng.choice((-1, 0, 0, 1, 2, 5, 200))
        until = self.town.desk.terms.day_of(self.town.clock()).toordinal() + days
        entries = {
            "acts": self.rng.sample(ACTS[:2], self.rng.randint(1, 2)),
            "places": "\n".join(self.rng.sample(PLACES[:5], self.rng.randint(1, 2))),
            "until": datetime.fromordinal(until).date().isoformat(),
            "why": "w",
        }
        await self.town.people.submit(who, self.town.workspace.modal(who).id, entries)

    async def _open(self, who: str, action: str) -> None:
        """The form; one that was left open, and is stale by now, as often as a fresh one."""
        views = self.town.workspace.modals(who)
        if views and self.rng.random() < 0.5:
            return
        for view in reversed(views):
            await self.town.people.close_view(who, view.id)
        await self.town.people.click(who, STAFF_CHANNEL, self.town.card().ts, action)

    async def again(self) -> None:
        """The very same request, however old."""
        await self.town.people.redeliver(self.rng.choice(self.kept))

    async def forge(self) -> None:
        """A request such as Slack would sign, with values in it that no form or button ever held."""
        envelope = self.rng.choice(self.kept)
        payload = json.loads(json.dumps(envelope.payload))
        payload["user"] = {"id": self.rng.choice(STAFF), "team_id": self.rng.choice(("T0COMPTOIR", "T0OTHER"))}
        for action in payload.get("actions", ()):
            action["action_id"] = self.rng.choice((*_BUTTONS, *_CUSTOMERS))
            action["value"] = json.dumps(self._carried(json.loads(action.get("value") or "{}")))
        if "view" in payload:
            self._fill_in(payload["view"])
        await self.town.people.redeliver(replace(envelope, payload=payload))

    def _fill_in(self, view: dict[str, Any]) -> None:
        view["callback_id"] = self.rng.choice((*("record_act",) * 6, "ask_consent", "go_on"))
        view["private_metadata"] = json.dumps(self._carried(json.loads(view["private_metadata"] or "{}")))
        until = self.town.desk.terms.day_of(self.town.clock()).isoformat()
        chosen = [{"value": act} for act in self.rng.sample(ACTS, 2)]
        view["state"] = {
            "values": {
                "act": {"value": {"selected_option": chosen[0]}},
                "acts": {"value": {"selected_options": chosen}},
                "place": {"value": {"value": self.rng.choice(PLACES)}},
                "places": {"value": {"value": "\n".join(PLACES)}},
                "note": {"value": {"value": "n"}},
                "until": {"value": {"selected_date": until}},
                "why": {"value": {"value": "w"}},
                "reason": {"value": {"value": "r"}},
            }
        }

    def _carried(self, carried: dict[str, Any]) -> dict[str, Any]:
        version = self.rng.choice((None, None, None, 0, carried.get("version"), 10**9, "1"))
        number = self.rng.choice(("1", "2", 1))
        consent = {"number": number, "consent": 1, "rule": "free", "given": {"acts": READ.id, "places": "shop"}}
        return carried | {"version": version, "incident": self.rng.choice((*(1,) * 8, 2, None))} | consent

    # --- the customer, the days ---

    async def give(self) -> None:
        acts = self.rng.choice(((READ.id,), (EDIT.id,), (READ.id, EDIT.id)))
        await self._customer(lambda number: an_order(c.GrantConsent, number=number, acts=acts))

    async def refuse(self) -> None:
        await self._customer(lambda number: an_order(c.RefuseConsent, number=number))

    async def revoke(self) -> None:
        await self._customer(lambda number: an_order(c.RevokeConsent, number=number))

    async def _customer(self, order: Callable[[int], c.Command]) -> None:
        newest = len((await self.town.case()).incident.consents)
        await handle(self.town.desk, 1, order(newest), self.town.clock())

    async def pause(self) -> None:
        await handle(self.town.desk, 1, an_order(c.PauseIncident), self.town.clock())

    async def wait(self) -> None:
        """The calendar sleeps: what has ended is not yet marked so."""
        self.town.clock.turn(hours=self.rng.choice((1, 10, 20)))


_BUTTONS = ("record_act", "ask_consent", "withdraw_consent", "go_on", "take", "reply")
_CUSTOMERS = ("give_consent", "refuse_consent", "revoke_consent", "allow_part")
_STEPS: tuple[tuple[Callable[[Walk], Awaitable[None]], int], ...] = (
    (Walk.press, 6),
    (Walk.hint, 3),
    (Walk.record, 20),
    (Walk.ask, 8),
    (Walk.again, 6),
    (Walk.forge, 16),
    (Walk.give, 12),
    (Walk.refuse, 1),
    (Walk.revoke, 3),
    (Walk.pause, 1),
    (Walk.wait, 6),
)


def unlawful(history: tuple[Recorded, ...]) -> Iterator[str]:
    """What was recorded though no leave by the customer covered it then, read off the journal alone (letter §1.1)."""
    asked: dict[int, f.ConsentRequested] = {}
    live: dict[int, frozenset[str]] = {}
    paused = False
    for entry in history:
        match entry.fact:
            case f.ConsentRequested() as request:
                asked[request.number] = request
            case f.ConsentGranted(number=number, acts=acts):
                live[number] = frozenset(acts)
                if entry.actor != f"customer:{CUSTOMER.name}":
                    yield f"leave given by {entry.actor}"
            case f.ConsentRevoked(number=number) | f.ConsentExpired(number=number) | f.ConsentClosed(number=number):
                live.pop(number, None)
            case f.IncidentPaused() | f.PauseEnded() as fact:
                paused = isinstance(fact, f.IncidentPaused)
            case f.ActRecorded(act=act, place=place, consent=consent):
                covered = act.rule is not f.Rule.CONSENT or (
                    consent is not None
                    and act.id in live.get(consent, ())
                    and act in asked[consent].acts
                    and place in asked[consent].places
                    and entry.at < asked[consent].until
                    and not paused
                )
                if not covered or act.rule is f.Rule.NEVER:
                    yield f"{act.id} in {place!r} under {consent}"


async def test_no_way_through_slack_leads_to_an_act_without_leave(sqlite_url: str) -> None:
    """§1.1: random ways through the real endpoints, signed as Slack signs."""
    until = monotonic() + SECONDS
    async with a_town(sqlite_url) as town:
        await reach(town, Stage.DIAGNOSING)
        walk = Walk(town, Random(2010))
        for _ in range(STEPS):
            await walk.step()
            assert list(unlawful((await town.case()).history)) == []
            if monotonic() > until:
                break
        assert [one.answer for one in town.people.failures] == []
        done = [fact.consent for fact in (await town.case()).incident.acts]
        told = str([call.arguments for call in town.slack.calls])
    assert any(done), "nothing was ever done under leave: these ways show nothing"
    assert "no leave covers this act" in told
