"""A stand-in for Slack: one workspace in memory that answers, refuses and calls back as Slack does.

    workspace = Workspace(clock=clock, bot_token=…, signing_secret=…, users=…, channels=…)
    slack = await start(workspace)                      # the desk's SLACK_API_URL is slack.api_url
    people = People.over_http(workspace, desk_url)      # or People.over_socket(slack.sockets)
    await people.click("U1", "C1", ts, "take")

`workspace` is what a page draws and what a test looks at; `slack.faults` breaks things on demand; `slack.calls`
is what the desk asked for; `people.failures` is what it did not answer as it must. docs/slack-stand-in.md lists
what it refuses, each with its source, and what it does on demand.
"""

from bot.sandbox.slack.api import Call, SlackServer, start
from bot.sandbox.slack.delivery import Answer, Envelope, Letterhead
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.inputs import NotPossibleError
from bot.sandbox.slack.mentions import mentions
from bot.sandbox.slack.people import Failure, People
from bot.sandbox.slack.records import Change, Channel, Ephemeral, Message, StoredFile, User, View
from bot.sandbox.slack.wire import Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

__all__ = [
    "Answer",
    "Call",
    "Change",
    "Channel",
    "Envelope",
    "Ephemeral",
    "Failure",
    "Faults",
    "Letterhead",
    "Message",
    "NotPossibleError",
    "Payload",
    "People",
    "SlackError",
    "SlackServer",
    "StoredFile",
    "User",
    "View",
    "Workspace",
    "mentions",
    "start",
]
