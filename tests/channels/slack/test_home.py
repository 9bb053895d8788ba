"""The App Home as a whole desk: what waits is found there, opened there, and done there."""

import json
from collections.abc import Mapping

import pytest

from bot.app.opening import Said, add_words
from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage
from bot.sandbox.slack import View
from bot.sandbox.slack.inputs import Entry
from storage import Via
from tests.builders import READ, an_order, euros
from tests.channels.slack.town import ADDRESS, ALICE, BOB, GUEST, OCTAVE, Town, words

ORDERED = (an_order(c.OrderDiagnosis),)
DIAGNOSING = (*ORDERED, an_order(c.StartDiagnosis))
REPORTED = (*DIAGNOSING, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.QUOTE))
QUOTED = (*REPORTED, an_order(c.DraftQuote, number=""))
INVOICED = (*DIAGNOSING, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.SOLVED))


async def home(town: Town, user: str = ALICE) -> View:
    """The home as it is when somebody opens it."""
    await town.people.open_home(user)
    await town.settle()
    shown = town.workspace.home(user)
    assert shown is not None
    return shown


async def open_card(town: Town, incident: int, user: str = ALICE) -> View:
    """From the home, by the button beside it, or by its number where the queue is longer than what is shown."""
    shown = await home(town, user)
    buttons = {block["block_id"]: block["accessory"] for block in shown.blocks if "accessory" in block}
    beside = [id_ for id_, button in buttons.items() if json.loads(button["value"])["incident"] == incident]
    if beside:
        await town.people.click_in_view(user, shown.id, "show_incident", beside[0])
    else:
        await town.people.click_home(user, "find", option=f"INC-{incident}")
    return town.modal(user)


async def act(town: Town, incident: int, action: str, user: str = ALICE, /, **entries: Entry) -> View:
    """Opens the incident from the home, presses, fills in what is asked; the incident's modal afterwards."""
    opened = await open_card(town, incident, user)
    await town.people.click_in_view(user, opened.id, action)
    if entries:
        answer = await town.people.submit(user, town.modal(user).id, entries)
        assert answer.payload == {}, answer.payload
    after = town.modal(user)
    await town.settle()
    assert after.id == opened.id
    await town.people.close_view(user)
    return after


async def accepted(town: Town, incident: int) -> None:
    quote = (await town.case(incident)).incident.quote
    assert quote is not None
    await town.give(incident, an_order(c.AcceptQuote, number=quote.number, document_sha256=quote.document_sha256))


async def test_ten_incidents_in_ten_stages_are_handled_from_the_home_alone(town: Town) -> None:
    brought: Mapping[int, tuple[c.Command, ...]] = {
        1: (),
        2: ORDERED,
        3: DIAGNOSING,
        4: DIAGNOSING,
        5: REPORTED,
        6: QUOTED,
        7: QUOTED,
        8: (*DIAGNOSING, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.OUR_FAULT)),
        9: INVOICED,
        10: (*INVOICED, an_order(c.SayContest)),
    }
    for number, commands in brought.items():
        assert await town.open(title=f"Panne {number}") == number
        await town.give(number, *commands)
    await accepted(town, 7)

    await act(town, 1, "reply", text="We are waiting for your order.")
    await act(town, 2, "take")
    started = await act(town, 2, "start_diagnosis")
    await act(town, 3, "ask_consent", acts=[READ.id], places="shop", until="2010-06-20", why="to see")
    await act(town, 4, "conclude", outcome="no_competence", report="Nothing we can do.")
    await act(town, 5, "send_quote", lines="Rebuild the index | 2 | 80,00")
    await act(town, 6, "cancel_quote", reason="we were wrong")
    await act(town, 7, "finish_work", report="Rebuilt.")
    await act(town, 8, "finish_work", report="Our router is repaired.")
    await act(town, 9, "record_payment", amount="24,00", received_on="2010-06-14")
    await act(town, 10, "concede", OCTAVE, reason="We look again at it.")

    stages = [(await town.case(number)).incident.stage for number in brought]
    assert stages == [
        Stage.ANNOUNCED,
        Stage.DIAGNOSING,
        Stage.DIAGNOSING,
        Stage.CLOSED,
        Stage.QUOTED,
        Stage.CLOSED,
        Stage.INVOICED,
        Stage.CLOSED,
        Stage.CLOSED,
        Stage.CLOSED,
    ]
    assert "Diagnosis started" in words(started.blocks)  # the modal shows what was just done
    assert town.people.failures == []
    assert town.whispers() == []
    assert {call.outcome for call in town.slack.calls} == {"ok"}


async def test_home_names_what_waits_for_whom(town: Town) -> None:
    for number in (1, 2, 3):
        await town.open(title=f"Panne {number}")
    await town.give(1, an_order(c.TakeIncident, actor=f.Actor(role=f.Role.STAFF, name=ALICE)))
    await town.give(2, *DIAGNOSING, an_order(c.AskCustomer))
    await town.give(3, *INVOICED)

    text = words((await home(town)).blocks)

    assert "Mine (2) INC-2  Panne 2" in text
    assert "Nobody's yet: —" in text
    assert "Waiting for the customer (1) INC-2  Panne 2" in text
    assert "Owed: €24.00 (1) INC-3  Panne 3\nF2010-00001, €24.00 due 14 Jul 2010" in text


