"""Who binds in a shared channel: the linked one of that customer, as themselves; anybody else is told why not."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.core.notices import ChatCodeSent, SeveralReminders
from bot.sandbox.samples import context, samples
from storage import Transaction
from tests.builders import an_order
from tests.channels.slack import connect
from tests.channels.slack.town import (
    ADDRESS,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERIN,
    SHARED,
    TEAM,
    THEIRS,
    WORDS,
    Town,
    a_town,
    words,
)


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with a_town(database_url) as opened:
        yield opened


async def concluded(town: Town, outcome: f.Outcome) -> None:
    """An incident of Carol's in the channel, ordered by her there, and concluded."""
    await connect.share(town)
    await connect.say(town, "Site en panne")
    await connect.press(town, "order")
    await town.give(1, an_order(c.StartDiagnosis), an_order(c.ConcludeDiagnosis, outcome=outcome))


async def test_linked_one_orders_there_and_the_evidence_names_them_and_the_message(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")

    await connect.press(town, "order")

    (ordered,) = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.DiagnosisOrdered)]
    (announced, *_) = connect.told(town, ts)
    assert (ordered.evidence.method, ordered.evidence.who) == ("slack", f"{THEIRS}/{CAROL}")
    assert ordered.evidence.message == f"{SHARED}/{announced.ts}"
    assert (await town.case()).incident.stage is Stage.ORDERED


@pytest.mark.parametrize("user", [DAVE, ERIN, BOB])
async def test_press_by_anybody_else_is_refused_to_them_alone_and_decides_nothing(town: Town, user: str) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    before = len(connect.all_told(town))

    await connect.press(town, "order", user)

    assert "DiagnosisOrdered" not in await town.facts()
    assert len(town.whispers(user)) == 1
    assert "open_incident" in str(town.workspace.shown_to(user)[0].blocks)
    assert len(connect.all_told(town)) == before


async def test_home_of_somebody_of_another_workspace_lists_their_incidents(town: Town) -> None:
    """That a home is opened says in which workspace of ours, not whose the person is."""
    await connect.share(town)
    await connect.say(town, "Site en panne")

    for user in (CAROL, DAVE):
        await town.people.open_home(user)
        await town.settle()

    carols, daves = (words(view.blocks) if (view := town.workspace.home(user)) else "" for user in (CAROL, DAVE))
    assert "INC-1" in carols
    assert "votre adresse e-mail" not in carols
    assert "INC-1" not in daves


async def test_staff_who_press_a_customers_button_are_told_whose_it_is(town: Town) -> None:
    """They are not asked to prove which customer they are."""
    await connect.share(town)
    await connect.say(town, "Site en panne")

    await connect.press(town, "order", ALICE)

    assert town.whispers(ALICE) == [
        "This button is the customer’s: staff do not decide in their place. Nothing was done."
    ]
    assert "open_incident" not in str(town.workspace.shown_to(ALICE)[0].blocks)
    assert "DiagnosisOrdered" not in await town.facts()


