"""Answers of the web: pages and JSON, each with the headers that keep it to itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web

from bot.core.facts import Language
from bot.words import TEMPLATES, Words

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SEALED_OFF = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
IMMUTABLE = "public, max-age=31536000, immutable"
LATER_SECONDS = "30"


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """The one stylesheet, under an address that changes with it."""

    content: bytes

    @property
    def path(self) -> str:
        return f"/style-{sha256(self.content).hexdigest()[:12]}.css"


def stylesheet() -> Stylesheet:
    """As it stands beside the pages' templates."""
    return Stylesheet((TEMPLATES / "web" / "style.css").read_bytes())


async def guard(_request: web.Request, response: web.StreamResponse) -> None:
    """Puts the headers on every answer, unless its handler set its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "Comptoir"


def html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)


def original(text: str) -> web.Response:
    """A page with a mail in it: nothing in it runs, sends or is fetched but our own copies of its pictures."""
    answer = html(text)
    answer.headers["Content-Security-Policy"] = SEALED_OFF
    return answer


def style(sheet: Stylesheet) -> web.Response:
    return web.Response(
        body=sheet.content, content_type="text/css", charset="utf-8", headers={"Cache-Control": IMMUTABLE}
    )


def pdf(content: bytes, name: str) -> web.Response:
    """A file to keep, never shown in place."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type="application/pdf", headers=headers)


@dataclass(frozen=True, slots=True)
class Problems:
    """Pages that say what happened, what was not done, and what to do next."""

    words: Words
    stylesheet: str

    def page(self, status: int, language: Language) -> web.Response:
        answer = html(self.text(status, language), status)
        if status in {429, 503}:
            answer.headers["Retry-After"] = LATER_SECONDS
        return answer

    def text(self, status: int, language: Language) -> str:
        return self.words.page(f"{language}/problem", language, status=status, stylesheet=self.stylesheet)


_PREFERRED = re.compile(r"\b(fr|en)\b", re.IGNORECASE)


def language_of(request: web.Request) -> Language:
    """The language a stranger is answered in: the first of ours their browser names, else French."""
    found = _PREFERRED.search(request.headers.get("Accept-Language", ""))
    return Language(found[1].lower()) if found else Language.FR
