"""The web, wired: pages behind mailed links, the programs' door, and what operators watch."""

from collections.abc import Callable, Collection
from datetime import datetime

from aiohttp import web

from bot.app.cards import Cards
from bot.app.desk import Desk
from bot.channels.web.answers import Problems, guard, style, stylesheet
from bot.channels.web.api import Api
from bot.channels.web.cards import CardDoor
from bot.channels.web.edge import edge
from bot.channels.web.google import Google
from bot.channels.web.health import Health, Ready
from bot.channels.web.links import Links
from bot.channels.web.metrics import Metrics
from bot.channels.web.openapi import description
from bot.rates import Pace

ROBOTS = "User-agent: *\nDisallow: /\n"
LARGEST = 1024 * 1024


def application(
    desk: Desk,
    clock: Callable[[], datetime],
    *,
    tokens: Collection[str] = (),
    ready: Ready | None = None,
    pace: Pace | None = None,
    google: Google | None = None,
    cards: Cards | None = None,
) -> web.Application:
    """The routes of `docs/operations.md`; others may be added before it is served.

    `tokens` are the SHA-256 hashes, in hexadecimal, of the bearer tokens that programs may use; `ready` is asked
    besides the database; `pace` limits how many unknown links one peer may try; with `google`
    a tap in Gmail counts as a click; without `cards` nobody is offered to pay by one. Serve it with
    `access_log=None`: aiohttp's own would log the links' tokens.
    """
    sheet = stylesheet()
    problems, metrics = Problems(desk.words, sheet.path), Metrics()
    door = CardDoor(desk, clock, problems, cards) if cards else None
    links = Links(desk, clock, problems, metrics, pace or Pace(), google, door)
    api = Api(desk, clock, tokens)
    health = Health(desk.store, clock, ready)
    app = web.Application(middlewares=[edge(problems, metrics)], client_max_size=LARGEST)
    app.on_response_prepare.append(guard)

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True, "ready": await health.is_ready()})

    async def is_ready(_request: web.Request) -> web.Response:
        answers = await health.is_ready()
        return web.json_response({"ready": answers}, status=200 if answers else 503)

    async def measures(_request: web.Request) -> web.Response:
        text = await metrics.exposition(desk.store, clock())
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def robots(_request: web.Request) -> web.Response:
        return web.Response(text=ROBOTS)

    async def css(_request: web.Request) -> web.Response:
        return style(sheet)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(description(desk.public_url, desk.provider.name))

    if google is not None:
        app.router.add_post("/a/{token}/confirm", links.confirm)
    app.add_routes(
        [
            web.get("/healthz", alive),
            web.get("/readyz", is_ready),
            web.get("/metrics", measures),
            web.get("/robots.txt", robots),
            web.get(sheet.path, css),
            web.get("/a/{token}", links.show),
            web.post("/a/{token}", links.decide),
            web.get("/a/{token}/document/{number}", links.read),
            web.get("/a/{token}/file/{number:[0-9]{1,18}}", links.file),
            web.get("/a/{token}/mail/{number:[0-9]{1,18}}", links.mail),
            web.get("/api/v1/openapi.json", openapi),
            web.get("/api/v1/entitlements/{who}", api.entitlement),
            web.post("/api/v1/incidents", api.open),
        ]
    )
    if door is not None:
        app.router.add_post("/pay/stripe", door.report)
        app.router.add_get("/pay/{outcome:done|back}", door.returned)
    return app
