"""Whatever is quoted, withdrawn, paid, contested, conceded, corrected, refunded or disputed: it adds up.

Through the one door, on both databases: cards, the bank, staff, customers and the calendar, all about one customer's
invoices of several VAT rates, free ones among them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest

from bot.app.accounting.books import SIGN, Booking, read_books
from bot.app.bank import book_by_hand, end_entry
from bot.app.cards import CardDisputed, CardEvent, CardPaid, CardRefunded, CardReinstated, take_in_card
from bot.app.handle import Done, carry_out, carry_out_on_customer
from bot.core import commands as c
from bot.core import facts as f
from bot.core.bank import Fate
from bot.core.incident import Incident, Invoice
from bot.core.lives import Stage
from bot.core.money import Line, Money
from bot.core.terms import Kind
from storage import InvoiceRow, PaperKind, Status, Store, Transaction
from tests.app.test_bank import Bank
from tests.builders import CUSTOMER, EVIDENCE, STAFF, an_order
from tests.channels.bank.paper import entry

DEEDS = 60
ORDERED = "<BkTxCd><Domn><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
HASH = "a" * 64
RATES = ("20", "10", "5.5", "2.1")
SERIES = {"F": PaperKind.INVOICE, "A": PaperKind.CREDIT_NOTE}


class Trade:
    """One customer and all they deal with, who do as a generator says."""

    def __init__(self, bank: Bank, rng: Random) -> None:
        self.bank, self.rng = bank, rng
        self.incidents: list[int] = []
        self.heard: list[CardEvent] = []
        self.early: list[CardEvent] = []
        self.refused = self.done = 0

    async def deed(self) -> None:
        deeds = (self.opens, self.pays, self.pays_by_card, self.card_goes_back, self.goes_back)
        people = (*(self.orders,) * 8, self.staff_decide)
        await self.rng.choice((*deeds, *people) if self.incidents else (self.opens,))()
        self.bank.now += timedelta(hours=1)

    async def opens(self) -> None:
        """Another incident, brought to a bill, or nearly; support that was lost is given back first."""
        if len(self.incidents) >= 8:
            return
        await self.bank.desk.store.run(self._reinstate)
        until = self.bank.now.date() if self.rng.random() < 0.2 else None
        desk = self.bank.desk
        desk = replace(desk, terms=replace(desk.terms, offer_until=until))
        opened = await replace(self.bank.counter, desk=desk).opened()
        assert isinstance(opened, Done)
        self.incidents.append(opened.incident.id)
        price = opened.incident.terms.price_at(self.bank.now).net.cents
        kind = self.rng.choice(list(Kind))
        for order in (
            an_order(c.ReportDelivery),
            an_order(c.OrderDiagnosis, price_cents=price, kind=kind),
            an_order(c.StartDiagnosis),
            an_order(c.ConcludeDiagnosis, outcome=self.rng.choice((f.Outcome.SOLVED, f.Outcome.QUOTE))),
            an_order(c.DraftQuote, number="", lines=self._lines()),
        ):
            await self.orders(order)

    def _reinstate(self, tx: Transaction) -> None:
        customer = tx.customers.by_address(CUSTOMER.name)
        if customer is not None:
            carry_out_on_customer(tx, customer, an_order(c.ReinstateSupport), self.bank.now)

    async def orders(self, order: c.Command | None = None) -> None:
        incident = await self.bank.counter.incident(self.incidents[-1] if order else self.rng.choice(self.incidents))
        wanted = order or self.rng.choice(tuple(self._wanted(incident)))
        done = await self.bank.desk.store.run(
            lambda tx: carry_out(tx, self.bank.desk, incident.id, wanted, self.bank.now)
        )
        self.done, self.refused = self.done + isinstance(done, Done), self.refused + (not isinstance(done, Done))

    def _wanted(self, incident: Incident) -> Iterator[c.Command]:
        """What somebody may want of it as it stands."""
        rng, today = self.rng, incident.terms.day_of(self.bank.now)
        ahead: Mapping[Stage, tuple[c.Command, ...]] = {
            Stage.DIAGNOSING: self._offers(incident),
            Stage.QUOTED: (*self._accepts(incident), an_order(c.DeclineQuote, number=self._quote(incident))),
            Stage.WORKING: (an_order(c.FinishWork), an_order(c.WithdrawFromContract), an_order(c.StopWork)),
            Stage.WITHDRAWN: (an_order(c.SettleWithdrawal, done_percent=rng.choice((0, 33, 50, 100))),),
        }
        if incident.stage in ahead:
            yield from ahead[incident.stage]
            return
        some = tuple(n for n in range(1, 5) if rng.random() < 0.4)
        net = rng.choice((None, Money(cents=rng.randint(1, 3000))))
        yield an_order(c.RecordPayment, amount=self._sum(incident), received_on=today)
        yield an_order(c.SayContest, lines=rng.choice(((), some)))
        yield an_order(c.ConfirmContest, number="")
        yield an_order(c.WithdrawContest)
        yield an_order(c.Concede, number="", lines=rng.choice(((), some)), net=net)
        yield an_order(c.Concede, number="", lines=rng.choice(((), some)), net=net)
        yield an_order(c.ReverseContest)
        yield an_order(c.CorrectOutcome, number="", outcome=rng.choice(list(f.Outcome)))
        yield an_order(c.WriteOff) if rng.random() < 0.3 else an_order(c.SayContest)
        for owed in incident.owed_back:
            part = Money(cents=rng.randint(1, owed.owed_back.cents))
            amount = rng.choice((owed.owed_back, part))
            yield an_order(c.RecordRefund, number=owed.number, amount=amount, refunded_on=today)

    def _lines(self) -> tuple[Line, ...]:
        return tuple(
            Line(
                label=f"Work {n}",
                quantity=Decimal(self.rng.choice(("1", "0.5", "3"))),
                unit=Money(cents=self.rng.randint(1, 9999)),
                vat_rate=Decimal(self.rng.choice(RATES)),
            )
            for n in range(self.rng.choice((1, 2, 3)))
        )

    def _offers(self, incident: Incident) -> tuple[c.Command, ...]:
        return tuple(an_order(c.OfferQuote, number=one.number, document_sha256=HASH) for one in incident.quotes[-1:])

    def _accepts(self, incident: Incident) -> tuple[c.Command, ...]:
        accept = an_order(c.AcceptQuote, number=self._quote(incident), document_sha256=HASH, evidence=EVIDENCE)
        return (accept,) * 3

    @staticmethod
    def _quote(incident: Incident) -> str:
        return incident.quotes[-1].number if incident.quotes else ""

    def _sum(self, incident: Incident | None) -> Money:
        """What is open, a part of it, or more."""
        open_ = incident.invoice.open.cents if incident and incident.invoice else 0
        cents = self.rng.choice((open_, open_ // 3, open_ + 77, self.rng.randint(1, 5000)))
        return Money(cents=max(cents, 1))

    async def _any(self) -> tuple[Incident, str]:
        """An incident, and the number of one of its invoices."""
        found = [await self.bank.counter.incident(one) for one in self.incidents]
        incident = self.rng.choice([one for one in found if one.invoice] or found)
        numbers = [invoice.number for invoice in billed(incident)] or ["F2010-09999"]
        return incident, self.rng.choice((numbers[-1], self.rng.choice(numbers)))

    async def pays(self) -> None:
        incident, number = await self._any()
        amount = str(self._sum(incident).amount)
        await self.bank.says(entry(amount, number, end_to_end=f"E{self.bank.now:%d%H}"), name=f"{self.bank.now}")

    async def goes_back(self) -> None:
        """The bank takes back what it brought, or we pay back what is owed back."""
        incident, number = await self._any()
        came = [row for row in await self.bank.entries() if row.side == "credit" and row.statement != "card"]
        if came and self.rng.random() < 0.5:
            row = self.rng.choice(came)
            more = {"end_to_end": row.end_to_end, "more": "<RvslInd>true</RvslInd>"}
            await self.bank.says(entry(str(row.amount.amount), side="DBIT", **more), name=f"{self.bank.now}")
        elif incident.owed_back:
            amount = str(incident.owed_back[0].owed_back.amount)
            paper = entry(amount, number, side="DBIT", more=ORDERED, end_to_end=f"B{self.bank.now:%d%H}")
            await self.bank.says(paper, name=f"{self.bank.now}")

    async def pays_by_card(self) -> None:
        incident, number = await self._any()
        payment = f"pi_{len(self.heard)}"
        await self._hears(CardPaid(payment=payment, number=number, amount=self._sum(incident), at=self.bank.now))

    async def card_goes_back(self) -> None:
        """A refund, a dispute, or a dispute that was won: reported twice at times, and in any order."""
        paid = [event for event in self.heard if isinstance(event, CardPaid)]
        if not paid:
            return
        one = self.rng.choice(paid)
        dispute = {"payment": one.payment, "dispute": f"dp_{one.payment}", "amount": one.amount, "at": self.bank.now}
        back = Money(cents=self.rng.choice((one.amount.cents, max(one.amount.cents // 2, 1))))
        events: list[CardEvent] = [
            CardRefunded(payment=one.payment, number=one.number, amount=back, total=back, at=self.bank.now),
            CardDisputed(reason="fraudulent", **dispute),  # type: ignore[arg-type]
            CardReinstated(**dispute),  # type: ignore[arg-type]
        ]
        for event in self.rng.sample(events[1:], 2) if self.rng.random() < 0.5 else [self.rng.choice(events)]:
            await self._hears(event)

    async def _hears(self, event: CardEvent) -> None:
        self.heard.append(event)
        for _ in range(self.rng.choice((1, 2))):
            assert await self.bank.desk.store.run(lambda tx: take_in_card(tx, self.bank.desk, event, self.bank.now))

    async def staff_decide(self) -> None:
        queued = await self.bank.desk.store.read(lambda tx: tx.bank.queue(limit=50))
        if not queued:
            return
        one, (_, number), now = self.rng.choice(queued), await self._any(), self.bank.now
        fate = self.rng.choice((None, None, Fate.REFUNDED, Fate.DISMISSED))

        def decide(tx: Transaction) -> object:
            if fate is None:
                return book_by_hand(tx, self.bank.desk, one.id, one.suggested or number, STAFF, now)
            return end_entry(tx, one.id, fate, STAFF, now)

        await self.bank.desk.store.run(decide)


def billed(incident: Incident) -> tuple[Invoice, ...]:
    """All its invoices, the former ones first."""
    return (*incident.former_invoices, *([incident.invoice] if incident.invoice else []))


def read_all(tx: Transaction, trade: Trade) -> tuple[list[InvoiceRow], list[Incident], list[f.Fact]]:
    incidents = [found for one in trade.incidents if (found := tx.incidents.load(one))]
    facts = [one.fact for incident in incidents for one in tx.journal.facts(incident.reference)]
    return tx.money.everything(), incidents, facts


def is_explained(row: InvoiceRow, invoice: Invoice, facts: list[f.Fact]) -> None:
    """What was issued is open, paid, credited or written off; what is owed back was paid beyond that."""
    mine = [fact for fact in facts if getattr(fact, "number", "") == row.number]
    came = sum(fact.amount.cents for fact in mine if isinstance(fact, f.PaymentReceived))
    went = sum(fact.amount.cents for fact in mine if isinstance(fact, f.PaymentReturned | f.PaymentRefunded))
    taken = [fact for fact in facts if isinstance(fact, f.InvoiceCredited) and fact.invoice == row.number]
    credited = sum(one.price.gross.cents + (one.dropped.cents if one.dropped else 0) for one in taken)
    over = max(came - went + credited - row.gross.cents, 0)
    assert (row.paid.cents, row.credited.cents) == (came - went, credited)
    assert (row.open, row.paid) == (invoice.open, invoice.paid)
    assert invoice.owed_back.cents == (over if taken else 0)
    assert over == 0 or taken, "more was booked than was owed"
    if row.status is not Status.WRITTEN_OFF:
        assert row.open.cents + row.paid.cents + credited - over == row.gross.cents


def vat_is_rounded_once(row: InvoiceRow) -> None:
    """For each rate on the sum of its lines, half up."""
    nets: defaultdict[Decimal, int] = defaultdict(int)
    for line in row.lines:
        exact = line.quantity * line.unit.cents
        nets[line.vat_rate] += int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    vat = sum(int((net * rate / 100).quantize(Decimal(1), ROUND_HALF_UP)) for rate, net in nets.items())
    assert (row.net.cents, row.vat.cents) == (sum(nets.values()), vat)
    assert row.gross == row.net + row.vat
    assert row.gross.cents > 0


def series_have_no_holes(rows: list[InvoiceRow]) -> None:
    for letter, kind in SERIES.items():
        drawn = sorted((row.number, row.issued_at) for row in rows if row.kind is kind)
        assert [number for number, _ in drawn] == [f"{letter}2010-{n:05d}" for n in range(1, len(drawn) + 1)]
        assert [at for _, at in drawn] == sorted(at for _, at in drawn)


def the_books_say_so_too(books: tuple[Booking, ...], rows: list[InvoiceRow]) -> None:
    left: defaultdict[str, int] = defaultdict(int)
    by_rate: defaultdict[tuple[str, Decimal], int] = defaultdict(int)
    for booking in books:
        left[booking.invoice] += booking.owed.cents
        for share in booking.shares:
            by_rate[booking.invoice, share.rate] += SIGN[booking.kind] * share.gross.cents
    for row in rows:
        if row.kind is PaperKind.INVOICE:
            owed_back = max(row.paid.cents + row.credited.cents - row.gross.cents, 0)
            assert left[row.number] == row.open.cents - owed_back
    settled = {number for number, cents in left.items() if not cents}
    assert not any(cents for (number, _), cents in by_rate.items() if number in settled), "each rate is settled, too"


async def check(trade: Trade) -> None:
    rows, incidents, facts = await trade.bank.desk.store.read(lambda tx: read_all(tx, trade))
    known = {row.number: row for row in rows}
    for incident in incidents:
        for invoice in billed(incident):
            is_explained(known[invoice.number], invoice, facts)
        for former in incident.former_invoices:
            assert not former.open, "one invoice at most asks for something"
    for row in rows:
        vat_is_rounded_once(row)
    series_have_no_holes(rows)


@pytest.mark.parametrize("seed", range(6))
async def test_money_adds_up_whatever_happens(store: Store, seed: int) -> None:
    trade = Trade(Bank(store), Random(seed))
    for _ in range(DEEDS):
        await trade.deed()
        await check(trade)

    rows, incidents, _ = before = await store.read(lambda tx: read_all(tx, trade))
    the_books_say_so_too(await store.read(lambda tx: read_books(tx, trade.bank.desk.terms.day_of)), rows)
    for event in trade.rng.sample(trade.heard, len(trade.heard)):
        await store.run(lambda tx, event=event: take_in_card(tx, trade.bank.desk, event, trade.bank.now))  # type: ignore[misc]
    assert await store.read(lambda tx: read_all(tx, trade)) == before, "reported again, nothing happens again"
    for incident in incidents:
        assert await store.read(lambda tx, one=incident: tx.journal.verify(one.reference)) is None  # type: ignore[misc]
    assert trade.done > DEEDS / 4
