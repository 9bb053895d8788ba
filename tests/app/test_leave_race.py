"""Leave taken back and work done under it, let go at the same moment by two processes' stores (letter §1.3)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.app.desk import Desk
from bot.app.handle import Done, handle
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core.refusals import Reason
from storage import Store, Via
from tests.app.desks import a_desk
from tests.builders import CUSTOMER, MONDAY, an_order

ROUNDS, FEWER = 100, 40


@asynccontextmanager
async def two_desks(url: str) -> AsyncIterator[tuple[Desk, Desk]]:
    """As two processes have them: each with connections of its own."""
    async with AsyncExitStack() as stack:
        stores = [await Store.open(url) for _ in range(2)]
        for store in stores:
            stack.push_async_callback(store.close)
        yield a_desk(stores[0]), a_desk(stores[1])


async def diagnosing(desk: Desk) -> None:
    said = Said(author=CUSTOMER.name, text="The shop is down.", via=Via.MAIL)
    opening = Opening(address=CUSTOMER.name, said=said)
    await desk.store.run(lambda tx: open_incident(tx, desk, opening, MONDAY))
    for order in (an_order(c.ReportDelivery), an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis)):
        assert isinstance(await handle(desk, 1, order, MONDAY), Done)


async def give(desk: Desk, *orders: c.Command) -> None:
    for order in orders:
        assert isinstance(await handle(desk, 1, order, MONDAY), Done), order


async def test_nothing_is_done_after_leave_was_taken_back(database_url: str) -> None:
    """In the order in which both were written, whoever wins: a hundred rounds."""
    async with two_desks(database_url) as (customers, staffs):
        await diagnosing(staffs)
        recorded = 0
        for number in range(1, ROUNDS + 1):
            await give(staffs, an_order(c.RequestConsent), an_order(c.GrantConsent, number=number))
            stop = an_order(c.RevokeConsent, number=number)
            recorded += await race(customers, stop, staffs, staff_first=bool(number % 2))

        acts = await allowed_acts(staffs)
    assert acts == [True] * recorded
    assert 0 < recorded < ROUNDS, "one side always won: this shows nothing"


async def test_nothing_is_done_after_a_mail_said_stop(database_url: str) -> None:
    async with two_desks(database_url) as (customers, staffs):
        await diagnosing(staffs)
        await give(staffs, an_order(c.RequestConsent), an_order(c.GrantConsent))
        recorded = 0
        for number in range(FEWER):
            recorded += await race(customers, an_order(c.PauseIncident), staffs, staff_first=bool(number % 2))
            await give(staffs, an_order(c.EndPause))

        acts = await allowed_acts(staffs)
    assert acts == [True] * recorded
    assert 0 < recorded < FEWER, "one side always won: this shows nothing"


async def allowed_acts(desk: Desk) -> list[bool]:
    """Of each act in the journal: whether the last word before it was a yes."""
    acts, live = [], False
    for entry in await desk.store.read(lambda tx: tx.journal.facts("INC-1")):
        match entry.fact:
            case f.ConsentGranted() | f.PauseEnded():
                live = True
            case f.ConsentRevoked() | f.IncidentPaused():
                live = False
            case f.ActRecorded():
                acts.append(live)
    return acts


async def race(customers: Desk, stop: c.Command, staffs: Desk, *, staff_first: bool) -> bool:
    """Lets both go at once; whether the act was recorded. The one is never refused, the other only for the one."""
    both = [handle(customers, 1, stop, MONDAY), handle(staffs, 1, an_order(c.RecordAct), MONDAY)]
    done = await asyncio.gather(*(reversed(both) if staff_first else both))
    stopped, recorded = reversed(done) if staff_first else done
    assert isinstance(stopped, Done)
    assert isinstance(recorded, Done) or recorded.reason in {Reason.NO_CONSENT, Reason.PAUSED}
    return isinstance(recorded, Done)
