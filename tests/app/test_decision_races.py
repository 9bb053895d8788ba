"""Two decisions that shut each other out, let go at one moment by two processes' stores: one of them stands."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, handle
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.incident import Incident
from bot.core.refusals import Refused
from bot.core.terms import Kind
from storage import Transaction, Via
from tests.app.test_leave_race import two_desks
from tests.builders import MONDAY, an_order

ROUNDS = 20
ANNOUNCED = (an_order(c.ReportDelivery),)
DIAGNOSING = (*ANNOUNCED, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis))
ASKED = (*DIAGNOSING, an_order(c.RequestConsent))
QUOTED = (*DIAGNOSING, an_order(c.ConcludeDiagnosis), an_order(c.DraftQuote), an_order(c.OfferQuote))
DRAFTED = (*QUOTED, an_order(c.DraftQuote))
CONTESTED = (*DIAGNOSING, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED), an_order(c.SayContest))

# How far it had come, and the two that are let go.
RACES: Mapping[str, tuple[tuple[c.Command, ...], c.Command, c.Command]] = {
    "accept, decline": (QUOTED, an_order(c.AcceptQuote), an_order(c.DeclineQuote)),
    "accept, cancelled by staff": (QUOTED, an_order(c.AcceptQuote), an_order(c.CancelQuote)),
    "accept, replaced by staff": (DRAFTED, an_order(c.AcceptQuote), an_order(c.OfferQuote)),
    "give leave, refuse it": (ASKED, an_order(c.GrantConsent), an_order(c.RefuseConsent)),
    "give leave, withdrawn by staff": (ASKED, an_order(c.GrantConsent), an_order(c.WithdrawConsentRequest)),
    "cancel, started by staff": (DIAGNOSING[:-1], an_order(c.CancelIncident), an_order(c.StartDiagnosis)),
    "confirm a contest, withdraw it": (CONTESTED, an_order(c.ConfirmContest), an_order(c.WithdrawContest)),
    "confirm a contest, conceded": (CONTESTED, an_order(c.ConfirmContest), an_order(c.Concede)),
    "confirm a contest, paid": (CONTESTED, an_order(c.ConfirmContest), an_order(c.RecordPayment)),
}


@pytest.mark.parametrize("name", RACES)
async def test_of_two_that_shut_each_other_out_one_stands(name: str, database_url: str) -> None:
    """The loser is told why, and the journal holds the winner's facts alone; each side begins every other time."""
    before, one, other = RACES[name]
    async with two_desks(database_url) as (first, second):
        await first.store.run(lambda tx: _many(tx, first, before))
        for number in range(1, ROUNDS + 1):
            sides = [(first, one), (second, other)]
            raced = sides if number % 2 else sides[::-1]
            incident = await _incident(first, number)
            answers = await asyncio.gather(
                *(handle(desk, number, _theirs(order, incident), MONDAY) for desk, order in raced)
            )

            won = [answer for answer in answers if isinstance(answer, Done)]
            lost = [answer for answer in answers if isinstance(answer, Refused)]
            assert (len(won), len(lost)) == (1, 1), answers
            assert await _last_facts(first, number, len(won[0].facts)) == won[0].facts


def _many(tx: Transaction, desk: Desk, before: tuple[c.Command, ...]) -> None:
    """An incident for each round, each of a customer of its own: what becomes of one touches no other."""
    for number in range(1, ROUNDS + 1):
        address = _address(number)
        details = Details(name="Client SA", postal_address="1 rue de la Paix\n75002 Paris")
        tx.customers.create(address=address, language=f.Language.EN, now=MONDAY, kind=Kind.BUSINESS, details=details)
        said = Said(author=address, text="The shop is down.", subject="Shop", via=Via.MAIL)
        open_incident(tx, desk, Opening(address=address, said=said), MONDAY)
        for order in before:
            done = carry_out(tx, desk, number, _theirs(order, tx.incidents.load(number)), MONDAY)
            assert isinstance(done, Done), (order, done)


def _theirs(order: c.Command, incident: Incident | None) -> c.Command:
    """The usual order, from this incident's customer, about the quote they hold, or the one that is to be offered."""
    assert incident is not None
    if order.actor.role is f.Role.CUSTOMER:
        order = replace(order, actor=f.Actor(role=f.Role.CUSTOMER, name=_address(incident.id)))
    match order:
        case c.AcceptQuote() | c.DeclineQuote():
            return replace(order, number=next(quote.number for quote in incident.quotes if quote.offered_at))
        case c.OfferQuote():
            return replace(order, number=incident.quotes[-1].number)
        case _:
            return order


def _address(number: int) -> str:
    return f"bob@client{number}.fr"


async def _incident(desk: Desk, number: int) -> Incident | None:
    return await desk.store.read(lambda tx: tx.incidents.load(number))


async def _last_facts(desk: Desk, number: int, count: int) -> tuple[f.Fact, ...]:
    story = await desk.store.read(lambda tx: tx.journal.facts(f"INC-{number}"))
    return tuple(recorded.fact for recorded in story[-count:])
