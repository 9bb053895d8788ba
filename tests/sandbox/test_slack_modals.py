"""Modals in the stand-in: filled in, stopped, submitted, answered, closed."""

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import NotPossibleError, Payload, People, View, Workspace
from tests.sandbox.conftest import CAMILLE, DENIS, Desk


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Payload:
    return {"text": plain(value.title()), "value": value}


def asked(name: str, element: Payload, *, optional: bool = False) -> Payload:
    named = {"type": "input", "block_id": name, "label": plain(name), "optional": optional}
    return {**named, "element": {"action_id": "value", **element}}


FORM: Payload = {
    "type": "modal",
    "callback_id": "ask_consent",
    "private_metadata": "INC-1:3",
    "title": plain("Consent"),
    "submit": plain("Ask"),
    "notify_on_close": True,
    "blocks": [
        asked("acts", {"type": "multi_static_select", "options": [option("restore"), option("repair")]}),
        asked("until", {"type": "datepicker"}),
        asked("why", {"type": "plain_text_input", "max_length": 20}),
        asked("mail", {"type": "email_text_input"}, optional=True),
        asked("amount", {"type": "number_input", "is_decimal_allowed": True, "min_value": "1"}, optional=True),
        asked("kind", {"type": "radio_buttons", "options": [option("a")]}, optional=True),
        asked("ticks", {"type": "checkboxes", "options": [option("yes")]}, optional=True),
    ],
}
ENTRIES = {"acts": ["restore", "Repair"], "until": "2026-03-01", "why": "the site is down"}


async def opened(client: AsyncWebClient, workspace: Workspace, view: Payload = FORM) -> View:
    await client.views_open(trigger_id=workspace.new_trigger(CAMILLE), view=view)
    return workspace.modal(CAMILLE)


def answering(answer: Payload) -> web.Response:
    return web.json_response(answer)


async def test_submit_sends_every_field(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    view = await opened(client, workspace)
    more = {"mail": "a@b.fr", "amount": "24.00", "kind": "a", "ticks": ["yes"]}

    await people.submit(CAMILLE, view.id, {**ENTRIES, **more})

    got = desk.got[0]["view"]
    assert (desk.got[0]["type"], got["callback_id"], got["private_metadata"]) == (
        "view_submission",
        "ask_consent",
        "INC-1:3",
    )
    assert got["state"]["values"] == {
        "acts": {"value": {"type": "multi_static_select", "selected_options": [option("restore"), option("repair")]}},
        "until": {"value": {"type": "datepicker", "selected_date": "2026-03-01"}},
        "why": {"value": {"type": "plain_text_input", "value": "the site is down"}},
        "mail": {"value": {"type": "email_text_input", "value": "a@b.fr"}},
        "amount": {"value": {"type": "number_input", "value": "24.00"}},
        "kind": {"value": {"type": "radio_buttons", "selected_option": option("a")}},
        "ticks": {"value": {"type": "checkboxes", "selected_options": [option("yes")]}},
    }
    assert workspace.modals(CAMILLE) == ()


async def test_empty_fields_are_null(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    view = await opened(client, workspace)

    await people.submit(CAMILLE, view.id, ENTRIES)

    values = desk.got[0]["view"]["state"]["values"]
    assert values["mail"] == {"value": {"type": "email_text_input", "value": None}}
    assert values["ticks"] == {"value": {"type": "checkboxes", "selected_options": []}}


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"acts": []}, "acts must be filled in"),
        ({"nothing": "x"}, "no such field: nothing"),
        ({"acts": ["destroy"]}, "'destroy' is not offered; there are restore, repair"),
        ({"until": "tomorrow"}, "'tomorrow' is no date"),
        ({"why": "x" * 21}, "21 characters, where 0 to 20 are asked for"),
        ({"why": "a\nb"}, "one line only"),
        ({"mail": "nobody"}, "'nobody' is no address"),
        ({"amount": "0.5"}, "0.5 is not between 1 and Infinity"),
        ({"amount": "much"}, "'much' is no number"),
    ],
)
async def test_submit_that_the_client_stops(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace, entries: Payload, why: str
) -> None:
    view = await opened(client, workspace)

    with pytest.raises(NotPossibleError, match=why):
        await people.submit(CAMILLE, view.id, {**ENTRIES, **entries})

    assert desk.got == []


async def test_errors_keep_what_was_typed(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    view = await opened(client, workspace)
    desk.answers.append(answering({"response_action": "errors", "errors": {"why": "Say more."}}))

    await people.submit(CAMILLE, view.id, ENTRIES)
    refused = workspace.modal(CAMILLE)
    await people.submit(CAMILLE, view.id, {"why": "much more"})

    assert (refused.errors, refused.trouble) == ({"why": "Say more."}, "")
    assert desk.got[1]["view"]["state"]["values"]["until"]["value"]["selected_date"] == "2026-03-01"
    assert workspace.modals(CAMILLE) == ()


async def test_update_push_and_clear(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    view = await opened(client, workspace)
    renamed = {**FORM, "title": plain("Again")}
    desk.answers += [
        answering({"response_action": "update", "view": renamed}),
        answering({"response_action": "push", "view": renamed}),
        answering({"response_action": "clear"}),
    ]

    await people.submit(CAMILLE, view.id, ENTRIES)
    updated = workspace.modals(CAMILLE)
    await people.submit(CAMILLE, view.id, {})
    pushed = workspace.modals(CAMILLE)
    await people.submit(CAMILLE, pushed[-1].id, ENTRIES)

    assert [(one.id, one.title) for one in updated] == [(view.id, "Again")]
    assert updated[0].values["why"]["value"]["value"] == "the site is down"
    assert [one.previous_view_id for one in pushed] == [None, view.id]
    assert workspace.modals(CAMILLE) == ()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"response_action": "errors", "errors": {"nothing": "x"}}, "invalid_response_errors"),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments"),
        ({"ok": True}, "invalid_response_action"),
    ],
)
async def test_answer_that_makes_no_sense(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace, answer: Payload, outcome: str
) -> None:
    view = await opened(client, workspace)
    desk.answers.append(answering(answer))

    await people.submit(CAMILLE, view.id, ENTRIES)

    assert [failure.answer.outcome for failure in people.failures] == [outcome]
    assert workspace.modal(CAMILLE).trouble == "We had some trouble connecting. Try again?"


async def test_close_tells_those_who_asked(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    view = await opened(client, workspace)

    await people.close_view(CAMILLE, view.id)
    quiet = await opened(client, workspace, {**FORM, "notify_on_close": False})
    silent = await people.close_view(CAMILLE, quiet.id)

    assert [(one["type"], one["view"]["id"]) for one in desk.got] == [("view_closed", view.id)]
    assert (silent.outcome, workspace.modals(CAMILLE)) == ("silent", ())


async def test_modal_is_for_who_opened_it(people: People, client: AsyncWebClient, workspace: Workspace) -> None:
    view = await opened(client, workspace)

    with pytest.raises(NotPossibleError, match="nothing is open"):
        await people.submit(DENIS, view.id, ENTRIES)
