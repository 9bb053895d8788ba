"""Paying by card: a click leads to the provider's page, and only the provider's signed report pays (letter §5)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.core import facts as f
from bot.settings import Misconfigured, read_settings
from tests.channels.cards.standin import API_KEY, WEBHOOK_SECRET, StandIn, a_stand_in, send
from tests.stories.browser import Page
from tests.stories.people import BOB
from tests.stories.steps import invoice
from tests.stories.town import STAFF_CHANNEL, Town, town

NUMBER = "F2010-00001"


@pytest.fixture
async def stripe() -> AsyncIterator[StandIn]:
    async with a_stand_in() as stripe:
        yield stripe


@pytest.fixture
async def here(database_url: str, stripe: StandIn) -> AsyncIterator[Town]:
    """A town where cards are taken."""
    given = {
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_URL": stripe.url,
        "STRIPE_CHECKOUT_URL": stripe.url,
    }
    async with town(database_url, more=given) as founded:
        yield founded


async def report(here: Town, event: dict[str, object], **how: float | str | bool) -> int:
    """The stand-in reports to the desk; what follows is done when this returns."""
    status = await send(here.running.web_port, event, **how)  # type: ignore[arg-type]
    await here.settled()
    return status


async def money(here: Town) -> list[str]:
    """What came in and went out in the first incident."""
    kinds = (f.PaymentReceived, f.PaymentReturned, f.PaymentRefunded)
    facts = [entry.fact for entry in await here.history() if isinstance(entry.fact, kinds)]
    return [f"{type(fact).__name__} {fact.amount.amount}" for fact in facts]


async def pay(here: Town, page: Page) -> Page:
    return await here.browser.submit(page, "pay_card")


async def test_click_leads_to_a_page_for_what_is_open_and_pays_nothing(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)
    assert "payer par carte" in here.newest(BOB).text
    await here.staff.submit("record_payment", amount="4,00", received_on="2010-06-14")
    page = await here.open(page.url)

    answer = await pay(here, page)

    assert (answer.status, answer.headers["Location"]) == (303, f"{stripe.url}/c/pay/cs_1")
    (asked,) = stripe.asked
    price = "line_items[0][price_data]"
    assert (asked[f"{price}[unit_amount]"], asked[f"{price}[currency]"]) == ("2000", "eur")
    assert (asked["metadata[invoice]"], asked["payment_intent_data[metadata][invoice]"]) == (NUMBER, NUMBER)
    assert asked["locale"] == "fr"
    assert page.url.rsplit("/", 1)[1] not in str(asked), "no token leaves the desk"
    assert f"form-action 'self' {stripe.url};" in page.headers["Content-Security-Policy"]
    assert await money(here) == ["PaymentReceived 4.00"]


async def test_two_clicks_lead_to_one_page(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)

    answers = await asyncio.gather(pay(here, page), pay(here, page))

    assert {answer.headers["Location"] for answer in answers} == {f"{stripe.url}/c/pay/cs_1"}


async def test_looking_asks_the_provider_for_nothing(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)
    await here.open(page.url)
    for outcome in ("done", "back"):
        assert (await here.open(f"{page.url.split('/a/')[0]}/pay/{outcome}?l=fr")).status == 200

    assert (stripe.asked, await money(here)) == ([], [])


async def test_report_pays_the_invoice_once_however_often_it_comes(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    event = stripe.paid(NUMBER, 2400)

    first = await asyncio.gather(*(send(here.running.web_port, event) for _ in range(4)))
    again = await report(here, stripe.paid(NUMBER, 2400))

    assert ({*first, again}, await here.stage()) == ({200}, "closed")
    assert await money(here) == ["PaymentReceived 24.00"]
    assert "payment_received" in await here.told(BOB)
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0


@pytest.mark.parametrize(
    "how", [{"secret": "whsec_other"}, {"spoil": True}, {"age": 301}], ids=["forged", "changed", "old"]
)
async def test_report_that_is_not_the_providers_pays_nothing(
    here: Town, stripe: StandIn, how: dict[str, float | str | bool]
) -> None:
    await invoice(here)

    assert await report(here, stripe.paid(NUMBER, 2400), **how) == 400

    assert (await money(here), await here.stage()) == ([], "invoiced")


async def test_less_is_a_part_and_more_keeps_a_rest(here: Town, stripe: StandIn) -> None:
    await invoice(here)

    await report(here, stripe.paid(NUMBER, 1000, payment="pi_1"))
    assert (await here.ledger(), await here.stage()) == (["F2010-00001 24.00 open 14.00"], "invoiced")
    await report(here, stripe.paid(NUMBER, 2400, payment="pi_2"))

    assert (await here.ledger(), await here.stage()) == (["F2010-00001 24.00 paid"], "closed")
    (waiting,) = await here.store.read(lambda tx: tx.bank.queue(limit=10))
    assert (waiting.fate, str(waiting.kept.amount), waiting.statement) == ("overpaid", "10.00", "card")
    await report(here, stripe.refunded(NUMBER, 1000, payment="pi_2"))
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0
    assert await money(here) == ["PaymentReceived 10.00", "PaymentReceived 14.00"]


async def test_payment_after_the_transfer_is_a_task(here: Town, stripe: StandIn) -> None:
    """Late: the session was opened before, and paid after."""
    await invoice(here)
    await here.staff.submit("record_payment", amount="20,00", received_on="2010-06-14")
    await here.staff.submit("record_payment", amount="4,00", received_on="2010-06-14")

    assert await report(here, stripe.paid(NUMBER, 2400)) == 200

    (waiting,) = await here.store.read(lambda tx: tx.bank.queue(limit=10))
    assert (waiting.fate, waiting.why, str(waiting.kept.amount)) == ("unallocated", "not_open", "24.00")
    shown = here.slack.workspace.roots(STAFF_CHANNEL)
    assert any("24.00" in str(message.blocks) for message in shown)


async def test_other_currency_is_a_task(here: Town, stripe: StandIn) -> None:
    await invoice(here)

    await report(here, stripe.paid(NUMBER, 2400, currency="usd"))

    (waiting,) = await here.store.read(lambda tx: tx.bank.queue(limit=10))
    assert (waiting.why, await money(here), await here.stage()) == ("other_currency", [], "invoiced")


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "checkout.session.expired", "about": {"id": "cs_1", "metadata": {"invoice": NUMBER}}},
        {"kind": "customer.created", "about": {"id": "cus_1"}},
    ],
)
async def test_what_is_no_payment_changes_nothing(here: Town, stripe: StandIn, event: dict[str, object]) -> None:
    await invoice(here)

    assert await report(here, stripe.report(event["kind"], event["about"])) == 200  # type: ignore[arg-type]

    assert (await money(here), await here.stage()) == ([], "invoiced")


async def test_what_is_not_paid_yet_or_not_ours_pays_nothing(here: Town, stripe: StandIn) -> None:
    await invoice(here)

    assert await report(here, stripe.paid(NUMBER, 2400, payment_status="unpaid")) == 200
    assert await report(here, stripe.paid(NUMBER, 2400, metadata={})) == 200

    assert (await money(here), await here.store.read(lambda tx: tx.bank.waiting())) == ([], 0)


async def test_refund_of_a_credited_invoice_clears_what_is_owed_back(here: Town, stripe: StandIn) -> None:
    """Heard of before its payment, it is asked for again."""
    await invoice(here)
    early = stripe.refunded(NUMBER, 1000)
    assert await report(here, early) == 409
    await report(here, stripe.paid(NUMBER, 2400))
    await here.manager.submit("correct_outcome", outcome="our_fault", reason="C'était notre routeur.")

    for event in (early, early, stripe.refunded(NUMBER, 2400, before=1000)):
        assert await report(here, event) == 200

    assert await money(here) == ["PaymentReceived 24.00", "PaymentRefunded 10.00", "PaymentRefunded 14.00"]
    assert (await here.incident()).owed_back == ()


async def test_refund_that_nobody_here_asked_for_is_a_task(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    await report(here, stripe.paid(NUMBER, 2400))

    await report(here, stripe.refunded(NUMBER, 2400))

    assert (await here.stage(), await money(here)) == ("closed", ["PaymentReceived 24.00"])
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 1


async def test_disputed_payment_is_open_again(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    await report(here, stripe.paid(NUMBER, 2400))

    for _ in range(2):
        assert await report(here, stripe.disputed(2400)) == 200

    assert (await here.stage(), await money(here)) == ("invoiced", ["PaymentReceived 24.00", "PaymentReturned 24.00"])


@pytest.mark.parametrize("first", ["closed", "reinstated"])
async def test_dispute_won_back_pays_again_once(here: Town, stripe: StandIn, first: str) -> None:
    """Its end and its money are reported apart, in either order, and more than once."""
    await invoice(here)
    for event in (stripe.paid(NUMBER, 2400), stripe.disputed(2400)):
        await report(here, event)
    won = [stripe.closed(2400, "won"), stripe.reinstated(2400)]

    for event in (won if first == "closed" else won[::-1]) * 2:
        assert await report(here, event) == 200

    received, returned = "PaymentReceived 24.00", "PaymentReturned 24.00"
    assert (await here.stage(), await money(here)) == ("closed", [received, returned, received])
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0


async def test_dispute_won_before_it_was_heard_of_undoes_nothing(here: Town, stripe: StandIn) -> None:
    """Reports overtake each other: of one that is over already, the invoice stays paid and nobody is told."""
    await invoice(here)
    won = stripe.closed(2400, "won")
    assert await report(here, won) == 409
    await report(here, stripe.paid(NUMBER, 2400))
    told = await here.told(BOB)

    for event in (won, stripe.disputed(2400), stripe.reinstated(2400), won):
        assert await report(here, event) == 200

    assert (await here.stage(), await money(here)) == ("closed", ["PaymentReceived 24.00"])
    assert (await here.told(BOB), await here.store.read(lambda tx: tx.bank.waiting())) == (told, 0)


async def test_reports_of_one_dispute_at_once_leave_the_invoice_paid(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    await report(here, stripe.paid(NUMBER, 2400))
    events = [stripe.disputed(2400), stripe.closed(2400, "won"), stripe.reinstated(2400)]

    statuses = await asyncio.gather(*(send(here.running.web_port, event) for event in events * 2))
    await here.settled()

    assert ({*statuses}, await here.stage()) == ({200}, "closed")
    assert await here.ledger() == ["F2010-00001 24.00 paid"]
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0


@pytest.mark.parametrize("status", ["lost", "warning_closed"])
async def test_dispute_that_ends_otherwise_changes_nothing(here: Town, stripe: StandIn, status: str) -> None:
    await invoice(here)
    for event in (stripe.paid(NUMBER, 2400), stripe.disputed(2400), stripe.closed(2400, status)):
        assert await report(here, event) == 200

    assert (await here.stage(), await money(here)) == ("invoiced", ["PaymentReceived 24.00", "PaymentReturned 24.00"])


async def test_dispute_won_back_after_another_payment_is_a_task(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    for event in (stripe.paid(NUMBER, 2400), stripe.disputed(2400), stripe.paid(NUMBER, 2400, payment="pi_2")):
        await report(here, event)
    assert await here.stage() == "closed"

    await report(here, stripe.reinstated(2400))

    (waiting,) = await here.store.read(lambda tx: tx.bank.queue(limit=10))
    assert (waiting.fate, waiting.why, str(waiting.kept.amount)) == ("unallocated", "not_open", "24.00")


async def test_dispute_won_back_that_staff_recorded_counts_once(here: Town, stripe: StandIn) -> None:
    await invoice(here)
    for event in (stripe.paid(NUMBER, 2400), stripe.disputed(2400)):
        await report(here, event)
    await here.staff.submit("record_payment", amount="24,00", received_on="2010-06-14")

    await report(here, stripe.reinstated(2400))

    assert (await money(here))[2:] == ["PaymentReceived 24.00"]
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0


async def test_dispute_of_a_part_that_is_won_back_was_none(here: Town, stripe: StandIn) -> None:
    """A part is a task for a person, which names the invoice; won back, there is nothing left to do."""
    await invoice(here)
    for event in (stripe.paid(NUMBER, 2400), stripe.disputed(1000)):
        await report(here, event)
    (waiting,) = await here.store.read(lambda tx: tx.bank.queue(limit=10))
    assert (waiting.why, waiting.free) == ("return_unknown", NUMBER)

    await report(here, stripe.reinstated(1000))

    assert (await here.stage(), await money(here)) == ("closed", ["PaymentReceived 24.00"])
    assert await here.store.read(lambda tx: tx.bank.waiting()) == 0


async def test_provider_that_is_down_is_said_so(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)
    stripe.down = 500

    assert (await pay(here, page)).status == 503


@pytest.mark.parametrize("instead", [b"", b"[]", b"{}", b"null", b"<html>", b"\xff"])
async def test_what_is_no_answer_of_the_providers_is_said_so_too(here: Town, stripe: StandIn, instead: bytes) -> None:
    page = await invoice(here)
    stripe.instead = instead

    assert (await pay(here, page)).status == 503


async def test_page_that_was_left_open_leads_to_no_second_payment(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)
    await report(here, stripe.paid(NUMBER, 2400))

    assert (await pay(here, page)).status == 409
    assert stripe.asked == []


async def test_what_is_contested_is_not_to_be_paid(here: Town, stripe: StandIn) -> None:
    page = await invoice(here)
    await here.press(page, "contest", reason="Non.")

    assert (await pay(here, page)).status == 409
    assert stripe.asked == []
    assert "pay_card" not in (await here.open(page.url)).choices


@pytest.mark.parametrize("name", ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_one_secret_without_the_other_is_said_at_start(name: str) -> None:
    """People would be led to pay what nobody here hears of."""
    with pytest.raises(Misconfigured, match="set together, or neither"):
        read_settings({name: "x"})


async def test_without_a_provider_nobody_is_offered_it(database_url: str) -> None:
    async with town(database_url) as here:
        page = await invoice(here)

        assert "pay_card" not in page.choices
        assert "carte" not in here.newest(BOB).text
        assert await send(here.running.web_port, StandIn().paid(NUMBER, 2400)) == 404
