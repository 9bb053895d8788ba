"""The consent's page: exactly what, where, why, until when; all or a part; back at any time (letter §1)."""

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import ConsentState
from bot.core.notices import Purpose
from tests.builders import READ, STAFF
from tests.channels.web.front import Front


async def _asked(front: Front) -> str:
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    return await front.mailed(Purpose.CONSENT)


async def test_page_says_what_where_why_and_until_when_with_nothing_ticked(one_front: Front) -> None:
    page = await one_front.look(await _asked(one_front))

    for said in (
        "Lire la base de données",
        "Modifier des fichiers",
        "/www/boutique",
        "Voir pourquoi la table est corrompue.",
        "samedi 28 novembre 2026 à 10 h 30 (heure de Paris)",
        "Un refus n’est jamais facturé.",
    ):
        assert said in page.plain
    assert " checked" not in page.text


async def test_leave_is_given_for_what_was_ticked_alone(front: Front) -> None:
    path = await _asked(front)

    result = await front.click(path, "give", acts=READ.id)

    consent = (await front.now()).consents[0]
    assert (consent.state, consent.granted) == (ConsentState.GRANTED, (READ.id,))
    assert "Vous avez donné votre autorisation" in result.plain
    assert "Modifier des fichiers" not in result.plain


async def test_leave_for_nothing_is_asked_again(one_front: Front) -> None:
    result = await one_front.click(await _asked(one_front), "give")

    assert result.status == 422
    assert "Cochez au moins une intervention, ou refusez la demande." in result.plain


async def test_leave_for_more_than_was_asked_is_refused(one_front: Front) -> None:
    result = await one_front.click(await _asked(one_front), "give", acts="everything")

    assert result.status == 409
    assert (await one_front.now()).consents[0].state is ConsentState.REQUESTED


async def test_refusal_is_kept_and_shown(front: Front) -> None:
    path = await _asked(front)

    result = await front.click(path, "refuse")
    again = await front.look(path)

    assert (await front.now()).consents[0].state is ConsentState.REFUSED
    assert "Vous avez refusé cette demande" in result.plain
    assert again.plain == result.plain


async def test_leave_is_taken_back_at_any_time_on_either_page(front: Front) -> None:
    path = await _asked(front)
    await front.click(path, "give", acts=READ.id)
    incident = await front.mailed(Purpose.INCIDENT)
    page = await front.look(incident)

    result = await front.click(incident, "revoke", page, consent="1")
    then = await front.look(path)
    twice = await front.click(path, "revoke", then)

    assert (await front.now()).consents[0].state is ConsentState.REVOKED
    assert "Retirer mon autorisation" not in result.plain
    assert "Vous avez retiré cette autorisation" in then.plain
    assert twice.status in {200, 403}
    assert await front.count(f.ConsentRevoked) == 1


async def test_unknown_consent_on_the_incident_page_is_a_404(one_front: Front) -> None:
    await _asked(one_front)
    incident = await one_front.mailed(Purpose.INCIDENT)
    fields = (await one_front.look(await one_front.mailed(Purpose.INCIDENT))).hidden

    for number in ("x", "²", ""):
        answer = await one_front.post(incident, fields | {"choice": "revoke", "consent": number})
        assert answer.status in {403, 404}


async def test_replaced_request_points_to_the_new_one(one_front: Front) -> None:
    path = await _asked(one_front)
    page = await one_front.look(path)
    await one_front.ask_leave()

    clicked = await one_front.click(path, "give", page, acts=READ.id)

    assert clicked.status == 409
    assert "Une nouvelle demande vous a été envoyée" in clicked.plain
    assert [consent.state for consent in (await one_front.now()).consents] == [
        ConsentState.REPLACED,
        ConsentState.REQUESTED,
    ]


async def test_leave_ends_with_the_incident(one_front: Front) -> None:
    path = await _asked(one_front)
    await one_front.click(path, "give", acts=READ.id)
    await one_front.give(c.ConcludeDiagnosis(actor=STAFF, outcome=f.Outcome.SOLVED, report="Fait."))

    page = await one_front.look(path)

    assert "Cette autorisation a pris fin avec l’incident" in page.plain
    assert 'value="revoke"' not in page.text
