"""Thirty days to pay, reminders, and what a long silence leads to (letter §5, §6.6)."""

from datetime import date

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_FR, JANE
from tests.stories.steps import invoice, work
from tests.stories.town import Town

DUE = date(2010, 7, 14)


async def reminders(here: Town) -> list[tuple[int, int]]:
    """Each reminder's level, and how many days after the due date it went out."""
    return [
        (entry.fact.level, (entry.at.date() - DUE).days)
        for entry in await here.history()
        if isinstance(entry.fact, f.InvoiceReminded)
    ]


async def test_an_invoice_paid_is_an_incident_closed(here: Town) -> None:
    page = await invoice(here)
    assert "24,00" in page.text

    await here.staff.submit("record_payment", amount="24,00", received_on="2010-06-14")

    assert await here.stage() == "closed"
    assert await here.ledger() == ["F2010-00001 24.00 paid"]
    assert (await here.told(BOB))[-1] == "payment_received"
    await here.wait(days=120)
    assert await reminders(here) == []


async def test_a_part_payment_leaves_the_rest_open(here: Town) -> None:
    await invoice(here, JANE)

    await here.staff.submit("record_payment", amount="10.00", received_on="2010-06-14")
    assert await here.ledger() == ["F2010-00001 24.00 open 14.00"]
    await here.wait(days=26)
    assert "€14.00" in here.newest(JANE).text
    await here.staff.submit("record_payment", amount="14.00", received_on="2010-07-10")

    assert await here.ledger() == ["F2010-00001 24.00 paid"]


async def test_more_than_is_open_cannot_be_recorded(here: Town) -> None:
    await invoice(here)

    await here.staff.submit("record_payment", amount="24,01", received_on="2010-06-14")

    assert here.staff.errors
    assert await here.ledger() == ["F2010-00001 24.00 open"]


@pytest.mark.parametrize(
    ("who", "levels"),
    [(BOB, [(1, -7), (2, 5), (3, 12), (4, 26)]), (JANE, [(1, -5), (2, 5), (3, 15), (4, 30)])],
    ids=["business", "consumer"],
)
async def test_reminders_to_the_end_then_support_is_limited_until_paid(
    here: Town, who: str, levels: list[tuple[int, int]]
) -> None:
    """§5.2, §6.6: on working days, a week apart at least"""
    await invoice(here, who)

    await here.wait(days=80)
    assert await reminders(here) == levels
    assert (await here.told(who))[-1] == "invoice_long_overdue"
    assert (await here.customer(who)).support == "limited"

    await here.mail(who, "Encore", DOWN_FR)
    await here.mail(who, "Encore une fois", DOWN_FR)
    assert (await here.told(who)).count("support_unavailable") == 1
    assert "F2010-00001" in here.newest(who).text

    await here.staff.submit("record_payment", amount="24,00", received_on="2010-08-30")
    assert (await here.customer(who)).support == "full"
    await here.mail(who, "Enfin", DOWN_FR)
    assert await here.stage(2) == "announced"


async def test_an_invoice_written_off_is_asked_for_no_more(here: Town) -> None:
    await invoice(here)

    await here.staff.click("close")
    assert any("manager" in hint for hint in here.staff.hints())
    await here.manager.submit("close", reason="Geste commercial.")
    await here.wait(days=90)

    assert await here.ledger() == ["F2010-00001 24.00 written_off"]
    assert (await here.told(BOB))[-1] == "invoice_written_off"
    assert (await here.customer(BOB)).support == "full"


async def test_after_an_outage_only_the_highest_level_goes_out(here: Town) -> None:
    await invoice(here)

    await here.outage(days=44)  # two weeks after the due date: three levels are due

    assert [level for level, _ in await reminders(here)] == [3]


async def test_a_quote_is_paid_after_the_work_and_never_before(here: Town) -> None:
    """§4.2, §5.3"""
    await work(here)
    assert await here.ledger() == []

    await here.staff.submit("finish_work", report="Fait.")

    assert await here.ledger() == ["F2010-00001 264.00 open"]
    assert (await here.incident()).invoice.due_on == DUE  # type: ignore[union-attr]  # the ledger has just shown it


async def test_a_promise_on_the_page_stops_reminders_until_its_day(here: Town) -> None:
    """Once, for thirty days at most; the receipt names the day, the reminder after it too."""
    page = await invoice(here)

    refused = await here.press(page, "promise", until="2010-07-15")
    assert "trop lointaine" in refused.text
    page = await here.press(refused, "promise", until="2010-07-12")
    assert "12 juillet 2010" in page.text
    assert "promise" not in page.choices
    assert (await here.told(BOB))[-1] == "payment_promised"

    await here.wait(days=37)
    assert await reminders(here) == [(1, -1), (2, 6)]
    assert "12 juillet 2010" in here.newest(BOB).text


async def test_staff_note_what_they_hear_and_hold_reminders(here: Town) -> None:
    await invoice(here)

    await here.staff.submit("hold_reminders", until="2010-07-10", reason="Le directeur est malade.")
    assert (await here.told(BOB))[-1] == "invoice_issued"
    await here.staff.submit("note_promise", until="2010-07-23", words="Au téléphone.")
    assert (await here.told(BOB))[-1] == "payment_promised"
    await here.staff.submit("note_promise", until="2010-06-01", words="")
    assert here.staff.errors

    await here.wait(days=45)
    assert await reminders(here) == [(3, 12)]


async def test_one_click_stops_reminders_before_the_due_date_and_nothing_else(here: Town) -> None:
    """RFC 8058: a POST from anywhere, with a token that is good for this alone; looking changes nothing."""
    page = await invoice(here)
    await here.wait(days=25)
    link = here.newest(BOB).links[1]  # below the button's
    assert "Ne plus recevoir" in (await here.open(link)).text
    assert (await here.customer(BOB)).courtesy

    assert await here.browser.post(page.url, {"List-Unsubscribe": "One-Click"}) == 404
    assert (await here.customer(BOB)).courtesy
    assert await here.browser.post(link, {"List-Unsubscribe": "One-Click"}) == 200
    assert not (await here.customer(BOB)).courtesy
    assert await here.browser.post(link, {"List-Unsubscribe": "One-Click"}, multipart=True) == 200
    await here.wait(days=60)
    assert [level for level, _ in await reminders(here)] == [1, 2, 3, 4]

    page = await here.open(link)
    await here.press(page, "Recevoir de nouveau ces rappels")
    assert (await here.customer(BOB)).courtesy
