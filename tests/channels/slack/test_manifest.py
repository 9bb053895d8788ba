"""The app's manifest names what the code listens to, and no more rights than it uses."""

import json
from pathlib import Path

from bot.channels.slack.receive import HEARD, SHORTCUTS

MANIFEST = Path(__file__).parents[3] / "docs" / "slack-manifest.json"


def test_manifest_and_code_name_the_same() -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))

    shortcuts = {one["callback_id"] for one in manifest["features"]["shortcuts"]}
    events = {name.partition(".")[0] for name in manifest["settings"]["event_subscriptions"]["bot_events"]}
    commands = [one["command"] for one in manifest["features"]["slash_commands"]]
    assert (shortcuts, events, commands) == (set(SHORTCUTS), set(HEARD), ["/incident"])
