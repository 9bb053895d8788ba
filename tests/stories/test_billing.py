"""No invoice is issued that would be wrong, and none is lost for that (letter §5.1)."""

from datetime import timedelta

from bot.app.customers import Registration, register
from bot.app.decisions import bill_again, held_back
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.terms import Kind
from tests.builders import MONDAY
from tests.stories.people import BOB, DOWN_FR
from tests.stories.steps import conclude, invoice, work
from tests.stories.town import Town, town

ANNOUNCE = 'go_ahead = "announce"'
FREE = f"{ANNOUNCE}\noffer_until = 2010-06-30"
NO_IBAN = '[provider]\niban = "FR7630006000011234567890188"'


async def register_without_address(here: Town, *, postal_address: str = "") -> None:
    """Bob's company as an operator may have put it on file."""
    known = Registration(
        address=BOB, kind=Kind.BUSINESS, details=Details(name="Client SA", postal_address=postal_address)
    )
    await here.store.run(lambda tx: register(tx, here.running.wired.desk, [known], here.clock()))


async def solve(here: Town) -> None:
    """A business that never said where it is: the announcement suffices for it."""
    await register_without_address(here)
    await here.mail(BOB, "Panne", DOWN_FR)
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="solved", report="Un module était cassé.")


async def test_an_invoice_without_the_customers_address_waits_and_says_so(database_url: str) -> None:
    async with town(database_url, terms=ANNOUNCE) as here:
        await solve(here)

        assert await here.stage() == "solved"
        assert await here.ledger() == []
        held = [entry.fact for entry in await here.history() if isinstance(entry.fact, f.InvoiceHeld)]
        assert held == [f.InvoiceHeld(faults=("buyer_address",))]
        assert any("postal address is not on file" in line for line in here.staff.thread())
        assert "postal address is not on file" in here.staff.card_text()
        assert "issue_invoice" in here.staff.offers()


async def test_a_second_try_without_a_change_draws_no_number_and_says_why(database_url: str) -> None:
    async with town(database_url, terms=ANNOUNCE) as here:
        await solve(here)

        await here.staff.click("issue_invoice")

        assert "postal address is not on file" in here.staff.hints()[-1]
        assert (await here.facts()).count(f.InvoiceHeld) == 1
        assert await here.ledger() == []


async def test_the_invoice_leaves_by_itself_once_the_customer_is_complete(database_url: str) -> None:
    """With the first number of its series: none was used up."""
    async with town(database_url, terms=ANNOUNCE) as here:
        await solve(here)
        await here.wait(days=3)

        await register_without_address(here, postal_address="1 rue de la Paix\n75002 Paris")
        await here.settled()

        assert await here.stage() == "invoiced"
        assert await here.ledger() == ["F2010-00001 24.00 open"]
        assert (await here.told(BOB))[-1] == "invoice_issued"
        issued = [entry.fact for entry in await here.history() if isinstance(entry.fact, f.InvoiceIssued)]
        assert [each.issued_on for each in issued] == [(MONDAY + timedelta(days=3)).date()]
        assert "issue_invoice" not in here.staff.offers()


async def test_what_was_not_billed_is_billed_once_the_settings_are_right(database_url: str) -> None:
    """A start with other settings tries again, and so does the button."""
    async with town(database_url, terms=NO_IBAN) as here:
        await conclude(here, "solved")
        assert "iban is not an IBAN" in here.staff.card_text()
        assert await here.ledger() == []

    async with town(database_url, now=MONDAY + timedelta(days=1)) as here:
        await here.settled()
        assert await here.ledger() == ["F2010-00001 24.00 open"]
        assert (await here.told(BOB))[-1] == "invoice_issued"


async def test_trying_again_when_nothing_waits_does_nothing(here: Town) -> None:
    await conclude(here, "solved")

    await here.store.run(lambda tx: bill_again(tx, here.running.wired.desk, held_back(tx), here.clock()))

    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_a_free_diagnosis_needs_no_address(database_url: str) -> None:
    """§7.1: there is no invoice of zero, hence nothing that could be wrong with it"""
    async with town(database_url, terms=FREE) as here:
        await solve(here)

        assert await here.stage() == "closed"
        assert await here.ledger() == []
        assert f.InvoiceHeld not in await here.facts()


async def test_a_corrected_outcome_takes_the_invoice_back_in_one_mail(here: Town) -> None:
    """§3.1: the manager's word; the credit note comes with the mail that says why"""
    page = await invoice(here)

    await here.manager.submit("correct_outcome", outcome="our_fault", reason="C'était notre routeur.")

    assert await here.stage() == "closed"
    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]
    assert (await here.told(BOB))[-2:] == ["invoice_issued", "outcome_corrected"]
    assert list(here.newest(BOB).papers) == ["A2010-00001.pdf"]
    assert "venait de notre côté" in here.newest(BOB).text
    shown = await here.open(page.url)
    assert (shown.status, "contest" in shown.choices) == (200, False)


async def test_what_was_paid_before_a_correction_is_a_task(here: Town) -> None:
    await invoice(here)
    await here.staff.submit("record_payment", amount="24,00", received_on="2010-06-14")

    await here.manager.submit("correct_outcome", outcome="no_competence", reason="Hors de notre portée.")

    assert "pay that back, or carry it over" in here.staff.card_text()
    assert any("24.00" in line and "pay it back" in line for line in here.staff.thread())
    assert "24,00 €" in here.newest(BOB).text
    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]


async def test_task_goes_from_the_card_with_the_refund(here: Town) -> None:
    await invoice(here)
    await here.staff.submit("record_payment", amount="24,00", received_on="2010-06-14")
    await here.manager.submit("correct_outcome", outcome="our_fault", reason="C'était notre routeur.")

    await here.staff.submit("record_refund", amount="20,00", refunded_on="2010-06-14")
    assert "€4.00 came in for F2010-00001" in here.staff.card_text()
    await here.staff.submit("record_refund", amount="4,00", refunded_on="2010-06-14")

    assert "pay it back" not in here.staff.card_text()
    assert any("€4.00 of F2010-00001 paid back on" in line for line in here.staff.thread())
    assert "La somme de 4,00" in (await here.open(here.newest(BOB).link)).text
    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]


async def test_a_correction_that_leaves_something_owed_is_billed_anew(here: Town) -> None:
    """§3.3: two mails, each with its paper"""
    await work(here)
    await here.staff.submit("finish_work", report="Index reconstruit.")

    await here.manager.submit("correct_outcome", outcome="solved", reason="Le devis n'était pas nécessaire.")

    assert await here.ledger() == ["A2010-00001 264.00 paid", "F2010-00001 264.00 credited", "F2010-00002 24.00 open"]
    assert sorted((await here.told(BOB))[-2:]) == ["invoice_issued", "outcome_corrected"]
    assert await here.stage() == "invoiced"


async def test_staff_do_not_correct_outcomes(here: Town) -> None:
    await invoice(here)

    await here.staff.click("correct_outcome")

    assert "for managers" in here.staff.hints()[-1]
    assert await here.stage() == "invoiced"


async def test_customer_gives_what_is_missing_on_their_page_and_the_invoice_leaves(database_url: str) -> None:
    async with town(database_url, terms=ANNOUNCE) as here:
        await solve(here)
        asked = here.newest(BOB)

        page = await here.press(
            await here.open(asked.link), "details", postal_address="1 rue de la Paix\n75002 Paris"
        )

        assert "votre adresse postale" in asked.text
        assert page.status == 200
        assert await here.ledger() == ["F2010-00001 24.00 open"]
        assert (await here.told(BOB))[-2:] == ["invoice_held", "invoice_issued"]
