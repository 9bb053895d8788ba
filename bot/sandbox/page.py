"""The sandbox's one page: its files, what it draws, what it does, and the stream that says what changed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.channels.web.origin import is_ours, origin_of
from bot.sandbox import correspondence, picture, workplace
from bot.sandbox.calendar import Calendar
from bot.sandbox.correspondence import Draft, Upload
from bot.sandbox.jump import foreseen, jump
from bot.sandbox.live import Live
from bot.sandbox.mailbox import Letter, Mailbox, post
from bot.sandbox.slack import People
from bot.wiring import Wired
from bot.words import TEMPLATES

B = TypeVar("B", bound=BaseModel)
FILES = TEMPLATES / "sandbox"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
LARGEST = 30 * 1024 * 1024
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail is somebody else's HTML: nothing runs, nothing is fetched; its links open in a tab of their own.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: cid:; base-uri 'self'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


class Jump(BaseModel):
    """How far to go: an hour, a day, a week, or to the next deadline."""

    by: str


class Acted(BaseModel):
    """What somebody does in Slack; see `workplace.Act`."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    user: str
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    view: str = ""
    action: str = ""
    block: str = ""
    text: str = ""
    option: str | list[str] | None = None
    values: dict[str, str | list[str] | list[Upload] | None] | None = None
    files: tuple[Upload, ...] = ()

    def act(self) -> workplace.Act:
        given = self.model_dump(exclude={"files", "values"})
        values = {name: _entered(value) for name, value in self.values.items()} if self.values else None
        return workplace.Act(**given, values=values, files=[file.decoded() for file in self.files])


