"""The quote's page: exactly what was shown is accepted, once, by one click (letter §4)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.handle import Done, carry_out
from bot.app.opening import Opening, Said, open_incident
from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind
from storage import Store, Transaction, Via
from tests.builders import EDIT, READ, STAFF
from tests.channels.web.front import ADDRESS, LINES, PDF, REPORT, Front, serving

ROUNDS = 100


async def _quoted(front: Front, kind: Kind = Kind.BUSINESS) -> str:
    await front.open(kind=kind)
    await front.diagnose(kind)
    await front.quote()
    return await front.mailed(Purpose.QUOTE)


async def test_quote_is_shown_with_its_price_both_ways_and_what_each_answer_means(one_front: Front) -> None:
    page = await one_front.look(await _quoted(one_front))

    assert page.status == 200
    assert "Accepter avec obligation de paiement — 165,00 € HT, 198,00 € TTC" in page.plain
    assert "le diagnostic (20,00 € HT — 24,00 € TTC) et ce devis (165,00 € HT — 198,00 € TTC)" in page.plain
    assert "Vous ne payez que le diagnostic : 20,00 € HT — 24,00 € TTC." in page.plain
    assert "mardi 8 décembre 2026" in page.plain


async def test_one_click_accepts_what_was_shown_and_work_begins(front: Front) -> None:
    path = await _quoted(front)

    result = await front.click(path, "accept")

    incident = await front.now()
    accepted = next(told.fact for told in await front.story() if isinstance(told.fact, f.QuoteAccepted))
    quote = incident.quote
    assert quote is not None
    assert result.status == 200
    assert "Vous avez accepté ce devis le lundi 23 novembre 2026" in result.plain
    assert (incident.stage, quote.state) == (Stage.WORKING, QuoteState.ACCEPTED)
    assert accepted.evidence.document_sha256 == quote.document_sha256


async def test_double_click_accepts_once_and_both_see_the_same(front: Front) -> None:
    path = await _quoted(front)
    page = await front.look(path)
    mails = len(await front.mails())

    one, two = await asyncio.gather(*(front.click(path, "accept", page) for _ in range(2)))
    reloaded = await front.look(path)
    again = await front.click(path, "accept", page)

    assert {answer.status for answer in (one, two, reloaded, again)} == {200}
    assert one.plain == two.plain == reloaded.plain == again.plain
    assert await front.count(f.QuoteAccepted) == 1
    assert [mail.notice for mail in (await front.mails())[mails:]] == ["quote_accepted"]


async def test_accept_and_decline_at_the_same_moment_have_one_winner(database_url: str) -> None:
    """Two desks over one database, each with its own connections, as two processes have."""
    one, two = await Store.open(database_url), await Store.open(database_url)
    async with serving(one) as front, serving(two) as other:
        await one.run(lambda tx: _many_quoted(tx, front))
        decided = [await _race(replace(front, incident=number), other) for number in range(1, ROUNDS + 1)]
    await one.close()
    await two.close()

    assert decided == [(1, [303, 409])] * ROUNDS


def _many_quoted(tx: Transaction, front: Front) -> None:
    """An incident with a quote in the customer's hands for each round, made at one go."""
    now, said = front.clock(), Said(author=ADDRESS, text="Le site ne répond plus.", subject="Panne", via=Via.MAIL)
    for number in range(1, ROUNDS + 1):
        open_incident(tx, front.desk, Opening(address=ADDRESS, said=said), now)
        for command in (
            c.ReportDelivery(actor=f.BOT, notice="incident_opened", via=f.Channel.MAIL, delivered=True, reply="250"),
            c.OrderDiagnosis(actor=front.bob, price_cents=2000, kind=Kind.BUSINESS, evidence=front.evidence),
            c.StartDiagnosis(actor=STAFF),
            c.ConcludeDiagnosis(actor=STAFF, outcome=f.Outcome.QUOTE, report=REPORT),
            c.DraftQuote(actor=STAFF, number="", lines=LINES, validity_days=15),
            c.OfferQuote(actor=f.BOT, number=f"D2026-{number:05}", document_sha256="0" * 64),
        ):
            assert isinstance(carry_out(tx, front.desk, number, command, now), Done)


async def _race(front: Front, other: Front) -> tuple[int, list[int]]:
    """How many decisions the journal holds, and what the two were answered, who saw the same page."""
    path = await front.mint(Purpose.QUOTE, f"D2026-{front.incident:05}")
    page = await front.look(path)
    start = asyncio.Barrier(2)

    async def click(at: Front, choice: str) -> int:
        await start.wait()
        answer = await at.client.post(path, data=page.hidden | {"choice": choice}, allow_redirects=False)
        return answer.status

    choices = ("accept", "decline") if front.incident % 2 else ("decline", "accept")
    answers = await asyncio.gather(click(front, choices[0]), click(other, choices[1]))
    decisions = await front.count(f.QuoteAccepted) + await front.count(f.QuoteDeclined)
    return decisions, sorted(answers)


