"""Whatever comes in, goes back, is credited or recorded by hand, in any order: no cent is lost or booked twice."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from bot.app.bank import book_by_hand, end_entry, reject_suggestion
from bot.app.handle import carry_out
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import Fate, Side
from bot.core.money import Money
from bot.figures import creditor_reference
from storage import Allocation, InvoiceRow, Status, Store, Transaction
from tests.app.test_bank import Bank
from tests.builders import MANAGER, STAFF, an_order
from tests.channels.bank.paper import entry, statement

IBANS = ("FR7630006000011234567890189", "DE89370400440532013000", "")
SUMS = ("24.00", "24.00", "24.00", "10.00", "14.00", "30.00", "48.00")
DEEDS = 40
BACK = (f.PaymentReturned, f.PaymentRefunded)
HAPPENS = (Fate.BOOKED, Fate.OVERPAID, Fate.KNOWN, Fate.SUGGESTED, Fate.UNALLOCATED, Fate.REFUNDED, Fate.DISMISSED)


class Whims:
    """A bank, its customers and its staff, who do as a generator says."""

    def __init__(self, bank: Bank, rng: Random) -> None:
        self.bank, self.rng, self.files, self.came = bank, rng, list[bytes](), list[dict[str, str]]()
        self.numbers, self.incidents = list[str](), list[int]()

    async def deed(self) -> None:
        deeds = (self.opens, self.pays, self.pays, self.pays, self.takes_back, self.orders, self.staff_decide)
        await (self.rng.choice(deeds) if self.numbers else self.opens)()
        self.bank.now += timedelta(hours=1)

    async def opens(self) -> None:
        if len(self.numbers) < 6:
            self.incidents.append(await self.bank.counter.invoiced())
            self.numbers.append(f"F2010-{len(self.numbers) + 1:05d}")

    async def pays(self) -> None:
        number = self.rng.choice(self.numbers)
        words = (number, creditor_reference(number), "merci", f"{number} {self.rng.choice(self.numbers)}")
        how = {"iban": self.rng.choice(IBANS), "end_to_end": f"E{len(self.came)}"}
        self.came.append(how | {"amount": self.rng.choice(SUMS)})
        await self._says(entry(self.came[-1]["amount"], self.rng.choice(words), **how))

    async def takes_back(self) -> None:
        if self.came:
            came = dict(self.rng.choice(self.came))
            mark = self.rng.choice(("<RvslInd>true</RvslInd>", ""))
            await self._says(entry(came.pop("amount"), side="DBIT", more=mark, **came))

    async def orders(self) -> None:
        incident = self.rng.choice(self.incidents)
        of = Money(cents=self.rng.choice((1000, 1400, 2400)))
        order = self.rng.choice(
            (
                an_order(c.RecordPayment, amount=of),
                an_order(c.RecordPayment, amount=of),
                an_order(c.SayContest),
                an_order(c.Concede, actor=MANAGER),
                an_order(c.WriteOff),
            )
        )
        await self.bank.desk.store.run(lambda tx: carry_out(tx, self.bank.desk, incident, order, self.bank.now))

    async def staff_decide(self) -> None:
        queued = await self.bank.desk.store.read(lambda tx: tx.bank.queue(limit=50))
        if not queued:
            return
        one, number, now = self.rng.choice(queued), self.rng.choice(self.numbers), self.bank.now
        deed = self.rng.randrange(4)

        def decide(tx: Transaction) -> object:
            if deed == 0:
                return reject_suggestion(tx, one.id, STAFF, now)
            if deed == 1:
                return end_entry(tx, one.id, Fate.REFUNDED, STAFF, now)
            return book_by_hand(tx, self.bank.desk, one.id, one.suggested or number, STAFF, now)

        await self.bank.desk.store.run(decide)

    async def _says(self, *entries: str) -> None:
        self.files.append(statement(*entries, name=f"S{len(self.files)}"))
        await self.bank.imports(self.files[-1])


async def _ledger(bank: Bank, numbers: Sequence[str]) -> list[InvoiceRow]:
    return await bank.desk.store.read(lambda tx: [row for number in numbers if (row := tx.money.by_number(number))])


async def _journals(whims: Whims) -> list[f.Fact]:
    def read(tx: Transaction) -> list[f.Fact]:
        return [one.fact for incident in whims.incidents for one in tx.journal.facts(f"INC-{incident}")]

    return await whims.bank.desk.store.read(read)


async def _places(bank: Bank, entry_id: int) -> list[Allocation]:
    return await bank.desk.store.read(lambda tx: tx.bank.allocated(entry_id=entry_id))


async def what_was_issued_is_open_paid_or_given_up(whims: Whims) -> None:
    facts = await _journals(whims)
    for row in await _ledger(whims.bank, whims.numbers):
        came = [one.amount.cents for one in facts if isinstance(one, f.PaymentReceived) and one.number == row.number]
        went = [one.amount.cents for one in facts if isinstance(one, BACK) and one.number == row.number]
        given_up = (
            row.gross - row.paid if row.status in {Status.CREDITED, Status.WRITTEN_OFF} else row.paid - row.paid
        )
        assert row.paid.cents == sum(came) - sum(went)
        assert row.open + row.paid + given_up == row.gross
        assert row.open.cents >= 0


async def every_cent_of_an_entry_is_somewhere(whims: Whims) -> None:
    facts = await _journals(whims)
    for row in await whims.bank.entries():
        places = await _places(whims.bank, row.id)
        booked = sum(one.amount.cents for one in places)
        paid = sum(o.amount.cents for o in facts if isinstance(o, f.PaymentReceived) and o.entry == row.reference)
        # A payment recorded by hand is not recorded again; what was taken back may have been the one or the other.
        assert paid in {Fate.KNOWN: {0}, Fate.RETURNED: {0, booked}}.get(row.fate, {booked})
        assert booked + row.kept.cents <= row.amount.cents
        if row.side is Side.CREDIT and row.fate in set(HAPPENS) - {Fate.REFUNDED, Fate.DISMISSED}:
            assert booked + row.kept.cents == row.amount.cents


async def importing_again_changes_nothing(whims: Whims) -> None:
    before = await _journals(whims), await whims.bank.entries()
    whims.rng.shuffle(whims.files)
    await whims.bank.imports(*whims.files)
    assert (await _journals(whims), await whims.bank.entries()) == before


@pytest.mark.parametrize("seed", range(5))
async def test_no_cent_is_lost_or_booked_twice(store: Store, seed: int) -> None:
    whims = Whims(Bank(store), Random(seed))
    for _ in range(DEEDS):
        await whims.deed()

        await what_was_issued_is_open_paid_or_given_up(whims)

    await every_cent_of_an_entry_is_somewhere(whims)
    await importing_again_changes_nothing(whims)
