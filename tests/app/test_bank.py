"""Statements taken in: each entry once, booked through the one door, on both databases (letter §5)."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from bot.app.bank import book_by_hand, end_entry, forget_statements, reject_suggestion
from bot.app.due import ask
from bot.app.statements import Tally, import_statements
from bot.channels.bank.camt import read_statements
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import Fate, Why
from bot.core.lives import Stage
from bot.core.refusals import Reason, Refused
from bot.figures import creditor_reference
from storage import EntryRow, Store, Transaction
from tests.app.desks import a_desk
from tests.app.test_support import Counter
from tests.builders import MANAGER, MONDAY, STAFF, an_order, euros
from tests.channels.bank.paper import OURS, entry, statement

FIRST, SECOND = "F2010-00001", "F2010-00002"
OTHER_IBAN = "DE89370400440532013000"


class Bank:
    """A desk on one store with a bank beside it, and a clock that only tests turn."""

    def __init__(self, store: Store) -> None:
        self.desk = a_desk(store)
        self.counter = Counter(desk=self.desk)
        self.now = MONDAY

    async def says(self, *entries: str, name: str = "S1", day: str = "2010-06-14") -> dict[str, int]:
        """One statement with these entries; what became of them in numbers."""
        return _counts(await self.imports(statement(*entries, name=name, day=day)))

    async def imports(self, *files: bytes) -> Tally:
        statements = [one for file in files for one in read_statements(file)]
        steps: list[bool] = []
        tally = await import_statements(self.desk, statements, lambda: self.now, lambda: steps.append(True))
        assert len(steps) == sum(len(one.entries) for one in statements)
        return tally

    async def entries(self) -> list[EntryRow]:
        def all_of(tx: Transaction) -> list[EntryRow]:
            return [row for number in range(1, 100) if (row := tx.bank.load(number))]

        return await self.desk.store.read(all_of)

    async def fates(self) -> list[tuple[Fate, Why, str]]:
        return [(row.fate, row.why, str(row.kept.amount)) for row in await self.entries()]

    async def facts(self, incident: int) -> list[f.Fact]:
        found = await self.desk.store.read(lambda tx: tx.journal.facts(f"INC-{incident}"))
        money = (f.PaymentReceived, f.PaymentReturned, f.InvoiceReminded, f.IncidentClosed)
        return [recorded.fact for recorded in found if isinstance(recorded.fact, money)]

    async def stage(self, incident: int) -> Stage:
        return (await self.counter.incident(incident)).stage

    async def calendar(self) -> int:
        """Asks what is due now; how many questions that were."""
        claimed = await self.desk.store.run(lambda tx: tx.deadlines.claim(self.now, 50, timedelta(minutes=1)))
        for job in claimed:
            await ask(self.desk, job, self.now)
        return len(claimed)

    async def wait(self, *, days: int) -> None:
        """Lets days pass; the calendar asks each morning at nine and ten."""
        for _ in range(days):
            self.now += timedelta(days=1)
            while await self.calendar():
                pass


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


def _counts(tally: Tally) -> dict[str, int]:
    return {str(outcome): number for outcome, number in tally.counts.items() if number}


async def test_reference_and_amount_pay_the_invoice_and_the_journal_names_the_entry(bank: Bank) -> None:
    incident = await bank.counter.invoiced()

    counts = await bank.says(entry("24.00", ref=creditor_reference(FIRST), end_to_end="E2E-1"))

    assert counts == {"booked": 1}
    assert await bank.facts(incident) == [
        f.PaymentReceived(
            number=FIRST,
            amount=euros("24.00"),
            received_on=date(2010, 6, 14),
            still_open=euros("0.00"),
            entry="bank-1",
        ),
        f.IncidentClosed(why="paid"),
    ]
    (row,) = await bank.entries()
    assert (row.statement, row.name, row.iban_masked, row.end_to_end) == ("S1", "Client SA", "FR76…0189", "E2E-1")
    assert row.iban_hash
    assert "0189" not in row.iban_hash


async def test_part_then_rest_then_too_much(bank: Bank) -> None:
    first, second = await bank.counter.invoiced(), await bank.counter.invoiced()

    await bank.says(entry("10.00", "f2010 00001"), entry("14.00", FIRST), entry("30.00", SECOND))

    assert [await bank.stage(incident) for incident in (first, second)] == [Stage.CLOSED, Stage.CLOSED]
    assert await bank.fates() == [
        (Fate.BOOKED, Why.NONE, "0.00"),
        (Fate.BOOKED, Why.NONE, "0.00"),
        (Fate.OVERPAID, Why.OVERPAID, "6.00"),
    ]


async def test_one_transfer_pays_several_invoices(bank: Bank) -> None:
    incidents = [await bank.counter.invoiced() for _ in range(2)]

    await bank.says(entry("48.00", f"{FIRST} {SECOND}"))

    assert [await bank.stage(incident) for incident in incidents] == [Stage.CLOSED, Stage.CLOSED]


async def test_importing_again_changes_nothing(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    week = statement(entry("10.00", FIRST), entry("5.00", "subscription"), entry("7.00", side="DBIT"))
    overlapping = statement(entry("5.00", "subscription"), entry("10.00", FIRST), name="S2", day="2010-06-15")
    await bank.imports(week)
    before, rows = await bank.facts(incident), await bank.entries()

    counts = [_counts(await bank.imports(file)) for file in (week, overlapping)]

    assert counts == [{"listed_before": 2, "outgoing": 1}, {"listed_before": 2}]
    assert (await bank.facts(incident), await bank.entries()) == (before, rows)


async def test_two_imports_at_once_book_once(bank: Bank, database_url: str) -> None:
    incidents = [await bank.counter.invoiced() for _ in range(6)]
    numbers = [f"F2010-{n:05d}" for n in range(1, 7)]
    file = statement(*(entry("24.00", f"{number}") for number in numbers), entry("48.00", "F2010-00001 F2010-00002"))
    other = Bank(await Store.open(database_url))

    tallies = await asyncio.gather(bank.imports(file), other.imports(file))

    await other.desk.store.close()
    assert sum(tally.counts[Fate.BOOKED] for tally in tallies) == 6
    assert sum(tally.counts["listed_before"] for tally in tallies) == 7
    for incident in incidents:
        assert [type(fact) for fact in await bank.facts(incident)] == [f.PaymentReceived, f.IncidentClosed]


async def test_payment_that_staff_recorded_before_is_recognised(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.counter.does(incident, an_order(c.RecordPayment))

    counts = await bank.says(entry("24.00", FIRST))
    again = await bank.says(entry("24.00", FIRST, end_to_end="a second one"), name="S2")

    assert (counts, again) == ({"known": 1}, {"unallocated": 1})
    assert [row.why for row in await bank.entries()] == [Why.NONE, Why.NOT_OPEN]


async def test_known_account_and_exact_amount_are_a_suggestion_that_staff_book(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST))
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", "merci"), entry("24.00", "merci", iban=OTHER_IBAN), name="S2")
    suggested = (await bank.entries())[1]
    assert (suggested.fate, suggested.suggested) == (Fate.SUGGESTED, SECOND)

    booked = await bank.desk.store.run(lambda tx: book_by_hand(tx, bank.desk, 2, SECOND, STAFF, bank.now))
    again = await bank.desk.store.run(lambda tx: book_by_hand(tx, bank.desk, 2, SECOND, STAFF, bank.now))

    assert isinstance(booked, EntryRow)
    assert (booked.fate, booked.kept, booked.settled_by) == (Fate.BOOKED, euros("0.00"), f"staff:{STAFF.name}")
    assert again == Refused(Reason.ALREADY)
    assert await bank.stage(incident) is Stage.CLOSED
    assert (await bank.entries())[2].why is Why.NO_REFERENCE


async def test_suggestion_that_is_wrong_waits_for_a_person(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST))
    await bank.counter.invoiced()
    await bank.says(entry("24.00", "merci"), name="S2")

    rejected = await bank.desk.store.run(lambda tx: reject_suggestion(tx, 2, STAFF, bank.now))
    ended = await bank.desk.store.run(lambda tx: end_entry(tx, 2, Fate.REFUNDED, STAFF, bank.now))

    assert isinstance(rejected, EntryRow)
    assert (rejected.fate, rejected.why, rejected.kept) == (Fate.UNALLOCATED, Why.NOT_THIS_ONE, euros("24.00"))
    assert isinstance(ended, EntryRow)
    assert (ended.fate, ended.kept) == (Fate.REFUNDED, euros("0.00"))
    assert await bank.desk.store.read(lambda tx: tx.bank.queue(limit=10)) == []


async def test_payment_of_what_was_credited_or_written_off_is_a_task(bank: Bank) -> None:
    credited, written_off = await bank.counter.invoiced(), await bank.counter.invoiced()
    await bank.counter.does(credited, an_order(c.SayContest))
    await bank.counter.does(credited, an_order(c.Concede, actor=MANAGER))
    await bank.counter.does(written_off, an_order(c.WriteOff))

    await bank.says(entry("24.00", FIRST), entry("24.00", SECOND), entry("24.00", "A2010-00001"))

    assert await bank.fates() == [
        (Fate.UNALLOCATED, Why.NOT_OPEN, "24.00"),
        (Fate.UNALLOCATED, Why.NOT_OPEN, "24.00"),
        (Fate.UNALLOCATED, Why.NO_REFERENCE, "24.00"),
    ]


@pytest.mark.parametrize("amount", ["0.00", "-24.00", "NaN", "99999999999999999999", "24.001"])
async def test_absurd_amount_is_refused_in_words_and_the_others_are_booked(bank: Bank, amount: str) -> None:
    await bank.counter.invoiced()

    tally = await bank.imports(statement(entry(amount, FIRST), entry("24.00", FIRST)))

    assert _counts(tally) == {"refused": 1, "booked": 1}
    assert tally.refused[0].startswith("S1, 2010-06-14, Client SA: the amount")


async def test_other_currency_is_not_booked(bank: Bank) -> None:
    await bank.counter.invoiced()

    await bank.says(entry("24.00", FIRST, currency="CHF"))

    assert [(row.why, row.kept.currency) for row in await bank.entries()] == [(Why.OTHER_CURRENCY, "CHF")]


RETURNS: Sequence[dict[str, str]] = (
    {"end_to_end": "E2E-1", "inner": "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"},
    {"end_to_end": "E2E-1", "iban": ""},
    {"more": "<RvslInd>true</RvslInd>"},
    {"more": "<RvslInd>true</RvslInd>", "iban": "", "ref": creditor_reference(FIRST)},
)


@pytest.mark.parametrize("how", RETURNS, ids=["end-to-end id", "id alone", "account", "reference"])
@pytest.mark.parametrize("together", [True, False])
async def test_payment_taken_back_opens_the_invoice_again(bank: Bank, how: dict[str, str], together: bool) -> None:
    incident = await bank.counter.invoiced()
    came, went = entry("24.00", FIRST, end_to_end="E2E-1"), entry("24.00", side="DBIT", day="2010-06-14", **how)

    if together:
        await bank.says(went, came)
    else:
        await bank.says(came)
        await bank.says(went, name="S2")

    assert [type(fact) for fact in await bank.facts(incident)] == [
        f.PaymentReceived,
        f.IncidentClosed,
        f.PaymentReturned,
    ]
    assert await bank.stage(incident) is Stage.INVOICED
    assert [(row.fate, row.taken_back) for row in await bank.entries()] == [(Fate.RETURNED, None), (Fate.RETURN, 1)]
    assert await bank.says(came, went, name="S3") == {"listed_before": 2}


async def test_transfer_that_we_ordered_takes_nothing_back(bank: Bank) -> None:
    """A refund may well repeat the payer's own name for the payment."""
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="E2E-1"))

    refund = entry(
        "24.00",
        FIRST,
        side="DBIT",
        end_to_end="E2E-1",
        more="<BkTxCd><Domn><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>",
    )

    assert await bank.says(refund, name="S2") == {"outgoing": 1}
    assert await bank.stage(incident) is Stage.CLOSED


