"""A quote is accepted exactly as it was shown, once (letter §4)."""

import asyncio

from bot.core import facts as f
from tests.stories.people import BOB, JANE
from tests.stories.steps import conclude, quote, work
from tests.stories.town import Town


async def test_a_new_quote_replaces_the_one_that_was_sent(here: Town) -> None:
    """§4.3: the old page shows the new quote, with its own button"""
    old = await quote(here)
    await here.staff.submit("send_quote", lines="Moins de travail | 1 | 50,00", validity_days="15")

    shown = await here.open(old.url)
    assert shown.status == 409
    refused = await here.press(old, "accept")
    assert refused.status == 409
    assert await here.stage() == "quoted"
    await here.press(shown, "accept")

    states = [(each.number, each.state) for each in (await here.incident()).quotes]
    assert states == [("D2010-00001", "superseded"), ("D2010-00002", "accepted")]
    await here.staff.submit("finish_work", report="Fait.")
    assert await here.ledger() == ["F2010-00001 84.00 open"]


async def test_the_acceptance_names_the_document_that_was_mailed(here: Town) -> None:
    """§4.3"""
    await work(here)

    accepted = (await here.incident()).quotes[0]
    evidence = [e.fact.evidence for e in await here.history() if isinstance(e.fact, f.QuoteAccepted)]
    assert [each.document_sha256 for each in evidence] == [accepted.document_sha256]
    assert list(here.newest(BOB).papers) == ["D2010-00001.pdf"]


async def test_a_double_click_accepts_once(here: Town) -> None:
    page = await quote(here)

    answers = await asyncio.gather(*(here.browser.press(page, "accept") for _ in range(2)))
    await here.settled()
    again = await here.press(page, "accept")

    assert [each.status for each in (*answers, again)] == [200, 200, 200]
    assert {each.text for each in answers} == {again.text}
    assert (await here.facts()).count(f.QuoteAccepted) == 1
    assert (await here.told(BOB)).count("quote_accepted") == 1


async def test_of_accepting_and_declining_at_once_one_wins(here: Town) -> None:
    page = await quote(here)
    other = await here.open(page.url)

    accepted, declined = await asyncio.gather(
        here.browser.press(page, "accept"), here.browser.press(other, "decline")
    )
    await here.settled()

    decisions = {f.QuoteAccepted, f.QuoteDeclined} & set(await here.facts())
    assert len(decisions) == 1
    assert sorted([accepted.status, declined.status]) == [200, 409]


async def test_a_consumer_who_withdraws_in_time_pays_what_was_done(here: Town) -> None:
    """§4.3, and the law: L221-18, L221-25"""
    await work(here, JANE)

    page = await here.press(await here.open(here.newest(JANE).links[-1]), "stop")
    assert "the work has stopped" in page.text
    assert (await here.stage(), await here.ledger()) == ("withdrawn", [])
    assert "I withdraw from the contract made on Monday 14 June 2010" in here.newest(JANE).text.replace("\n", " ")
    assert any("stop work now" in said for said in here.staff.thread())
    await here.staff.submit("settle_withdrawal", done_percent="25", report="The database is repaired.")

    assert await here.stage() == "invoiced"
    assert await here.ledger() == ["F2010-00001 84.00 open"]
    assert (await here.told(JANE))[-3:] == ["contract_withdrawn", "work_stopped", "invoice_issued"]


async def test_what_nobody_says_was_done_before_a_withdrawal_is_not_billed(here: Town) -> None:
    await work(here, JANE)
    await here.press(await here.open(here.newest(JANE).links[-1]), "stop")

    await here.wait(days=8)

    assert await here.ledger() == ["F2010-00001 24.00 open"]
    assert (await here.told(JANE))[-3:] == ["contract_withdrawn", "work_stopped", "invoice_issued"]


async def test_leave_goes_with_the_acceptance_only_where_its_own_box_is_ticked(here: Town) -> None:
    """§4.4"""
    page = await quote(here)
    await here.staff.submit("ask_consent", acts=("modify_database",), places="shop_db", until="2010-07-01", why="w")
    page = await here.open(page.url)
    assert page.form("accept")[0].controls["leave"].chosen == []

    await here.press(page, "accept", leave=True)

    incident = await here.incident()
    assert (incident.stage, incident.consents[0].state) == ("working", "granted")


async def test_what_is_typed_is_said_back_to_staff_with_its_total_in_both_notations(here: Town) -> None:
    """§4.1: one submit sends it, and the thread shows what was understood"""
    await conclude(here, "quote")

    await here.staff.submit(
        "send_quote", lines="Réparer | 3 | 1.234,56\nSauvegarde | 1 | 20 | 5,5", validity_days="15", note="De nuit."
    )

    said = next(line.replace("\u202f", " ") for line in here.staff.thread() if "being prepared" in line)
    assert "Réparer: 3 × €1,234.56 = €3,703.68" in said
    assert "VAT 20 %: €740.74" in said
    assert "VAT 5.5 %: €1.10" in said
    assert "€3,723.68 excl.\u00a0VAT — €4,465.52 incl.\u00a0VAT" in said.replace(" VAT", "\u00a0VAT")
    assert "3 723,68 € HT — 4 465,52 € TTC" in said.replace("\u00a0", " ")
    assert "De nuit." in said


async def test_work_kept_ready_is_quoted_by_its_name_and_with_lines_of_its_own(here: Town) -> None:
    await conclude(here, "quote")

    await here.staff.submit(
        "send_quote", preset="restore_backup", lines="Déplacement | 1 | 10,00", validity_days="15"
    )

    (sent,) = (await here.incident()).quotes
    assert [(line.label, line.net.cents) for line in sent.lines] == [
        ("Restauration de la sauvegarde", 6000),
        ("Vérification du service restauré", 3000),
        ("Déplacement", 1000),
    ]


async def test_a_quote_without_lines_or_work_kept_ready_is_not_sent(here: Town) -> None:
    await conclude(here, "quote")

    await here.staff.submit("send_quote", lines="", validity_days="15")

    assert "Write at least one line" in here.staff.errors
    assert (await here.incident()).quotes == ()


async def test_a_quote_being_typed_shows_what_it_comes_to_before_the_customer_sees_it(here: Town) -> None:
    """The button in the modal; a sum that is none is said there too, and nothing is sent."""
    await conclude(here, "quote")
    await here.staff.click("send_quote")

    await here.staff.press_in_form("preset", "value", option="restore_backup")
    await here.staff.press_in_form("preview", "preview_quote")

    assert "Total: €90.00 excl.\u00a0VAT — €108.00 incl.\u00a0VAT" in here.staff.form.replace(" VAT", "\u00a0VAT")
    assert (await here.incident()).quotes == ()
    await here.staff.fill(preset="restore_backup", validity_days="15")
    assert [quote.price.net.cents for quote in (await here.incident()).quotes] == [9000]
