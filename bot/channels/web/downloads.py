"""Files that strangers sent, given out so that no browser runs them."""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Accept-Ranges": "none",
}
_UNSURE = re.compile(r"[^A-Za-z0-9 ._()-]")
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff/\\]")


def download(content: bytes, name: str) -> web.Response:
    """The file. What it is, its own bytes say: a picture is shown, all else is kept, whatever it claims to be."""
    picture = next((kind for begins, kind in _PICTURES if begins.match(content)), "")
    headers = {"Content-Disposition": disposition("inline" if picture else "attachment", name), **_HEADERS}
    if picture:  # the sandboxed page that shows a mail has no origin of its own
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return web.Response(body=content, content_type=picture or "application/octet-stream", headers=headers)


def disposition(kind: str, name: str) -> str:
    """The header's value with the name for every browser (RFC 6266, RFC 8187)."""
    clean = _STEERING.sub("_", name)[:150] or "attachment"
    ascii_only = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    plain = _UNSURE.sub("_", ascii_only).strip(" .") or "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
