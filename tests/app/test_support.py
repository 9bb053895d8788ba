"""Support follows what happens to invoices, in the transaction in which it happens (letter §6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot.app.customers import Registration, register
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.incident import Incident
from bot.core.lives import Stage, Support
from bot.core.refusals import Reason, Refused
from storage import Store, Transaction, Via
from tests.app.desks import a_desk
from tests.builders import CUSTOMER, MONDAY, STAFF, an_order, euros

ON_FILE = Registration(
    address=CUSTOMER.name, details=Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
)
LATE = MONDAY + timedelta(days=80)
TO_INVOICE = (
    an_order(c.ReportDelivery),
    an_order(c.OrderDiagnosis),
    an_order(c.StartDiagnosis),
    an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A desk on one store, where every order is a transaction."""

    desk: Desk

    async def opened(self) -> Done | Refused:
        """Bob, who can be billed, opens an incident."""
        said = Said(author=CUSTOMER.name, text="The shop is down.", via=Via.MAIL)
        opening = Opening(address=CUSTOMER.name, said=said)

        def work(tx: Transaction) -> Done | Refused:
            opened = open_incident(tx, self.desk, opening, MONDAY)
            register(tx, self.desk, [ON_FILE], MONDAY)
            return opened

        return await self.desk.store.run(work)

    async def invoiced(self) -> int:
        """Another incident of his, diagnosed and billed."""
        done = await self.opened()
        assert isinstance(done, Done)
        for order in TO_INVOICE:
            await self.does(done.incident.id, order)
        return done.incident.id

    async def does(self, incident: int, order: c.Command, now: datetime = MONDAY) -> Incident:
        """Carries an order out."""
        done = await self.desk.store.run(lambda tx: carry_out(tx, self.desk, incident, order, now))
        assert isinstance(done, Done), (order, done)
        return done.incident

    async def long_unpaid(self, incident: int, now: datetime = LATE) -> None:
        """The calendar finds it unpaid, long after its day."""
        number = (await self.incident(incident)).invoice
        assert number is not None
        order = an_order(c.FallDue, kind=c.DeadlineKind.LIMIT_SUPPORT, about=number.number)
        await self.does(incident, order, now)

    async def incident(self, incident: int) -> Incident:
        found = await self.desk.store.read(lambda tx: tx.incidents.load(incident))
        assert found is not None
        return found

    async def support(self) -> Support:
        def of_bob(tx: Transaction) -> Support:
            bob = tx.customers.by_address(CUSTOMER.name)
            assert bob is not None
            return bob.support

        return await self.desk.store.read(of_bob)


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(desk=a_desk(store))


async def test_support_limited_for_two_invoices_comes_back_with_the_last(counter: Counter) -> None:
    """§6.6."""
    first, second = await counter.invoiced(), await counter.invoiced()
    await counter.long_unpaid(first)
    await counter.long_unpaid(second)
    assert await counter.support() is Support.LIMITED

    await counter.does(first, an_order(c.RecordPayment), LATE)
    assert await counter.support() is Support.LIMITED
    assert await counter.opened() == Refused(Reason.SUPPORT_LIMITED)

    await counter.does(second, an_order(c.RecordPayment), LATE)
    assert await counter.support() is Support.FULL


async def test_support_limited_comes_back_when_a_part_is_conceded_and_goes_again_with_the_rest(
    counter: Counter,
) -> None:
    """§6.4, §6.6: the rest has days of its own."""
    billed = await counter.invoiced()
    await counter.long_unpaid(billed)
    await counter.does(billed, an_order(c.SayContest), LATE)
    assert await counter.support() is Support.LIMITED

    conceded = await counter.does(billed, an_order(c.Concede, net=euros("5.00")), LATE)
    assert conceded.stage is Stage.INVOICED
    assert await counter.support() is Support.FULL

    await counter.long_unpaid(billed, LATE + timedelta(days=80))
    assert await counter.support() is Support.LIMITED


async def test_a_part_conceded_leaves_support_limited_for_another_invoice(counter: Counter) -> None:
    """§6.6."""
    billed, other = await counter.invoiced(), await counter.invoiced()
    await counter.long_unpaid(other)
    await counter.does(billed, an_order(c.SayContest), LATE)

    await counter.does(billed, an_order(c.Concede, net=euros("5.00")), LATE)

    assert await counter.support() is Support.LIMITED


async def test_confirmed_contest_forfeits_support_and_closes_what_is_open(counter: Counter) -> None:
    """§6.2."""
    contested, billed = await counter.invoiced(), await counter.invoiced()
    other = await counter.opened()
    assert isinstance(other, Done)

    await counter.does(contested, an_order(c.SayContest))
    assert await counter.support() is Support.FULL
    await counter.does(contested, an_order(c.ConfirmContest))

    assert await counter.support() is Support.FORFEITED
    assert (await counter.incident(other.incident.id)).stage is Stage.CLOSED
    assert (await counter.incident(billed)).stage is Stage.INVOICED
    assert await counter.opened() == Refused(Reason.SUPPORT_FORFEITED)


async def test_forfeited_support_does_not_come_back_with_a_payment(counter: Counter) -> None:
    """§6.5: a manager gives it back, nobody else."""
    contested, billed = await counter.invoiced(), await counter.invoiced()
    await counter.does(contested, an_order(c.SayContest))
    await counter.does(contested, an_order(c.ConfirmContest))

    await counter.does(billed, an_order(c.RecordPayment, actor=STAFF))
    assert await counter.support() is Support.FORFEITED

    await counter.does(contested, an_order(c.ReverseContest))
    assert await counter.support() is Support.FULL
