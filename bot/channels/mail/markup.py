"""HTML to readable text: a layout library within bounds, and a plain reading when it fails."""

import html
import re

import lxml.etree  # type: ignore[import-untyped]  # ships no types
import lxml.html  # type: ignore[import-untyped]  # ships no types
from inscriptis import get_text  # type: ignore[import-untyped]  # ships no types
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]  # ships no types
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]  # ships no types

from bot.channels.mail.fields import IsOurs, are_of_others, begins_with_headers
from bot.channels.mail.text import readable

MOST_CHARACTERS = 400_000
MOST_TAGS = 20_000
MOST_CELLS = 400  # laying out a table takes quadratic time
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
MOST_QUOTED = 100_000
MOST_TOLD = 50
CHARSET_WITHIN = 4096
_BEGINNINGS = {"divRplyFwdMsg", "appendonsend", "zwchr", "orangeQuote"}
_CONTAINERS = " | ".join(
    (
        "//blockquote[@type='cite' or contains(@class, '_quote') or contains(@id, 'blockquote_zmail')]",
        "//blockquote[contains(translate(@style, ' ', ''), 'border-left')]",
        # Where these hold such a quote, an answer may stand below it, within them.
        "//div[contains(@class, 'gmail_quote') or contains(@class, 'protonmail_quote')][not(.//blockquote)]",
        "//div[contains(@class, 'yahoo_quoted') or contains(@class, 'zmail_extra')]",
        "//div[contains(@class, 'moz-cite-prefix')]",
        "//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='zwchr' or @id='orangeQuote']",
        "//hr[@id='zwchr']",
        "//div[contains(translate(@style, ' ', ''), 'border-top:solid')]",
    )
)
_CONTAINER_HINT = re.compile(
    r"<blockquote|gmail_quote|yahoo_quoted|moz-cite|protonmail_quote|divRplyFwdMsg|appendonsend|zwchr|zmail_extra"
    r"|orangeQuote|border-top\s?:\s?solid",
    re.IGNORECASE,
)
_LAYOUT = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)
_HIDDEN = re.compile(r"<(script|style|head|title)\b[^>]*+>(?:[^<]|<(?!/\1))*+(?:</\1[^>]*+>)?", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*+(?:-->)?")
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h\d|/?blockquote|/?table|hr)\b[^>]*+>", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta\b[^>]{0,200}\bcharset\s{0,9}=\s{0,9}[\"']?([a-z0-9_.:-]{2,40})", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\n(\n*+)")
_COMMAND = re.compile(r"<param>[^<]{0,200}</param>|(?<!<)</?[a-z-]{1,60}>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*+>?")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


def charset_of(markup: bytes) -> str | None:
    """The charset that an HTML body names for itself."""
    named = _CHARSET.search(markup[:CHARSET_WITHIN])
    return named[1].decode("ascii") if named else None


def from_enriched(text: str) -> str:
    """The words of an enriched text (RFC 1896) as HTML: a lone line end is a space, its commands are left out."""
    filled = _LINE_ENDS.sub(lambda ends: ends[1] or " ", text[:MOST_CHARACTERS].replace("\r\n", "\n"))
    return f"<pre>{html.escape(_COMMAND.sub('', filled).replace('<<', '<'))}</pre>"


def text_of(markup: str) -> str:
    """The readable text of an HTML body, at most its first 400,000 characters. Never raises, fetches nothing."""
    bounded = _COMMENT.sub("", markup[:MOST_CHARACTERS])
    plain = _plain(bounded)
    if not plain or bounded.count("<") > MOST_TAGS or len(_CELL.findall(bounded)) > MOST_CELLS:
        return plain
    return _laid_out(bounded) or plain


def unquoted_text(markup: str, is_ours: IsOurs | None = None) -> str:
    """The readable text of an HTML body, with `>` before what stands in the containers that mail programs quote in.

    Empty when there is no such container, or nothing else.
    """
    bounded = markup[:MOST_QUOTED]
    if not _CONTAINER_HINT.search(bounded) or bounded.count("<") > MOST_TAGS:
        return ""
    try:
        tree = lxml.html.document_fromstring(bounded)
        containers = enumerate(tree.xpath(_CONTAINERS))
        marked = [_mark(container, is_ours, told=number < MOST_TOLD) for number, container in containers]
        return text_of(lxml.html.tostring(tree, encoding="unicode")) if any(marked) else ""
    except (lxml.etree.LxmlError, RecursionError, ValueError, AssertionError):
        return ""  # the text stays whole


def _mark(element: "lxml.html.HtmlElement", is_ours: IsOurs | None, *, told: bool) -> bool:
    """Puts a container's text in its place as a quote; those that only begin a quote take all that follows along.

    False where it is none: a line that a person drew, or a mail of others that they show.
    """
    if element.getparent() is None or not _is_in_tree(element):
        return False
    lined = "border-top:solid" in _style(element)
    begins = lined or element.get("id") in _BEGINNINGS
    content = text_of(lxml.html.tostring(element, encoding="unicode", with_tail=False)) if told else ""
    head = [line.strip() for line in content.split("\n")]
    if begins and ((lined and told and not begins_with_headers(head)) or are_of_others(head, is_ours)):
        return False
    if begins:
        _drop_below(element)
    quoted = "" if begins else content
    mark = lxml.html.Element("pre")
    # What introduces the quote, and an answer below it, are told by the mark.
    mark.text = "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))
    element.addprevious(mark)
    element.drop_tree()
    return True


def _drop_below(element: "lxml.html.HtmlElement") -> None:
    """Takes all that follows out of the tree, also what stands beside the frames that programs put around."""
    for level in (element, *element.iterancestors()):
        if level.tag in {"body", "html"}:
            return
        for following in list(level.itersiblings()):
            following.drop_tree()


def _is_in_tree(element: "lxml.html.HtmlElement") -> bool:
    """Whether no container around it was taken out before it."""
    return bool(element.getroottree().getroot().tag == "html")


def _style(element: "lxml.html.HtmlElement") -> str:
    return "".join((element.get("style") or "").lower().split())


def _laid_out(markup: str) -> str:
    try:
        return _tidy(get_text(markup, _LAYOUT))
    except (ArithmeticError, AssertionError, LookupError, RecursionError, TypeError, ValueError, AttributeError):
        return ""  # the plain reading stands in


def _plain(markup: str) -> str:
    return _tidy(html.unescape(_TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub("", markup)))))


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in readable(text).replace("\xa0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
