"""A customer who disagrees pays nothing, and has no more support; in two steps, never by silence (letter §6)."""

import pytest

from bot.core import facts as f
from tests.stories.people import BOB, DOWN_EN, DOWN_FR, JANE
from tests.stories.steps import bill, contest
from tests.stories.town import Town


async def test_saying_so_stops_the_reminders_and_takes_nothing_away(here: Town) -> None:
    """§6.4"""
    page = await contest(here)
    assert set(page.choices) == {"confirm", "keep"}

    await here.wait(days=14)

    assert f.InvoiceReminded not in await here.facts()
    assert (await here.customer(BOB)).support == "full"
    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_taken_back_the_invoice_stays_due(here: Town) -> None:
    await here.press(await contest(here, JANE), "keep")

    assert (await here.told(JANE))[-2:] == ["contest_said", "contest_withdrawn"]
    assert (await here.customer(JANE)).support == "full"
    await here.wait(days=26)
    assert (await here.told(JANE))[-1] == "reminder_before_due"


async def test_unconfirmed_it_lapses(here: Town) -> None:
    """Silence never forfeits."""
    await contest(here)

    await here.wait(days=15, hours=1)

    assert (await here.told(BOB))[-1] == "contest_lapsed"
    assert (await here.customer(BOB)).support == "full"
    assert await here.ledger() == ["F2010-00001 24.00 open"]


async def test_conceded_by_a_manager_it_costs_neither_side_anything(here: Town) -> None:
    await contest(here)

    await here.staff.click("concede")
    assert any("manager" in hint for hint in here.staff.hints())
    await here.manager.submit("concede", reason="C'était bien notre routeur.")

    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]
    assert (await here.customer(BOB)).support == "full"
    assert set((await here.told(BOB))[-2:]) == {"contest_conceded", "invoice_credited"}


async def test_confirming_takes_its_own_box(here: Town) -> None:
    page = await contest(here)
    assert "understood" in page.form("confirm")[0].controls

    refused = await here.press(page, "confirm")

    assert refused.status == 422
    assert (await here.incident()).contested


async def test_confirmed_nothing_is_owed_and_support_is_over_until_a_manager_gives_it_back(here: Town) -> None:
    """§6.1, §6.2, §6.3, §6.5, §6.7"""
    page = await contest(here)
    await here.mail(BOB, "Autre chose", DOWN_FR)
    assert await here.stage(2) == "announced"

    await here.press(page, "confirm", understood=True)

    assert await here.ledger() == ["A2010-00001 24.00 paid", "F2010-00001 24.00 credited"]
    assert (await here.customer(BOB)).support == "forfeited"
    assert (await here.incident(2)).ended == "support_ended"
    assert {"contest_confirmed", "invoice_credited", "support_ended"} <= set(await here.told(BOB))

    await here.mail(BOB, "Encore une panne", DOWN_FR)
    await here.mail(BOB, "Répondez !", DOWN_FR)
    assert (await here.told(BOB)).count("support_unavailable") == 1
    assert not await here.exists(3)
    with pytest.raises(AssertionError):
        here.staff.card(3)

    await here.manager.submit("reinstate", reason="Payé finalement.")
    assert (await here.customer(BOB)).support == "full"
    assert (await here.told(BOB))[-1] == "contest_reversed"
    await here.mail(BOB, "Merci, mais", DOWN_FR)
    assert await here.stage(3) == "announced"


async def test_a_contest_of_mine_takes_nothing_from_others(here: Town) -> None:
    await here.press(await contest(here), "confirm", understood=True)

    await here.mail(JANE, "Down", DOWN_EN)

    assert await here.told(JANE) == ["incident_opened"]


async def test_no_mail_takes_support_away(here: Town) -> None:
    """§6.4: by nobody's words, whatever they say"""
    await contest(here)

    for words in ("Je conteste, je ne paierai pas.", "Je confirme la contestation.", "Oui"):
        await here.mail(BOB, "", words, answering=here.newest(BOB))

    assert (await here.customer(BOB)).support == "full"
    assert (await here.incident()).contested


async def test_staff_alone_cannot_give_support_back(here: Town) -> None:
    await here.press(await contest(here), "confirm", understood=True)

    await here.staff.click("reinstate")

    assert any("manager" in hint for hint in here.staff.hints())
    assert (await here.customer(BOB)).support == "forfeited"


