"""Block Kit as tables: which fields each block and element has, and their limits.

Source: docs.slack.dev/reference/block-kit. What a table does not name is refused, as an unknown property or
an unsupported type.
"""

import re

from bot.sandbox.slack.shapes import (
    ByType,
    Complaints,
    Flag,
    Items,
    OneOf,
    Rule,
    Shape,
    Text,
    Whole,
    complaint,
)
from bot.sandbox.slack.wire import Payload

# --- between the fields of one object ---


def options_of(element: Payload) -> list[Payload]:
    """All options of an element, in or out of groups."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def _initial_is_offered(element: Payload, at: str) -> Complaints:
    chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    if any(option not in options_of(element) for option in chosen):
        name = "initial_option" if "initial_option" in element else "initial_options"
        yield complaint(f"{name} must be one of the provided options", f"{at}/{name}")


def _not_both_lists(element: Payload, at: str) -> Complaints:
    if "options" in element and "option_groups" in element:
        yield complaint("must define either `options` or `option_groups`", at)


def _lengths_in_order(element: Payload, at: str) -> Complaints:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if least > most:
        yield complaint("min_length must not exceed max_length", f"{at}/min_length")
    if len(element.get("initial_value", "")) > most:
        yield complaint(f"must be less than {most + 1} characters", f"{at}/initial_value")


def _one_source(image: Payload, at: str) -> Complaints:
    if "image_url" in image and "slack_file" in image:
        yield complaint("must define either `image_url` or `slack_file`", at)


# --- composition objects ---


def _words(most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Rule:
    either: dict[str, Rule] = {"type": OneOf(kinds), "text": Text(most)}
    shapes: dict[str, Rule] = {
        "plain_text": Shape({**either, "emoji": Flag()}, ("text",)),
        "mrkdwn": Shape({**either, "verbatim": Flag()}, ("text",)),
    }
    return ByType({kind: shapes[kind] for kind in kinds})


def _plain(most: int) -> Rule:
    return _words(most, ("plain_text",))


def _option(words: Rule, *extra: tuple[str, Rule]) -> Rule:
    fields: dict[str, Rule] = {"text": words, "value": Text(150), "description": _plain(75), **dict(extra)}
    return Shape(fields, ("text", "value"))


URL = Text(3000, pattern=re.compile(r"[a-z][a-z0-9+.-]*:\S+"))
DATE = Text(10, pattern=re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"))
TIME = Text(5, pattern=re.compile(r"([01]\d|2[0-3]):[0-5]\d"))
USER_ID = Text(255, pattern=re.compile(r"[UW][A-Z0-9]+"))
CONVERSATION_ID = Text(255, pattern=re.compile(r"[CDG][A-Z0-9]+"))
OPTION = _option(_plain(75))
TICK = _option(_words(75))
LINK_OPTION = _option(_plain(75), ("url", URL))
OPTION_GROUP = Shape({"label": _plain(75), "options": Items(OPTION, 100)}, ("label", "options"))
STYLE = OneOf(("primary", "danger"))
CONFIRM = Shape(
    {"title": _plain(100), "text": _words(300), "confirm": _plain(30), "deny": _plain(30), "style": STYLE},
    ("title", "text", "confirm", "deny"),
)
DISPATCH = Shape(
    {"trigger_actions_on": Items(OneOf(("on_enter_pressed", "on_character_entered")), 2)},
    ("trigger_actions_on",),
)

# --- elements ---

ACTION: dict[str, Rule] = {"type": Text(50), "action_id": Text(255)}
ASKED: dict[str, Rule] = {**ACTION, "confirm": CONFIRM, "focus_on_load": Flag()}
HINTED: dict[str, Rule] = {**ASKED, "placeholder": _plain(150)}
OFFERED: dict[str, Rule] = {
    **HINTED,
    "options": Items(OPTION, 100),
    "option_groups": Items(OPTION_GROUP, 100),
}
MANY: dict[str, Rule] = {"max_selected_items": Whole(1, 100)}
TYPED: dict[str, Rule] = {
    **ACTION,
    "placeholder": _plain(150),
    "focus_on_load": Flag(),
    "dispatch_action_config": DISPATCH,
}
EITHER_LIST = ("options", "option_groups")
NUMERAL = Text(100, pattern=re.compile(r"-?\d+(\.\d+)?"))

ELEMENTS: dict[str, Rule] = {
    "button": Shape(
        {
            **ACTION,
            "text": _plain(75),
            "url": URL,
            "value": Text(2000),
            "style": STYLE,
            "confirm": CONFIRM,
            "accessibility_label": Text(75),
        },
        ("text",),
    ),
    "overflow": Shape({**ACTION, "options": Items(LINK_OPTION, 5), "confirm": CONFIRM}, ("options",)),
    "static_select": Shape(
        {**OFFERED, "initial_option": OPTION},
        either=EITHER_LIST,
        checks=(_not_both_lists, _initial_is_offered),
    ),
    "multi_static_select": Shape(
        {**OFFERED, **MANY, "initial_options": Items(OPTION, 100)},
        either=EITHER_LIST,
        checks=(_not_both_lists, _initial_is_offered),
    ),
    "users_select": Shape({**HINTED, "initial_user": USER_ID}),
    "multi_users_select": Shape({**HINTED, **MANY, "initial_users": Items(USER_ID, 100)}),
    "conversations_select": Shape({**HINTED, "initial_conversation": CONVERSATION_ID}),
    "checkboxes": Shape(
        {**ASKED, "options": Items(TICK, 10), "initial_options": Items(TICK, 10)},
        ("options",),
        checks=(_initial_is_offered,),
    ),
    "radio_buttons": Shape(
        {**ASKED, "options": Items(TICK, 10), "initial_option": TICK},
        ("options",),
        checks=(_initial_is_offered,),
    ),
    "datepicker": Shape({**HINTED, "initial_date": DATE}),
    "timepicker": Shape({**HINTED, "initial_time": TIME, "timezone": Text(100)}),
    "datetimepicker": Shape({**ASKED, "initial_date_time": Whole(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": Shape(
        {
            **TYPED,
            "initial_value": Text(3000, 0),
            "multiline": Flag(),
            "min_length": Whole(0, 3000),
            "max_length": Whole(1, 3000),
        },
        checks=(_lengths_in_order,),
    ),
    "email_text_input": Shape({**TYPED, "initial_value": Text(3000, 0)}),
    "url_text_input": Shape({**TYPED, "initial_value": Text(3000, 0)}),
    "file_input": Shape(
        {"type": Text(50), "action_id": Text(255), "filetypes": Items(Text(20), 100), "max_files": Whole(1, 10)}
    ),
    "number_input": Shape(
        {
            **TYPED,
            "is_decimal_allowed": Flag(),
            "initial_value": NUMERAL,
            "min_value": NUMERAL,
            "max_value": NUMERAL,
        },
        ("is_decimal_allowed",),
    ),
    "image": Shape(
        {"type": Text(50), "image_url": URL, "slack_file": Shape({"id": Text(255)}), "alt_text": Text(2000)},
        ("alt_text",),
        ("image_url", "slack_file"),
        (_one_source,),
    ),
}

IN_ACTIONS = [
    "button",
    "overflow",
    "static_select",
    "users_select",
    "conversations_select",
    "checkboxes",
    "radio_buttons",
    "datepicker",
    "timepicker",
    "datetimepicker",
]
IN_SECTION = [*IN_ACTIONS, "image", "multi_static_select", "multi_users_select"]
IN_INPUT = [name for name in ELEMENTS if name not in {"button", "overflow", "image"}]


def _elements(names: list[str]) -> Rule:
    return ByType({name: ELEMENTS[name] for name in names})


# --- rich text ---

INK = Shape({name: Flag() for name in ("bold", "italic", "strike", "code", "underline", "highlight")})
INLINE: dict[str, Rule] = {"type": Text(50), "style": INK}
SPANS: dict[str, Rule] = {
    "text": Shape({**INLINE, "text": Text(40_000)}, ("text",)),
    "link": Shape({**INLINE, "url": URL, "text": Text(40_000), "unsafe": Flag()}, ("url",)),
    "emoji": Shape({**INLINE, "name": Text(100), "unicode": Text(100), "skin_tone": Whole(1, 6)}, ("name",)),
    "user": Shape({**INLINE, "user_id": USER_ID}, ("user_id",)),
    "usergroup": Shape({**INLINE, "usergroup_id": Text(255)}, ("usergroup_id",)),
    "channel": Shape({**INLINE, "channel_id": CONVERSATION_ID}, ("channel_id",)),
    "broadcast": Shape({**INLINE, "range": OneOf(("here", "channel", "everyone"))}, ("range",)),
    "date": Shape(
        {
            **INLINE,
            "timestamp": Whole(0, 9_999_999_999),
            "format": Text(255),
            "url": URL,
            "fallback": Text(255),
        },
        ("timestamp", "format"),
    ),
    "color": Shape({**INLINE, "value": Text(7)}, ("value",)),
}
SPAN = Items(ByType(SPANS), 10_000, 0)
BORDER = Whole(0, 1)
RICH: dict[str, Rule] = {
    "rich_text_section": Shape({"type": Text(50), "elements": SPAN}, ("elements",)),
    "rich_text_preformatted": Shape(
        {"type": Text(50), "elements": SPAN, "border": BORDER, "language": Text(50)},
        ("elements",),
    ),
    "rich_text_quote": Shape({"type": Text(50), "elements": SPAN, "border": BORDER}, ("elements",)),
    "rich_text_list": Shape(
        {
            "type": Text(50),
            "style": OneOf(("bullet", "ordered")),
            "elements": Items(
                ByType({"rich_text_section": Shape({"type": Text(50), "elements": SPAN}, ("elements",))}),
                10_000,
            ),
            "indent": Whole(0, 8),
            "offset": Whole(0, 10_000),
            "border": BORDER,
        },
        ("style", "elements"),
    ),
}

# --- blocks and views ---

BLOCK: dict[str, Rule] = {"type": Text(50), "block_id": Text(255)}
BLOCKS: dict[str, Rule] = {
    "actions": Shape({**BLOCK, "elements": Items(_elements(IN_ACTIONS), 25)}, ("elements",)),
    "context": Shape(
        {
            **BLOCK,
            "elements": Items(
                ByType(
                    {kind: _words(3000, (kind,)) for kind in ("plain_text", "mrkdwn")} | {"image": ELEMENTS["image"]}
                ),
                10,
            ),
        },
        ("elements",),
    ),
    "divider": Shape(BLOCK),
    "file": Shape({**BLOCK, "external_id": Text(255), "source": OneOf(("remote",))}, ("external_id", "source")),
    "header": Shape({**BLOCK, "text": _plain(150)}, ("text",)),
    "image": Shape(
        {
            **BLOCK,
            "image_url": URL,
            "slack_file": Shape({"id": Text(255)}),
            "alt_text": Text(2000),
            "title": _plain(2000),
        },
        ("alt_text",),
        ("image_url", "slack_file"),
        (_one_source,),
    ),
    "input": Shape(
        {
            **BLOCK,
            "label": _plain(2000),
            "element": _elements(IN_INPUT),
            "hint": _plain(2000),
            "optional": Flag(),
            "dispatch_action": Flag(),
        },
        ("label", "element"),
    ),
    "markdown": Shape({**BLOCK, "text": Text(12_000)}, ("text",)),
    "rich_text": Shape({**BLOCK, "elements": Items(ByType(RICH), 10_000)}, ("elements",)),
    "section": Shape(
        {
            **BLOCK,
            "text": _words(3000),
            "fields": Items(_words(2000), 10),
            "accessory": _elements(IN_SECTION),
            "expand": Flag(),
        },
        either=("text", "fields"),
    ),
}

# --- surfaces ---


def _blocks(names: list[str], most: int) -> Rule:
    return Items(ByType({name: BLOCKS[name] for name in names}), most, 0)


IN_VIEW = ["actions", "context", "divider", "header", "image", "input", "rich_text", "section"]
MESSAGE = _blocks([*IN_VIEW, "file", "markdown"], 50)
NAMED: dict[str, Rule] = {
    "type": Text(50),
    "blocks": _blocks(IN_VIEW, 100),
    "private_metadata": Text(3000, 0),
    "callback_id": Text(255, 0),
    "external_id": Text(255, 0),
}
VIEWS: dict[str, Rule] = {
    "modal": Shape(
        {
            **NAMED,
            "title": _plain(24),
            "submit": _plain(24),
            "close": _plain(24),
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
        },
        ("title", "blocks"),
    ),
    "home": Shape(NAMED, ("blocks",)),
}
