"""What people do in the stand-in, and how the desk hears of it."""

from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import NotPossibleError, Payload, People, Workspace
from tests.sandbox.conftest import BOT, CAMILLE, DENIS, STAFF, STRANGER, Desk


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Payload:
    return {"text": plain(value.title()), "value": value}


CONFIRM = {"title": plain("Sure?"), "text": plain("24,00 € TTC"), "confirm": plain("Yes"), "deny": plain("No")}
CARD = [
    {
        "type": "actions",
        "block_id": "next",
        "elements": [
            {"type": "button", "action_id": "take", "text": plain("Take"), "value": "INC-1:3"},
            {"type": "button", "action_id": "concede", "text": plain("Concede"), "confirm": CONFIRM},
            {"type": "overflow", "action_id": "more", "options": [option("close"), option("reply")]},
        ],
    }
]


async def card(client: AsyncWebClient, **more: Any) -> str:
    return str((await client.chat_postMessage(channel=STAFF, text="INC-1", blocks=CARD, **more))["ts"])


# --- pressing ---


async def test_click_tells_who_pressed_what_where(
    people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace
) -> None:
    ts = await card(client)

    answer = await people.click(CAMILLE, STAFF, ts, "take")

    got = desk.got[0]
    assert (answer.outcome, answer.status) == ("ok", 200)
    assert got["type"] == "block_actions"
    assert got["user"] == {"id": CAMILLE, "username": "camille", "name": "camille", "team_id": "T0COMPTOIR"}
    assert got["channel"] == {"id": STAFF, "name": "staff"}
    assert got["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": STAFF,
        "is_ephemeral": False,
    }
    assert got["message"]["blocks"][0]["block_id"] == "next"
    assert got["state"] == {"values": {}}
    assert got["response_url"].startswith(f"{workspace.base_url}response/")
    assert got["actions"] == [
        {
            "type": "button",
            "action_id": "take",
            "block_id": "next",
            "action_ts": "1700000000.000200",
            "text": plain("Take"),
            "value": "INC-1:3",
        }
    ]
    modal = {"type": "modal", "title": plain("Modal"), "blocks": []}
    await client.views_open(trigger_id=got["trigger_id"], view=modal)
    assert workspace.modal(CAMILLE).title == "Modal"


async def test_click_in_overflow_sends_the_option(people: People, desk: Desk, client: AsyncWebClient) -> None:
    ts = await card(client)

    await people.click(CAMILLE, STAFF, ts, "more", option="close")
    await people.click(CAMILLE, STAFF, ts, "more", option="Reply")

    assert [one["actions"][0]["selected_option"]["value"] for one in desk.got] == ["close", "reply"]


async def test_click_says_no_when_asked(people: People, desk: Desk, client: AsyncWebClient) -> None:
    ts = await card(client)

    no = await people.click(CAMILLE, STAFF, ts, "concede", confirm=False)
    yes = await people.click(CAMILLE, STAFF, ts, "concede")

    assert (no.outcome, yes.outcome, len(desk.got)) == ("silent", "ok", 1)


@pytest.mark.parametrize(
    ("user", "action", "chosen", "why"),
    [
        (CAMILLE, "gone", None, "no gone here; there is take, concede, more"),
        (CAMILLE, "more", "delete", "'delete' is not offered; there are close, reply"),
        (STRANGER, "take", None, f"{STRANGER} cannot act in {STAFF}"),
    ],
)
async def test_click_that_nobody_can_make(
    people: People, client: AsyncWebClient, user: str, action: str, chosen: str | None, why: str
) -> None:
    ts = await card(client)

    with pytest.raises(NotPossibleError, match=why):
        await people.click(user, STAFF, ts, action, option=chosen)


async def test_click_in_ephemeral_has_no_message(people: People, desk: Desk, client: AsyncWebClient) -> None:
    shown = await client.chat_postEphemeral(channel=STAFF, user=CAMILLE, text="again?", blocks=CARD)

    await people.click(CAMILLE, STAFF, shown["message_ts"], "take")

    assert (desk.got[0]["container"]["is_ephemeral"], "message" in desk.got[0]) == (True, False)