async def test_replaced_quote_is_a_409_that_offers_the_new_one(front: Front) -> None:
    first = await _quoted(front)
    old = await front.look(first)
    number = await front.quote(again=True)

    clicked = await front.click(first, "accept", old)
    looked = await front.look(first)
    result = await front.click(first, "accept", looked)

    incident = await front.now()
    assert (clicked.status, looked.status, result.status) == (409, 409, 200)
    assert f"a été remplacé par le devis {number}" in looked.plain
    assert [(quote.number, quote.state) for quote in incident.quotes] == [
        ("D2026-00001", QuoteState.SUPERSEDED),
        (number, QuoteState.ACCEPTED),
    ]


async def test_quote_that_expired_says_so_and_cannot_be_accepted(one_front: Front) -> None:
    path = await _quoted(one_front)
    page = await one_front.look(path)
    one_front.clock.turn(timedelta(days=16))

    later = await one_front.look(path)
    clicked = await one_front.click(path, "accept", page)

    assert later.status == 200
    assert "Devis D2026-00001 expiré" in later.plain
    assert 'value="accept"' not in later.text
    assert clicked.status == 409
    assert await one_front.count(f.QuoteAccepted) == 0


async def test_consumer_ticks_the_express_request_themselves(front: Front) -> None:
    path = await _quoted(front, Kind.CONSUMER)

    without = await front.click(path, "accept")
    result = await front.click(path, "accept", without, express="yes")

    accepted = next(told.fact for told in await front.story() if isinstance(told.fact, f.QuoteAccepted))
    assert (without.status, result.status) == (422, 200)
    assert " checked" not in (await front.look(path)).text
    assert "Pour que nous puissions commencer tout de suite, cochez cette case." in without.plain
    assert accepted.evidence.express_request


@pytest.mark.parametrize(
    ("fields", "state", "given"),
    [
        ({"leave": "yes"}, ConsentState.GRANTED, (READ.id, EDIT.id)),
        ({"acts": EDIT.id}, ConsentState.GRANTED, (EDIT.id,)),
        ({"acts": "restore_backup"}, ConsentState.REQUESTED, ()),
        ({}, ConsentState.REQUESTED, ()),
    ],
)
async def test_leave_is_given_beside_the_acceptance_only_by_its_own_boxes(
    front: Front, fields: dict[str, str], state: ConsentState, given: tuple[str, ...]
) -> None:
    """§4.4: all that was asked for, a part of it, or none."""
    await front.open()
    await front.diagnose()
    await front.ask_leave()
    await front.quote()

    await front.click(await front.mailed(Purpose.QUOTE), "accept", **fields)

    incident = await front.now()
    consent = incident.consents[0]
    assert (incident.stage, consent.state, consent.granted) == (Stage.WORKING, state, given)


async def test_decided_quote_shows_what_was_decided_and_when(one_front: Front) -> None:
    path = await _quoted(one_front)

    result = await one_front.click(path, "decline")

    assert "Devis D2026-00001 refusé" in result.plain
    assert "le diagnostic reste dû, 20,00 € HT — 24,00 € TTC" in result.plain


async def test_cancelled_quote_is_no_dead_end(one_front: Front) -> None:
    path = await _quoted(one_front)
    await one_front.give(c.CancelQuote(actor=STAFF, reason="Nous nous sommes trompés."))

    page = await one_front.look(path)

    assert page.status == 200
    assert "Vous n’avez rien à payer, ni pour le devis ni pour le diagnostic." in page.plain


async def test_document_is_the_frozen_one_to_keep(one_front: Front) -> None:
    path = await _quoted(one_front)

    answer = await one_front.client.get(f"{path}/document/D2026-00001")

    assert await answer.read() == PDF + b"D2026-00001"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="D2026-00001.pdf"'
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_document_is_shown_to_links_of_its_own_kind_alone(one_front: Front) -> None:
    await _quoted(one_front)

    statuses = {
        purpose: (await one_front.client.get(f"{await one_front.mailed(purpose)}/document/D2026-00001")).status
        for purpose in (Purpose.ORDER, Purpose.INCIDENT, Purpose.QUOTE)
    }

    assert statuses == {Purpose.ORDER: 404, Purpose.INCIDENT: 200, Purpose.QUOTE: 200}
