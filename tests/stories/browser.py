"""A browser without scripts: it opens pages, fills in forms as a person can, and follows where they lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from socket import AddressFamily
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

Entry = str | bool | tuple[str, ...]
"""What a person enters: text, an option's value, a tick, or several ticks of one name."""


@dataclass(slots=True)
class Control:
    """One field of a form, with what it holds and, where one must choose, what it takes."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def values(self) -> list[str]:
        return self.chosen if self.kind in CHOICES else [self.value]

    def enter(self, entry: Entry) -> None:
        assert self.kind != "hidden", f"nobody sees {self.name}"
        if self.kind not in CHOICES:
            self.value = str(entry)
            return
        wanted = self.options[:1] if entry is True else [] if entry is False else _several(entry)
        assert set(wanted) <= set(self.options), f"{self.name} offers {self.options}"
        self.chosen = list(wanted)


CHOICES = frozenset({"checkbox", "radio", "select"})


def _several(entry: str | tuple[str, ...]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry)


@dataclass(slots=True)
class Button:
    name: str
    value: str
    label: str = ""


@dataclass(slots=True)
class Form:
    """A form with its fields and its buttons."""

    action: str
    method: str
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def button(self, wanted: str) -> Button | None:
        """By its value or by its words."""
        return next((each for each in self.buttons if each.value == wanted or wanted in each.label), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is read: `text` is what is seen, every run of white space one space."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    text: str
    forms: tuple[Form, ...]
    links: tuple[str, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be pressed, by value."""
        return tuple(button.value for form in self.forms for button in form.buttons)

    def form(self, button: str) -> tuple[Form, Button]:
        """The form with this button."""
        for each in self.forms:
            found = each.button(button)
            if found is not None:
                return each, found
        raise AssertionError(f"no {button} on {self.url}, which says: {self.text}")


class Browser:
    """One person's browser. `host` is found at 127.0.0.1 on `port`, whatever its name."""

    def __init__(self, host: str, port: int) -> None:
        connector = aiohttp.TCPConnector(resolver=_At(host, port), force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, headers={"User-Agent": "Lynx/2.9.2"})

    async def open(self, url: str) -> Page:
        """Goes to a page."""
        async with self._session.get(url) as response:
            return await _page(response)

    async def press(self, page: Page, button: str, **entries: Entry) -> Page:
        """Fills in the form this button belongs to and sends it, then reads where that leads."""
        return await self._send(page, button, entries, follow=True)

    async def submit(self, page: Page, button: str, **entries: Entry) -> Page:
        """The same without going where the answer leads: it may be somebody else's page."""
        return await self._send(page, button, entries, follow=False)

    async def _send(self, page: Page, button: str, entries: Mapping[str, Entry], *, follow: bool) -> Page:
        form, pressed = page.form(button)
        for name, entry in entries.items():
            assert name in form.controls, f"no field {name}; there are {sorted(form.controls)}"
            form.controls[name].enter(entry)
        fields = [(control.name, value) for control in form.controls.values() for value in control.values()]
        if pressed.name:
            fields.append((pressed.name, pressed.value))
        # Pages with `Referrer-Policy: no-referrer` make browsers send this origin with their forms.
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        where = urljoin(page.url, form.action)
        body = aiohttp.FormData(fields)
        async with self._session.post(where, data=body, headers=headers, allow_redirects=follow) as response:
            return await _page(response)

    async def post(self, url: str, fields: Mapping[str, str], *, multipart: bool = False) -> int:
        """Sends a form from nowhere, as a mail program does for its reader; the status it gets."""
        data = aiohttp.FormData(fields, default_to_multipart=multipart)
        async with self._session.post(url, data=data, allow_redirects=False) as response:
            return response.status

    async def close(self) -> None:
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _page(response: aiohttp.ClientResponse) -> Page:
    body = await response.read()
    reader = _Reader()
    if response.content_type == "text/html":
        reader.feed(body.decode())
    return Page(
        url=str(response.url),
        status=response.status,
        headers=dict(response.headers),
        body=body,
        text=" ".join("".join(reader.seen).split()),
        forms=tuple(reader.forms),
        links=tuple(urljoin(str(response.url), link) for link in reader.links),
    )


class _At(AbstractResolver):
    """Knows one host."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def resolve(
        self, host: str, _port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        if host != self._host:
            raise OSError(f"a page leads to {host}")
        found = ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=family, proto=0, flags=0)
        return [found]

    async def close(self) -> None:
        return None


class _Reader(HTMLParser):
    """Takes from HTML what a person sees and can use."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._select: Control | None = None
        self._area: Control | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "style" | "script" | "title":
                self._hidden += 1
            case "a" if given.get("href"):
                self.links.append(given["href"])
            case "form":
                self._form = Form(given.get("action", ""), given.get("method", "get"))
                self.forms.append(self._form)
            case "input" | "select" | "textarea" | "button" | "option" if self._form is not None:
                self._control(self._form, tag, given)
        self.seen.append(" ")

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        kind = given.get("type", "text") if tag == "input" else tag
        match tag, kind:
            case "button", _:
                self._button = Button(name, value)
                form.buttons.append(self._button)
            case "option", _:
                self._option(value, chosen="selected" in given)
            case _, "submit":
                form.buttons.append(Button(name, value, value))
            case _, "checkbox" | "radio":
                control = form.controls.setdefault(name, Control(name, kind))
                control.options.append(value or "on")
                control.chosen += [value or "on"] if "checked" in given else []
            case _:
                control = form.controls[name] = Control(name, kind, value)
                self._select = control if tag == "select" else self._select
                self._area = control if tag == "textarea" else None

    def _option(self, value: str, *, chosen: bool) -> None:
        if self._select is None:
            return
        if chosen or not self._select.options:
            self._select.chosen = [value]
        self._select.options.append(value)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "style" | "script" | "title":
                self._hidden -= 1
            case "form":
                self._form = None
            case "button":
                self._button = None
            case "select":
                self._select = None
            case "textarea":
                self._area = None
        self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.label = " ".join((self._button.label + data).split())
        if self._area is not None:
            self._area.value += data
        elif not self._hidden:
            self.seen.append(data)


def host_of(url: str) -> str:
    """The host of an address."""
    return urlsplit(url).hostname or ""
