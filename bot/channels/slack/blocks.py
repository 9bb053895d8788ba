"""Block Kit, the few pieces used here, cut to the lengths Slack takes."""

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.channels.slack.wire import Payload

HEADER, FIELD, SECTION, BUTTON, CONFIRM, OPTION, TITLE = 150, 2000, 3000, 75, 300, 75, 24
TYPED = 3000
LABEL = 40  # of a line, before its number and its amount in an option


def clip(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def pieces(text: str, most: int) -> list[str]:
    """The whole text, cut at the end of a line or of a word where one is near."""
    cut = []
    while len(text) > most:
        ends = (text.rfind(sign, most // 2, most) for sign in ("\n", " "))
        at = next((end + 1 for end in ends if end > 0), most)
        cut.append(text[:at])
        text = text[at:]
    return [*cut, text]


def escape(text: str) -> str:
    """A text that mrkdwn shows as it is: no mention fires, no link is made."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, most: int) -> Payload:
    return {"type": "plain_text", "text": clip(text, most) or "—", "emoji": False}


def header(text: str) -> Payload:
    return {"type": "header", "text": plain(" ".join(text.split()), HEADER)}


def fields(pairs: Iterable[tuple[str, str]]) -> Payload:
    """Names in bold over their values, two columns; ten at most."""
    return {
        "type": "section",
        "fields": [{"type": "mrkdwn", "text": f"*{name}*\n{clip(escape(value), 400)}"} for name, value in pairs],
    }


def section(text: str) -> Payload:
    """Our own words, or anybody's: nothing in them is read as markup."""
    return {"type": "section", "text": plain(text, SECTION)}


def context(text: str) -> Payload:
    return {"type": "context", "elements": [plain(text, FIELD)]}


def actions(block_id: str, buttons: Sequence[Payload]) -> Payload:
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def button(
    action_id: str, label: str, value: str = "", *, style: str = "", confirm: Payload | None = None
) -> Payload:
    made: Payload = {"type": "button", "action_id": action_id, "text": plain(label, BUTTON)}
    optional = {"value": value, "style": style, "confirm": confirm}
    return made | {name: given for name, given in optional.items() if given}


def link(action_id: str, label: str, url: str) -> Payload:
    return button(action_id, label) | {"url": url}


def confirm(title: str, text: str, yes: str, no: str) -> Payload:
    """The question asked before a button counts."""
    return {
        "title": plain(title, 100),
        "text": plain(text, CONFIRM),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


# --- rich text: the only place for words that other people wrote ---


def rich(*elements: Payload) -> Payload:
    return {"type": "rich_text", "elements": list(elements)}


def line(*spans: Payload) -> Payload:
    return {"type": "rich_text_section", "elements": list(spans)}


def preformatted(text: str) -> Payload:
    """In letters of one width, as typed."""
    return {"type": "rich_text_preformatted", "elements": [span(text or "—")]}


def quote(text: str) -> Payload:
    return {"type": "rich_text_quote", "elements": [span(text or "—")]}


def span(text: str, *, strong: bool = False) -> Payload:
    """Characters; Slack takes no empty ones."""
    made: Payload = {"type": "text", "text": text}
    return made | {"style": {"bold": True}} if strong else made


def person(user: str) -> Payload:
    return {"type": "user", "user_id": user}


def named(name: str) -> Payload:
    """Somebody of the staff: by their name in Slack where they have one there, which calls them."""
    is_user = name[:1] in {"U", "W"} and name.isalnum() and name.isupper()
    return person(name) if is_user else span(name)


def naming(text: str, users: Iterable[str]) -> Payload:
    """The text with these users shown by their names; nothing else in it is read as markup."""
    known = frozenset(users)
    pieces = re.split(rf"\b({'|'.join(map(re.escape, sorted(known)))})\b", clip(text, SECTION)) if known else [text]
    return rich(line(*(person(piece) if piece in known else span(piece) for piece in pieces if piece)))


# --- inputs of modals: `block_id` is the field's name, the element's `action_id` is `value` ---


def field(name: str, label: str, element: Payload, *, hint: str = "", optional: bool = False) -> Payload:
    made: Payload = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 200),
        "element": element | {"action_id": "value"},
        "optional": optional,
    }
    return made | {"hint": plain(hint, 200)} if hint else made


def typed(*, lines: bool = False, initial: str = "", placeholder: str = "", most: int = TYPED) -> Payload:
    made: Payload = {"type": "plain_text_input", "multiline": lines, "max_length": most}
    optional = {"initial_value": initial[:most], "placeholder": plain(placeholder, 150) if placeholder else None}
    return made | {name: given for name, given in optional.items() if given}


def option(value: str, label: str) -> Payload:
    return {"text": plain(label, OPTION), "value": value}


def priced(at: int, label: str, amount: str) -> Payload:
    """A line of an invoice to choose: its label gives way, the amount stands."""
    return option(str(at), f"{at}. {clip(label, LABEL)}: {amount}")


def one_of(options: Sequence[Payload], initial: str = "") -> Payload:
    chosen = next((one for one in options if one["value"] == initial), None)
    made: Payload = {"type": "static_select", "options": list(options)}
    return made | {"initial_option": chosen} if chosen else made


def one_of_groups(groups: Sequence[tuple[str, Sequence[Payload]]], initial: str = "") -> Payload:
    """A choice under headings; those with nothing below them are left out."""
    shown = [{"label": plain(label, OPTION), "options": list(options)} for label, options in groups if options]
    every = [one for _label, options in groups for one in options]
    chosen = next((one for one in every if one["value"] == initial), None)
    made: Payload = {"type": "static_select", "option_groups": shown}
    return made | {"initial_option": chosen} if chosen else made


def some_of(options: Sequence[Payload], initial: Sequence[str] = (), *, most: int = 0) -> Payload:
    chosen = [one for one in options if one["value"] in initial]
    made: Payload = {"type": "multi_static_select", "options": list(options)}
    made |= {"max_selected_items": most} if most else {}
    return made | {"initial_options": chosen} if chosen else made


def boxes(options: Sequence[Payload]) -> Payload:
    """Boxes to tick, none of them ticked."""
    return {"type": "checkboxes", "options": list(options)}


def files(most: int) -> Payload:
    """Files to put in, so many at most; Slack allows ten."""
    return {"type": "file_input", "max_files": min(most, 10)}


def day(initial: str = "") -> Payload:
    made: Payload = {"type": "datepicker"}
    return made | {"initial_date": initial} if initial else made


def modal(
    name: str, title: str, blocks: Sequence[Payload], *, metadata: str, submit: str = "", close: str
) -> Payload:
    made: Payload = {
        "type": "modal",
        "callback_id": name,
        "title": plain(title, TITLE),
        "close": plain(close, TITLE),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }
    return made | {"submit": plain(submit, TITLE)} if submit else made


def entered(state: Mapping[str, Mapping[str, Payload]]) -> dict[str, str]:
    """What was filled in, by field; several choices are separated by newlines."""
    return {name: _entry(slot["value"]) for name, slot in state.items() if "value" in slot}


def _entry(given: Payload) -> str:
    chosen = given.get("selected_options")
    if chosen is not None:
        return "\n".join(str(one["value"]) for one in chosen)
    if given.get("files") is not None:
        return "\n".join(str(file.get("id")) for file in given["files"])
    single = given.get("selected_option")
    if single is not None:
        return str(single["value"])
    return str(given.get("value") or given.get("selected_date") or "")
