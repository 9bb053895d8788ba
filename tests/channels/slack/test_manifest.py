"""The app's manifest and its guide name what the code listens to, and no more rights than it uses."""

import json
from pathlib import Path

from bot.channels.slack.receive import HEARD, SHORTCUTS
from bot.channels.slack.rights import APP_SCOPE, SCOPES

DOCS = Path(__file__).parents[3] / "docs"
MANIFEST = json.loads((DOCS / "slack-manifest.json").read_text(encoding="utf-8"))
GUIDE = (DOCS / "slack.md").read_text(encoding="utf-8")


def test_manifest_and_code_name_the_same() -> None:
    shortcuts = {one["callback_id"] for one in MANIFEST["features"]["shortcuts"]}
    events = {name.partition(".")[0] for name in MANIFEST["settings"]["event_subscriptions"]["bot_events"]}
    commands = [one["command"] for one in MANIFEST["features"]["slash_commands"]]
    assert (shortcuts, events, commands) == (set(SHORTCUTS), set(HEARD), ["/incident"])
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)


def test_guide_explains_each_scope_as_the_check_does() -> None:
    explained = [f"| `{scope}` | {why} |" for scope, why in SCOPES.items()]

    assert [line for line in explained if line not in GUIDE] == []
    assert f"`{APP_SCOPE}`" in GUIDE
