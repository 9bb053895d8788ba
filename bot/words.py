"""Jinja's room: a notice and a language in; subject, text, HTML and blocks out. Every sentence is in `templates/`."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context as Rendering
from markupsafe import Markup, escape

from bot import figures
from bot.core.facts import Language
from bot.core.money import Money, Price
from bot.core.notices import Notice, Purpose
from bot.core.refusals import Reason
from bot.markup import Block, as_text, grouped, one_line, parse, shield, typeset

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PREVIEW = 180  # characters; phones show less


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who speaks: what `[provider]` in the configuration says. An empty string where there is none."""

    name: str
    legal_name: str
    address: str
    email: str
    siren: str = ""
    vat_number: str = ""
    iban: str = ""
    bic: str = ""
    feedback_address: str = ""
    mediator: str = ""
    cards: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What surrounds a notice. `reference` (`INC-42`) is empty without an incident, `customer` without a name.

    `links` maps a `Purpose` to its address: `incident` whenever there is one, and the notice's own `LINK`. `late` is
    when it was written, where it says that it could not leave for hours; `accept` is where a mail accepts its quote;
    `tap` what Gmail reads, to show a button beside the mail. `chat` is where buttons below the words decide, and no
    sentence of an answer does; papers follow there as files of their own.
    """

    reference: str
    title: str
    customer: str
    links: Mapping[str, str]
    timezone: str
    accept: str = ""
    late: datetime | None = None
    tap: Mapping[str, object] | None = None
    chat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A notice in words. `lines` is the body alone, without greeting and footer, for chat; no button: both empty."""

    subject: str
    preview: str
    text: str
    html: str
    button: str
    button_url: str
    lines: tuple[Block, ...]


class Words:
    """Every sentence a customer reads, in their language."""

    def __init__(self, provider: Provider, templates: Path = TEMPLATES) -> None:
        self._provider = provider
        self._notices = _environment(templates, finalize=_inert, extensions=[_Typesetting])
        self._pages = _environment(templates)
        self._pages.globals["phrase"] = _phrase_here(self.phrase)
        self._phrases = {language: _sentences(templates, "phrases", language) for language in Language}
        self._refusals = {language: _sentences(templates, "refusals", language) for language in Language}

    def notice(self, notice: Notice, language: Language, context: Context) -> Worded:
        """The notice as a mail with the same words in text and HTML, and as blocks for chat."""
        template = self._notices.get_template(f"notices/{notice.name()}/{language}.j2")
        values = self._values(notice, language, context)
        subject = _subject(template, values, context)
        preview = _shortened(one_line(_block(template, "preview", values)))
        lines = parse(_block(template, "body", values))
        after = parse(_block(template, "after", values))
        button_url = _button_url(notice, context)
        button = one_line(_block(template, "button", values)) if button_url else ""
        mail = {
            "subject": subject,
            "preview": preview,
            "greeting": self._greeting(one_line(context.customer), language),
            "blocks": lines,
            "after": after,
            "late": context.late,
            "timezone": context.timezone,
            "button": button,
            "button_url": button_url,
            "accept_url": self._accept_url(notice, language, context.accept),
            "tap": context.tap,
            "incident_url": context.links.get(Purpose.INCIDENT, ""),
            "reference": context.reference,
        }
        return Worded(
            subject=subject,
            preview=preview,
            text=self._rendered("mail/mail.txt.j2", language, mail),
            html=self._rendered("mail/mail.html.j2", language, mail),
            button=button,
            button_url=button_url,
            lines=lines + after,
        )

    def refusal(self, reason: Reason, language: Language) -> str:
        """Why nothing was done, and what to do, for the person who asked."""
        return self._refusals[language][reason]

    def phrase(self, key: str, language: Language, **values: object) -> str:
        """A short phrase of `templates/phrases.*` with its `{values}`; an unknown key is a KeyError."""
        return self._phrases[language][key].format(**values)

    def page(self, name: str, language: Language, **values: object) -> str:
        """`templates/web/<name>.html.j2`, autoescaped; its filters and `phrase(key)` speak the page's language."""
        return self._rendered(f"web/{name}.html.j2", language, values)

    def _greeting(self, customer: str, language: Language) -> str:
        """By name where one is known; an address is not a name."""
        if customer and "@" not in customer:
            return self.phrase("mail.hello_name", language, name=customer)
        return self.phrase("mail.hello", language)

    def _accept_url(self, notice: Notice, language: Language, address: str) -> str:
        """A mail that is written already: it only needs to be sent."""
        number = getattr(notice, "number", "")
        words = quote(self.phrase("mail.accepts", language, number=number))
        return f"mailto:{address}?subject={words}&body={words}" if address else ""

    def _rendered(self, path: str, language: Language, values: Mapping[str, object]) -> str:
        given = {"timezone": "UTC", **values, "provider": self._provider, "language": language}
        return self._pages.get_template(path).render(given)

    def _values(self, notice: Notice, language: Language, context: Context) -> dict[str, object]:
        given = {field.name: getattr(notice, field.name) for field in fields(notice)}
        return given | {
            "provider": self._provider,
            "language": language,
            "reference": context.reference,
            "title": one_line(context.title),
            "links": context.links,
            "timezone": context.timezone,
            "chat": context.chat,
        }