async def test_of_two_payments_the_one_that_was_not_booked_is_taken_back(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="E"), entry("24.00", FIRST, end_to_end="E"))

    await bank.says(entry("24.00", side="DBIT", end_to_end="E", more="<RvslInd>true</RvslInd>"), name="S2")

    assert await bank.stage(incident) is Stage.CLOSED
    assert [row.fate for row in await bank.entries()] == [Fate.BOOKED, Fate.RETURNED, Fate.RETURN]


async def test_return_of_what_nobody_knows_is_a_task(bank: Bank) -> None:
    await bank.says(entry("24.00", side="DBIT", more="<RvslInd>true</RvslInd>"))

    assert await bank.fates() == [(Fate.UNALLOCATED, Why.RETURN_UNKNOWN, "0.00")]


@pytest.mark.parametrize(
    "how",
    [{"more": "<RvslInd>true</RvslInd>"}, {"inner": "<RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf>"}],
    ids=["reversal", "return"],
)
async def test_own_payment_that_came_back_pays_nothing(bank: Bank, how: dict[str, str]) -> None:
    """A refund to a closed account, with the invoice's number on it."""
    incident = await bank.counter.invoiced()

    await bank.says(entry("24.00", FIRST, **how))

    assert await bank.stage(incident) is Stage.INVOICED
    assert await bank.fates() == [(Fate.UNALLOCATED, Why.OWN_PAYMENT_BACK, "24.00")]


