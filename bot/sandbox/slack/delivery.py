"""How Slack reaches the app: signed HTTP requests or socket envelopes, three seconds for each."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.socket_mode import NotConnectedError, Sockets
from bot.sandbox.slack.wire import Payload
from bot.sandbox.slack.workspace import Workspace

PATIENCE = 3.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Something for the app. `kind`: `events_api`, `interactive` or `slash_commands`."""

    kind: str
    payload: Payload
    retry_num: int = 0
    retry_reason: str = ""

    @property
    def body(self) -> bytes:
        """The HTTP body: JSON for events, a form for everything else."""
        if self.kind == "events_api":
            return json.dumps(self.payload).encode()
        if self.kind == "interactive":
            return urlencode({"payload": json.dumps(self.payload)}).encode()
        return urlencode(self.payload).encode()

    @property
    def content_type(self) -> str:
        """The HTTP content type that goes with the body."""
        return "application/json" if self.kind == "events_api" else "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What is wrong with the signature, if anything: for tests of who is let in.

    `secret` signs instead of the right one, `age` makes the timestamp older (negative: in the future), `without`
    leaves headers out, `altered` changes one byte of the body after it was signed.
    """

    secret: str = ""
    age: timedelta = timedelta()
    without: tuple[str, ...] = ()
    altered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it. `outcome`: `ok`, `http_error` (not 2xx), `operation_timeout` (more than three seconds),
    `dispatch_failed` (nobody there), `held` (not sent yet), `silent` (Slack tells the app nothing of this).
    """

    outcome: str
    status: int = 0
    body: str = ""

    @property
    def payload(self) -> Payload:
        """The body as a JSON object; empty when it is none."""
        try:
            decoded = json.loads(self.body or "{}")
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}


class Transport(Protocol):
    """A way to the app."""

    async def send(self, envelope: Envelope, letterhead: Letterhead) -> Answer:
        """Hand over one envelope and wait for what is answered, three seconds at most."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class OverHttp:
    """Signed requests to `<desk>/slack/events`."""

    def __init__(self, workspace: Workspace, desk_url: str, *, patience: float = PATIENCE) -> None:
        self._workspace = workspace
        self._url = f"{desk_url.rstrip('/')}/slack/events"
        self._patience = aiohttp.ClientTimeout(total=patience)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, envelope: Envelope, letterhead: Letterhead) -> Answer:
        """One signed POST."""
        headers = self._headers(envelope, letterhead)
        body = envelope.body[:-1] + b" " if letterhead.altered else envelope.body
        try:
            async with self._opened().post(self._url, data=body, headers=headers, timeout=self._patience) as response:
                text = await response.text()
                outcome = "ok" if response.ok else "http_error"
                return Answer(outcome=outcome, status=response.status, body=text)
        except TimeoutError:
            return Answer(outcome="operation_timeout")
        except aiohttp.ClientError:
            return Answer(outcome="dispatch_failed")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def _headers(self, envelope: Envelope, letterhead: Letterhead) -> dict[str, str]:
        stamp = str(int((self._workspace.clock() - letterhead.age).timestamp()))
        secret = letterhead.secret or self._workspace.signing_secret
        headers = {
            "Content-Type": envelope.content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(secret, stamp, envelope.body),
            **_retry_headers(envelope),
        }
        return {name: value for name, value in headers.items() if name not in letterhead.without}


class OverSocket:
    """Envelopes over Socket Mode. Nothing is signed there, so a letterhead changes nothing."""

    def __init__(self, sockets: Sockets, *, patience: float = PATIENCE) -> None:
        self._sockets = sockets
        self._patience = patience

    async def send(self, envelope: Envelope, letterhead: Letterhead) -> Answer:  # noqa: ARG002 - as over HTTP
        """One envelope; its acknowledgement's payload is the answer's body."""
        try:
            async with asyncio.timeout(self._patience):
                payload = await self._sockets.deliver(
                    envelope.kind,
                    envelope.payload,
                    retry=envelope.retry_num,
                    reason=envelope.retry_reason,
                )
        except TimeoutError:
            return Answer(outcome="operation_timeout")
        except (NotConnectedError, ConnectionError):
            return Answer(outcome="dispatch_failed")
        return Answer(outcome="ok", status=200, body=json.dumps(payload) if payload else "")

    async def close(self) -> None:
        """Nothing to let go of: the sockets are the server's."""


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Slack's v0 signature: HMAC-SHA256 over `v0:timestamp:body`."""
    signed = hmac.new(secret.encode(), b":".join((b"v0", stamp.encode(), body)), hashlib.sha256)
    return f"v0={signed.hexdigest()}"


def again(envelope: Envelope, *, attempt: int, reason: str, event_id: str = "") -> Envelope:
    """The envelope as a retry; with another event id when one is given."""
    payload = {**envelope.payload, **({"event_id": event_id} if event_id else {})}
    return replace(envelope, payload=payload, retry_num=attempt, retry_reason=reason)


def _retry_headers(envelope: Envelope) -> Mapping[str, str]:
    if not envelope.retry_num:
        return {}
    return {"X-Slack-Retry-Num": str(envelope.retry_num), "X-Slack-Retry-Reason": envelope.retry_reason}
