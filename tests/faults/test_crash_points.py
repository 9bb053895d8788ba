"""Killed at every step, one after the other, and started again: nothing is lost, nothing is made up."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest

from bot.app.check import look_over
from bot.core import facts as f
from storage import Direction, Store, Transaction
from tests.builders import MONDAY
from tests.faults.killing import Count, CountingSink, Desk, running
from tests.faults.lapsing import AN_HOUR_AFTER, with_a_quote_that_lapses
from tests.faults.launch import ANSWERS_FIRST, MARKS_FIRST
from tests.relay import a_relay
from tests.stories.people import BOB, DOWN_FR
from tests.stories.work import Waiting, waiting

MOST_STEPS = 100
FEWEST_STEPS = 10
MOST_LOOKS = 1000
LOOK_SECONDS = 0.01
LATER = timedelta(minutes=5)  # the leases of the dead have run out
HEADERS = f"From: {BOB}\nSubject: Panne\nMessage-ID: <1@clientsa.fr>\nContent-Type: text/plain; charset=utf-8\n"
MAIL = f"{HEADERS}\n{DOWN_FR}\n".replace("\n", "\r\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens while the desk runs from `now`: a mail comes in, or the calendar's turn alone."""

    now: datetime
    mail: bytes = b""


A_MAIL = Scenario(now=MONDAY, mail=MAIL)
A_LAPSE = Scenario(now=AN_HOUR_AFTER)


@dataclass(slots=True, kw_only=True)
class Trial:
    """One database, one relay, and the desk that is killed between them."""

    url: str
    folder: Path
    store: Store
    relay: CountingSink
    scenario: Scenario
    acknowledged: bool = False

    async def play(self, die_at: int = 0, cheat: str = "") -> Count:
        """Until all is done or the desk is dead; what steps it took."""
        count = self.relay.count = Count(die_at)
        async with running(self._environment(), self.scenario.now, count, cheat=cheat) as desk:
            await self._live(desk, is_over=_has_begun)
            code = await desk.stop()
        assert count.killed or code == 0
        return count

    async def recover(self) -> None:
        """Starts the desk again, some minutes later; who was not answered tries again."""
        count = self.relay.count = Count()
        async with running(self._environment(), self.scenario.now + LATER, count) as desk:
            await self._live(desk, is_over=lambda _tx: True)
            assert await desk.stop() == 0

    async def _live(self, desk: Desk, is_over: Callable[[Transaction], bool]) -> None:
        """Until nothing is left to do, or nobody to do it."""
        if self.scenario.mail and not self.acknowledged:
            self.acknowledged = await _hand_in(desk.mail_port, self.scenario.mail)
        for _ in range(MOST_LOOKS):
            left = await self.store.read(
                lambda tx: self._left(waiting(tx)) or ["it has not begun"] * (not is_over(tx))
            )
            if desk.gone.is_set() or not left:
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise AssertionError(f"still at work: {left}")

    def _left(self, jobs: list[Waiting]) -> list[object]:
        """A deadline counts while it is claimed, and after a restart took it back: due at that moment."""
        soon = self.scenario.now + 2 * LATER
        return [job for job in jobs if job.queue != "deadlines" or job.in_hand or job.due_at <= soon]

    def _environment(self) -> dict[str, str]:
        config = self.folder / "comptoir.toml"
        config.write_text("", encoding="utf-8")
        return {
            "DATABASE_URL": self.url,
            "PORT": "0",
            "MAIL_LISTEN": "127.0.0.1:0",
            "RELAY_URL": self.relay.url,
            "COMPTOIR_CONFIG": str(config),
            "COMPTOIR_SECRET": "what every link is derived from, here",
        }

    async def wrong(self) -> list[str]:
        """What is not as it must be, once all is done."""
        broken = (await look_over(self.store)).wrong
        return [broken] * bool(broken) + await self._effects() + await self.store.run(_holes) + await self._history()

    async def _effects(self) -> list[str]:
        """Each effect at least once; what left twice is the same to the byte; what left has its row."""
        rows = await self.store.read(lambda tx: _sent(tx, self.scenario.now))
        left: dict[str, set[bytes]] = {}
        for taken in self.relay.mails:
            left.setdefault(_message_id(taken.raw), set()).add(taken.raw)
        wrong = [f"{name} left in two forms" for name, forms in left.items() if len(forms) > 1]
        wrong += [f"{name} left without a row" for name in left.keys() - rows.keys()]
        wrong += [f"{name} never left" for name in rows.keys() - left.keys()]
        return wrong + [f"{name} is {fate}" for name, fate in rows.items() if fate != "accepted"]

    async def _history(self) -> list[str]:
        """The same facts as if nothing had happened."""
        entries = await self.store.read(lambda tx: tx.journal.facts("INC-1"))
        kinds = [type(entry.fact) for entry in entries]
        wanted = ONCE_FOR_A_MAIL if self.scenario.mail else ONCE_FOR_A_LAPSE
        return [f"{kind.__name__} {kinds.count(kind)} times" for kind in wanted if kinds.count(kind) != 1]


