"""What an invoice waits for is given on the incident's own page, and the invoice leaves at once (letter §5.1)."""

from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.invoice import FOR_THE_CUSTOMER
from bot.core.lives import Stage
from bot.core.money import Vat
from bot.core.notices import Purpose
from bot.core.terms import Kind
from bot.papers.gate import FAULTS
from tests.channels.web.front import ADDRESS, DETAILS, Front

FILLED = {"name": "Client SA", "postal_address": "1 rue de la Paix\r\n75002 Paris", "country": "FR"}


async def held(front: Front, kind: Kind = Kind.BUSINESS, details: Details | None = None) -> str:
    """The diagnosis is over, and its invoice waits; the page that the mail about it leads to."""
    await front.open(kind=kind, details=details or Details(name="Client SA"))
    await front.diagnose(kind)
    await front.conclude(f.Outcome.SOLVED)
    assert (await front.now()).stage is Stage.SOLVED
    return await front.mailed(Purpose.INCIDENT)


async def test_customer_is_told_what_is_missing_and_given_a_page_for_it(front: Front) -> None:
    path = await held(front)

    page = await front.look(path)

    told = (await front.mails())[-1]
    assert (told.notice, told.to) == ("invoice_held", ADDRESS)
    assert "Pour la facture de 20,00 € HT — 24,00 € TTC, il nous manque : votre adresse postale" in page.plain
    assert 'value="Client SA"' in page.text


async def test_once_it_is_given_the_invoice_is_issued(front: Front) -> None:
    path = await held(front)

    after = await front.click(path, "details", None, **FILLED, vat_number="FR 44 732 829 320")

    customer, incident = await front.customer(), await front.now()
    assert (after.status, incident.stage) == (200, Stage.INVOICED)
    assert (customer.details.postal_address, customer.details.vat_number) == (
        DETAILS.postal_address,
        "FR44732829320",
    )
    assert "Pour établir votre facture" not in after.plain
    assert await front.count(f.InvoiceIssued) == 1


async def test_second_click_issues_nothing_more(front: Front) -> None:
    path = await held(front)
    page = await front.look(path)
    await front.click(path, "details", page, **FILLED)

    again = await front.click(path, "details", page, **FILLED)

    assert (again.status, again.plain) == (200, (await front.look(path)).plain)
    assert await front.count(f.InvoiceIssued) == 1


async def test_what_is_missing_or_wrong_is_said_and_what_was_typed_is_kept(front: Front) -> None:
    path = await held(front)

    after = await front.click(path, "details", None, name="Nouveau nom", country="FR", siren="123", vat_number="FR1")

    assert after.status == 422
    for said in (
        "Indiquez votre adresse postale",
        "numéro SIREN n’est pas valable",
        "numéro de TVA n’est pas valable",
    ):
        assert said in after.plain
    assert 'value="Nouveau nom"' in after.text
    assert (await front.customer()).details == Details(name="Client SA")


async def test_consumers_are_not_asked_for_business_numbers(front: Front) -> None:
    path = await held(front, Kind.CONSUMER)
    assert "SIREN" not in (await front.look(path)).plain

    await front.click(path, "details", None, **FILLED, siren="123")

    assert (await front.now()).stage is Stage.INVOICED


async def test_vat_number_is_asked_for_where_no_vat_is_charged_without_it(front: Front) -> None:
    await front.open(details=Details(name="Klant BV", postal_address="Damrak 1\nAmsterdam", country="NL"))
    order = c.OrderDiagnosis(
        actor=front.bob, price_cents=2000, kind=Kind.BUSINESS, evidence=front.evidence, vat=Vat.REVERSE_CHARGE
    )
    await front.give(order)
    await front.start()
    await front.conclude(f.Outcome.SOLVED)
    path = await front.mailed(Purpose.INCIDENT)
    where = {"name": "Klant BV", "postal_address": "Damrak 1", "country": "NL"}

    missing = await front.click(path, "details", None, **where)
    await front.click(path, "details", None, **where, vat_number="NL123456782B90")

    assert "Indiquez votre numéro de TVA" in missing.plain
    assert (await front.now()).stage is Stage.INVOICED


async def test_contact_who_may_only_write_fills_in_and_changes_nothing(front: Front) -> None:
    """Whoever is a contact may say what is missing; who it goes to is changed by who may accept what it bills."""
    path = await held(front, details=Details(name="Client SA", postal_address="1 rue", siren="123"))
    customer = await front.customer()
    await front.desk.store.run(
        lambda tx: tx.customers.add_contact(customer.id, "chef@clientsa.fr", f.Authority.OWNER)
    )
    page = await front.look(path)
    await front.desk.store.run(lambda tx: tx.customers.set_authority(ADDRESS, f.Authority.WRITE))

    shown = await front.look(path)
    clicked = await front.click(path, "details", page, **FILLED)

    assert "Pour établir votre facture" in page.plain
    assert "Pour établir votre facture" not in shown.plain
    assert clicked.status == 409
    assert (await front.customer()).details.siren == "123"


async def test_page_asks_for_nothing_where_nothing_is_missing(front: Front) -> None:
    await front.open()
    await front.diagnose()
    await front.bill()
    path = await front.mailed(Purpose.INCIDENT)

    page = await front.look(path)
    sent = await front.click(path, "details", page, **FILLED)

    assert "Pour établir votre facture" not in page.plain
    assert sent.status == 200
    assert (await front.customer()).details == DETAILS


def test_what_customers_are_asked_for_are_faults_of_the_gate() -> None:
    assert FAULTS.keys() >= FOR_THE_CUSTOMER
