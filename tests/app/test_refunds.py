"""A transfer by which a credited invoice is paid back, read in a statement; on both databases."""

import pytest

from bot.app.accounting.books import Booked, read_books
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import Fate
from bot.core.lives import Stage
from storage import Status, Store
from tests.app.test_bank import FIRST, Bank
from tests.builders import MANAGER, an_order, euros
from tests.channels.bank.paper import entry

ORDERED = "<BkTxCd><Domn><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
RETURNED = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


async def corrected(bank: Bank) -> int:
    """An invoice paid by transfer, and taken back since."""
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="BOB-7"))
    await bank.counter.does(incident, an_order(c.CorrectOutcome, actor=MANAGER, number=""))
    assert [one.number for one in (await bank.counter.incident(incident)).owed_back] == [FIRST]
    return incident


async def refunds(bank: Bank, incident: int) -> list[f.PaymentRefunded]:
    found = await bank.desk.store.read(lambda tx: tx.journal.facts(f"INC-{incident}"))
    return [recorded.fact for recorded in found if isinstance(recorded.fact, f.PaymentRefunded)]


@pytest.mark.parametrize(
    "how",
    [
        {"texts": f"Remboursement {FIRST}"},
        {"texts": "Avoir A2010-00001", "more": ORDERED},
        {"end_to_end": "BOB-7", "more": ORDERED},
        {"end_to_end": "BOB-7", "texts": f"{FIRST} rendue"},
    ],
)
async def test_outgoing_transfer_that_names_it_pays_it_back(bank: Bank, how: dict[str, str]) -> None:
    incident = await corrected(bank)
    transfer = entry("24.00", how.get("texts", ""), side="DBIT", **{k: v for k, v in how.items() if k != "texts"})

    assert await bank.says(transfer, name="S2") == {"refunded": 1}

    assert [(one.number, one.amount, one.entry) for one in await refunds(bank, incident)] == [
        (FIRST, euros("24.00"), "bank-2")
    ]
    assert (await bank.counter.incident(incident)).owed_back == ()
    assert [(row.fate, row.taken_back) for row in await bank.entries()] == [(Fate.BOOKED, None), (Fate.REFUNDED, 1)]
    assert await bank.says(transfer, name="S3") == {"listed_before": 1}
    assert await bank.desk.store.read(lambda tx: tx.bank.waiting()) == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [("24.01", f"Remboursement {FIRST}"), ("24.00", "Loyer de juin"), ("24.00", "F2010-00099"), ("5.00", "")],
)
async def test_transfer_for_something_else_pays_nothing_back(bank: Bank, amount: str, text: str) -> None:
    incident = await corrected(bank)

    assert await bank.says(entry(amount, text, side="DBIT", more=ORDERED), name="S2") == {"outgoing": 1}

    assert await refunds(bank, incident) == []


async def test_books_hold_the_refund_as_a_payment_below_nothing(bank: Bank) -> None:
    incident = await corrected(bank)
    await bank.says(entry("24.00", f"Remboursement {FIRST}", side="DBIT"), name="S2")

    books = await bank.desk.store.read(lambda tx: read_books(tx, bank.desk.terms.day_of))
    row = await bank.desk.store.read(lambda tx: tx.money.by_number(FIRST))

    assert [(one.kind, one.gross.cents) for one in books] == [
        (Booked.INVOICE, 2400),
        (Booked.CREDIT_NOTE, 2400),
        (Booked.PAYMENT, 2400),
        (Booked.PAYMENT, -2400),
    ]
    assert sum(one.owed.cents for one in books) == 0
    assert row is not None
    assert (row.status, row.paid) == (Status.CREDITED, euros("0.00"))
    assert (await bank.counter.incident(incident)).owed_back == ()


async def test_of_two_that_are_owed_back_a_person_says_which(bank: Bank) -> None:
    first = await corrected(bank)
    second = await bank.counter.invoiced()
    await bank.says(entry("24.00", "F2010-00002"), name="S2")
    await bank.counter.does(second, an_order(c.CorrectOutcome, actor=MANAGER, number=""))

    both = entry("24.00", f"{FIRST} F2010-00002", side="DBIT", more=ORDERED)

    assert await bank.says(both, name="S3") == {"outgoing": 1}
    assert await refunds(bank, first) == await refunds(bank, second) == []


@pytest.mark.parametrize("takes_back", ["first", "second"])
async def test_return_pays_back_the_invoice_that_its_payment_was_for(bank: Bank, takes_back: str) -> None:
    """A former invoice, owed back, or the one that stands; each was paid by a transfer of its own."""
    incident = await bank.counter.invoiced()
    await bank.says(entry("24.00", FIRST, end_to_end="E-1"))
    for outcome in (f.Outcome.NO_QUOTE, f.Outcome.SOLVED):
        await bank.counter.does(incident, an_order(c.CorrectOutcome, actor=MANAGER, number="", outcome=outcome))
    await bank.says(entry("24.00", "F2010-00002", end_to_end="E-2"), name="S2")
    closed = await bank.counter.incident(incident)
    assert (closed.stage, [one.number for one in closed.owed_back]) == (Stage.CLOSED, [FIRST])

    back = entry("24.00", side="DBIT", end_to_end={"first": "E-1", "second": "E-2"}[takes_back], inner=RETURNED)
    assert await bank.says(back, name="S3") == {"return": 1}

    after = await bank.counter.incident(incident)
    assert after.invoice is not None
    if takes_back == "first":
        assert (after.stage, after.invoice.open, after.owed_back) == (Stage.CLOSED, euros("0.00"), ())
        assert [(one.number, one.entry) for one in await refunds(bank, incident)] == [(FIRST, "bank-3")]
    else:
        assert (after.stage, after.invoice.open) == (Stage.INVOICED, euros("24.00"))
        assert [one.number for one in after.owed_back] == [FIRST]
    await bank.desk.store.read(lambda tx: read_books(tx, bank.desk.terms.day_of))
