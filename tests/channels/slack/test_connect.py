"""A shared channel: each message of the customer's begins a thread and an incident, which is told of there alone."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.core import commands as c
from bot.core import facts as f
from bot.core.lives import Stage, Support
from bot.sandbox.slack import People
from bot.sandbox.slack.delivery import Envelope
from bot.sandbox.slack.payloads import event_callback, message_event
from storage import Direction, Message
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
    STAFF_CHANNEL,
    TEAM,
    THEIRS,
    THIRD,
    Town,
    a_town,
    words,
)


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with a_town(database_url) as opened:
        yield opened


async def came(town: Town, incident: int = 1) -> list[Message]:
    return [one for one in (await town.case(incident)).messages if one.direction is Direction.IN]


async def opened(town: Town) -> list[int]:
    return await town.store.read(lambda tx: tx.incidents.open_of(1))


async def test_message_opens_an_incident_whose_price_is_announced_in_its_own_thread(town: Town) -> None:
    await connect.share(town)

    ts = await connect.say(town, "Le site est en panne\ndepuis ce matin")

    incident = (await town.case()).incident
    (announced,) = connect.told(town, ts)
    assert (incident.stage, incident.channel, incident.thread) == (
        Stage.ANNOUNCED,
        f.Channel.SLACK,
        f"{SHARED}/{ts}",
    )
    assert incident.title == "Le site est en panne"
    assert re.search(r"20,00\s€", words(announced.blocks))
    assert not announced.broadcast
    assert [one.author for one in await came(town)] == [ADDRESS]
    assert town.told(CAROL) == []


async def test_two_messages_are_two_incidents_each_told_of_in_its_thread(town: Town) -> None:
    await connect.share(town)
    first = await connect.say(town, "Site en panne")
    town.clock.turn(minutes=3)
    second = await connect.say(town, "Courriels perdus")

    await town.give(1, an_order(c.WriteToCustomer, text="About the site.", message="m"))

    assert await opened(town) == [1, 2]
    assert ["About the site." in words(one.blocks) for one in connect.told(town, first)] == [False, True]
    assert len(connect.told(town, second)) == 1


async def test_replies_go_on_in_the_incident_of_their_thread(town: Town) -> None:
    await connect.share(town)
    first = await connect.say(town, "Site en panne")
    town.clock.turn(minutes=3)
    await connect.say(town, "Courriels perdus")

    await connect.say(town, "Toujours en panne", thread=first)

    assert [one.text for one in await came(town)] == ["Site en panne", "Toujours en panne"]
    assert any("Toujours en panne" in line for line in town.thread())
    assert await opened(town) == [1, 2]


async def test_what_is_said_in_one_breath_is_one_incident_whichever_message_is_spoken_of_later(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Bonjour")
    second = await connect.say(town, "le site est en pane")

    await town.people.edit(CAROL, SHARED, second, "le site est en panne")
    await town.settle()
    await connect.say(town, "depuis hier", thread=second)

    assert await opened(town) == [1]
    assert [one.text for one in await came(town)] == [
        "Bonjour",
        "le site est en pane",
        "[edited] le site est en panne",
        "depuis hier",
    ]
    assert len(connect.all_told(town)) == 1
    assert [("INC-1" in whisper, "fil" in whisper) for whisper in town.whispers(CAROL)] == [(True, True)]


async def test_somebody_else_or_words_after_the_order_begin_incidents_of_their_own(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")
    await connect.say(town, "Courriels perdus", DAVE)
    await town.give(1, an_order(c.OrderDiagnosis))

    await connect.say(town, "Et le FTP ne marche plus")

    assert await opened(town) == [1, 2, 3]


async def test_colleague_who_is_not_linked_is_heard_by_name_and_ends_no_wait(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")
    await town.give(1, an_order(c.OrderDiagnosis), an_order(c.StartDiagnosis), an_order(c.AskCustomer))

    await connect.say(town, "Depuis hier, je crois", DAVE, ts)

    case = await town.case()
    assert (await came(town))[-1].author == f"Dave ({THEIRS}/{DAVE}, not linked)"
    assert case.incident.waiting is not None
    line = next(one for one in town.thread() if "Depuis hier" in one)
    assert "not linked" in line
    assert "decides nothing" in line


async def test_colleague_who_is_not_linked_opens_an_incident_and_is_named(town: Town) -> None:
    await connect.share(town, linked=False)

    ts = await connect.say(town, "Site en panne", DAVE)

    assert "not linked" in (await came(town))[0].author
    assert len(connect.told(town, ts)) == 1
    assert (await town.case()).incident.stage is Stage.ANNOUNCED


async def test_what_our_own_people_say_there_is_shown_as_theirs_and_is_no_word_of_the_customer(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")

    await connect.say(town, "On regarde", ALICE, ts)
    await connect.say(town, "Maintenance ce soir", ALICE)
    await connect.say(town, "Bonne journée", BOB)

    assert [one.text for one in await came(town)] == ["Site en panne"]
    assert await opened(town) == [1]
    assert any("said in the customer's channel" in line and "On regarde" in line for line in town.thread())
    assert [len(town.whispers(one)) for one in (ALICE, BOB)] == [1, 1]


async def test_somebody_of_a_third_organisation_is_told_once_and_so_are_staff(town: Town) -> None:
    await connect.share(town)

    await connect.say(town, "Bonjour", ERIN)
    await connect.say(town, "Il y a quelqu'un ?", ERIN)

    assert await opened(town) == []
    assert len(town.whispers(ERIN)) == 1
    lines = [one.text for one in town.workspace.roots(STAFF_CHANNEL)]
    assert [SHARED in line for line in lines] == [True]


async def test_words_in_a_channel_that_is_nobodys_are_answered_once_and_staff_read_so(town: Town) -> None:
    await connect.say(town, "Bonjour, le site est en panne")
    await connect.say(town, "Allô ?")
    await connect.say(town, "Bonjour", DAVE)

    assert [len(town.whispers(one)) for one in (CAROL, DAVE)] == [1, 1]
    assert "support@host.example" in town.whispers(CAROL)[0]
    assert len(town.workspace.roots(STAFF_CHANNEL)) == 1


async def test_edits_and_deletions_are_noted_and_open_nothing(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en pane")

    await town.people.edit(CAROL, SHARED, ts, "Site en panne")
    await town.settle()
    await town.people.delete(CAROL, SHARED, ts)
    await town.settle()

    assert await opened(town) == [1]
    assert [one.text for one in await came(town)] == [
        "Site en pane",
        "[edited] Site en panne",
        "[message deleted by its author]",
    ]


async def test_what_comes_in_another_order_ends_the_same(town: Town) -> None:
    await connect.share(town)
    town.people.hold()
    await town.people.say(CAROL, SHARED, "Site en pane")
    ts = max(town.workspace.messages[SHARED])
    await town.people.edit(CAROL, SHARED, ts, "Site en panne")
    await town.people.say(CAROL, SHARED, "Toujours", ts)
    await town.people.release(backwards=True)

    for _ in range(4):
        await town.settle()
        town.clock.turn(seconds=20)

    assert await opened(town) == [1]
    assert [one.text for one in await came(town)] == ["[edited] Site en panne", "Toujours"]
    assert town.whispers(CAROL) == []


async def test_message_that_comes_three_times_opens_one_incident(town: Town) -> None:
    await connect.share(town)
    town.people.copies = 3

    await connect.say(town, "Site en panne")

    assert await opened(town) == [1]


async def test_reply_where_no_incident_is_stays_unanswered_by_no_means(town: Town) -> None:
    await connect.share(town)
    ours = await connect.say(town, "Maintenance ce soir", ALICE)
    await connect.say(town, "Merci", thread=ours)

    for _ in range(4):
        town.clock.turn(seconds=20)
        await town.settle()

    assert await opened(town) == []
    assert "n’a pas été transmis" in town.whispers(CAROL)[-1]


async def test_files_posted_there_are_shown_to_staff(town: Town) -> None:
    await connect.share(town)

    await town.people.say(CAROL, SHARED, "Voir la capture", files=[("ecran.png", b"\x89PNG\r\n\x1a\n0")])
    await town.settle()

    names = [
        town.workspace.files[id_].name
        for one in town.workspace.replies(STAFF_CHANNEL, town.card().ts)
        for id_ in one.files
    ]
    assert names == ["ecran.png"]


async def test_customer_without_support_is_answered_alone_and_nothing_opens(town: Town) -> None:
    customer = await connect.share(town)
    await town.store.run(lambda tx: tx.customers.save(replace(customer, support=Support.FORFEITED)))

    await connect.say(town, "Site en panne")

    assert await opened(town) == []
    assert "renouvel" in town.whispers(CAROL)[0]


async def test_no_link_that_decides_stands_in_the_channel_and_the_linked_one_gets_it_alone(town: Town) -> None:
    await connect.share(town)
    await connect.say(town, "Site en panne")

    await connect.press(town, "open_page")
    await connect.press(town, "open_page", DAVE)

    assert "/a/" not in str([one.blocks for one in connect.all_told(town)])
    seen = {user: str([one.blocks for one in town.workspace.shown_to(user)]) for user in (CAROL, DAVE)}
    assert {user: "/a/" in shown for user, shown in seen.items()} == {CAROL: True, DAVE: False}


async def test_what_was_said_while_nobody_listened_is_asked_for_but_nothing_from_before(town: Town) -> None:
    town.people.hold()
    await town.people.say(CAROL, SHARED, "Avant que le canal soit le nôtre")
    town.clock.turn(minutes=5)
    await connect.share(town)
    await town.people.say(CAROL, SHARED, "Site en panne")
    ts = max(town.workspace.messages[SHARED])
    await town.people.say(DAVE, SHARED, "Toujours", ts)

    await town.channel.backfill(town.clock())
    await town.settle()
    await town.channel.backfill(town.clock())
    await town.settle()
    await town.people.release()
    await town.settle()

    assert await opened(town) == [1]
    assert [one.text for one in await came(town)] == ["Site en panne", "Toujours"]


async def test_envelope_that_names_the_other_workspace_is_the_same_message(town: Town) -> None:
    """In a shared channel the event may be another workspace's; the authorization is ours."""
    await connect.share(town)
    await connect.say(town, "Site en panne")
    (envelope,) = [one for one in town.people.sent if one.payload["event"]["type"] == "message"]

    await town.people.redeliver(replace(envelope, payload=envelope.payload | {"team_id": THEIRS}))
    await town.settle()

    assert await opened(town) == [1]


