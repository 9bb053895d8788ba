"""The incident's own page: its story, what is owed, and what can still be decided."""

from datetime import timedelta

from bot.app.opening import Said, add_words
from bot.channels.web.history import TOLD
from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import QuoteState, Stage
from bot.core.notices import Purpose
from bot.core.terms import Kind
from bot.words import TEMPLATES
from storage import Via
from tests.builders import READ, STAFF
from tests.channels.web.front import WORDS, Front

_TEMPLATES = TEMPLATES / "web"


async def test_story_is_told_in_order_with_everybodys_words_as_text(one_front: Front) -> None:
    await one_front.open()
    await one_front.diagnose()
    one_front.clock.turn(timedelta(minutes=5))
    await one_front.give(c.WriteToCustomer(actor=STAFF, message="1", text="<script>alert(1)</script>"))
    other = Said(author="pirate@pirate.net", text="entre nous", via=Via.MAIL)
    await one_front.desk.store.run(lambda tx: add_words(tx, one_front.desk, 1, other, f.Role.BOT, one_front.clock()))

    page = await one_front.look(await one_front.mailed(Purpose.INCIDENT))

    order = [
        "Incident ouvert.",
        "Vous nous avez écrit : Le site ne répond plus.",
        "Vous avez commandé le diagnostic",
        "Le diagnostic a commencé.",
        "Nous vous avons écrit : <script>alert(1)</script>",
    ]
    found = [page.plain.find(words) for words in order]
    assert found == sorted(found)
    assert -1 not in found
    assert "<script" not in page.text
    assert "entre nous" not in page.text


async def test_acts_on_data_are_shown_with_the_leave_they_were_done_under(one_front: Front) -> None:
    await one_front.open()
    await one_front.diagnose()
    await one_front.ask_leave()
    await one_front.click(await one_front.mailed(Purpose.CONSENT), "give", acts=READ.id)
    await one_front.give(c.RecordAct(actor=STAFF, act=READ, place="base boutique", note="Table lue."))

    page = await one_front.look(await one_front.mailed(Purpose.INCIDENT))

    assert "Lire la base de données , sur base boutique . Fait avec votre autorisation. Table lue." in page.plain


async def test_consumer_withdraws_from_the_contract_while_work_is_under_way(front: Front) -> None:
    await front.open(kind=Kind.CONSUMER)
    await front.diagnose(Kind.CONSUMER)
    await front.quote()
    await front.click(await front.mailed(Purpose.QUOTE), "accept", express="yes")
    path = await front.mailed(Purpose.INCIDENT)

    offered = await front.look(path)
    result = await front.click(path, "stop", offered)
    again = await front.click(path, "stop", offered)

    incident = await front.now()
    withdrawn = next(told.fact for told in await front.story() if isinstance(told.fact, f.ContractWithdrawn))
    steps = [
        offered.plain.find(step) for step in ("Renoncer au contrat ici", "Votre déclaration", "Confirmer la rétr")
    ]
    assert steps == sorted(steps)
    assert steps[0] > 0
    assert (result.status, again.status) == (200, 200)
    assert incident.quotes[0].state is QuoteState.REVOKED
    assert incident.stage is Stage.WITHDRAWN
    assert withdrawn.evidence.method == "link"
    assert 'value="stop"' not in result.text


async def test_right_to_withdraw_is_not_offered_to_businesses_nor_after_its_days(one_front: Front) -> None:
    await one_front.open(kind=Kind.CONSUMER)
    await one_front.diagnose(Kind.CONSUMER)
    await one_front.quote()
    await one_front.click(await one_front.mailed(Purpose.QUOTE), "accept", express="yes")
    path = await one_front.mailed(Purpose.INCIDENT)
    before = await one_front.look(path)
    await one_front.ask_leave()
    await one_front.click(await one_front.mailed(Purpose.CONSENT), "give", acts=READ.id)
    await one_front.give(c.RecordAct(actor=STAFF, act=READ, place="base boutique", note="Table lue."))
    one_front.clock.turn(timedelta(days=14))
    partly = await one_front.look(path)
    one_front.clock.turn(timedelta(days=1))

    after = await one_front.look(path)

    assert 'value="stop"' in before.text
    assert 'value="stop"' in partly.text
    assert "même si les travaux sont déjà faits en partie" in partly.plain
    assert 'value="stop"' not in after.text


async def test_withdrawing_and_contesting_are_offered_when_they_can_be_done(one_front: Front) -> None:
    await one_front.open()
    path = await one_front.mailed(Purpose.INCIDENT)
    opened = await one_front.look(path)
    await one_front.diagnose()
    diagnosing = await one_front.look(path)
    await one_front.bill()
    billed = await one_front.look(path)

    offered = [
        [choice for choice in ("withdraw", "stop", "revoke", "contest") if f'value="{choice}"' in page.text]
        for page in (opened, diagnosing, billed)
    ]
    assert offered == [["withdraw"], [], ["contest"]]
    assert "Reste à payer 24,00 € TTC" in billed.plain


async def test_every_fact_a_customer_is_told_has_its_words_in_both_languages() -> None:
    for language in f.Language:
        source = WORDS.page(f"{language}/history", language)
        assert source.strip() == ""
        text = (_TEMPLATES / str(language) / "history.html.j2").read_text(encoding="utf-8")
        worded = {line.split()[2].split("(")[0] for line in text.splitlines() if line.startswith("{% macro ")}
        assert worded == {kind.__name__ for kind in TOLD}


async def test_every_stage_has_its_words_in_both_languages() -> None:
    for language in f.Language:
        text = (_TEMPLATES / str(language) / "standing.html.j2").read_text(encoding="utf-8")
        worded = {line.split()[2].split("(")[0] for line in text.splitlines() if line.startswith("{% macro ")}
        assert worded == set(Stage)