async def test_click_in_home(people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace) -> None:
    await client.views_publish(user_id=STRANGER, view={"type": "home", "blocks": CARD})

    await people.open_home(STRANGER)
    await people.click_home(STRANGER, "take")

    event, press = desk.got
    assert (event["event"]["type"], event["event"]["user"]) == ("app_home_opened", STRANGER)
    assert event["event"]["view"]["id"] == press["view"]["id"] == press["container"]["view_id"]
    assert (press["user"]["team_id"], "response_url" in press) == ("T0OTHER", False)


# --- saying ---


async def test_message_event(people: People, desk: Desk, client: AsyncWebClient, workspace: Workspace) -> None:
    root = await card(client)

    await people.say(CAMILLE, STAFF, "restarted it", root, files=[("log.txt", b"error 500")])

    got = desk.got[0]
    event = got["event"]
    reply = workspace.replies(STAFF, root)[0]
    assert (got["type"], got["team_id"], got["event_id"]) == ("event_callback", "T0COMPTOIR", "Ev0000000001")
    assert got["authorizations"][0]["user_id"] == BOT
    assert (event["type"], event["subtype"], event["channel_type"]) == ("message", "file_share", "group")
    assert (event["thread_ts"], event["ts"], event["user"]) == (root, reply.ts, CAMILLE)
    assert (event["files"][0]["name"], event["files"][0]["size"]) == ("log.txt", 9)


async def test_edit_delete_and_reaction(people: People, desk: Desk, workspace: Workspace) -> None:
    await people.say(CAMILLE, STAFF, "one")
    ts = workspace.roots(STAFF)[0].ts

    await people.react(DENIS, STAFF, ts, "eyes")
    await people.edit(CAMILLE, STAFF, ts, "two")
    await people.delete(CAMILLE, STAFF, ts)

    react, edit, delete = (one["event"] for one in desk.got[1:])
    assert (react["type"], react["reaction"], react["item"]["ts"]) == ("reaction_added", "eyes", ts)
    assert (edit["subtype"], edit["message"]["text"], edit["previous_message"]["text"]) == (
        "message_changed",
        "two",
        "one",
    )
    assert (delete["subtype"], delete["deleted_ts"], workspace.roots(STAFF)) == ("message_deleted", ts, ())


async def test_only_own_messages_are_changed(people: People, workspace: Workspace) -> None:
    await people.say(CAMILLE, STAFF, "mine")

    with pytest.raises(NotPossibleError):
        await people.edit(DENIS, STAFF, workspace.roots(STAFF)[0].ts, "yours")


async def test_nothing_is_heard_where_the_bot_is_not(people: People, desk: Desk) -> None:
    answer = await people.say(CAMILLE, "C0TOWN", "hello")

    assert (answer.outcome, desk.got) == ("silent", [])


async def test_shared_channel_says_so(people: People, desk: Desk) -> None:
    await people.say(STRANGER, "C0CONNECT", "hello")

    assert (desk.got[0]["is_ext_shared_channel"], desk.got[0]["event"]["team"]) == (True, "T0OTHER")


# --- commands and shortcuts ---


async def test_command_and_its_answer(people: People, desk: Desk, workspace: Workspace) -> None:
    desk.answers += [web.Response(text="three open"), web.Response(status=500)]

    await people.command(CAMILLE, STAFF, "/incident", "42")
    await people.command(CAMILLE, STAFF, "/incident", "")

    assert (desk.got[0]["command"], desk.got[0]["text"], desk.got[0]["user_id"]) == ("/incident", "42", CAMILLE)
    assert [one.text for one in workspace.shown_to(CAMILLE)] == [
        "three open",
        "failed with the error `http_error`",
    ]
    with pytest.raises(NotPossibleError):
        await people.command(STRANGER, "C0CONNECT", "/incident")


async def test_shortcuts(people: People, desk: Desk, client: AsyncWebClient) -> None:
    ts = await card(client)

    await people.shortcut(CAMILLE, "open_incident")
    await people.message_shortcut(CAMILLE, STAFF, ts, "send_to_customer")

    assert [(one["type"], one["callback_id"]) for one in desk.got] == [
        ("shortcut", "open_incident"),
        ("message_action", "send_to_customer"),
    ]
    assert (desk.got[1]["message_ts"], desk.got[1]["message"]["text"]) == (ts, "INC-1")


async def test_url_verification(people: People, desk: Desk) -> None:
    await people.verify_url("abc")

    assert (desk.got[0]["type"], desk.got[0]["challenge"]) == ("url_verification", "abc")
