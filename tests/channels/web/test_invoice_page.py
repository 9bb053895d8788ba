"""The invoice's and the contest's pages: how to pay, and how to disagree in two steps (letter §5, §6)."""

from datetime import timedelta

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import ContestState, InvoiceState, Support
from bot.core.money import Money
from bot.core.notices import Purpose
from tests.builders import STAFF
from tests.channels.web.front import Front


async def _billed(front: Front) -> str:
    await front.open()
    await front.diagnose()
    await front.bill()
    return await front.mailed(Purpose.INVOICE)


async def _said(front: Front) -> str:
    await front.click(await _billed(front), "contest", reason="Le problème <i>venait</i> de vous.")
    return await front.mailed(Purpose.CONTEST)


async def test_page_says_what_is_billed_and_how_to_pay(one_front: Front) -> None:
    page = await one_front.look(await _billed(one_front))

    for said in (
        "Diagnostic de l’incident INC-1",
        "24,00 € TTC Soit 20,00 € HT — 24,00 € TTC.",
        "FR76 3000 6000 0112 3456 7890 189",
        "AGRIFRPP",
        "RF36F202600001",
        "mercredi 23 décembre 2026",
    ):
        assert said in page.plain
    assert "<svg" in page.text


async def test_overdue_part_paid_and_paid_invoices_say_what_is_left(one_front: Front) -> None:
    path = await _billed(one_front)
    one_front.clock.turn(timedelta(days=31))
    overdue = await one_front.look(path)
    today = one_front.clock().date()
    await one_front.give(c.RecordPayment(actor=STAFF, amount=Money(cents=1000), received_on=today))
    part = await one_front.look(path)
    await one_front.give(c.RecordPayment(actor=STAFF, amount=Money(cents=1400), received_on=today))
    paid = await one_front.look(path)

    assert "Cette facture devait être réglée au plus tard le mercredi 23 décembre 2026." in overdue.plain
    assert "Régler par virement 14,00 € TTC" in part.plain
    assert "La facture est réglée. Merci." in paid.plain
    assert 'value="contest"' not in paid.text


async def test_first_step_stops_reminders_and_loses_nothing(front: Front) -> None:
    path = await _billed(front)

    result = await front.click(path, "contest", reason="Le problème <i>venait</i> de vous.")

    incident, customer = await front.now(), await front.customer()
    assert incident.contest is not None
    assert (incident.contest.state, incident.contest.reason) == (
        ContestState.SAID,
        "Le problème <i>venait</i> de vous.",
    )
    assert customer.support is Support.FULL
    assert "Vous avez dit que vous n’êtes pas d’accord" in result.plain
    assert (await front.mails())[-1].notice == "contest_said"


async def test_second_step_needs_its_own_box_with_the_consequences_beside_it(front: Front) -> None:
    path = await _said(front)

    page = await front.look(path)
    without = await front.click(path, "confirm", page)
    result = await front.click(path, "confirm", without, understood="yes")

    incident, customer = await front.now(), await front.customer()
    confirmed = next(told.fact for told in await front.story() if isinstance(told.fact, f.ContestConfirmed))
    kept = await front.desk.store.read(lambda tx: tx.blobs.content(confirmed.evidence.wording_sha256))
    assert "Vous n’avez plus de support" in page.plain
    assert "Vos services continuent" in page.plain
    assert " checked" not in page.text
    assert (without.status, result.status) == (422, 200)
    assert incident.invoice is not None
    assert (incident.invoice.state, customer.support) == (InvoiceState.CREDITED, Support.FORFEITED)
    assert "La contestation est confirmée" in result.plain
    assert kept is not None
    assert "Je comprends que je perds" in kept.decode()


async def test_contest_can_be_withdrawn_and_said_again(front: Front) -> None:
    path = await _said(front)

    kept = await front.click(path, "keep")
    again = await front.click(path, "contest", kept)

    assert "Vous y avez renoncé" in kept.plain
    assert "Confirmer la contestation ?" in again.plain
    assert (await front.customer()).support is Support.FULL


async def test_invoice_link_cannot_confirm(one_front: Front) -> None:
    invoice = await _billed(one_front)
    await one_front.click(invoice, "contest")

    answer = await one_front.click(invoice, "confirm", understood="yes")

    assert answer.status == 404
    assert (await one_front.customer()).support is Support.FULL


async def test_invoice_document_opens_behind_its_link(one_front: Front) -> None:
    path = await _billed(one_front)

    statuses = [(await one_front.client.get(f"{path}/document/{number}")).status for number in ("F2026-00001", "x")]

    assert statuses == [200, 404]