ONCE_FOR_A_MAIL = (f.IncidentOpened, f.CustomerWrote, f.PriceAnnounced)
ONCE_FOR_A_LAPSE = (f.QuoteLapsed, f.InvoiceIssued, f.PaperFiled)


async def _hand_in(port: int, raw: bytes) -> bool:
    """Whether the desk said that it has the mail."""
    try:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=5) as client:
            _, reply = await client.sendmail(BOB, ["support@host.example"], raw)
    except (aiosmtplib.SMTPException, OSError):
        return False
    return reply.startswith("2.0.0")


def _message_id(raw: bytes) -> str:
    line = next(line for line in raw.splitlines() if line.lower().startswith(b"message-id:"))
    return line.partition(b":")[2].strip(b" <>").decode()


def _has_begun(tx: Transaction) -> bool:
    return tx.incidents.row(1) is not None


def _sent(tx: Transaction, since: datetime) -> dict[str, str]:
    """What became of each mail that was written since then, by Message-ID."""
    messages = [m for m in tx.messages.of_incident(1) if m.direction is Direction.OUT and m.at >= since]
    return {m.rfc_message_id or "": m.delivery or "" for m in messages}


def _holes(tx: Transaction) -> list[str]:
    """Numbers that were drawn and that nothing carries."""
    series = {"INC": len(tx.incidents.listing()), "F2010": len(tx.money.listing())}
    drawn = {name: tx.next_number(name) - 1 for name in series}
    return [f"{name} is at {drawn[name]} for {count}" for name, count in series.items() if count != drawn[name]]


@asynccontextmanager
async def trial(url: str, folder: Path, scenario: Scenario) -> AsyncIterator[Trial]:
    """One run of a scenario, on this database."""
    relay = CountingSink()
    store = await Store.open(url)
    try:
        async with a_relay(relay):
            yield Trial(url=url, folder=folder, store=store, relay=relay, scenario=scenario)
    finally:
        await store.close()


async def sweep(template: Path, folder: Path, scenario: Scenario, cheat: str = "") -> AsyncGenerator[str, None]:
    """What goes wrong after a death at each step in turn, until the desk lives through it all."""
    for die_at in range(1, MOST_STEPS):
        file = folder / f"{die_at}.db"
        shutil.copy(template, file)
        async with trial(f"sqlite:///{file}", folder, scenario) as this:
            count = await this.play(die_at, cheat)
            if count.killed:
                await this.recover()
            for wrong in await this.wrong():
                yield f"{die_at}, {count.steps[-1]}: {wrong}"
        if not count.killed:
            assert die_at > FEWEST_STEPS, count.steps
            return
    raise AssertionError(f"it never ends: {count.steps}")


@pytest.fixture(scope="session")
def quoted_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a quote that nobody has answered."""
    file = tmp_path_factory.mktemp("quoted") / "quoted.db"
    shutil.copy(sqlite_template, file)
    asyncio.run(with_a_quote_that_lapses(f"sqlite:///{file}"))
    return file


async def test_a_mail_survives_a_death_at_any_step(sqlite_template: Path, tmp_path: Path) -> None:
    assert [wrong async for wrong in sweep(sqlite_template, tmp_path, A_MAIL)] == []


async def test_an_invoice_survives_a_death_at_any_step(quoted_template: Path, tmp_path: Path) -> None:
    assert [wrong async for wrong in sweep(quoted_template, tmp_path, A_LAPSE)] == []


# What each kind of carelessness leads to.
CAUGHT = {ANSWERS_FIRST: ("IncidentOpened 0 times",), MARKS_FIRST: ("never left",)}


@pytest.mark.parametrize("cheat", CAUGHT)
async def test_the_sweep_catches_a_desk_that(cheat: str, sqlite_template: Path, tmp_path: Path) -> None:
    async with aclosing(sweep(sqlite_template, tmp_path, A_MAIL, cheat)) as found:
        async for wrong in found:
            assert any(fate in wrong for fate in CAUGHT[cheat]), wrong
            return
    pytest.fail("nobody noticed")


@pytest.mark.parametrize("die_at", [1, 2, 4, 6, 9, 11, 14])
async def test_a_mail_survives_a_death_on_postgresql(postgres_url: str, tmp_path: Path, die_at: int) -> None:
    async with trial(postgres_url, tmp_path, A_MAIL) as this:
        await this.play(die_at)
        await this.recover()

        assert await this.wrong() == []
