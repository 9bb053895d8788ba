"""What the stand-in refuses in blocks and views, and that it takes what is just within the limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View as SdkView

from bot.sandbox.slack import Payload, SlackError
from bot.sandbox.slack.limits import check_blocks, check_metadata, check_new_text, check_text, check_view


def plain(length: int) -> Payload:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Payload:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**more: Any) -> Payload:
    return {"type": "section", "text": mrkdwn(3), **more}


def button(**more: Any) -> Payload:
    return {"type": "button", "action_id": "take", "text": plain(4), **more}


def actions(*elements: Payload, **more: Any) -> Payload:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "a", text: int = 3) -> Payload:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Payload:
    return {"type": "static_select", "action_id": "value", "options": [option()], **more}


def asked(element: Payload, **more: Any) -> Payload:
    return {"type": "input", "block_id": "b", "label": plain(3), "element": element, **more}


def text_input(**more: Any) -> Payload:
    return {"type": "plain_text_input", "action_id": "value", **more}


def confirm(title: int = 3, text: int = 3, yes: int = 3) -> Payload:
    return {"title": plain(title), "text": mrkdwn(text), "confirm": plain(yes), "deny": plain(2)}


def rich(*spans: Payload) -> Payload:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(spans)}]}


def modal(*blocks: Payload, **more: Any) -> Payload:
    return {"type": "modal", "title": plain(5), "submit": plain(4), "blocks": list(blocks), **more}


def many(count: int) -> list[Payload]:
    return [button(action_id=f"a{index}") for index in range(count)]


SPAN: Payload = {"type": "text", "text": "one"}
WITHIN: dict[str, list[Payload]] = {
    "section text": [section(text=mrkdwn(3000))],
    "section fields": [{"type": "section", "fields": [mrkdwn(1000)] * 10}],
    "one long field": [{"type": "section", "fields": [mrkdwn(2000)]}],
    "header": [{"type": "header", "text": plain(150)}],
    "button": [actions(button(text=plain(75), value="v" * 2000, style="danger", confirm=confirm(100, 300, 30)))],
    "25 buttons": [actions(*many(25))],
    "context": [{"type": "context", "elements": [mrkdwn(3)] * 10}],
    "50 blocks": [{"type": "divider"}] * 50,
    "long ids": [actions(button(action_id="a" * 255), block_id="b" * 255)],
    "overflow": [actions({"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(5)]})],
    "select": [actions(select(options=[option("v" * 150, 75)], initial_option=option("v" * 150, 75)))],
    "same action id in two blocks": [actions(button()), actions(button())],
    "rich text": [rich({"type": "text", "text": "x" * 5000, "style": {"bold": True}})],
    "rich list": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_list", "style": "bullet", "elements": rich(SPAN)["elements"]}],
        }
    ],
    "date": [section(accessory={"type": "datepicker", "action_id": "d", "initial_date": "2026-02-28"})],
    "all together": [section(text=mrkdwn(3000))] * 4,
}


@pytest.mark.parametrize("blocks", WITHIN.values(), ids=WITHIN.keys())
def test_blocks_within_limits(blocks: list[Payload]) -> None:
    assert check_blocks(blocks) == tuple(blocks)


BEYOND: dict[str, tuple[list[Payload], str]] = {
    "section text": (
        [section(text=mrkdwn(3001))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty text": ([section(text=mrkdwn(0))], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "field": (
        [{"type": "section", "fields": [mrkdwn(2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "11 fields": (
        [{"type": "section", "fields": [mrkdwn(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "empty section": ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    "header": (
        [{"type": "header", "text": plain(151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "header in mrkdwn": (
        [{"type": "header", "text": mrkdwn(3)}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "button text": (
        [actions(button(text=plain(76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button value": (
        [actions(button(value="v" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style": (
        [actions(button(style="default"))],
        "must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "action id": (
        [actions(button(action_id="a" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "block id": ([section(block_id="b" * 256)], "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    "block id twice": (
        [section(block_id="b"), section(block_id="b")],
        "block_id b already exists [json-pointer:/blocks/1/block_id]",
    ),
    "action id twice": (
        [actions(button(), button())],
        "action_id take already exists in this block [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "26 buttons": (
        [actions(*many(26))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "no buttons": ([actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    "11 in context": (
        [{"type": "context", "elements": [mrkdwn(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "6 in overflow": (
        [actions({"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "101 options": (
        [actions(select(options=[option(str(n)) for n in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "option text": (
        [actions(select(options=[option("a", 76)]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value": (
        [actions(select(options=[option("v" * 151)]))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "initial option": (
        [actions(select(initial_option=option("z")))],
        "initial_option must be one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "placeholder": (
        [actions(select(placeholder=plain(151)))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
    ),
    "confirm title": (
        [actions(button(confirm=confirm(title=101)))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm text": (
        [actions(button(confirm=confirm(text=301)))],
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    "confirm button": (
        [actions(button(confirm=confirm(yes=31)))],
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "no deny": (
        [actions(button(confirm={"title": plain(1), "text": plain(1), "confirm": plain(1)}))],
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    "date form": (
        [section(accessory={"type": "datepicker", "action_id": "d", "initial_date": "2026-13-01"})],
        "must match the expected format [json-pointer:/blocks/0/accessory/initial_date]",
    ),
    "null": ([section(accessory=None)], "must provide an object [json-pointer:/blocks/0/accessory]"),
    "unknown property": ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    "unknown block": ([{"type": "table"}], "unsupported type: table [json-pointer:/blocks/0/type]"),
    "no type": ([{"text": "x"}], "missing required field: type [json-pointer:/blocks/0]"),
    "input in actions": (
        [actions(text_input())],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "rich text span": (
        [rich({"type": "text", "text": ""})],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "rich text style": (
        [rich({"type": "text", "text": "x", "style": {"blink": True}})],
        "invalid additional property: blink [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
    "mrkdwn in rich text": (
        [rich(mrkdwn(1))],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
}


@pytest.mark.parametrize(("blocks", "message"), BEYOND.values(), ids=BEYOND.keys())
def test_blocks_beyond_limits(blocks: list[Payload], message: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_blocks(blocks)

    assert (refused.value.error, refused.value.messages) == ("invalid_blocks", (message,))


def test_refusal_names_the_place_twice() -> None:
    refusal = SlackError("invalid_blocks", ("too long [json-pointer:/blocks/0]",))

    assert refusal.answer() == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": ["too long [json-pointer:/blocks/0]"],
        "response_metadata": {"messages": ["[ERROR] too long [json-pointer:/blocks/0]"]},
    }


def error_of(check: Any, *given: Any) -> str:
    with pytest.raises(SlackError) as refused:
        check(*given)
    return refused.value.error


def test_blocks_too_long_together() -> None:
    assert error_of(check_blocks, [section(text=mrkdwn(3000))] * 5) == "msg_blocks_too_long"


VIEWS_BEYOND: dict[str, tuple[Payload, str]] = {
    "title": (modal(title=plain(25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    "submit": (modal(submit=plain(25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
    "close": (modal(close=plain(25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
    "private metadata": (
        modal(private_metadata="m" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "callback id": (
        modal(callback_id="c" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "external id": (
        modal(external_id="c" * 256),
        "must be less than 256 characters [json-pointer:/view/external_id]",
    ),
    "101 blocks": (
        modal(*[{"type": "divider"}] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "input twice": (
        modal(asked(text_input()), asked(text_input())),
        "block_id b already exists [json-pointer:/view/blocks/1/block_id]",
    ),
    "no title": (
        {"type": "modal", "blocks": []},
        "missing required field: title [json-pointer:/view]",
    ),
    "no submit": (
        {"type": "modal", "title": plain(1), "blocks": [asked(text_input())]},
        "must define `submit` to use `input` block [json-pointer:/view/blocks/0/input]",
    ),
    "label": (
        modal(asked(text_input(), label=plain(2001))),
        "must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]",
    ),
    "lengths in order": (
        modal(asked(text_input(min_length=5, max_length=4))),
        "min_length must not exceed max_length [json-pointer:/view/blocks/0/element/min_length]",
    ),
    "initial value": (
        modal(asked(text_input(initial_value="abc", max_length=2))),
        "must be less than 3 characters [json-pointer:/view/blocks/0/element/initial_value]",
    ),
    "number without decimals": (
        modal(asked({"type": "number_input", "action_id": "value"})),
        "missing required field: is_decimal_allowed [json-pointer:/view/blocks/0/element]",
    ),
    "button in input": (
        modal(asked(button())),
        "unsupported type: button [json-pointer:/view/blocks/0/element/type]",
    ),
    "a home": ({"type": "home", "blocks": []}, "unsupported type: home [json-pointer:/view/type]"),
}


@pytest.mark.parametrize(("view", "message"), VIEWS_BEYOND.values(), ids=VIEWS_BEYOND.keys())
def test_view_beyond_limits(view: Payload, message: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_view(view, "modal")

    assert (refused.value.error, refused.value.messages) == ("invalid_arguments", (message,))


def test_view_within_limits() -> None:
    view = modal(
        asked(text_input(initial_value="x" * 3000, multiline=True), label=plain(2000), block_id="b" * 255),
        *[{"type": "divider"}] * 99,
        title=plain(24),
        submit=plain(24),
        close=plain(24),
        private_metadata="m" * 3000,
        callback_id="c" * 255,
    )

    assert check_view(view, "modal") == view


def test_view_too_large() -> None:
    blocks = [section(text=mrkdwn(3000)) for _ in range(100)]

    assert error_of(check_view, modal(*blocks), "modal") == "view_too_large"


def test_sdk_models_pass() -> None:
    view = SdkView(
        type="modal",
        title="Quote",
        submit="Send",
        blocks=[
            sdk.InputBlock(
                label="Lines", block_id="lines", element=sdk.PlainTextInputElement(action_id="value", multiline=True)
            ),
            sdk.SectionBlock(text="Which *one*", accessory=sdk.ButtonElement(text="Go", action_id="go")),
        ],
    ).to_dict()

    assert check_view(view, "modal") == view


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x"}, "invalid_metadata_format"),
        ([], "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "x", "event_payload": "y"}, "invalid_metadata_schema"),
        ({"event_type": "x", "event_payload": {"y": "z" * 16_000}}, "metadata_too_large"),
    ],
)
def test_metadata_refused(metadata: object, error: str) -> None:
    assert error_of(check_metadata, metadata) == error


def test_text_has_two_limits() -> None:
    assert check_text("x" * 40_000) == "x" * 40_000
    assert error_of(check_text, "x" * 40_001) == "msg_too_long"
    assert check_new_text("x" * 4000) == "x" * 4000
    assert error_of(check_new_text, "<" * 1001) == "msg_too_long"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "fields", "block_id", "element", "options", "accessory"]),
            inner | st.sampled_from(["section", "actions", "button", "input", "rich_text", "plain_text", "context"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_taken_or_refused(blocks: object) -> None:
    assert outcome_of(blocks) in {"taken", "invalid_blocks", "invalid_blocks_format"}


def outcome_of(blocks: object) -> str:
    try:
        check_blocks(blocks)
    except SlackError as refusal:
        return refusal.error
    return "taken"
