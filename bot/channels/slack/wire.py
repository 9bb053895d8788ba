"""Slack's Web API: one session, an end to every wait, and three kinds of trouble told apart."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

Payload: TypeAlias = dict[str, Any]
"""One JSON object as Slack sends or takes it. Its shape depends on its `type`, so its values stay open."""

SECONDS = 10.0
# These take no JSON: their arguments go into the address.
IN_QUERY = frozenset(
    {
        "conversations.history",
        "conversations.replies",
        "conversations.info",
        "users.info",
        "usergroups.users.list",
        "files.getUploadURLExternal",
        "files.info",
    }
)
LIMITED = frozenset({"ratelimited", "rate_limited"})
PASSING = frozenset(
    {
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "update_failed",
    }
)
NOT_SLACKS = (AttributeError, ValueError)
"""What Slack's client makes of an answer that is no JSON object: some proxy's, between Slack and us."""
LOOKED_UP = frozenset({"users.info", "usergroups.users.list"})
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def hurried(seconds: float) -> Iterator[None]:
    """What is asked of Slack in here gets no answer after so many seconds: somebody waits for ours.

    What is only looked up takes half of the time that is left, so that there is some for what it was looked up for.
    """
    token = _ends.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def _end(method: str) -> float | None:
    """When this call has to be over, by the loop's clock."""
    ends = _ends.get()
    if ends is None or method not in LOOKED_UP:
        return ends
    now = asyncio.get_running_loop().time()
    return now + (ends - now) / 2


class RefusedError(Exception):
    """Slack understood and said no; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RateLimitedError(Exception):
    """Slack did nothing and asks to wait `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"ratelimited for {seconds} s")
        self.seconds = seconds


class NoAnswerError(Exception):
    """No answer, or none that says whether it was done."""


@dataclass(frozen=True, slots=True)
class Download:
    """What was handed out, and what it claims to be."""

    content: bytes
    media_type: str


class Api:
    """The bot's calls. Nothing is tried twice here: who calls knows what a second time would mean.

    Where Slack asked to wait, it is not asked again before that: for this method in this channel, and nothing else.
    """

    def __init__(self, *, token: str, url: str, clock: Callable[[], datetime], seconds: float = SECONDS) -> None:
        self._clock = clock
        self._waits: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        self._client = AsyncWebClient(token=token, base_url=url, retry_handlers=[])
        self._client.proxy = None  # else a proxy from the environment would catch 127.0.0.1 too
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """Where the calls go."""
        return self._client.base_url

    @property
    def client(self) -> AsyncWebClient:
        """The same account for Bolt and for Socket Mode."""
        return self._client

    async def call(self, method: str, **arguments: object) -> Payload:
        """What Slack answers. Raises RefusedError, RateLimitedError, NoAnswerError."""
        return _data(await self._ask(method, arguments))

    async def call_as(self, token: str, method: str) -> Payload:
        """The same with another token than the bot's."""
        return _data(await self._ask(method, {}, token))

    async def identity(self) -> tuple[Payload, frozenset[str] | None]:
        """Whose token it is, and the rights it was given; None where Slack does not say."""
        answer = await self._ask("auth.test", {})
        given = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes")
        return _data(answer), None if given is None else frozenset(filter(None, map(str.strip, given.split(","))))

    async def _ask(self, method: str, arguments: Mapping[str, Any], token: str = "") -> AsyncSlackResponse:
        place = (method, str(arguments.get("channel", "")))
        self._wait(place)
        self._client.session = self._opened()
        bearer = {"Authorization": f"Bearer {token}"} if token else None
        try:
            async with asyncio.timeout_at(_end(method)):
                if method in IN_QUERY:
                    return await self._client.api_call(
                        method, http_verb="GET", params=dict(arguments), headers=bearer
                    )
                return await self._client.api_call(method, json=dict(arguments), headers=bearer)
        except SlackApiError as error:
            trouble = _trouble(error)
            if isinstance(trouble, RateLimitedError):
                now = self._clock()
                self._waits[place] = now, now + timedelta(seconds=trouble.seconds)
            raise trouble from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, *NOT_SLACKS) as error:
            raise NoAnswerError(f"{method}: {type(error).__name__}") from error

    def _wait(self, place: tuple[str, str]) -> None:
        """Raises RateLimitedError where Slack asked to wait, and the time is not over."""
        if place not in self._waits:
            return
        (since, until), now = self._waits[place], self._clock()
        if since <= now < until:  # or the clock was put back
            raise RateLimitedError(ceil((until - now).total_seconds()))
        del self._waits[place]

    async def post(self, url: str, said: Payload) -> bool:
        """Answers one interaction at the address that came with it (`response_url`); False when it did not go."""
        try:
            async with asyncio.timeout_at(_end("response_url")), self._opened().post(url, json=said) as response:
                return response.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            logging.getLogger(__name__).warning("no answer at response_url: %s", type(error).__name__)
            return False

    async def upload(self, url: str, content: bytes) -> None:
        """Puts a file's bytes where Slack said. Raises NoAnswerError."""
        try:
            async with self._opened().post(url, data=content) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswerError(f"upload: {type(error).__name__}") from error

    async def download(self, url: str, most: int) -> Download | None:
        """A file at an address of Slack's; None where it is not handed out, or is longer. Raises NoAnswerError."""
        headers = {"Authorization": f"Bearer {self._client.token}"}
        try:
            async with self._opened().get(url, headers=headers, allow_redirects=False) as response:
                if response.status >= 500 or response.status == 429:
                    raise NoAnswerError(f"download: {response.status}")
                if response.status != 200:
                    return None
                content = await response.content.read(most + 1)
                while len(content) <= most and not response.content.at_eof():
                    content += await response.content.read(most + 1 - len(content))
                return Download(content, response.content_type) if len(content) <= most else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswerError(f"download: {type(error).__name__}") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """A session of our own: Slack's SDK ignores its `timeout` in a session it was given."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=False)
        return self._session


def _data(answer: AsyncSlackResponse) -> Payload:
    return dict(answer.data) if isinstance(answer.data, dict) else {}


def _trouble(error: SlackApiError) -> Exception:
    response = error.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in LIMITED:
        return RateLimitedError(_seconds(response.headers))
    if status >= 500 or not code or code in PASSING:
        return NoAnswerError(f"{status} {code}".strip())
    return RefusedError(code)


def _seconds(headers: Mapping[str, object]) -> int:
    asked = str({name.lower(): value for name, value in headers.items()}.get("retry-after", ""))
    return max(1, int(asked)) if asked.isdigit() else 30