@pytest.mark.parametrize(
    ("given", "is_customers"),
    [
        ({"user_team": THEIRS, "team": TEAM}, True),
        ({"source_team": THEIRS, "team": TEAM}, True),
        ({"user_profile": {"team": THEIRS}, "team": TEAM}, True),
        ({"team": THEIRS}, True),
        ({}, True),  # Slack is asked who it is
        ({"team": TEAM}, True),  # what is found in a channel's history may name its host alone
        ({"user_team": THIRD, "team": THEIRS}, False),
    ],
)
async def test_workspace_of_whoever_writes_is_read_where_slack_says_it(
    town: Town, given: dict[str, object], is_customers: bool
) -> None:
    await connect.share(town)
    said = {"type": "message", "channel": SHARED, "user": DAVE, "text": "En panne", "ts": "1276502500.000100"}
    event = {**said, "channel_type": "group", "event_ts": "1276502500.000100", **given}
    body = event_callback(town.workspace, event, shared=True)

    await town.people.redeliver(Envelope(kind="events_api", payload=body))
    await town.settle()

    assert await opened(town) == ([1] if is_customers else [])


@pytest.mark.parametrize("subtype", ["", "file_share"])
async def test_direct_words_that_name_no_workspace_are_still_the_customers(town: Town, subtype: str) -> None:
    """Slack leaves it out where there are files."""
    await connect.share(town)
    await connect.say(town, "Site en panne")
    said = {
        "type": "message",
        "channel": town.direct(CAROL),
        "user": CAROL,
        "text": "Voici",
        "ts": "1276502500.000100",
    }
    event = {
        **said,
        "channel_type": "im",
        "event_ts": "1276502500.000100",
        **({"subtype": subtype} if subtype else {}),
    }

    await town.people.redeliver(Envelope(kind="events_api", payload=event_callback(town.workspace, event)))
    await town.settle()

    assert (await came(town))[-1].text == "Voici"


async def test_file_of_another_workspace_that_comes_as_a_bare_id_is_asked_for(town: Town) -> None:
    await connect.share(town)
    ts = await connect.say(town, "Site en panne")
    town.people.hold()
    await town.people.say(CAROL, SHARED, "Voir la capture", ts, [("ecran.png", b"\x89PNG\r\n\x1a\n0")])
    message = town.workspace.replies(SHARED, ts)[-1]
    event = message_event(town.workspace, message)
    event["files"] = [{"id": event["files"][0]["id"], "mode": "file_access", "file_access": "check_file_info"}]

    body = event_callback(town.workspace, event, shared=True)
    others = People.over_http(town.workspace, town.url)
    await others.redeliver(Envelope(kind="events_api", payload=body))
    await others.close()
    await town.settle()

    names = [file.name for file in (await town.case()).attachments]
    assert names == ["ecran.png"]
    assert "file: ?" not in (await came(town))[-1].text
