"""Customers in chat: proving who they are, seeing the price first, and every decision by a press."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Details
from bot.core.lives import ConsentState, ContestState, Stage
from bot.core.money import Line, Money
from bot.core.notices import ChatCodeSent
from bot.core.terms import Kind
from storage import Direction
from tests.builders import EDIT, READ, an_order
from tests.channels.slack.town import ADDRESS, ALICE, BOB, DETAILS, MALLORY, TEAM, Town, words


async def meet(town: Town) -> None:
    """Bob is on file, not yet linked."""
    await town.open(title="An older one")
    await town.give(1, an_order(c.CancelIncident))
    town.mails.clear()


async def link(town: Town, user: str = BOB) -> str:
    """The address given; the code that was mailed."""
    await town.people.shortcut(user, "open_incident")
    await town.submit(user, address=ADDRESS)
    return next(mail.code for mail in reversed(town.mails) if isinstance(mail, ChatCodeSent))


async def in_chat(town: Town, kind: Kind = Kind.BUSINESS, details: Details = DETAILS) -> int:
    """An incident that Bob opened in chat, announced there."""
    return await town.open(channel=f.Channel.SLACK, linked=True, kind=kind, details=details)


async def ready(town: Town, outcome: f.Outcome = f.Outcome.QUOTE, kind: Kind = Kind.BUSINESS) -> None:
    """The same, ordered and concluded."""
    await in_chat(town, kind)
    await town.give(
        1,
        an_order(c.OrderDiagnosis, kind=kind),
        an_order(c.StartDiagnosis),
        an_order(c.ConcludeDiagnosis, outcome=outcome),
    )


async def test_code_mailed_to_the_address_on_file_links_the_account(town: Town) -> None:
    await meet(town)
    code = await link(town)

    await town.submit(code=f" {code[:4]} {code[4:]} ")

    case = await town.case()
    assert (case.customer.slack_team, case.customer.slack_user) == (TEAM, BOB)


async def test_profile_address_gives_no_rights(town: Town) -> None:
    """Another workspace sets it: only the code from the mailbox counts."""
    await in_chat(town)
    place, message = town.direct(MALLORY), town.told()[-1]
    town.workspace.put(replace(message, channel=place))

    await town.people.click(MALLORY, place, message.ts, "order")
    await town.settle()

    assert "DiagnosisOrdered" not in await town.facts()
    assert len(town.whispers(MALLORY)) == 1


async def test_address_not_on_file_is_answered_alike(town: Town) -> None:
    await meet(town)
    await town.people.shortcut(BOB, "open_incident")

    answer = await town.submit(address="nobody@example.org")

    assert answer.payload["view"]["callback_id"] == "link_code"
    assert town.mails == []


async def test_code_is_for_one_user_once_and_not_for_ever(town: Town) -> None:
    await meet(town)
    code = await link(town)
    await town.people.shortcut(MALLORY, "open_incident")
    await town.submit(MALLORY, address="nobody@example.org")

    stolen = await town.submit(MALLORY, code=code)
    town.clock.turn(minutes=16)
    late = await town.submit(BOB, code=code)

    assert "errors" in stolen.payload
    assert "errors" in late.payload
    assert (await town.case()).customer.slack_user == ""


async def test_guesses_and_codes_are_few(town: Town) -> None:
    await meet(town)
    code = await link(town)

    answers = [await town.submit(code=f"{number:08d}") for number in range(11)]
    right = await town.submit(code=code)
    mails = []
    for _ in range(7):
        await town.people.shortcut(BOB, "open_incident")
        mails.append(await town.submit(address=ADDRESS))

    assert len({str(answer.payload["errors"]) for answer in answers}) == 2
    assert "errors" in right.payload
    assert "errors" in mails[-1].payload
    assert sum(isinstance(mail, ChatCodeSent) for mail in town.mails) <= 5


async def test_code_is_kept_as_a_hash(town: Town, sqlite_url: str) -> None:
    await meet(town)
    code = await link(town)

    kept = await town.store.read(lambda tx: [tx.links.by_token_sha256(code), tx.setting(code)])

    assert kept == [None, None]


async def test_price_stands_above_the_form_and_is_announced_in_chat(town: Town) -> None:
    await in_chat(town)
    await town.give(1, an_order(c.CancelIncident))

    await town.people.shortcut(BOB, "open_incident")
    form = words(town.modal(BOB).blocks)
    await town.submit(title="Plus de courrier", description="Depuis ce matin", way_in="warranty")

    incident = (await town.case(2)).incident
    assert re.search(r"20,00\s€\sHT, 24,00\s€\sTTC", form)
    assert (incident.stage, incident.channel, incident.way_in) == (Stage.ANNOUNCED, f.Channel.SLACK, f.WayIn.WARRANTY)
    assert "20,00" in words(town.told()[-1].blocks)


async def test_form_sent_three_times_opens_one_incident(town: Town) -> None:
    await in_chat(town)
    await town.people.shortcut(BOB, "open_incident")
    town.people.copies = 3

    await town.submit(title="Plus de courrier", description="Depuis ce matin")

    assert await town.store.read(lambda tx: tx.incidents.open_of(1)) == [1, 2]


async def test_known_business_orders_with_one_press(town: Town) -> None:
    await in_chat(town)

    await town.press("order")
    await town.press("order")

    facts = [entry.fact for entry in (await town.case()).history if isinstance(entry.fact, f.DiagnosisOrdered)]
    assert [(fact.evidence.method, fact.evidence.who) for fact in facts] == [("slack", f"{TEAM}/{BOB}")]
    assert len(town.whispers(BOB)) == 1


async def test_order_button_says_what_it_costs(town: Town) -> None:
    await in_chat(town)

    assert re.search(r"obligation de paiement — 20,00\s€\sHT, 24,00\s€\sTTC", words(town.told()[-1].blocks))


async def test_stranger_to_our_files_is_asked_who_they_are(town: Town) -> None:
    await in_chat(town, kind=Kind.CONSUMER, details=Details())
    await town.press("order")
    filled = {"name": "Eve", "postal_address": "2 rue X\n59000 Lille", "kind": "consumer"}

    unticked = await town.submit(**filled)
    await town.submit(**filled, express_request=["yes"])

    case = await town.case()
    assert set(unticked.payload["errors"]) == {"express_request"}
    assert (case.incident.stage, case.customer.details.name) == (Stage.ORDERED, "Eve")


async def test_quote_is_accepted_with_one_press_and_what_was_shown_is_named(town: Town) -> None:
    await ready(town)
    await town.give(1, an_order(c.DraftQuote, number=""))

    await town.press("accept_quote")
    await town.press("accept_quote")

    case = await town.case()
    (accepted,) = [entry.fact for entry in case.history if isinstance(entry.fact, f.QuoteAccepted)]
    assert case.incident.stage is Stage.WORKING
    assert case.incident.quote is not None
    assert accepted.evidence.document_sha256 == case.incident.quote.document_sha256


async def test_consumer_accepts_with_the_box_ticked(town: Town) -> None:
    await ready(town, kind=Kind.CONSUMER)
    await town.give(1, an_order(c.DraftQuote, number=""))
    await town.press("accept_quote")

    unticked = await town.submit()
    await town.submit(express_request=["yes"])

    assert set(unticked.payload["errors"]) == {"express_request"}
    assert (await town.case()).incident.stage is Stage.WORKING


async def test_replaced_quote_is_not_accepted(town: Town) -> None:
    await ready(town)
    await town.give(1, an_order(c.DraftQuote, number=""))
    old = next(one for one in reversed(town.told()) if not one.files)
    await town.give(1, an_order(c.DraftQuote, number=""))

    await town.people.click(BOB, town.direct(), old.ts, "accept_quote")
    await town.settle()

    assert "QuoteAccepted" not in await town.facts()
    assert len(town.whispers(BOB)) == 1


async def test_quote_is_declined(town: Town) -> None:
    await ready(town)
    await town.give(1, an_order(c.DraftQuote, number=""))

    await town.press("decline_quote")

    assert "QuoteDeclined" in await town.facts()


@pytest.mark.parametrize(
    ("presses", "fact"),
    [
        (("give_consent",), "ConsentGranted"),
        (("refuse_consent",), "ConsentRefused"),
        (("give_consent", "revoke_consent"), "ConsentRevoked"),
    ],
)
async def test_leave_is_given_refused_and_taken_back(town: Town, presses: tuple[str, ...], fact: str) -> None:
    await ready(town)
    await town.give(1, an_order(c.RequestConsent))

    for press in presses:
        await town.press(press)

    assert (await town.facts())[-1] == fact or fact in await town.facts()


async def test_part_of_what_was_asked_is_allowed(town: Town) -> None:
    """§1.3: with nothing ticked beforehand; what is not ticked stays forbidden."""
    await ready(town)
    await town.give(1, an_order(c.RequestConsent, acts=(READ, EDIT), places=("shop", "/var/www")))

    await town.press("allow_part")
    asked = words(town.modal(BOB).blocks)
    await town.submit(BOB, acts=[EDIT.id])

    consent = (await town.case()).incident.consents[0]
    assert all(part in asked for part in ("shop, /var/www", READ.fr, EDIT.fr, "19 juin 2010"))
    assert (consent.state, consent.granted) == (ConsentState.GRANTED, (EDIT.id,))


async def test_part_is_not_chosen_of_a_request_that_was_answered(town: Town) -> None:
    await ready(town)
    await town.give(1, an_order(c.RequestConsent, acts=(READ, EDIT)))
    await town.press("allow_part")
    await town.give(1, an_order(c.RefuseConsent))

    late = await town.people.submit(BOB, town.modal(BOB).id, {"acts": [READ.id]})
    await town.press("allow_part")

    assert "n’est plus en cours" in late.payload["errors"]["acts"]
    assert "n’est plus en cours" in town.whispers(BOB)[-1]
    assert (await town.case()).incident.consents[0].state is ConsentState.REFUSED


async def test_question_about_a_long_scope_names_no_half_of_it(town: Town) -> None:
    await ready(town)
    places = tuple(f"/var/www/{'x' * 180}/{n}" for n in range(10))
    await town.give(1, an_order(c.RequestConsent, acts=(READ, EDIT), places=places))

    shown = str(town.told()[-1].blocks)

    assert "tout ce que ce message énumère" in shown
    assert all(place in shown for place in places)


async def test_request_that_is_shortened_is_answered_on_its_page_and_promises_no_buttons(town: Town) -> None:
    """Half a scope is not allowed by a button under it."""
    await ready(town)
    await town.give(1, an_order(c.RequestConsent, acts=(READ, EDIT), why="é" * 9000))

    asked = town.told()[-1].blocks

    assert [element["text"]["text"] for element in asked[-1]["elements"]] == ["Voir la demande et répondre"]
    assert "… (la suite est sur la page)" in words(asked)
    assert "Vous pouvez répondre ci-dessous." in words(asked)
    assert "boutons" not in words(asked)


async def test_contest_takes_two_steps_and_says_what_is_lost(town: Town) -> None:
    await ready(town, f.Outcome.SOLVED)

    await town.press("contest")
    first = words(town.modal(BOB).blocks)
    await town.submit(reason="C'était votre routeur")
    said = (await town.case()).incident.contest
    await town.press("confirm_contest")
    unticked = await town.submit()
    await town.submit(understood=["yes"])

    case = await town.case()
    assert "plus aucun support" in first
    assert said is not None
    assert said.state is ContestState.SAID
    assert set(unticked.payload["errors"]) == {"understood"}
    assert (case.incident.stage, case.customer.support) == (Stage.CLOSED, "forfeited")


async def test_contest_is_withdrawn(town: Town) -> None:
    await ready(town, f.Outcome.SOLVED)
    await town.press("contest")
    await town.submit()

    await town.press("withdraw_contest")

    assert "ContestWithdrawn" in await town.facts()


async def test_without_support_one_polite_answer_and_no_incident(town: Town) -> None:
    await ready(town, f.Outcome.SOLVED)
    await town.give(1, an_order(c.SayContest), an_order(c.ConfirmContest, number=""))

    await town.people.shortcut(BOB, "open_incident")
    form = town.modal(BOB)
    await town.people.say(BOB, town.direct(), "Encore en panne")
    await town.settle()

    assert form.callback_id == "told"
    assert await town.store.read(lambda tx: tx.incidents.open_of(1)) == []
    assert "renouvellement" in words(form.blocks) + words(town.told()[-1].blocks)


async def test_words_in_the_conversation_are_added(town: Town) -> None:
    await in_chat(town)

    await town.people.say(BOB, town.direct(), "Depuis &lt;ce&gt; matin")
    await town.people.say(BOB, town.direct(), "et toujours", town.told()[0].ts)
    await town.settle()

    said = [m.text for m in (await town.case()).messages if m.direction is Direction.IN]
    assert said == ["Le site ne répond plus.", "Depuis <ce> matin", "et toujours"]
    assert any("Depuis <ce> matin" in line for line in town.thread())


async def test_words_without_thread_are_not_guessed_between_two_incidents(town: Town) -> None:
    await in_chat(town)
    await in_chat(town)

    await town.people.say(BOB, town.direct(), "Toujours pas")
    await town.settle()
    await town.people.say(BOB, town.direct(), "Celui-ci", next(m.ts for m in town.told() if "INC-2" in m.text))
    await town.settle()

    texts = [[m.text for m in (await town.case(number)).messages if m.direction is Direction.IN] for number in (1, 2)]
    assert [("Toujours pas" in said, "Celui-ci" in said) for said in texts] == [(False, False), (False, True)]


async def test_stranger_who_writes_is_told_how_to_begin(town: Town) -> None:
    await town.people.open_home(BOB)
    await town.people.say(BOB, town.direct(), "Bonjour, mon site est en panne")
    await town.settle()

    assert "open_incident" in str(town.told()[-1].blocks)
    assert town.workspace.home(BOB) is not None


async def test_anothers_incident_is_out_of_reach(town: Town) -> None:
    await in_chat(town)
    await town.open(address="eve@example.org")
    message = town.told()[-1]
    forged = message.blocks[-1]["elements"][0] | {"value": '{"incident": 2, "version": 1, "price": 2000}'}
    town.workspace.put(replace(message, blocks=({**message.blocks[-1], "elements": [forged]},)))

    await town.press("order")

    assert "DiagnosisOrdered" not in await town.facts(2)
    assert len(town.whispers(BOB)) == 1


async def test_message_shortcut_is_for_staff(town: Town) -> None:
    await in_chat(town)
    ts = town.told()[0].ts

    await town.people.message_shortcut(BOB, town.direct(), ts, "send_to_customer")

    assert len(town.whispers(BOB)) == 1
    assert town.whispers(ALICE) == []


@pytest.mark.parametrize("yes", ["oui, allez-y", "ok ?", "oui mais pas la base"])
async def test_yes_in_words_gives_no_leave_and_points_to_the_button(town: Town, yes: str) -> None:
    await ready(town)
    await town.give(1, an_order(c.RequestConsent))

    await town.people.say(BOB, town.direct(), yes)
    await town.settle()

    assert "ConsentGranted" not in await town.facts()
    assert "bouton" in words(town.told()[-1].blocks)
    assert any(yes in line for line in town.thread())


async def test_quote_of_many_lines_keeps_its_total_its_validity_and_its_buttons(town: Town) -> None:
    await ready(town)
    line = Line(label="Remise en état d’un site " + "x" * 80, quantity=Decimal(1), unit=Money(cents=1_000))

    await town.give(1, an_order(c.DraftQuote, number="", lines=(line,) * 120))

    offered = next(one for one in reversed(town.told()) if "accept_quote" in str(one.blocks))
    assert re.search(r"… et \d+ autres lignes, sur la page", words(offered.blocks))
    assert re.search(r"1\s200,00\s€\sHT", words(offered.blocks[:2]))
    assert "Valable jusqu’au" in words(offered.blocks)
    assert "page" in [one["action_id"] for one in offered.blocks[-1]["elements"]]


async def test_quote_and_invoice_are_there_as_files_once_below_their_words(town: Town) -> None:
    await ready(town)
    town.slack.faults.lose_answer(method="files.completeUploadExternal")

    await town.give(1, an_order(c.DraftQuote, number=""))
    for _ in range(3):
        town.clock.turn(hours=1)
        await town.settle()

    (file,) = [town.workspace.files[id_] for one in town.told() for id_ in one.files]
    assert file.name == f"{(await town.case()).incident.quotes[-1].number}.pdf"
    assert (file.content or b"").startswith(b"%PDF")
