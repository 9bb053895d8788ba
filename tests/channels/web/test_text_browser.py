"""A browser that shows text alone, without styles and scripts: everything can be read and decided in it."""

import re

from bot.core import facts as f
from bot.core.lives import ConsentState, Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind
from tests.channels.web.front import Front
from tests.channels.web.lynx import press, read


async def test_consumer_decides_everything_in_a_text_browser(one_front: Front) -> None:
    await one_front.open(kind=Kind.CONSUMER)
    order = await _mailed(one_front, Purpose.ORDER)
    await press(order, "Je demande que le diagnostic commence", "Commander avec obligation de paiement — 20,00")
    assert "Le diagnostic est commandé" in await read(order)

    await one_front.start()
    await one_front.ask_leave()
    consent = await _mailed(one_front, Purpose.CONSENT)
    await press(consent, "Lire la base de données", "Autoriser")
    assert "Vous avez donné votre autorisation" in await read(consent)

    await one_front.quote()
    quote = await _mailed(one_front, Purpose.QUOTE)
    await press(quote, "Je demande que les travaux commencent", "Accepter avec obligation de paiement — 165,00")
    assert "Devis D2026-00001 accepté" in await read(quote)

    await press(consent, "Retirer mon autorisation")
    await one_front.finish()
    invoice = await _mailed(one_front, Purpose.INVOICE)
    await press(invoice, "Je ne suis pas d’accord avec cette facture")
    contest = await _mailed(one_front, Purpose.CONTEST)
    await press(contest, "Je comprends que je perds", "Confirmer la contestation")

    incident = await one_front.now()
    assert incident.stage is Stage.CLOSED
    assert incident.ended == "contested"
    assert [(leave.granted, leave.state) for leave in incident.consents] == [
        (("read_database",), ConsentState.REVOKED)
    ]
    await _every_decision_is_a_persons(one_front, 6)


async def test_business_orders_and_declines_by_one_press_each(one_front: Front) -> None:
    await one_front.open()
    await press(await _mailed(one_front, Purpose.ORDER), "Commander avec obligation de paiement — 20,00")
    await one_front.start()
    await one_front.quote()
    await press(await _mailed(one_front, Purpose.QUOTE), "Refuser le devis")

    assert await one_front.count(f.QuoteDeclined) == 1
    await _every_decision_is_a_persons(one_front, 2)


async def test_field_for_robots_is_in_nobodys_way(one_front: Front) -> None:
    """Text browsers show what styles hide, and type into what comes first: hence it comes after the button."""
    await one_front.open()
    await one_front.diagnose()
    await one_front.ask_leave()
    await one_front.quote()

    for purpose in (Purpose.CONSENT, Purpose.QUOTE):
        page = await read(await _mailed(one_front, purpose))
        first, found, _ = page.partition("Laissez ce champ vide")
        assert found
        assert re.search(r"\[\d+\]\w+\)", first), "no button came before it"


async def _mailed(front: Front, purpose: Purpose) -> str:
    return str(front.client.make_url(await front.mailed(purpose)))


async def _every_decision_is_a_persons(front: Front, number: int) -> None:
    """Nothing in the evidence of so many decisions speaks for a robot, but that Lynx was driven fast."""
    told = [getattr(recorded.fact, "evidence", None) for recorded in await front.story()]
    evidence = [each for each in told if each is not None and each.method == "link"]
    assert len(evidence) == number
    assert {signal for each in evidence for signal in each.signals} <= {"quick"}
    assert all(each.agent.startswith("Lynx/") for each in evidence)
