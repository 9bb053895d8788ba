"""The kinds of rule a value of Slack's JSON is held to; each says what is wrong and where."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bot.sandbox.slack.wire import Payload

Complaints: TypeAlias = Iterator[str]
Check: TypeAlias = Callable[[Payload, str], Complaints]


class Rule(Protocol):
    """Anything that can complain about a value found at a JSON pointer."""

    def complaints(self, value: object, at: str) -> Complaints:
        """Every complaint about `value`; none when it is as it must be."""
        ...


def complaint(message: str, at: str) -> str:
    """One complaint in Slack's wording."""
    return f"{message} [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters, in the form of `pattern` when one is given."""

    most: int
    least: int = 1
    pattern: re.Pattern[str] | None = None

    def complaints(self, value: object, at: str) -> Complaints:
        """Wrong type, too short, too long, wrong form."""
        if not isinstance(value, str):
            yield complaint("must provide a string", at)
        elif len(value) < self.least:
            yield complaint(f"must be more than {self.least - 1} characters", at)
        elif len(value) > self.most:
            yield complaint(f"must be less than {self.most + 1} characters", at)
        elif self.pattern is not None and not self.pattern.fullmatch(value):
            yield complaint("must match the expected format", at)


@dataclass(frozen=True, slots=True)
class Flag:
    """A JSON boolean."""

    def complaints(self, value: object, at: str) -> Complaints:
        """Anything but true and false."""
        if not isinstance(value, bool):
            yield complaint("must provide a boolean", at)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between `least` and `most`."""

    least: int
    most: int

    def complaints(self, value: object, at: str) -> Complaints:
        """Wrong type or out of bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield complaint("must provide a number", at)
        elif not self.least <= value <= self.most:
            yield complaint(f"must be between {self.least} and {self.most}", at)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A string out of a fixed few."""

    words: tuple[str, ...]

    def complaints(self, value: object, at: str) -> Complaints:
        """Anything but one of the words."""
        if value not in self.words:
            yield complaint(f"must be a valid enum value: {', '.join(self.words)}", at)


@dataclass(frozen=True, slots=True)
class Items:
    """An array of `least` to `most` items of one rule."""

    rule: Rule
    most: int
    least: int = 1

    def complaints(self, value: object, at: str) -> Complaints:
        """Wrong type, wrong number, and whatever is wrong with an item."""
        if not isinstance(value, list):
            yield complaint("must provide an array", at)
            return
        if len(value) > self.most:
            yield complaint(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            yield complaint(f"no fewer than {self.least} items allowed", at)
        for index, item in enumerate(value):
            yield from self.rule.complaints(item, f"{at}/{index}")


@dataclass(frozen=True, slots=True)
class Shape:
    """An object: its fields, which of them it needs, and what must hold between them."""

    fields: Mapping[str, Rule]
    needs: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    def complaints(self, value: object, at: str) -> Complaints:
        """Wrong type, missing and unknown fields, and whatever is wrong with a field."""
        if not isinstance(value, dict):
            yield complaint("must provide an object", at)
            return
        for name in self.needs:
            if name not in value:
                yield complaint(f"missing required field: {name}", at)
        if self.either and not any(name in value for name in self.either):
            yield complaint(f"must define either {' or '.join(f'`{name}`' for name in self.either)}", at)
        yield from self._inside(value, at)

    def _inside(self, value: Payload, at: str) -> Complaints:
        found = False
        for name, item in value.items():
            rule = self.fields.get(name)
            wrong = (
                [complaint(f"invalid additional property: {name}", at)]
                if rule is None
                else list(rule.complaints(item, f"{at}/{name}"))
            )
            found = found or bool(wrong)
            yield from wrong
        if not found and all(name in value for name in self.needs):
            for check in self.checks:
                yield from check(value, at)


@dataclass(frozen=True, slots=True)
class ByType:
    """An object whose `type` chooses its shape; a type not in `shapes` is refused here."""

    shapes: Mapping[str, Rule]

    def complaints(self, value: object, at: str) -> Complaints:
        """No type, a type that may not stand here, or whatever its shape complains about."""
        if not isinstance(value, dict):
            yield complaint("must provide an object", at)
        elif "type" not in value:
            yield complaint("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in self.shapes:
            yield complaint(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            yield from self.shapes[value["type"]].complaints(value, at)
