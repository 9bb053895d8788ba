"""Slack refuses what staff are to read: one mail when it begins, one line when it is over, nothing else."""

from pathlib import Path

import pytest

from bot.channels.slack import reasons
from bot.channels.slack.room import SHARED
from bot.settings import read_settings
from bot.wiring import slack_channel, wire
from tests.channels.slack.town import STAFF_CHANNEL, TEAM_MAILBOX, Town

OVER = "Slack takes the desk’s messages again"


async def mend(town: Town, **later: float) -> None:
    """Slack lets the app work; the desk looks, as it does every ten minutes."""
    town.slack.faults.clear()
    town.clock.turn(**(later or {"minutes": 10}))
    await town.channel.backfill(town.clock())
    await town.settle()


def lines(town: Town) -> list[str]:
    return [one.text for one in town.workspace.roots(STAFF_CHANNEL) if OVER in one.text]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("is_archived", "is archived"),
        ("token_revoked", "was revoked"),
        ("not_in_channel", "not in the conversation"),
        ("restricted_action_read_only_channel", "only read"),
        ("team_added_to_org", "moved into an organisation"),
    ],
)
async def test_staff_are_mailed_once_while_slack_refuses_and_told_once_when_it_is_over(
    town: Town, code: str, why: str
) -> None:
    town.slack.faults.refuse(code, times=None)
    await town.open()
    town.clock.turn(hours=1)
    await town.open(title="Encore", address="other@clientsa.fr")
    await town.channel.backfill(town.clock())
    await town.settle()
    before = lines(town)

    await mend(town)
    await mend(town)

    assert [(mail.to, why in mail.reason) for mail in town.outages] == [(TEAM_MAILBOX, True)]
    assert before == []
    assert len(lines(town)) == 1
    assert code in lines(town)[0]


async def test_whatever_somebody_can_mend_is_said_in_words() -> None:
    for code in reasons.OF_THE_APP | reasons.OF_THE_CHANNEL - {SHARED}:
        assert reasons.said(code).endswith(f" ({code})")


async def test_nothing_is_mailed_and_nothing_said_while_slack_takes_all(town: Town) -> None:
    await town.open()
    await town.channel.backfill(town.clock())
    await town.settle()

    assert (town.outages, lines(town)) == ([], [])


async def test_another_outage_on_another_day_is_mailed_too(town: Town) -> None:
    town.slack.faults.refuse("is_archived", times=None)
    await town.open()
    await mend(town)
    town.clock.turn(days=1)
    town.slack.faults.refuse("is_archived", times=None)

    await town.open(title="Encore", address="other@clientsa.fr")
    await mend(town)

    assert len(town.outages) == 2
    assert len(lines(town)) == 2


async def test_a_right_to_files_that_is_missing_is_no_outage(town: Town) -> None:
    town.slack.faults.refuse("missing_scope", method="files.getUploadURLExternal", times=None)

    await town.open(text="Une ligne.\n" * 900)

    assert town.outages == []


async def test_reason_that_comes_and_goes_is_mailed_once_a_day(town: Town) -> None:
    for number in range(3):
        town.slack.faults.refuse("restricted_action", times=None)
        await town.open(title="Encore", address=f"{number}@clientsa.fr")
        await mend(town)

    assert len(town.outages) == 1


@pytest.mark.parametrize(
    ("provider", "anchor", "mailbox"),
    [
        ("contact@host.example", "", "contact@host.example"),
        ("support@host.example", "notary@other.example", "notary@other.example"),
        ("support@host.example", "", ""),
    ],
)
async def test_mail_goes_to_the_house_and_never_to_the_desk_itself(
    sqlite_url: str, tmp_path: Path, provider: str, anchor: str, mailbox: str
) -> None:
    config = tmp_path / "comptoir.toml"
    config.write_text(f'[provider]\nemail = "{provider}"\n[anchor]\nmailbox = "{anchor}"\n', encoding="utf-8")
    environment = {
        "DATABASE_URL": sqlite_url,
        "COMPTOIR_CONFIG": str(config),
        "COMPTOIR_SECRET": "s" * 32,
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_SIGNING_SECRET": "secret",
        "SLACK_STAFF_CHANNEL": STAFF_CHANNEL,
    }
    async with wire(read_settings(environment)) as wired:
        channel = slack_channel(wired)

    assert channel is not None
    assert channel.room.mailbox == mailbox
