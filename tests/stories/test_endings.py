"""What a diagnosis can find, and what is owed for each (letter §3)."""

import pytest

from tests.stories.people import BOB, JANE
from tests.stories.steps import conclude, diagnose, order, quote, work
from tests.stories.town import Town

BEGINNING = ["incident_opened", "diagnosis_ordered", "diagnosis_started"]


@pytest.mark.parametrize("way_in", ["diagnose", "warranty"])
async def test_our_fault_costs_nothing(here: Town, way_in: str) -> None:
    """§3.1"""
    await diagnose(here, way_in=way_in)
    await here.staff.submit("conclude", outcome="our_fault", report="Un de nos routeurs était en panne.")
    assert await here.stage() == "repairing"

    await here.staff.submit("finish_work", report="Routeur remplacé.")

    assert (await here.incident()).way_in == way_in
    assert await here.stage() == "closed"
    assert await here.told(BOB) == [*BEGINNING, "our_fault_found", "work_finished"]
    assert await here.ledger() == []


@pytest.mark.parametrize("way_in", ["diagnose", "warranty"])
async def test_solved_during_the_diagnosis_costs_the_diagnosis(here: Town, way_in: str) -> None:
    """§3.2, §3.7"""
    await diagnose(here, JANE, way_in=way_in)

    await here.staff.submit("conclude", outcome="solved", report="A plugin was broken.")

    assert await here.stage() == "invoiced"
    assert await here.told(JANE) == [*BEGINNING, "problem_solved", "invoice_issued"]
    assert "A plugin was broken." in here.inbox(JANE)[-2].text
    assert list(here.newest(JANE).papers) == ["F2010-00001.pdf"]
    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_a_quote_accepted_and_done_costs_the_diagnosis_and_the_quote(here: Town) -> None:
    """§3.3, §4.2: work starts at once, and without payment"""
    page = await work(here)
    assert "accepté" in page.text
    assert await here.stage() == "working"
    assert await here.ledger() == []

    await here.staff.submit("finish_work", report="Index reconstruit.")

    assert await here.told(BOB) == [*BEGINNING, "quote_offered", "quote_accepted", "work_finished", "invoice_issued"]
    assert await here.ledger() == ["F2010-00001 264.00 open"]


async def test_a_quote_declined_leaves_the_diagnosis_owed(here: Town) -> None:
    """§3.8"""
    page = await quote(here, JANE)

    await here.press(page, "decline")

    assert await here.told(JANE) == [*BEGINNING, "quote_offered", "quote_declined", "invoice_issued"]
    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_a_quote_nobody_answers_lapses_and_leaves_the_diagnosis_owed(here: Town) -> None:
    """§3.8"""
    page = await quote(here)

    await here.wait(days=16)

    assert await here.told(BOB) == [*BEGINNING, "quote_offered", "quote_nudged", "quote_lapsed", "invoice_issued"]
    assert await here.ledger() == ["F2010-00001 24.00 open"]
    assert "accept" not in (await here.open(page.url)).choices


async def test_a_quote_taken_back_leaves_nothing_owed(here: Town) -> None:
    """§3.4"""
    await quote(here)

    await here.staff.submit("cancel_quote", reason="Nous nous sommes trompés.")

    assert await here.stage() == "closed"
    assert await here.told(BOB) == [*BEGINNING, "quote_offered", "quote_cancelled"]
    assert await here.ledger() == []


@pytest.mark.parametrize("outcome", ["no_quote", "no_competence", "inconclusive"])
@pytest.mark.parametrize("who", [BOB, JANE])
async def test_without_a_quote_nothing_is_owed(here: Town, outcome: str, who: str) -> None:
    """§3.4, §3.5, §3.6"""
    await conclude(here, outcome, "Nothing more can be said.", who)

    assert await here.stage() == "closed"
    assert await here.told(who) == [*BEGINNING, "left_unbilled"]
    assert await here.ledger() == []


async def test_a_customer_who_does_not_answer_owes_nothing(here: Town) -> None:
    """§3.6, by silence"""
    await diagnose(here)
    await here.staff.submit("ask_customer", text="Depuis quand ?")

    await here.wait(days=20)

    assert await here.stage() == "closed"
    assert await here.told(BOB) == [*BEGINNING, "customer_asked", "answer_nudged", "left_unbilled"]
    assert await here.ledger() == []


async def test_a_customer_who_answers_is_not_left(here: Town) -> None:
    await diagnose(here)
    await here.staff.submit("ask_customer", text="Depuis quand ?")

    await here.mail(BOB, "", "Depuis lundi.", answering=here.newest(BOB))
    await here.wait(days=30)

    assert await here.stage() == "diagnosing"
    assert any("Depuis lundi." in line for line in here.staff.thread())


async def test_a_customer_who_withdraws_before_the_diagnosis_owes_nothing(here: Town) -> None:
    """§2.6"""
    page = await order(here, JANE)

    await here.press(page, "withdraw")

    assert await here.stage() == "cancelled"
    assert await here.told(JANE) == ["incident_opened", "diagnosis_ordered", "incident_cancelled"]
    assert await here.ledger() == []
    assert "start_diagnosis" not in here.staff.offers()
