"""The Web API over HTTP: tokens, bodies, faults; uploads and downloads; response_url; the socket."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from aiohttp import web

from bot.sandbox.slack import chat, conversations, files, views
from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.respond import use_response_url
from bot.sandbox.slack.scopes import check_scope
from bot.sandbox.slack.socket_mode import Sockets, open_connection
from bot.sandbox.slack.wire import Arguments, Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

Method: TypeAlias = Callable[[Workspace, Arguments], Payload]

METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "auth.test": (conversations.auth_test, ()),
    "chat.postMessage": (chat.post_message, ("channel",)),
    "chat.update": (chat.update, ("channel", "ts")),
    "chat.unfurl": (chat.unfurl, ("channel", "ts", "unfurls")),
    "chat.delete": (chat.delete, ("channel", "ts")),
    "chat.postEphemeral": (chat.post_ephemeral, ("channel", "user")),
    "chat.getPermalink": (chat.get_permalink, ("channel", "message_ts")),
    "conversations.open": (conversations.open_direct, ("users",)),
    "conversations.info": (conversations.info, ("channel",)),
    "conversations.members": (conversations.members, ("channel",)),
    "conversations.history": (conversations.history, ("channel",)),
    "conversations.replies": (conversations.replies, ("channel", "ts")),
    "users.info": (conversations.user_info, ("user",)),
    "usergroups.users.list": (conversations.group_members, ("usergroup",)),
    "views.open": (views.open_view, ("trigger_id", "view")),
    "views.push": (views.push_view, ("trigger_id", "view")),
    "views.update": (views.update_view, ("view",)),
    "views.publish": (views.publish_view, ("user_id", "view")),
    "pins.add": (chat.pin, ("channel", "timestamp")),
    "pins.remove": (chat.unpin, ("channel", "timestamp")),
    "reactions.add": (chat.add_reaction, ("channel", "timestamp", "name")),
    "files.getUploadURLExternal": (files.announce, ("filename",)),
    "files.completeUploadExternal": (files.complete, ("files",)),
    "files.info": (files.info, ("file",)),
}
"""Every method the stand-in knows, with the arguments it cannot do without."""

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call the app made: for tests that look at order, number and what came of it."""

    method: str
    channel: str
    at: datetime
    outcome: str
    arguments: Payload


class SlackServer:
    """The stand-in, serving. `base_url` ends with a slash; `api_url` is what an app sets as its Slack API."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.faults = Faults(workspace.clock)
        self.sockets = Sockets(workspace)
        self.calls: list[Call] = []
        self._runner = web.AppRunner(self.application(), shutdown_timeout=1.0)

    @property
    def base_url(self) -> str:
        """`http://host:port/`."""
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        """`http://host:port/api/`: SLACK_API_URL of the desk."""
        return f"{self.workspace.base_url}api/"

    def application(self) -> web.Application:
        """The routes, to be served alone or mounted in another application."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/files/{file}/{name}", self._download)
        app.router.add_post("/response/{id}", self._respond)
        app.router.add_get("/link/", self.sockets.connect)
        app.on_shutdown.append(self._let_go)
        return app

    async def listen(self, host: str, port: int) -> None:
        """Begin to serve; port 0 takes a free one."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        taken = self._runner.addresses[0][1]
        self.workspace.base_url = f"http://{host}:{taken}/"

    async def stop(self) -> None:
        """Stop serving; whatever hangs is let go."""
        await self._runner.cleanup()

    async def _let_go(self, _app: web.Application) -> None:
        self.faults.clear()
        await self.sockets.disconnect("link_disabled")

    # --- the Web API ---

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = await _arguments(request)
        channel = str(given.get("channel") or given.get("channel_id") or "")
        fault = self.faults.take(method, channel)
        outcome, response = await self._answer(request, method, given, fault)
        at = self.workspace.clock()
        self.calls.append(Call(method=method, channel=channel, at=at, outcome=outcome, arguments=given))
        return response

    async def _answer(
        self, request: web.Request, method: str, given: Payload, fault: Fault | None
    ) -> tuple[str, web.StreamResponse]:
        if fault is not None and fault.kind != "lost":
            return fault.error or fault.kind, await self._fail(request, fault)
        body = self._call(request, method, given)
        outcome = "ok" if body["ok"] else str(body["error"])
        if fault is not None:
            _break(request)
            return "lost", web.Response()
        scopes = self.workspace.scopes
        headers = {} if scopes is None else {"x-oauth-scopes": ",".join(sorted(scopes))}
        return outcome, web.json_response(body, headers=headers)

    def _call(self, request: web.Request, method: str, given: Payload) -> Payload:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(given.get("token", ""))
        try:
            if not token:
                raise SlackError("not_authed")
            if method == "apps.connections.open":
                return open_connection(self.sockets, token)
            if token != self.workspace.bot_token:
                raise SlackError("invalid_auth")
            check_scope(self.workspace, method, given)
            return run(self.workspace, method, given)
        except SlackError as refusal:
            return refusal.answer()

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind == "ratelimited":
            headers = {"Retry-After": str(self.faults.seconds_left(fault))}
            return web.json_response(SlackError("ratelimited").answer(), status=429, headers=headers)
        if fault.kind == "refusal":
            return web.json_response(SlackError(fault.error).answer())
        if fault.kind == "status":
            return web.Response(status=fault.status, text="<html>Server Error</html>", content_type="text/html")
        if fault.kind == "hang":
            await self.faults.released()
        _break(request)
        return web.Response()

    # --- files ---

    async def _upload(self, request: web.Request) -> web.Response:
        file = self.workspace.files.get(request.match_info["file"])
        content = await _uploaded_bytes(request)
        if file is None or file.content is not None:
            return web.Response(status=404, text="no such upload")
        if len(content) != file.length:
            return web.Response(status=400, text="not the announced length")
        self.workspace.put_file(replace(file, content=content))
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.Response:
        file = self.workspace.files.get(request.match_info["file"])
        if request.headers.get("Authorization") != f"Bearer {self.workspace.bot_token}":
            return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
        if file is None or file.content is None:
            return web.Response(status=404, text="no such file")
        return web.Response(body=file.content, content_type=file.mimetype)

    # --- response_url ---

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            use_response_url(self.workspace, request.match_info["id"], await request.json())
        except SlackError as refusal:
            gone = refusal.error in {"used_url", "expired_url"}
            return web.json_response(refusal.answer(), status=404 if gone else 400)
        return web.json_response({"ok": True})


async def start(workspace: Workspace, host: str = "127.0.0.1", port: int = 0) -> SlackServer:
    """Serve `workspace`; port 0 takes a free one. The caller stops what it gets."""
    server = SlackServer(workspace)
    await server.listen(host, port)
    return server


def run(workspace: Workspace, method: str, given: Payload) -> Payload:
    """Carry out one Web API method; SlackError when Slack would refuse it."""
    if method not in METHODS:
        raise SlackError("unknown_method")
    act, needed = METHODS[method]
    missing = tuple(f"missing required field: {name}" for name in needed if not given.get(name))
    if missing:
        raise SlackError("invalid_arguments", missing)
    return act(workspace, Arguments(given))


async def _arguments(request: web.Request) -> Payload:
    given: Payload = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        decoded = json.loads(body) if body else {}
        return {**given, **decoded} if isinstance(decoded, dict) else given
    return {**given, **dict(await request.post())}


async def _uploaded_bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    part = next(iter((await request.post()).values()), "")
    if isinstance(part, web.FileField):
        return part.file.read()
    return part.encode() if isinstance(part, str) else bytes(part)


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