async def test_words_typed_at_home_find_incidents_to_open(town: Town) -> None:
    await town.open(title="Panne du site")
    await town.open(title="Panne du mail")
    await home(town)

    await town.people.click_home(ALICE, "find", option="panne")
    found = town.modal()
    row = next(block for block in found.blocks if "Panne du mail" in str(block))
    await town.people.click_in_view(ALICE, found.id, "show_incident", row["block_id"])

    assert "2 found for “panne”" in words(found.blocks)
    assert town.modal().title == "INC-2"
    assert [view.title for view in town.workspace.modals(ALICE)] == ["Incidents", "INC-2"]


@pytest.mark.parametrize("typed", ["99", "nothing like it"])
async def test_what_is_not_there_is_said(town: Town, typed: str) -> None:
    await home(town)

    await town.people.click_home(ALICE, "find", option=typed)

    assert f"No title has “{typed}” in it" in words(town.modal().blocks)


async def test_refused_press_in_the_modal_says_why_over_it(town: Town) -> None:
    await town.open()
    opened = await open_card(town, 1)
    await town.give(1, an_order(c.CancelIncident))

    await town.people.click_in_view(ALICE, opened.id, "close")

    assert [view.title for view in town.workspace.modals(ALICE)] == ["INC-1", "Comptoir"]
    assert "INC-1" in words(town.modal().blocks)


async def test_form_over_the_modal_that_is_refused_keeps_what_was_typed(town: Town) -> None:
    await town.open()
    await town.give(1, *DIAGNOSING)
    opened = await open_card(town, 1)
    await town.people.click_in_view(ALICE, opened.id, "conclude")
    await town.give(1, an_order(c.ConcludeDiagnosis, outcome=f.Outcome.NO_COMPETENCE))

    entries = {"outcome": "solved", "report": "It was the cache."}
    answer = await town.people.submit(ALICE, town.modal().id, entries)

    assert "report" in answer.payload["errors"]
    assert town.modal().values["report"]["value"]["value"] == "It was the cache."


async def test_customers_and_strangers_open_no_card(town: Town) -> None:
    await town.open(linked=True)

    await home(town, BOB)

    shown = town.workspace.home(BOB)
    assert shown is not None
    assert "show_incident" not in str(shown.blocks)


async def test_figures_are_a_picture_that_is_uploaded_anew_only_when_they_change(town: Town) -> None:
    await town.open()

    first = (await home(town)).blocks[-1]
    again = (await home(town, OCTAVE)).blocks[-1]
    await town.open()
    changed = (await home(town)).blocks[-1]

    assert first["type"] == "image"
    assert first["slack_file"] == again["slack_file"] != changed["slack_file"]
    assert "Open incidents by age\nToday" in first["alt_text"]
    picture = town.workspace.files[first["slack_file"]["id"]]
    assert picture.content is not None
    assert picture.content.startswith(b"\x89PNG")
    assert picture.channels == ()  # whoever has it on their home sees it, and nobody else


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal", "views.publish"])
async def test_figures_stand_in_characters_where_slack_takes_no_picture(town: Town, method: str) -> None:
    await town.open()
    town.slack.faults.refuse("invalid_arguments", method=method)

    text = words((await home(town)).blocks)

    assert "Open incidents by age Today" in text


async def test_guest_on_the_list_sees_nothing_of_the_staff(town: Town) -> None:
    await town.open(title="Site en panne")

    text = words((await home(town, GUEST)).blocks)

    assert "Nobody's yet" in words((await home(town, ALICE)).blocks)
    assert "Nobody's yet" not in text
    assert "Site en panne" not in text


async def ask_for_news(town: Town, incident: int) -> None:
    """The customer writes again."""
    said = Said(author=ADDRESS, text="Any news?", via=Via.MAIL)
    await town.store.run(lambda tx: add_words(tx, town.desk, incident, said, f.Role.CUSTOMER, town.clock()))
    await town.settle()


async def test_longest_home_fits(town: Town) -> None:
    """More in every queue than is shown: what Slack would refuse, the stand-in refuses."""
    for number in range(1, 12):
        assert await town.open(title="é" * 300) == number
        await town.give(number, *DIAGNOSING, an_order(c.AskCustomer))
        await ask_for_news(town, number)

    shown = await home(town)

    assert "and 3 more: find them by words" in words(shown.blocks)
    assert len(shown.blocks) <= 100
    assert {call.outcome for call in town.slack.calls} == {"ok"}


async def test_what_a_credit_note_left_is_overdue_by_the_day_it_was_moved_to(town: Town) -> None:
    """Both were due on 14 July; of the first a part was conceded on the 20th, and the rest has days anew."""
    for number in (1, 2):
        await town.open(title=f"Panne {number}")
        await town.give(number, *INVOICED)
    town.clock.turn(days=36)
    conceded = an_order(c.Concede, net=euros("5.00"))
    await town.give(1, an_order(c.SayContest), conceded)

    text = words((await home(town)).blocks)

    assert "Owed: €42.00, €24.00 of it overdue (2) INC-2  Panne 2" in text
    assert "F2010-00002, €24.00 due 14 Jul 2010, overdue" in text
    assert "F2010-00001, €18.00 due 27 Jul 2010" in text
    assert "F2010-00001, €18.00 due 27 Jul 2010, overdue" not in text


async def test_home_shows_the_queue(town: Town) -> None:
    await town.open(title="Panne du site")
    await town.click("take")

    assert "Panne du site" in words((await home(town)).blocks)
