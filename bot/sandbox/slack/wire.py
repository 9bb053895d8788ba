"""What travels between Slack and an app: open-shaped JSON, and refusals by Slack's own names."""

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
"""One JSON object as Slack sends or takes it. Its shape depends on its `type`, so its values stay open."""


class SlackError(Exception):
    """A call that Slack refuses: `error` is Slack's word for it, `messages` say where and why.

    `needed` is the scope that was missing.
    """

    def __init__(self, error: str, messages: tuple[str, ...] = (), needed: str = "") -> None:
        super().__init__(error, *messages)
        self.error = error
        self.needed = needed
        self.messages = messages

    def answer(self) -> Payload:
        """The body of the refusal, as the Web API words it."""
        body: Payload = {"ok": False, "error": self.error}
        if self.needed:
            body["needed"] = self.needed
        if self.messages:
            body["errors"] = list(self.messages)
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments, whichever way they came: query, form (all text) or JSON (typed)."""

    given: Payload

    def text(self, name: str, default: str = "") -> str:
        """The argument as text; `default` when absent or empty."""
        return str(self.given.get(name) or default)

    def flag(self, name: str) -> bool:
        """True for `1`, `true`, True; Slack takes all three."""
        return str(self.given.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """The argument as a whole number; `invalid_arguments` when it is none."""
        try:
            return int(self.given.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", (f"must be a number [json-pointer:/{name}]",)) from None

    def structure(self, name: str, error: str) -> object:
        """The argument as JSON, decoded if it came as text; None when absent, `error` when it is not JSON."""
        value: object = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(error) from None