async def test_payment_in_part_of_what_was_credited_since_comes_back_as_a_task(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.says(entry("10.00", FIRST, end_to_end="E"))
    await bank.counter.does(incident, an_order(c.WriteOff))

    await bank.says(entry("10.00", side="DBIT", end_to_end="E", more="<RvslInd>true</RvslInd>"), name="S2")

    assert [(row.fate, row.why) for row in await bank.entries()] == [
        (Fate.RETURNED, Why.NONE),
        (Fate.UNALLOCATED, Why.RETURN_SETTLED),
    ]


async def levels(bank: Bank, incident: int) -> list[int]:
    return [fact.level for fact in await bank.facts(incident) if isinstance(fact, f.InvoiceReminded)]


async def test_without_statements_reminders_go_out_as_ever(bank: Bank) -> None:
    incident = await bank.counter.invoiced()

    await bank.wait(days=70)

    assert await levels(bank, incident) == [1, 2, 3, 4]


async def test_no_second_reminder_while_the_bank_is_not_heard(bank: Bank) -> None:
    """The first presses nobody. With the next statement they go on."""
    incident = await bank.counter.invoiced()
    await bank.says(day="2010-06-14")

    await bank.wait(days=90)
    assert await levels(bank, incident) == [1]
    invoice = (await bank.counter.incident(incident)).invoice
    assert invoice is not None
    assert not invoice.long_overdue

    await bank.says(name="S2", day=bank.now.date().isoformat())
    await bank.wait(days=3)
    assert await levels(bank, incident) == [1, 4]


async def test_reminders_go_on_once_no_statement_is_waited_for_any_more(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.says(day="2010-06-14")
    await bank.wait(days=50)

    await bank.desk.store.run(forget_statements)
    await bank.wait(days=3)

    assert await levels(bank, incident) == [1, 3]


async def test_statement_of_a_day_to_come_is_not_believed(bank: Bank) -> None:
    incident = await bank.counter.invoiced()
    await bank.says(day="2099-01-01")

    await bank.wait(days=60)

    assert await levels(bank, incident) == [1]


async def test_statement_names_no_account_in_full(bank: Bank) -> None:
    await bank.says(entry("24.00", "hello"))

    def dump(tx: Transaction) -> str:
        return repr(tx.bank.load(1))

    assert OURS not in await bank.desk.store.read(dump)
    assert "30006000011234567890" not in await bank.desk.store.read(dump)


@pytest.mark.parametrize("late", range(4))
async def test_no_reminder_after_the_commit_of_a_payment(bank: Bank, late: int) -> None:
    """The payment and the calendar at the same moment: whoever is first, the journal shows the order."""
    incidents = [await bank.counter.invoiced() for _ in range(8)]
    bank.now = datetime(2010, 7, 7, 8, tzinfo=MONDAY.tzinfo)
    paid = an_order(c.RecordPayment)

    await asyncio.gather(
        bank.calendar(), *(bank.counter.does(one, paid, bank.now) for one in incidents[late:]), bank.calendar()
    )
    await bank.calendar()

    for incident in incidents[late:]:
        kinds = [type(fact) for fact in await bank.facts(incident)]
        assert kinds in (
            [f.PaymentReceived, f.IncidentClosed],
            [f.InvoiceReminded, f.PaymentReceived, f.IncidentClosed],
        )
    for incident in incidents[:late]:
        assert [type(fact) for fact in await bank.facts(incident)] == [f.InvoiceReminded]


async def test_what_names_nothing_is_set_aside_up_to_a_day(bank: Bank) -> None:
    await bank.counter.invoiced()
    await bank.says(entry("5.00", "a"), entry("5.00", "b", day="2010-06-16"), entry("30.00", FIRST))

    set_aside = await bank.desk.store.run(lambda tx: tx.bank.dismiss(date(2010, 6, 15), bank.now))

    assert set_aside == 1
    assert [row.fate for row in await bank.entries()] == [Fate.DISMISSED, Fate.UNALLOCATED, Fate.OVERPAID]
