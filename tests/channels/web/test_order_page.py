"""The order's page: the price and every outcome before anything starts (letter §2, §3)."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.lives import Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind, Terms
from storage import Store
from tests.builders import STAFF
from tests.channels.web.front import Front, serving

FORM = {
    "way_in": "warranty",
    "name": "Bob & Fils <SARL>",
    "postal_address": "3 rue Basse\r\n59000 Lille",
    "country": "BE",
    "kind": "business",
    "vat_number": "BE 0428.759.497",
    "siren": "",
}


async def _announced(front: Front, kind: Kind = Kind.CONSUMER) -> str:
    await front.open(kind=kind, details=Details())
    return await front.mailed(Purpose.ORDER)


async def test_page_says_the_price_both_ways_and_what_each_outcome_costs(one_front: Front) -> None:
    page = await one_front.look(await _announced(one_front))

    assert "20,00 € HT 24,00 € TTC" in page.plain
    assert "Commander avec obligation de paiement — 20,00 € HT, 24,00 € TTC" in page.plain
    assert page.plain.count("Rien.") == 4
    assert "Renoncer, je n’ai plus besoin d’aide" in page.plain


async def test_order_keeps_who_the_invoice_goes_to_and_the_way_in(front: Front) -> None:
    path = await _announced(front)

    result = await front.click(path, "order", **FORM)

    incident, customer = await front.now(), await front.customer()
    assert result.status == 200
    assert "Le diagnostic est commandé" in result.plain
    assert (incident.stage, incident.way_in, incident.kind) == (Stage.ORDERED, f.WayIn.WARRANTY, Kind.BUSINESS)
    assert customer.details == Details(
        name="Bob & Fils <SARL>",
        postal_address="3 rue Basse\n59000 Lille",
        country="BE",
        vat_number="BE0428759497",
    )


async def test_incomplete_order_says_what_is_missing_and_keeps_what_was_typed(one_front: Front) -> None:
    path = await _announced(one_front)
    typed = FORM | {"kind": "consumer", "name": "", "siren": "12", "country": "ZZ"}

    result = await one_front.click(path, "order", **typed)

    assert result.status == 422
    assert "Indiquez votre nom ou celui de votre entreprise." in result.plain
    assert "Choisissez un pays de la liste." in result.plain
    assert "cochez cette case" in result.plain
    assert "3 rue Basse\n59000 Lille</textarea>" in result.text
    assert 'aria-describedby="wrong-name"' in result.text
    assert (await one_front.now()).ordered_at is None
    again = await one_front.click(path, "order", result, **FORM)
    assert again.status == 200
    assert (await one_front.now()).ordered_at is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vat_number": "BE 0428.759.498"}, "Ce numéro de TVA n’est pas valable."),
        ({"siren": "123456789"}, "Ce numéro SIREN n’est pas valable."),
        ({"kind": ""}, "Indiquez si vous êtes un particulier ou un professionnel."),
    ],
)
async def test_wrong_numbers_are_said_beside_the_field(one_front: Front, wrong: dict[str, str], said: str) -> None:
    path = await _announced(one_front)

    result = await one_front.click(path, "order", **FORM | wrong)

    assert result.status == 422
    assert said in result.plain


async def test_consumer_must_ask_for_the_diagnosis_to_begin_at_once(front: Front) -> None:
    path = await _announced(front)
    typed = FORM | {"kind": "consumer"}

    without = await front.click(path, "order", **typed)
    result = await front.click(path, "order", without, **typed, express="yes")

    ordered = next(told.fact for told in await front.story() if isinstance(told.fact, f.DiagnosisOrdered))
    assert (without.status, result.status) == (422, 200)
    assert (ordered.kind, ordered.evidence.express_request) == (Kind.CONSUMER, True)


async def test_withdrawing_costs_nothing_and_says_when(front: Front) -> None:
    path = await _announced(front)

    result = await front.click(path, "withdraw")
    again = await front.click(path, "withdraw", await front.look(await front.mint(Purpose.ORDER)))

    assert "L’incident est annulé" in result.plain
    assert "Vous n’avez rien à payer." in result.plain
    assert (await front.now()).stage is Stage.CANCELLED
    assert again.status == 403


async def test_ordered_diagnosis_can_be_withdrawn_until_it_starts(one_front: Front) -> None:
    path = await _announced(one_front)
    await one_front.click(path, "order", **FORM)
    page = await one_front.look(path)
    await one_front.give(c.StartDiagnosis(actor=STAFF))

    late = await one_front.click(path, "withdraw", page)

    assert 'value="withdraw"' in page.text
    assert late.status == 409
    assert 'value="withdraw"' not in late.text
    assert (await one_front.now()).stage is Stage.DIAGNOSING


async def test_order_before_the_announcement_is_delivered_is_not_offered(one_front: Front) -> None:
    await one_front.open(announced=False)

    page = await one_front.look(await one_front.mailed(Purpose.ORDER))

    assert "Rechargez cette page dans une minute." in page.plain
    assert 'value="order"' not in page.text
    assert 'value="withdraw"' in page.text


async def test_offer_that_ended_while_the_page_was_open_is_not_ordered_at_the_old_price(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url)
    async with serving(store, terms=Terms(offer_until=datetime(2026, 11, 23, tzinfo=UTC).date())) as front:
        path = await _announced(front, Kind.BUSINESS)
        free = await front.look(path)
        front.clock.turn(timedelta(hours=14))

        result = await front.click(path, "order", free, **FORM)

        assert "Commander le diagnostic offert" in free.plain
        assert "Ensuite, un diagnostic coûtera 20,00 € HT — 24,00 € TTC" in free.plain
        assert result.status == 409
        assert "Commander avec obligation de paiement" in result.plain
        assert (await front.now()).ordered_at is None
    await store.close()


async def test_later_stages_are_shown_as_they_are(one_front: Front) -> None:
    path = await _announced(one_front)
    await one_front.click(path, "order", **FORM)
    await one_front.give(c.StartDiagnosis(actor=STAFF))
    await one_front.give(c.AskCustomer(actor=STAFF, question="Depuis <quand> ?", message="1"))

    page = await one_front.look(path)

    assert "Nous attendons votre réponse :" in page.plain
    assert "Depuis &lt;quand&gt; ?" in page.text
