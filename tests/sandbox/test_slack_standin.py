"""The Web API of the stand-in, driven by Slack's own Python client."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack import Change, Payload, People, SlackServer, Workspace, mentions
from tests.sandbox.conftest import BOT, CAMILLE, DENIS, STAFF, STRANGER, HandClock

DIVIDER = {"type": "divider"}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Modal"}, "blocks": [DIVIDER]}
HOME = {"type": "home", "blocks": [DIVIDER]}


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def posted(client: AsyncWebClient, text: str = "hello", **more: Any) -> str:
    return str((await client.chat_postMessage(channel=STAFF, text=text, **more))["ts"])


# --- who may call ---


async def test_token_wrong_or_missing(slack: SlackServer) -> None:
    wrong = AsyncWebClient(token="xoxb-other", base_url=slack.api_url)
    missing = AsyncWebClient(base_url=slack.api_url)

    assert await error_of(wrong.auth_test()) == "invalid_auth"
    assert await error_of(missing.auth_test()) == "not_authed"


async def test_auth_test_names_the_bot(client: AsyncWebClient) -> None:
    answer = await client.auth_test()

    assert (answer["user_id"], answer["team_id"], answer["bot_id"]) == (BOT, "T0COMPTOIR", "B0COMPTOIR")


async def test_method_or_argument_missing(client: AsyncWebClient) -> None:
    assert await error_of(client.api_call("chat.unknown")) == "unknown_method"
    assert await error_of(client.api_call("chat.postMessage")) == "invalid_arguments"


# --- messages ---


async def test_message_is_stored_and_listeners_hear_of_it(client: AsyncWebClient, workspace: Workspace) -> None:
    heard: list[Change] = []
    stop = workspace.subscribe(heard.append)

    first = await posted(client)
    stop()
    second = await posted(client)

    assert (first, second) == ("1700000000.000100", "1700000000.000200")
    assert heard == [Change(kind="message", channel=STAFF, ts=first)]
    assert [one.text for one in workspace.roots(STAFF)] == ["hello", "hello"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0CLOSED", "text": "x"}, "channel_not_found"),
        ({"channel": "C0TOWN", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": STAFF, "text": ""}, "no_text"),
        ({"channel": STAFF, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": STAFF, "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ({"channel": STAFF, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": STAFF, "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel": STAFF, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
async def test_post_refused(client: AsyncWebClient, arguments: Payload, error: str) -> None:
    assert await error_of(client.api_call("chat.postMessage", json=arguments)) == error


async def test_refused_blocks_say_where(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await posted(client, blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}])

    assert refused.value.response["response_metadata"] == {
        "messages": ["[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"]
    }


async def test_thread_keeps_order_and_counts(client: AsyncWebClient) -> None:
    root = await posted(client, metadata={"event_type": "outbox", "event_payload": {"id": "7"}})
    first = await posted(client, "first", thread_ts=root)
    second = await posted(client, "second", thread_ts=root)

    plain = (await client.conversations_replies(channel=STAFF, ts=root))["messages"]
    full = (await client.conversations_replies(channel=STAFF, ts=root, include_all_metadata=True))["messages"]
    history = (await client.conversations_history(channel=STAFF))["messages"]

    assert [one["ts"] for one in plain] == [root, first, second]
    assert (plain[0]["reply_count"], plain[0]["latest_reply"]) == (2, second)
    assert ("metadata" in plain[0], full[0]["metadata"]["event_payload"]) == (False, {"id": "7"})
    assert [one["ts"] for one in history] == [root]
    assert await error_of(posted(client, "deeper", thread_ts=first)) == "cannot_reply_to_message"


async def test_replies_come_in_pages_and_since(client: AsyncWebClient) -> None:
    root = await posted(client)
    sent = [await posted(client, str(number), thread_ts=root) for number in range(4)]

    page = await client.conversations_replies(channel=STAFF, ts=root, limit=3)
    cursor = page["response_metadata"]["next_cursor"]
    rest = await client.conversations_replies(channel=STAFF, ts=root, limit=3, cursor=cursor)
    since = await client.conversations_replies(channel=STAFF, ts=root, oldest=sent[2])

    assert [one["ts"] for one in (*page["messages"], *rest["messages"])] == [root, *sent]
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert [one["ts"] for one in since["messages"]] == [root, sent[3]]


async def test_update_keeps_what_is_not_given(client: AsyncWebClient, workspace: Workspace) -> None:
    ts = await posted(client, blocks=[DIVIDER], metadata={"event_type": "x", "event_payload": {}})

    await client.chat_update(channel=STAFF, ts=ts, text="new")
    kept = workspace.message(STAFF, ts)
    await client.api_call(
        "chat.update", json={"channel": STAFF, "ts": ts, "text": "bare", "blocks": [], "metadata": {}}
    )
    bare = workspace.message(STAFF, ts)

    assert (kept.text, len(kept.blocks), kept.metadata) == ("new", 1, {"event_type": "x", "event_payload": {}})
    assert (bare.text, bare.blocks, bare.metadata) == ("bare", (), None)
    assert bare.edited_by == BOT


async def test_update_and_delete_refused(client: AsyncWebClient, people: People, workspace: Workspace) -> None:
    await people.say(CAMILLE, STAFF, "mine")
    theirs = workspace.roots(STAFF)[-1].ts
    ours = await posted(client)

    refusals = [
        await error_of(client.chat_update(channel=STAFF, ts="1.2", text="x")),
        await error_of(client.chat_update(channel=STAFF, ts=theirs, text="x")),
        await error_of(client.chat_update(channel=STAFF, ts=ours, text="x" * 4001)),
        await error_of(client.chat_update(channel="C0OLD", ts=ours, text="x")),
        await error_of(client.chat_delete(channel=STAFF, ts=theirs)),
        await error_of(client.chat_delete(channel=STAFF, ts="1.2")),
    ]

    assert refusals == [
        "message_not_found",
        "cant_update_message",
        "msg_too_long",
        "is_inactive",
        "cant_delete_message",
        "message_not_found",
    ]


async def test_deleted_root_leaves_a_tombstone(client: AsyncWebClient) -> None:
    root = await posted(client)
    await posted(client, "reply", thread_ts=root)

    await client.chat_delete(channel=STAFF, ts=root)
    stone = (await client.conversations_replies(channel=STAFF, ts=root))["messages"][0]

    assert stone["subtype"] == "tombstone"
    assert await error_of(posted(client, "late", thread_ts=root)) == "thread_not_found"


async def test_pins_reactions_and_permalinks(client: AsyncWebClient, workspace: Workspace) -> None:
    ts = await posted(client)

    await client.pins_add(channel=STAFF, timestamp=ts)
    pinned = [one.ts for one in workspace.pinned(STAFF)]
    again = await error_of(client.pins_add(channel=STAFF, timestamp=ts))
    await client.pins_remove(channel=STAFF, timestamp=ts)
    gone = await error_of(client.pins_remove(channel=STAFF, timestamp=ts))
    await client.reactions_add(channel=STAFF, timestamp=ts, name="eyes")
    twice = await error_of(client.reactions_add(channel=STAFF, timestamp=ts, name="eyes"))
    link = (await client.chat_getPermalink(channel=STAFF, message_ts=ts))["permalink"]

    assert (pinned, again, gone, twice) == ([ts], "already_pinned", "no_pin", "already_reacted")
    assert workspace.message(STAFF, ts).reactions == (("eyes", (BOT,)),)
    assert link == f"{workspace.base_url}archives/{STAFF}/p1700000000000100"


async def test_ephemeral_is_for_members(client: AsyncWebClient, workspace: Workspace) -> None:
    await client.chat_postEphemeral(channel=STAFF, user=CAMILLE, text="only you")

    assert [one.text for one in workspace.shown_to(CAMILLE)] == ["only you"]
    assert workspace.shown_to(DENIS) == ()
    outside = client.chat_postEphemeral(channel=STAFF, user=STRANGER, text="x")
    assert await error_of(outside) == "user_not_in_channel"


async def test_lookups(client: AsyncWebClient) -> None:
    shared = (await client.conversations_info(channel="C0CONNECT"))["channel"]
    stranger = (await client.users_info(user=STRANGER))["user"]
    members = (await client.conversations_members(channel=STAFF))["members"]
    group = (await client.usergroups_users_list(usergroup="S0STAFF"))["users"]

    assert (shared["is_ext_shared"], stranger["team_id"]) == (True, "T0OTHER")
    assert (members, group) == ([CAMILLE, DENIS, BOT], [CAMILLE, DENIS])
    assert await error_of(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await error_of(client.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"


async def test_direct_conversation_is_opened_once(client: AsyncWebClient, workspace: Workspace) -> None:
    opened = (await client.conversations_open(users=CAMILLE))["channel"]["id"]
    again = (await client.conversations_open(users=[CAMILLE]))["channel"]["id"]
    by_user = (await client.chat_postMessage(channel=CAMILLE, text="hello"))["channel"]

    assert (opened, again, by_user) == ("D0000000001",) * 3
    assert workspace.channels[opened].kind == "im"


async def test_mentions_ring_except_in_rich_text(client: AsyncWebClient, workspace: Workspace) -> None:
    hostile = "<!channel> and <@U0DENIS>"
    spans = [{"type": "text", "text": hostile}]
    quoted = {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": spans}]}
    careless = {"type": "section", "text": {"type": "mrkdwn", "text": hostile}}

    safe = await posted(client, blocks=[quoted])
    loud = await posted(client, blocks=[careless])

    assert mentions(workspace.message(STAFF, safe)) == ()
    assert mentions(workspace.message(STAFF, loud)) == ("!channel", "@U0DENIS")


# --- files ---


async def test_file_goes_up_and_comes_down(client: AsyncWebClient, workspace: Workspace) -> None:
    root = await posted(client)

    done = await client.files_upload_v2(
        channel=STAFF, thread_ts=root, filename="mail.txt", content="bonjour", initial_comment="whole mail"
    )

    file = done["files"][0]
    reply = workspace.replies(STAFF, root)[0]
    assert (reply.text, reply.files, file["size"]) == ("whole mail", (file["id"],), 7)
    assert (await client.files_info(file=file["id"]))["file"]["title"] == "mail.txt"
    assert await download(file["url_private"], "xoxb-test") == ("text/plain", "bonjour")
    assert await download(file["url_private"], "other") == ("text/html", "<html>Sign in to Slack</html>")


async def test_file_refused(client: AsyncWebClient) -> None:
    empty = client.files_getUploadURLExternal(filename="a", length=0)
    unknown = client.files_completeUploadExternal(files=[{"id": "F404"}])

    assert await error_of(empty) == "missing_argument"
    assert await error_of(unknown) == "file_not_found"


async def download(url: str, token: str) -> tuple[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.content_type, await response.text()


# --- views ---


async def test_trigger_is_good_once_for_three_seconds(
    client: AsyncWebClient, workspace: Workspace, clock: HandClock
) -> None:
    used, late = workspace.new_trigger(CAMILLE), workspace.new_trigger(CAMILLE)

    await client.views_open(trigger_id=used, view=MODAL)
    clock.forward(seconds=3.1)

    assert await error_of(client.views_open(trigger_id=used, view=MODAL)) == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"


async def test_view_is_updated_by_hash(client: AsyncWebClient, workspace: Workspace) -> None:
    view = {**MODAL, "external_id": "one"}
    opened = (await client.views_open(trigger_id=workspace.new_trigger(CAMILLE), view=view))["view"]

    changed = (await client.views_update(external_id="one", hash=opened["hash"], view=MODAL))["view"]
    stale = client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)

    assert (changed["id"], changed["hash"] != opened["hash"]) == (opened["id"], True)
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(client.views_update(view_id="V404", view=MODAL)) == "not_found"
    wrong_kind = client.views_update(view_id=opened["id"], view=HOME)
    assert await error_of(wrong_kind) == "invalid_arguments"


async def test_external_id_is_unique(client: AsyncWebClient, workspace: Workspace) -> None:
    view = {**MODAL, "external_id": "one"}
    await client.views_open(trigger_id=workspace.new_trigger(CAMILLE), view=view)

    second = client.views_open(trigger_id=workspace.new_trigger(DENIS), view=view)

    assert await error_of(second) == "duplicate_external_id"


async def test_three_modals_at_most(client: AsyncWebClient, workspace: Workspace) -> None:
    opened = (await client.views_open(trigger_id=workspace.new_trigger(CAMILLE), view=MODAL))["view"]

    def inside() -> str:
        return workspace.new_trigger(CAMILLE, opened["id"])

    second = (await client.views_push(trigger_id=inside(), view=MODAL))["view"]
    await client.views_push(trigger_id=inside(), view=MODAL)

    assert (second["root_view_id"], second["previous_view_id"]) == (opened["id"], opened["id"])
    assert await error_of(client.views_push(trigger_id=inside(), view=MODAL)) == "push_limit_reached"
    outside = client.views_push(trigger_id=workspace.new_trigger(CAMILLE), view=MODAL)
    assert await error_of(outside) == "not_found"


async def test_home_is_published_per_user(client: AsyncWebClient, workspace: Workspace) -> None:
    first = (await client.views_publish(user_id=CAMILLE, view=HOME))["view"]
    second = (await client.views_publish(user_id=CAMILLE, view=HOME, hash=first["hash"]))["view"]

    home = workspace.home(CAMILLE)
    assert home is not None
    assert (home.id, home.hash, workspace.home(DENIS)) == (first["id"], second["hash"], None)
    stale = client.views_publish(user_id=CAMILLE, view=HOME, hash=first["hash"])
    assert await error_of(stale) == "hash_conflict"


# --- response_url ---


async def test_response_url_is_good_five_times(
    client: AsyncWebClient, slack: SlackServer, workspace: Workspace
) -> None:
    ts = await posted(client)
    url = workspace.new_response_url(channel=STAFF, user=CAMILLE, message_ts=ts)
    hook = AsyncWebhookClient(url)

    await hook.send(text="only you")
    await hook.send(text="all of you", response_type="in_channel")
    await hook.send(text="instead", replace_original=True)
    wrong = await hook.send(blocks=[{"type": "section"}])
    await hook.send(delete_original=True)
    await hook.send(text="fifth")
    sixth = await hook.send(text="sixth")

    assert [one.text for one in workspace.shown_to(CAMILLE)] == ["only you", "fifth"]
    assert [one.text for one in workspace.roots(STAFF)] == ["all of you"]
    assert (wrong.status_code, "invalid_blocks" in wrong.body) == (400, True)
    assert (sixth.status_code, sixth.body) == (404, '{"ok": false, "error": "used_url"}')


async def test_response_url_expires(slack: SlackServer, workspace: Workspace, clock: HandClock) -> None:
    hook = AsyncWebhookClient(workspace.new_response_url(channel=STAFF, user=CAMILLE))

    clock.forward(minutes=31)

    assert (await hook.send(text="late")).body == '{"ok": false, "error": "expired_url"}'
