"""A mail's HTML made harmless: it looks as it was sent, and can neither act, nor fetch, nor leave its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import unquote, urlsplit

import nh3

from bot.app.links import masked

MOST_CHARACTERS = 400_000
MOST_TAGS = 10_000  # deep nesting takes quadratic time: a third of a second here
_SMALLEST = 3  # pixels; less is there to be counted, not seen
_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col"),
    *("colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "col": {"span"},
    "font": {"face", "size"},
    "img": {"alt", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_STYLES = {
    *(
        "background-color",
        "border",
        "border-bottom",
        "border-collapse",
        "border-color",
        "border-left",
        "border-radius",
    ),
    *(
        "border-right",
        "border-spacing",
        "border-style",
        "border-top",
        "border-width",
        "color",
        "direction",
        "display",
    ),
    *("float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height"),
    *("letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top"),
    *("max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align"),
    *("text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break"),
}
_DROPPED = {"applet", "audio", "embed", "head", "iframe", "math", "noembed", "noframes", "noscript", "object"}
_DROPPED |= {"plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp"}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s\\]+", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_LOADS = re.compile(r"url|image|src|\\|/\*|@", re.IGNORECASE)
# What nh3 writes is normal: values quoted, and no bare < in text.
_WRITTEN = re.compile(r'<(img|a)((?: [\w-]+="[^"]*")*)>')
_VALUE = re.compile(r' ([\w-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A body that may be put into a page; `absent` pictures are named in their places."""

    html: str
    absent: int


def shown(html: str, pictures: Mapping[str, str], absent: str) -> Shown | None:
    """The body made harmless; None where it is too heavy. Takes its time: not for the event loop.

    `pictures` maps the Content-IDs of this very mail to addresses of ours, `absent` is said in place of all others.
    """
    if len(html) > MOST_CHARACTERS or html.count("<") > MOST_TAGS:
        return None
    clean = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=lambda _tag, name, value: _kept(name, value, pictures),
        filter_style_properties=_STYLES,
        url_schemes={"cid", "data", "http", "https", "mailto", "tel"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )
    missing = 0

    def placed(tag: re.Match[str]) -> str:
        nonlocal missing
        values = {name: unescape(value) for name, value in _VALUE.findall(tag[2])}
        if tag[1] == "a":
            return f'{tag[0][:-1]} data-to="{escape(_target(values["href"]))}">' if "href" in values else tag[0]
        if "src" in values:
            return tag[0]
        missing += 1
        if _is_tiny(values.get("width", "")) or _is_tiny(values.get("height", "")):
            return ""
        named = " ".join(filter(None, (absent, values.get("alt", "").strip())))
        return f'<span class="absent">{escape(named)}</span>'

    return Shown(html=masked(_WRITTEN.sub(placed, clean)), absent=missing)


def _kept(name: str, value: str, pictures: Mapping[str, str]) -> str | None:
    """What an attribute may say; None takes it away."""
    if name == "href":
        return value if _LINK.fullmatch(value) and not _decides(value) else None
    if name == "src":
        return pictures.get(unquote(value[4:])) if value[:4].lower() == "cid:" else _embedded(value)
    if name == "style":
        return ";".join(rule for rule in value.split(";") if not _LOADS.search(rule))
    return value


def _embedded(value: str) -> str | None:
    return value if _PICTURE.fullmatch(value) else None


def _decides(link: str) -> bool:
    """Whether it leads to one of our pages, however wrapped."""
    for _ in range(4):
        if masked(link) != link:
            return True
        link = unquote(link)
    return False


def _target(link: str) -> str:
    """Where a link really leads: its host, or the address it writes to."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode()
    except (UnicodeError, ValueError):
        return "?"
    return host or unquote(parts.path)[:100]


def _is_tiny(size: str) -> bool:
    return size.isdecimal() and int(size[:5]) < _SMALLEST
