"""The price comes before anything else (letter §2, §7.1)."""

from datetime import UTC, datetime

import pytest

from bot.core import facts as f
from bot.core.terms import Kind
from tests.stories.people import BOB, DETAILS, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import conclude, order
from tests.stories.town import Town, town

OFFER = "offer_until = 2010-06-30"
LAST_SECOND = datetime(2010, 6, 30, 21, 59, 59, tzinfo=UTC)  # one second to midnight in Paris


@pytest.mark.parametrize(
    ("who", "words", "price"),
    [
        (BOB, DOWN_FR, "Le diagnostic coûte 20,00 € HT — 24,00 € TTC."),
        (JANE, DOWN_EN, "The diagnosis costs €20.00 excl. VAT — €24.00 incl. VAT."),
    ],
    ids=["fr", "en"],
)
async def test_the_first_answer_announces_the_price(here: Town, who: str, words: str, price: str) -> None:
    """§2.3"""
    reply = await here.mail(who, "Site", words)

    assert reply.startswith("2.0.0")
    assert await here.told(who) == ["incident_opened"]
    assert price in here.newest(who).text
    assert await here.facts() == [f.IncidentOpened, f.CustomerWrote, f.PriceAnnounced]
    assert await here.ledger() == []


async def test_nothing_starts_before_the_announcement_is_delivered(here: Town) -> None:
    """§2.4: announced means delivered"""
    here.relay.at_recipient[BOB] = "451 4.2.0 Greylisted"
    await here.mail(BOB, "Panne", DOWN_FR)
    assert await here.stage() == "opened"
    assert "start_diagnosis" not in here.staff.offers()

    here.relay.at_recipient.clear()
    await here.wait(minutes=1)

    assert await here.stage() == "announced"
    assert await here.told(BOB) == ["incident_opened"]


async def test_an_announcement_refused_for_good_was_not_made(here: Town) -> None:
    """§2.4"""
    here.relay.at_recipient[BOB] = "550 5.1.1 No such user"

    await here.mail(BOB, "Panne", DOWN_FR)

    assert await here.stage() == "opened"
    assert (await here.facts())[-2:] == [f.NoticeFailed, f.AddressLost]
    assert "did not reach the customer" in here.staff.card_text()
    await here.wait(days=8)
    assert await here.stage() == "cancelled"
    assert here.inbox(BOB) == []
    here.parked = 1


async def test_nothing_starts_before_the_order(here: Town) -> None:
    """§2.5"""
    await here.mail(JANE, "Down", DOWN_EN)

    assert "start_diagnosis" not in here.staff.offers()
    assert "Start waits for the customer's order." in here.staff.card_text()


async def test_the_order_says_what_it_costs_and_is_confirmed(here: Town) -> None:
    """§2.5, and the law: the button says that it obliges to pay"""
    await here.mail(BOB, "Panne", DOWN_FR)
    page = await here.open(here.newest(BOB).link)
    _, button = page.form("order")
    assert button.label == "Commander avec obligation de paiement — 20,00 € HT, 24,00 € TTC"

    await here.press(page, "order", **DETAILS[BOB])

    assert await here.stage() == "ordered"
    assert await here.told(BOB) == ["incident_opened", "diagnosis_ordered"]
    customer = await here.customer(BOB)
    assert (customer.kind, customer.details.name) == ("business", "Client SA")


async def test_a_consumer_orders_only_with_the_express_request(here: Town) -> None:
    """§2.5, and the law: L221-25"""
    page = await order(here, JANE, express=False)

    assert page.status == 422
    assert await here.stage() == "announced"


async def test_an_announcement_nobody_answers_lapses_after_one_nudge(here: Town) -> None:
    await here.mail(BOB, "Panne", DOWN_FR)

    await here.wait(days=10)

    assert await here.stage() == "cancelled"
    assert await here.told(BOB) == ["incident_opened", "order_nudged", "incident_cancelled"]
    assert await here.ledger() == []


async def test_where_announcing_suffices_a_business_need_not_order(database_url: str) -> None:
    """§2.5"""
    async with town(database_url, terms='go_ahead = "announce"') as here:
        await here.register(BOB, Kind.BUSINESS)
        await here.mail(BOB, "Panne", DOWN_FR)

        await here.staff.click("start_diagnosis")

        assert await here.told(BOB) == ["incident_opened", "diagnosis_started"]


async def test_ordered_in_the_offers_last_second_is_free(database_url: str) -> None:
    """§7.1: no invoice of zero either"""
    async with town(database_url, terms=OFFER, now=LAST_SECOND) as here:
        await conclude(here, "solved")

        assert "offert" in here.inbox(BOB)[0].text
        assert "20,00 € HT — 24,00 € TTC" in here.inbox(BOB)[0].text
        assert await here.stage() == "closed"
        assert await here.ledger() == []


async def test_ordered_after_the_offer_costs_what_was_announced_for_after(database_url: str) -> None:
    """§7.1: the page that showed it free cannot be sent any more"""
    async with town(database_url, terms=OFFER, now=LAST_SECOND) as here:
        await here.mail(BOB, "Panne", DOWN_FR)
        free = await here.open(here.newest(BOB).link)
        here.clock.forward(seconds=1)

        refused = await here.press(free, "order", **DETAILS[BOB])
        assert refused.status == 409
        assert await here.stage() == "announced"
        await here.press(refused, "order", **DETAILS[BOB])

        assert (await here.incident()).price.net.cents == 2000
        assert "20,00 € HT — 24,00 € TTC" in here.newest(BOB).text


async def test_an_offer_ended_early_holds_for_who_was_told_of_it(database_url: str) -> None:
    """§3.9"""
    async with town(database_url, terms=OFFER) as here:
        await here.mail(BOB, "Panne", DOWN_FR)
        link = here.newest(BOB).link
    async with town(database_url) as here:
        await here.press(await here.open(link), "order", **DETAILS[BOB])

        assert (await here.incident()).price.net.cents == 0
