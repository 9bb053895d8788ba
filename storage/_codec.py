"""Facts to JSON and back. A fact's name and fields are the format: new fields need defaults, names stay."""

import json
from functools import cache

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from bot.core.facts import FACTS, Fact
from storage._tables import storable


def encode(fact: Fact) -> tuple[str, str]:
    """The fact's kind, and its fields as JSON. A lone surrogate, which no UTF-8 can hold, becomes `?`."""
    kind = type(fact).__name__
    adapter = _adapter(kind)
    try:
        return kind, adapter.dump_json(fact).decode()
    except PydanticSerializationError:
        return kind, storable(json.dumps(adapter.dump_python(fact, mode="json"), ensure_ascii=False))


def decode(kind: str, body: str) -> Fact:
    """The fact. Raises KeyError for an unknown kind, ValueError for fields that do not fit."""
    return _adapter(kind).validate_json(body)


@cache
def _adapter(kind: str) -> TypeAdapter[Fact]:
    return TypeAdapter(FACTS[kind])