def _button_url(notice: Notice, context: Context) -> str:
    return context.links.get(notice.link) or context.links.get(Purpose.INCIDENT, "")


def _subject(template: Template, values: Mapping[str, object], context: Context) -> str:
    """The notice's own subject, else the conversation's, which never changes."""
    own = one_line(_block(template, "subject", values)) or one_line(context.title)
    return f"[{context.reference}] {own}" if context.reference else own


def _shortened(line: str) -> str:
    return line if len(line) <= PREVIEW else f"{line[: PREVIEW - 1].rstrip()}…"


def _block(template: Template, name: str, values: Mapping[str, object]) -> str:
    block = template.blocks.get(name)
    return "".join(block(template.new_context(dict(values)))) if block else ""


def _sentences(templates: Path, name: str, language: Language) -> dict[str, str]:
    """The sentences of a TOML file, keyed `table.key`."""
    tables = tomllib.loads((templates / f"{name}.{language}.toml").read_text(encoding="utf-8"))
    return {key: typeset(sentence, language) for key, sentence in _flat(tables, "")}


def _flat(tables: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _tied(text: str) -> Markup:
    """Words for HTML: no line end breaks their numbers (`INC-42/1`), which are copied as they are."""
    held = _NUMBER.sub(r'<span style="white-space:nowrap">\g<0></span>', str(escape(text)))
    return Markup(held)  # noqa: S704  escaped just now


_NUMBER = re.compile(r"\b[A-Z]{1,4}\d{0,4}-\d{1,8}(?:/\d{1,4})?\b")


def _environment(
    templates: Path,
    *,
    finalize: Callable[..., object] | None = None,
    extensions: Iterable[type[Extension]] = (),
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True),
        finalize=finalize,
        extensions=list(extensions),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= _FILTERS
    return environment


def _inert(value: object) -> object:
    """What a template's expression gives never becomes markup; what macros and includes give already is."""
    return value if isinstance(value, Markup) else Markup(shield(value))  # noqa: S704  shielded, escaped later


def trusted(html: str) -> Markup:
    """Markup that was made harmless already, for a page to hold as it is."""
    return Markup(html)  # noqa: S704  what it was made of is not, and its maker knows


class _Typesetting(Extension):
    """Typography of the sentences themselves; values are left as they are."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        language = Language((stream.name or "").removesuffix(".j2")[-2:])
        for token in stream:
            is_words = token.type == "data"
            yield Token(token.lineno, token.type, typeset(token.value, language)) if is_words else token


def _phrase_here(phrase: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def here(rendering: Rendering, key: str, **values: object) -> str:
        return phrase(key, rendering["language"], **values)

    return here


@pass_context
def _money(rendering: Rendering, amount: Money) -> str:
    return figures.money(amount, rendering["language"])


@pass_context
def _net(rendering: Rendering, amount: Money) -> str:
    return figures.net(amount, rendering["language"])


@pass_context
def _gross(rendering: Rendering, amount: Money) -> str:
    return figures.gross(amount, rendering["language"])


@pass_context
def _price(rendering: Rendering, value: Price) -> str:
    return figures.price(value, rendering["language"])


@pass_context
def _number(rendering: Rendering, value: Decimal) -> str:
    return figures.number(value, rendering["language"])


@pass_context
def _size(rendering: Rendering, octets: int) -> str:
    return figures.size(octets, rendering["language"])


@pass_context
def _day(rendering: Rendering, value: date) -> str:
    return figures.day(value, rendering["language"])


@pass_context
def _moment(rendering: Rendering, value: datetime) -> str:
    return figures.moment(value, rendering["language"], rendering["timezone"])


@pass_context
def _stamp(rendering: Rendering, value: datetime) -> str:
    return figures.stamp(value, rendering["language"], rendering["timezone"])


@pass_context
def _zone(rendering: Rendering, timezone: str) -> str:
    return figures.zone(timezone, rendering["language"])


_FILTERS: Mapping[str, Callable[..., object]] = {
    "money": _money,
    "net": _net,
    "gross": _gross,
    "price": _price,
    "number": _number,
    "size": _size,
    "day": _day,
    "moment": _moment,
    "stamp": _stamp,
    "zone": _zone,
    "iban": figures.iban,
    "creditor": figures.creditor_reference,
    "grouped": grouped,
    "as_text": as_text,
    "tied": _tied,
}
