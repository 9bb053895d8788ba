"""Facts, deadlines and stages in a short English sentence each; they stand in `templates/sandbox/words.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, singledispatch

from bot import figures
from bot.core.commands import DeadlineKind
from bot.core.facts import Evidence, Fact, Intervention, Language
from bot.core.lives import Stage
from bot.core.money import Money, Price
from bot.sandbox.cast import HARRIET, PAUL, STAFF
from bot.words import TEMPLATES

LONGEST = 90
_PEOPLE = {user.id: user.name for user in (*STAFF, HARRIET, PAUL)}


def fact_sentence(fact: Fact) -> str:
    """What happened. KeyError for a fact that has no sentence."""
    shown = {field.name: words(getattr(fact, field.name)) for field in fields(fact)}
    if "notice" in shown:
        shown["notice"] = shown["notice"].replace("_", " ")
    return _words()["facts"][type(fact).__name__].format(**shown)


def deadline_sentence(kind: DeadlineKind, about: str) -> str:
    """What the calendar will do."""
    return _words()["deadlines"][kind].format(about=about)


def stage_words(stage: Stage) -> str:
    return _words()["stages"][stage]


@singledispatch
def words(value: object) -> str:
    """A fact's field as people read it, and no longer than a line."""
    text = " ".join(str(value if value is not None else "").split())
    if text in _PEOPLE:
        return _PEOPLE[text]
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


@words.register
def _(value: Price) -> str:
    return figures.price(value, Language.EN) if value.net else "free"


@words.register
def _(value: Money) -> str:
    return figures.money(value, Language.EN)


@words.register
def _(value: datetime) -> str:
    return f"{value:%-d %B %H:%M}"


@words.register
def _(value: date) -> str:
    return f"{value:%-d %B %Y}"


@words.register
def _(value: Decimal) -> str:
    return figures.number(value, Language.EN)


@words.register
def _(value: StrEnum) -> str:
    return _words()["names"].get(value, value.replace("_", " "))


@words.register
def _(value: Evidence) -> str:
    return _words()["methods"].get(value.method, f"by {value.method}")


@words.register
def _(value: Intervention) -> str:
    return value.en


@words.register
def _(value: tuple) -> str:  # type: ignore[type-arg]  # singledispatch takes classes, not generic aliases
    return ", ".join(words(one) for one in value)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    tables: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (TEMPLATES / "sandbox" / "words.toml").read_text(encoding="utf-8")
    )
    return tables