async def test_a_part_is_contested_on_the_page_and_the_rest_is_paid(here: Town) -> None:
    """§6.1: the diagnosis, the work, or both; the consequences are there before the click, and in the evidence"""
    page = await bill(here)
    await here.press(page, "contest", part=("2",), reason="La base est toujours lente.")
    said = here.newest(BOB)
    assert "Réparer la base de la boutique" in said.text

    confirm = await here.open(said.link)
    before = ("216,00", "48,00", "Vous n’avez plus de support", "même si vous ne contestez qu’une partie")
    assert [words for words in before if words not in confirm.text] == []
    await here.press(confirm, "confirm", understood=True)

    assert await here.ledger() == ["A2010-00001 216.00 paid", "F2010-00001 264.00 open"]
    evidence = next(
        entry.fact.evidence for entry in await here.history() if isinstance(entry.fact, f.ContestConfirmed)
    )
    kept = await here.store.read(lambda tx: tx.blobs.content(evidence.wording_sha256))
    assert kept is not None
    assert [words for words in before if words not in kept.decode()] == []
    assert (await here.customer(BOB)).support == "forfeited"
    assert "48,00" in next(letter.text for letter in here.inbox(BOB) if "A2010-00001" in letter.subject)

    await here.wait(days=40)
    assert "reminder_overdue" in await here.told(BOB)
    await here.staff.submit("record_payment", amount="48,00", received_on="2010-07-20")
    assert await here.ledger() == ["A2010-00001 216.00 paid", "F2010-00001 264.00 paid"]
    assert (await here.incident()).ended == "paid"
    assert (await here.customer(BOB)).support == "forfeited"


async def test_a_manager_settles_on_a_smaller_sum_and_what_is_left_may_be_contested(here: Town) -> None:
    """§6.4"""
    await here.press(await bill(here), "contest", part=("1", "3"))
    too_much = await here.manager.submit("concede", net="40,01", reason="Un geste.")
    assert "40.00" in str(too_much.body)

    await here.manager.fill(net="15,00", reason="Un geste.")

    assert await here.ledger() == ["A2010-00001 18.00 paid", "F2010-00001 264.00 open"]
    assert (await here.customer(BOB)).support == "full"
    assert "246,00" in here.newest(BOB).text
    again = await here.open(next(letter.link for letter in here.inbox(BOB) if "confirmation" in letter.subject))
    assert "Nous vous avons donné raison" in again.text
    await here.press(await here.press(again, "contest"), "confirm", understood=True)
    assert await here.ledger() == ["A2010-00001 18.00 paid", "A2010-00002 246.00 paid", "F2010-00001 264.00 credited"]


async def test_taken_back_after_another_part_was_confirmed_no_page_promises_support(here: Town) -> None:
    """§6.2"""
    await here.press(await bill(here), "contest", part=("2",))
    link = here.newest(BOB).link
    await here.press(await here.open(link), "confirm", understood=True)
    await here.wait(hours=1)
    page = await here.press(await here.open(link), "contest")
    assert "ardez le support" not in page.text
    assert "ardez le support" not in here.newest(BOB).text
    await here.wait(hours=1)

    kept = await here.press(await here.open(link), "keep")

    assert (await here.told(BOB))[-1] == "contest_withdrawn"
    assert [text for text in (kept.text, here.newest(BOB).text) if "gardez" in text] == []
    assert (await here.customer(BOB)).support == "forfeited"


async def test_without_support_a_mail_has_one_polite_answer_and_then_silence_for_a_day(here: Town) -> None:
    """§6.7: no incident, no price, no bounce; services and their renewal, and the way back"""
    await here.press(await contest(here), "confirm", understood=True)
    before = len(here.inbox(BOB))

    for words in (DOWN_FR, "Répondez !", "Allô ?"):
        await here.mail(BOB, "Encore une panne", words)
        await here.wait(hours=2)
    await here.mail(BOB, "", "Toujours là ?", answering=here.newest(BOB))

    assert (await here.told(BOB))[before:] == ["support_unavailable"]
    polite = here.newest(BOB).text
    assert "renouvel" in polite
    assert "HT" not in polite
    assert not await here.exists(2)

    await here.wait(days=1)
    await here.mail(BOB, "Encore une panne", DOWN_FR)
    assert (await here.told(BOB))[before:] == ["support_unavailable"] * 2
