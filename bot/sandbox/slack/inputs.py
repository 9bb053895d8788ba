"""What a person fills in: how each element's state looks, and what Slack's own client lets through."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from bot.sandbox.slack.block_kit import options_of
from bot.sandbox.slack.limits import elements_of
from bot.sandbox.slack.wire import Payload

Entry: TypeAlias = str | int | Sequence[str] | Sequence[tuple[str, bytes]] | Sequence[Payload] | None
"""What a person enters in one field: text, a date, an option's value, several of those, or files (name, content)."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class NotPossibleError(Exception):
    """Something a person cannot do in Slack: a button that is not there, a field left empty, a wrong option."""


@dataclass(frozen=True, slots=True)
class Field:
    """How one kind of element keeps its value: under `slot`, beginning with the element's `initial`."""

    slot: str
    initial: str
    enter: Callable[[Payload, Entry], object]
    many: bool = False

    def state(self, element: Payload, value: object) -> Payload:
        """The element's entry in `state.values`."""
        return {"type": element["type"], self.slot: value or self.empty}

    @property
    def empty(self) -> list[str] | None:
        """What stands in an empty field."""
        return [] if self.many else None


def initial_values(blocks: Iterable[Payload]) -> Payload:
    """`state.values` of a view as it opens: block id -> action id -> state."""
    values: Payload = {}
    for block in blocks:
        for element in _fields_of(block):
            field = FIELDS[element["type"]]
            state = field.state(element, element.get(field.initial))
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def filled(
    blocks: Iterable[Payload], values: Payload, entries: Mapping[str, Entry], *, whole: bool = True
) -> Payload:
    """`values` with a person's entries (block id -> entry) in place, if Slack's client would send it.

    Fields not in `entries` keep what they hold. NotPossibleError for an unknown block id, a value the element
    does not take, or a required field left empty where the `whole` is sent.
    """
    asked = {block["block_id"]: block for block in blocks if any(_fields_of(block))}
    unknown = sorted(set(entries) - set(asked))
    if unknown:
        raise NotPossibleError(f"no such field: {', '.join(unknown)}; there are {', '.join(asked)}")
    result = {block_id: dict(slots) for block_id, slots in values.items()}
    for block_id, entry in entries.items():
        element = next(iter(_fields_of(asked[block_id])))
        result[block_id][element["action_id"]] = entered(element, entry)
    for block_id, block in asked.items():
        if whole and block["type"] == "input" and not block.get("optional") and not _holds(block, result[block_id]):
            raise NotPossibleError(f"{block_id} must be filled in")
    return result


def entered(element: Payload, entry: Entry) -> Payload:
    """The state of one element once a person has entered something in it; NotPossibleError if it cannot be."""
    field = FIELDS[element["type"]]
    return field.state(element, None if entry in (None, "", [], ()) else field.enter(element, entry))


def pick(element: Payload, entry: Entry) -> Payload:
    """The option with this value, or with these words if no value fits."""
    options = options_of(element)
    by_value = [option for option in options if option.get("value") == entry]
    found = by_value or [option for option in options if option["text"]["text"] == entry]
    if not found:
        values = ", ".join(str(option.get("value")) for option in options)
        raise NotPossibleError(f"{entry!r} is not offered; there are {values}")
    return found[0]


def _fields_of(block: Payload) -> list[Payload]:
    return [element for _, element in elements_of(block) if element["type"] in FIELDS]


def _holds(block: Payload, slots: Payload) -> bool:
    element = block["element"]
    return bool(slots[element["action_id"]][FIELDS[element["type"]].slot])


def _many(entry: Entry) -> list[str]:
    return [str(entry)] if isinstance(entry, str | int) or entry is None else [str(one) for one in entry]


def _pick_many(element: Payload, entry: Entry) -> object:
    chosen = [pick(element, one) for one in _many(entry)]
    most = element.get("max_selected_items", len(chosen))
    if len(chosen) > most:
        raise NotPossibleError(f"no more than {most} may be chosen")
    return chosen


def _typed(element: Payload, entry: Entry) -> object:
    text = str(entry)
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not least <= len(text) <= most:
        raise NotPossibleError(f"{len(text)} characters, where {least} to {most} are asked for")
    if "\n" in text and not element.get("multiline"):
        raise NotPossibleError("one line only")
    return text


def _email(element: Payload, entry: Entry) -> object:
    if not EMAIL.fullmatch(str(entry)):
        raise NotPossibleError(f"{entry!r} is no address")
    return _typed(element, entry)


def _url(element: Payload, entry: Entry) -> object:
    if not re.match(r"https?://", str(entry)):
        raise NotPossibleError(f"{entry!r} is no link")
    return _typed(element, entry)


def _number(element: Payload, entry: Entry) -> object:
    try:
        number = Decimal(str(entry))
    except InvalidOperation:
        raise NotPossibleError(f"{entry!r} is no number") from None
    if number != number.to_integral_value() and not element["is_decimal_allowed"]:
        raise NotPossibleError("whole numbers only")
    least, most = element.get("min_value", "-Infinity"), element.get("max_value", "Infinity")
    if not Decimal(least) <= number <= Decimal(most):
        raise NotPossibleError(f"{entry} is not between {least} and {most}")
    return str(entry)


def _date(_element: Payload, entry: Entry) -> object:
    try:
        return date.fromisoformat(str(entry)).isoformat()
    except ValueError:
        raise NotPossibleError(f"{entry!r} is no date") from None


def _time(_element: Payload, entry: Entry) -> object:
    try:
        return time.fromisoformat(str(entry)).strftime("%H:%M")
    except ValueError:
        raise NotPossibleError(f"{entry!r} is no time") from None


def _moment(_element: Payload, entry: Entry) -> object:
    return int(str(entry))


def _one_id(_element: Payload, entry: Entry) -> object:
    return str(entry)


def _ids(_element: Payload, entry: Entry) -> object:
    return _many(entry)


def _files(element: Payload, entry: Entry) -> object:
    """As Slack shows files that were uploaded into a modal; `People` has put them into the workspace by now."""
    if isinstance(entry, str | int) or entry is None:
        raise NotPossibleError(f"{entry!r} is no file")
    chosen = list(entry)
    most = element.get("max_files", 10)
    if len(chosen) > most:
        raise NotPossibleError(f"no more than {most} files")
    return chosen


FIELDS: dict[str, Field] = {
    "file_input": Field("files", "", _files, many=True),
    "plain_text_input": Field("value", "initial_value", _typed),
    "email_text_input": Field("value", "initial_value", _email),
    "url_text_input": Field("value", "initial_value", _url),
    "number_input": Field("value", "initial_value", _number),
    "static_select": Field("selected_option", "initial_option", pick),
    "radio_buttons": Field("selected_option", "initial_option", pick),
    "multi_static_select": Field("selected_options", "initial_options", _pick_many, many=True),
    "checkboxes": Field("selected_options", "initial_options", _pick_many, many=True),
    "users_select": Field("selected_user", "initial_user", _one_id),
    "multi_users_select": Field("selected_users", "initial_users", _ids, many=True),
    "conversations_select": Field("selected_conversation", "initial_conversation", _one_id),
    "datepicker": Field("selected_date", "initial_date", _date),
    "timepicker": Field("selected_time", "initial_time", _time),
    "datetimepicker": Field("selected_date_time", "initial_date_time", _moment),
}
