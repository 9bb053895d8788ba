"""A workspace that serves, an app's client for it, and a desk that records what it is told."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Channel, Payload, People, SlackServer, User, Workspace, start

STAFF = "C0STAFF"
CAMILLE = "U0CAMILLE"
DENIS = "U0DENIS"
STRANGER = "U0STRANGER"
BOT = "U0COMPTOIR"


@dataclass
class HandClock:
    """A clock that a test moves by hand."""

    now: datetime = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Desk:
    """What stands at the other end: checks signatures, keeps what came, answers what a test prepared."""

    url: str = ""
    got: list[Payload] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)


class _VerifierClock(SlackClock):
    def __init__(self, clock: HandClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def workspace(clock: HandClock) -> Workspace:
    people = (
        User(id=CAMILLE, name="Camille"),
        User(id=DENIS, name="Denis"),
        User(id=STRANGER, name="Stranger", team="T0OTHER"),
    )
    return Workspace(
        clock=clock,
        bot_token="xoxb-test",
        app_token="xapp-test",
        signing_secret="shared secret",
        users=people,
        channels=(
            Channel(id=STAFF, name="staff", members=(CAMILLE, DENIS, BOT)),
            Channel(id="C0TOWN", name="town", members=(CAMILLE,), is_private=False),
            Channel(id="C0CLOSED", name="closed", members=(CAMILLE,)),
            Channel(id="C0OLD", name="old", members=(CAMILLE, BOT), is_archived=True),
            Channel(id="C0CONNECT", name="connect", members=(STRANGER, BOT), is_ext_shared=True),
        ),
        user_groups={"S0STAFF": (CAMILLE, DENIS)},
    )


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[SlackServer]:
    server = await start(workspace)
    yield server
    await server.stop()


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-test", base_url=slack.api_url, timeout=2, retry_handlers=[])


@pytest.fixture
async def desk(workspace: Workspace, clock: HandClock) -> AsyncIterator[Desk]:
    desk = Desk()
    verifier = SignatureVerifier(workspace.signing_secret, _VerifierClock(clock))

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        headers = dict(request.headers)
        if not verifier.is_valid_request(body, headers):
            return web.Response(status=401)
        desk.got.append(_decoded(body, request.content_type))
        desk.headers.append(headers)
        return desk.answers.pop(0) if desk.answers else web.Response()

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield desk
    await runner.cleanup()


@pytest.fixture
async def people(workspace: Workspace, slack: SlackServer, desk: Desk) -> AsyncIterator[People]:
    crowd = People.over_http(workspace, desk.url)
    yield crowd
    await crowd.close()


def _decoded(body: bytes, content_type: str) -> Payload:
    if content_type == "application/json":
        return dict(json.loads(body))
    form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return dict(json.loads(form["payload"])) if "payload" in form else form
