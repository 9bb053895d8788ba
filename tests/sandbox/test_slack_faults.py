"""Faults on demand, as the client of an app meets them."""

from collections.abc import Callable

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackServer, Workspace
from tests.sandbox.conftest import STAFF, HandClock


async def posted(client: AsyncWebClient) -> str:
    return str((await client.chat_postMessage(channel=STAFF, text="hello"))["ts"])


async def test_rate_limit_holds_one_channel(client: AsyncWebClient, slack: SlackServer, clock: HandClock) -> None:
    slack.faults.limit_rate(channel=STAFF, retry_after=30)

    with pytest.raises(SlackApiError) as limited:
        await posted(client)
    await client.chat_postMessage(channel="C0CONNECT", text="other")
    clock.forward(seconds=31)
    await posted(client)

    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "30")
    assert [call.outcome for call in slack.calls] == ["ratelimited", "ok", "ok"]


async def test_pace_of_new_messages(client: AsyncWebClient, slack: SlackServer, clock: HandClock) -> None:
    """A few at once after a rest, then one a second, each channel by itself."""
    slack.faults.keep_pace(burst=2)

    sent = [await posted(client) for _ in range(2)]
    with pytest.raises(SlackApiError) as early:
        await posted(client)
    await client.chat_postMessage(channel="C0CONNECT", text="other")
    clock.forward(seconds=1)
    sent.append(await posted(client))

    assert early.value.response.headers["Retry-After"] == "1"
    assert len(set(sent)) == 3


async def test_answer_lost_after_it_is_done(client: AsyncWebClient, slack: SlackServer, workspace: Workspace) -> None:
    slack.faults.lose_answer(method="chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await posted(client)

    assert [one.text for one in workspace.roots(STAFF)] == ["hello"]


Break = Callable[[SlackServer], None]


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (lambda slack: slack.faults.reset(), aiohttp.ClientError),
        (lambda slack: slack.faults.fail(status=503), SlackApiError),
        (lambda slack: slack.faults.refuse("token_revoked"), SlackApiError),
    ],
    ids=["reset", "503", "token_revoked"],
)
async def test_nothing_is_done(
    client: AsyncWebClient, slack: SlackServer, workspace: Workspace, fault: Break, failure: type[Exception]
) -> None:
    fault(slack)

    with pytest.raises(failure):
        await posted(client)

    assert workspace.roots(STAFF) == ()
    assert await posted(client)


async def test_hang_lasts_until_patience_is_over(slack: SlackServer, workspace: Workspace) -> None:
    slack.faults.hang()
    hasty = AsyncWebClient(token="xoxb-test", base_url=slack.api_url, retry_handlers=[])
    hasty.timeout = 0.1  # type: ignore[assignment] # the client hands it to aiohttp, which takes fractions

    with pytest.raises(TimeoutError):
        await posted(hasty)

    assert workspace.roots(STAFF) == ()
