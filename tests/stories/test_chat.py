"""The whole job in chat: linked once by a code sent to the address on file, then by buttons alone."""

import re

from bot.core.terms import Kind
from tests.stories.chat import Person
from tests.stories.people import BOB
from tests.stories.steps import QUOTE_LINES
from tests.stories.town import BOB_IN_SLACK, Town

TROUBLE = {"title": "Panne", "description": "Mon site ne répond plus."}


async def linked(here: Town) -> Person:
    """Bob, on file as a business, proves in chat that the address is his."""
    await here.register(BOB, Kind.BUSINESS)
    bob = here.person(BOB_IN_SLACK)
    await bob.shortcut("open_incident")
    await bob.fill(address=BOB)
    code = re.search(r"\b\d{4} ?\d{4}\b", here.newest(BOB).text)
    assert code is not None
    await bob.fill(code=code[0])
    return bob


async def opened(here: Town) -> Person:
    """Bob opens an incident in chat."""
    bob = await linked(here)
    await bob.shortcut("open_incident")
    assert "20,00 € HT, 24,00 € TTC" in bob.form
    await bob.fill(**TROUBLE)
    return bob


async def ordered(here: Town) -> Person:
    """Bob orders the diagnosis in chat."""
    bob = await opened(here)
    await bob.press("order")
    if bob.form:
        await bob.fill()
    return bob


async def test_the_price_is_announced_in_chat_before_the_order(here: Town) -> None:
    bob = await opened(here)

    assert await here.stage() == "announced"
    assert "20,00 € HT — 24,00 € TTC" in bob.said()[-1]
    assert "start_diagnosis" not in here.staff.offers()
    await bob.press("order")
    assert await here.stage() == "ordered" or bob.form


async def test_from_the_order_to_the_invoice(here: Town) -> None:
    """§3.3"""
    bob = await ordered(here)
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="quote", report="L'index est cassé.")
    await here.staff.submit("send_quote", lines=QUOTE_LINES, validity_days="15")
    assert any("240,00 € TTC" in said for said in bob.said())

    await bob.press("accept_quote")
    assert await here.stage() == "working"
    await bob.press("accept_quote")
    await here.staff.submit("finish_work", report="Index reconstruit.")

    assert await here.ledger() == ["F2010-00001 264.00 open"]
    assert await here.told(BOB) == ["chat_code_sent", "quote_offered", "quote_accepted", "invoice_issued"]


async def test_a_quote_declined_in_chat(here: Town) -> None:
    bob = await ordered(here)
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="quote", report="L'index est cassé.")
    await here.staff.submit("send_quote", lines=QUOTE_LINES, validity_days="15")

    await bob.press("decline_quote")

    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_leave_given_and_taken_back_in_chat(here: Town) -> None:
    bob = await ordered(here)
    await here.staff.click("start_diagnosis")
    await here.staff.submit("ask_consent", acts=("read_files",), places="/www/shop", until="2010-06-20", why="Voir.")

    await bob.press("give_consent")
    await here.staff.submit("record_act", act="read_files", place="/www/shop")
    await bob.press("revoke_consent")
    await here.staff.submit("record_act", act="read_files", place="/www/shop")

    assert "No permission in force" in here.staff.errors
    assert len((await here.incident()).acts) == 1


async def test_a_contest_in_chat_takes_two_steps_and_its_own_box(here: Town) -> None:
    """§6.4"""
    bob = await ordered(here)
    await here.staff.click("start_diagnosis")
    await here.staff.submit("conclude", outcome="solved", report="Un module était cassé.")
    await bob.press("contest")
    await bob.fill(reason="C'était votre routeur.")
    await bob.press("confirm_contest")

    await bob.fill()
    assert bob.errors
    await bob.fill(understood=("yes",))

    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]
    assert (await here.customer(BOB)).support == "forfeited"
    await bob.shortcut("open_incident")
    assert "support" in bob.form
    assert not await here.exists(2)


async def test_a_stranger_in_slack_is_nobody(here: Town) -> None:
    """Linking takes the code, whatever the profile's address says."""
    await opened(here)

    stranger = here.person("U0STRANGER")
    await stranger.shortcut("open_incident")
    await stranger.fill(address=BOB)
    await stranger.fill(code="00000000")

    assert stranger.errors or "code" in stranger.form
    assert not await here.exists(2)
