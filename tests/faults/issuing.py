"""A desk that does nothing but end diagnoses: `python -m tests.faults.issuing URL FOLDER SEED`."""

import asyncio
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core.customer import Details
from bot.core.facts import Outcome
from bot.core.terms import Kind
from bot.settings import Settings, read_settings
from bot.wiring import Wired, wire
from storage import Transaction, Via
from tests.builders import MONDAY, an_order

BOB = "bob@clientsa.fr"
STARTED = (an_order(c.ReportDelivery), an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))


class UndoneError(Exception):
    """Rolls a transaction back once it has its number."""


def settings(url: str, folder: Path) -> Settings:
    """A desk of its own on this database; Slack is not set up."""
    (folder / "comptoir.toml").write_text("")
    given = {"DATABASE_URL": url, "COMPTOIR_SECRET": "s" * 32, "COMPTOIR_CONFIG": str(folder / "comptoir.toml")}
    return read_settings(given)


def begin(tx: Transaction, desk: Desk) -> int:
    """One more diagnosis that has begun; its incident's number."""
    company = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
    register(tx, desk, [Registration(address=BOB, kind=Kind.BUSINESS, details=company)], MONDAY)
    opened = open_incident(tx, desk, Opening(address=BOB, said=Said(author=BOB, text="Panne", via=Via.MAIL)), MONDAY)
    assert isinstance(opened, Done)
    for order in STARTED:
        assert isinstance(carry_out(tx, desk, opened.incident.id, order, MONDAY), Done)
    return opened.incident.id


async def end_all(wired: Wired, rng: Random) -> None:
    """Ends every diagnosis in an order of its own; its clock jumps, and a third of what it does is undone."""
    listed = await wired.desk.store.read(lambda tx: tx.incidents.listing(limit=1000))
    left = [row.id for row in listed]
    rng.shuffle(left)
    while left:
        undone = rng.random() < 0.3
        end = partial(solve, wired.desk, left[-1], rng.randrange(-5, 6), undone)
        try:
            number = await wired.desk.store.run(end)
        except UndoneError:
            continue
        left.pop()
        if number:
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


def solve(desk: Desk, incident: int, days: int, undone: bool, tx: Transaction) -> str:
    """The number of the invoice that this made; empty where another process was first."""
    solved = an_order(c.ConcludeDiagnosis, outcome=Outcome.SOLVED)
    done = carry_out(tx, desk, incident, solved, MONDAY + timedelta(days=days))
    if undone:
        raise UndoneError
    return done.incident.invoice.number if isinstance(done, Done) and done.incident.invoice else ""


async def main(url: str, folder: Path, seed: int) -> None:
    """Says that it is ready, and begins with the others, when it is told to."""
    async with wire(settings(url, folder)) as wired:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await end_all(wired, Random(seed))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