def _entered(value: str | list[str] | list[Upload] | None) -> workplace.Entry:
    """What was put into one field; files come as they are uploaded."""
    if not isinstance(value, list):
        return value
    files = [one.decoded() for one in value if isinstance(one, Upload)]
    return files or [one for one in value if isinstance(one, str)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page over everything it shows. `timezone` is the provider's."""

    wired: Wired
    calendar: Calendar
    mailbox: Mailbox
    people: People
    live: Live
    timezone: str
    jumping: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add_to(self, app: web.Application) -> None:
        """Adds the routes to the desk's own web application."""
        app.on_shutdown.append(self._end)
        app.add_routes(
            [
                web.get("/", self._home),
                web.get("/sandbox", self._page),
                web.get("/sandbox/files/{name}", self._file),
                web.get("/sandbox/events", self._events),
                web.get("/sandbox/api/people", self._people),
                web.get("/sandbox/api/mail", self._mail),
                web.get("/sandbox/api/slack", self._slack),
                web.get("/sandbox/api/journal", self._journal),
                web.get("/sandbox/api/calendar", self._calendar),
                web.post("/sandbox/api/mail", self._write),
                web.post("/sandbox/api/slack", self._act),
                web.post("/sandbox/api/jump", self._jump),
                web.get("/sandbox/mail/{id}", self._letter),
                web.get("/sandbox/mail/{id}/{number}", self._attachment),
                web.get("/sandbox/slack/{id}", self._slack_file),
            ]
        )

    # --- what it draws ---

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/sandbox")

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        return _served(FILES / "page.html", {"Content-Security-Policy": PAGE_POLICY})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = FILES / Path(request.match_info["name"]).name
        if file.suffix not in TYPES or not file.is_file():
            raise web.HTTPNotFound
        return _served(file, {"Cache-Control": "no-cache"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        with suppress(ConnectionError):  # the page was closed
            async for event in self.live.listen():
                await stream.write(event.encode())
        return stream

    async def _people(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(correspondence.people(self.mailbox, self._desk_address))

    async def _mail(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(correspondence.conversations(self.mailbox, request.query.get("as", "")))

    async def _slack(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query.get("as", "") not in self.people.workspace.users:
            return _refused("there is no such person in Slack", 404)
        seen = workplace.seen(self.people.workspace, query["as"], query.get("channel", ""), query.get("thread", ""))
        return web.json_response(seen)

    async def _journal(self, _request: web.Request) -> web.StreamResponse:
        store = self.wired.desk.store
        facts, story = await asyncio.gather(picture.journal(store, self.timezone), picture.story(store))
        return web.json_response({"facts": facts, **story})

    async def _calendar(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(await self._time())

    async def _time(self) -> picture.Json:
        store = self.wired.desk.store
        return await picture.calendar(store, self.calendar(), self.calendar.ahead, self.timezone)

    # --- what is done on it ---

    async def _write(self, request: web.Request) -> web.StreamResponse:
        return await self._doing(request, Draft, self._send)

    async def _send(self, draft: Draft) -> web.Response:
        mail = correspondence.written(draft, self.mailbox, self._desk_address, self.calendar())
        environment = self.wired.settings.environment
        refused = await post(mail, *environment.mail_endpoint, environment.mail_protocol)
        if refused is not None:
            return _refused(f"The desk’s mail server said {refused[0]}: {refused[1]}", 409)
        letter = await self.mailbox.put(draft.sender.strip(), mail.as_bytes(), sent=True)
        return web.json_response({"id": letter.kept.id})

    async def _act(self, request: web.Request) -> web.StreamResponse:
        return await self._doing(request, Acted, self._do)

    async def _do(self, acted: Acted) -> web.Response:
        if acted.kind not in workplace.ACTS:
            return _refused("there is no such act", 400)
        done = await workplace.act(self.people, acted.act())
        self.live.tell("slack")
        return web.json_response(done)

    async def _jump(self, request: web.Request) -> web.StreamResponse:
        return await self._doing(request, Jump, self._go)

    async def _go(self, asked: Jump) -> web.Response:
        """Answers when everything that follows is done; `settled` is False when something is still on its way."""
        store = self.wired.desk.store
        async with self.jumping:
            to = await self._target(asked.by)
            if to is None:
                return _refused("nothing falls due", 409)
            settled = await jump(store, self.calendar, to)
        self.live.tell("calendar", "journal", "mail", "slack")
        return web.json_response({"settled": settled, **await self._time()})

    async def _target(self, by: str) -> datetime | None:
        now = self.calendar()
        if by in STEPS:
            return now + STEPS[by]
        coming = await foreseen(self.wired.desk.store, now, limit=1)
        return coming[0].at if coming else None

    async def _doing(
        self, request: web.Request, kind: type[B], work: Callable[[B], Awaitable[web.Response]]
    ) -> web.Response:
        """Only our own page may do anything: another site's form could not send JSON from here."""
        ours = is_ours(request.headers, origin_of(self.wired.desk.public_url))
        if request.content_type != "application/json" or not ours:
            return _refused("only the sandbox’s own page may do this", 403)
        try:
            asked = kind.model_validate_json(await request.clone(client_max_size=LARGEST).read())
            return await work(asked)
        except (ValidationError, ValueError, LookupError) as wrong:
            return _refused(str(wrong).splitlines()[0], 400)
        except OSError as away:
            return _refused(f"The desk’s mail server does not answer: {away}", 503)

    # --- files ---

    async def _letter(self, request: web.Request) -> web.StreamResponse:
        text = f'<base target="_blank">{correspondence.html(self._kept(request))}'
        headers = {"Content-Security-Policy": MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        parts = correspondence.files(self._kept(request))
        number = request.match_info["number"]
        if not number.isdecimal() or int(number) >= len(parts):
            raise web.HTTPNotFound
        part = parts[int(number)]
        return _download(correspondence.content(part), part.get_content_type(), part.get_filename() or "file")

    async def _slack_file(self, request: web.Request) -> web.StreamResponse:
        file = self.people.workspace.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        return _download(file.content, file.mimetype, file.name)

    def _kept(self, request: web.Request) -> Letter:
        name = request.match_info["id"]
        letter = self.mailbox.letter(int(name)) if name.isdecimal() else None
        if letter is None:
            raise web.HTTPNotFound
        return letter

    @property
    def _desk_address(self) -> str:
        return self.wired.settings.environment.mail_address

    async def _end(self, _app: web.Application) -> None:
        self.live.close()


def _served(file: Path, headers: dict[str, str]) -> web.Response:
    return web.Response(body=file.read_bytes(), content_type=TYPES[file.suffix], charset="utf-8", headers=headers)


def _refused(why: str, status: int) -> web.Response:
    return web.Response(text=json.dumps({"error": why}), content_type="application/json", status=status)


# A browser's own viewer of PDFs is an object in a page that it styles itself.
FILE_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
# What a browser shows by itself, without running anything.
_SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "text/plain"})


def _download(content: bytes, media_type: str, name: str) -> web.Response:
    """A PDF opens in the browser; what could hold a script is only ever kept."""
    safe = "".join(c for c in name if c.isprintable() and c not in '"\\/')
    shown = media_type in _SHOWN
    how = "inline" if shown else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(safe)}",
        "Content-Security-Policy": FILE_POLICY,
    }
    return web.Response(
        body=content, content_type=media_type if shown else "application/octet-stream", headers=headers
    )