async def test_customer_of_another_account_decides_nothing_in_a_channel_that_is_not_theirs(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")

    def link_dave(tx: Transaction) -> None:
        eve = tx.customers.create(address="eve@example.org", language=f.Language.EN, now=town.clock())
        tx.customers.set_slack(eve.id, THEIRS, DAVE)

    await town.store.run(link_dave)
    await connect.press(town, "order", DAVE)
    await connect.press(town, "open_page", DAVE)

    assert "DiagnosisOrdered" not in await town.facts()
    assert ["another account" in one for one in town.whispers(DAVE)] == [True, True]
    assert "/a/" not in str([one.blocks for one in town.workspace.shown_to(DAVE)])


async def test_who_pressed_unproven_proves_who_they_are_in_a_form_and_then_orders(town: Town) -> None:
    await connect.share(town, linked=False)
    await connect.say(town, "Site en panne")
    await connect.press(town, "order")

    hint = town.workspace.shown_to(CAROL)[-1]
    await town.people.click(CAROL, SHARED, hint.ts, "open_incident")
    await town.submit(CAROL, address=ADDRESS)
    code = next(mail.code for mail in town.mails if isinstance(mail, ChatCodeSent))
    await town.submit(CAROL, code=code)
    await connect.press(town, "order")

    assert "DiagnosisOrdered" in await town.facts()
    posted = str([(one.text, one.blocks) for one in town.workspace.messages[SHARED].values()])
    assert code not in posted + str(town.whispers(CAROL))


async def test_profile_with_the_address_on_file_gives_no_rights(town: Town) -> None:
    """Their own workspace sets it: Carol's is the customer's, and so is Dave's."""
    await connect.share(town, linked=False)
    await connect.say(town, "Site en panne")

    await connect.press(town, "order")

    assert "DiagnosisOrdered" not in await town.facts()


async def test_same_user_id_of_another_workspace_is_somebody_else(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    town.workspace.add_user(replace(town.workspace.users[CAROL], team=TEAM))

    await connect.press(town, "order")

    assert "DiagnosisOrdered" not in await town.facts()


async def test_quote_is_accepted_there_with_what_was_shown(town: Town) -> None:
    await concluded(town, f.Outcome.QUOTE)
    await town.give(1, an_order(c.DraftQuote, number=""))

    await connect.press(town, "accept_quote", DAVE)
    refused = "QuoteAccepted" not in await town.facts()
    await connect.press(town, "accept_quote")

    case = await town.case()
    (accepted,) = [entry.fact for entry in case.history if isinstance(entry.fact, f.QuoteAccepted)]
    assert refused
    assert case.incident.quote is not None
    assert accepted.evidence.document_sha256 == case.incident.quote.document_sha256


@pytest.mark.parametrize(
    ("press", "fact"), [("give_consent", "ConsentGranted"), ("refuse_consent", "ConsentRefused")]
)
async def test_leave_is_given_and_refused_there(town: Town, press: str, fact: str) -> None:
    await concluded(town, f.Outcome.QUOTE)
    await town.give(1, an_order(c.RequestConsent))

    await connect.press(town, press, DAVE)
    refused = fact not in await town.facts()
    await connect.press(town, press)

    assert refused
    assert fact in await town.facts()


async def test_contest_takes_its_two_steps_there(town: Town) -> None:
    await concluded(town, f.Outcome.SOLVED)

    await connect.press(town, "contest", DAVE)
    await connect.press(town, "contest")
    await town.submit(CAROL, reason="C'était votre routeur")
    await connect.press(town, "confirm_contest")
    await town.submit(CAROL, understood=["yes"])

    assert (await town.case()).customer.support == "forfeited"
    said = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.ContestSaid)]
    assert [fact.evidence.who for fact in said] == [f"{THEIRS}/{CAROL}"]


async def test_yes_in_words_decides_nothing_and_points_to_the_button(town: Town) -> None:
    await concluded(town, f.Outcome.QUOTE)
    await town.give(1, an_order(c.RequestConsent))
    ts = connect.all_told(town)[0].thread_ts

    await connect.say(town, "oui, allez-y", thread=ts)

    assert "ConsentGranted" not in await town.facts()
    assert "bouton" in town.whispers(CAROL)[-1]


async def test_invoice_holds_no_link_there(town: Town) -> None:
    await concluded(town, f.Outcome.SOLVED)

    shown = [one.blocks for one in connect.all_told(town)]

    assert re.search(r"24,00\s€", words(shown))
    assert "/a/" not in str(shown)


@pytest.mark.parametrize("language", f.Language)
def test_no_notice_about_an_incident_needs_or_holds_a_link(language: f.Language) -> None:
    told = {name: one for name, one in samples(language).items() if not isinstance(one, SeveralReminders)}

    worded = {name: WORDS.notice(one, language, replace(context(language), links={})) for name, one in told.items()}

    assert {name: one.button_url for name, one in worded.items() if one.button_url} == {}
    held = {name for name, one in worded.items() if "/a/" in " ".join(block.text for block in one.lines)}
    assert held == set()


async def test_staff_read_before_they_reply_that_others_of_the_customers_read_it_too(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")

    await town.click("reply")

    assert "in their channel in Slack, which colleagues of theirs read" in words(town.modal().blocks)
