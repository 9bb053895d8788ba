"""The page of a lapsed quote leads on: a click asks for it anew, a press sends it, a click accepts (letter §4)."""

import asyncio

from bot.core import facts as f
from tests.stories.people import BOB
from tests.stories.steps import quote
from tests.stories.town import Town


async def lapsed(here: Town) -> str:
    """Bob's quote, which nobody answered; the address of its page."""
    page = await quote(here)
    await here.wait(days=17)
    assert await here.stage() == "invoiced"
    return page.url


async def test_lapsed_quote_is_asked_for_sent_and_accepted(here: Town) -> None:
    page = await here.open(await lapsed(here))
    assert page.choices == ("ask_again",)
    ledger = await here.ledger()

    page = await here.press(page, "ask_again")

    assert (page.status, page.choices) == (200, ())
    assert "INC-2" in page.text
    assert (await here.stage(1), await here.stage(2), await here.ledger()) == ("invoiced", "announced", ledger)
    assert (await here.facts(1))[-1] is f.RenewalAsked
    assert any("asks for quote D2010-00001 anew" in line for line in here.staff.thread(1))
    announcement = here.newest(BOB)
    assert "à la place du devis D2010-00001" in announcement.text
    assert "diagnostic est offert" in announcement.text

    await here.press(await here.open(announcement.link), "order", kind="business")
    await here.staff.click("renew_quote", 2)

    assert await here.stage(2) == "quoted"
    old, new = (await here.incident(1)).quotes[-1], (await here.incident(2)).quotes[-1]
    assert (new.number, new.lines, new.price) == ("D2010-00002", old.lines, old.price)
    assert (await here.incident(2)).report == (await here.incident(1)).report

    await here.press(await here.open(here.newest(BOB).link), "accept")
    await here.staff.submit("finish_work", 2, report="Index reconstruit.")

    assert await here.ledger() == [*ledger, "F2010-00002 240.00 open"]


async def test_staff_send_nothing_before_the_order(here: Town) -> None:
    await here.press(await here.open(await lapsed(here)), "ask_again")

    assert "renew_quote" not in here.staff.offers(2)
    assert "waits for the customer's order" in here.staff.card_text(2)


async def test_two_clicks_at_once_open_one_incident(here: Town) -> None:
    url = await lapsed(here)
    pages = [await here.open(url) for _ in range(3)]

    answers = await asyncio.gather(*(here.browser.press(page, "ask_again") for page in pages))
    await here.settled()

    assert {answer.status for answer in answers} == {200}
    assert (await here.exists(2), await here.exists(3)) == (True, False)
    assert (await here.facts(1)).count(f.RenewalAsked) == 1


async def test_looking_opens_nothing(here: Town) -> None:
    url = await lapsed(here)
    for _ in range(3):
        await here.open(url)

    assert not await here.exists(2)


async def test_who_lost_support_is_told_so(here: Town) -> None:
    """§6.7: and nothing is opened."""
    url = await lapsed(here)
    page = await here.open(here.newest(BOB).link)
    await here.press(page, "contest", reason="Non.")
    await here.press(await here.open(here.newest(BOB).link), "confirm", understood=True)

    page = await here.press(await here.open(url), "ask_again")

    assert page.status == 409
    assert not await here.exists(2)
    assert f.RenewalAsked not in await here.facts(1)
