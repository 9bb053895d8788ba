"""The rights the app asks for in Slack, each with what it is for: what the manifest names, and nothing beside."""

from collections.abc import Mapping
from typing import Final

SCOPES: Final[Mapping[str, str]] = {
    "channels:history": "hears what is said in a public channel of staff or of a customer",
    "channels:read": "sees with whom a public channel of staff or of a customer is shared",
    "chat:write": "posts cards, lines and messages to customers, and brings cards and lines up to date",
    "commands": "offers /incident and the two shortcuts",
    "files:read": "fetches what customers send and staff add to a reply; sees whether a file was shown",
    "files:write": "attaches whole mails, long texts and files to what they belong to; draws the home's figures",
    "groups:history": "hears what is said in a private channel of staff or of a customer",
    "groups:read": "sees with whom a private channel of staff or of a customer is shared",
    "im:history": "hears what customers write in their direct conversation with the app",
    "im:read": "finds that conversation again",
    "im:write": "opens it",
    "links:read": "hears of links to the desk's own pages in the staff channel",
    "links:write": "shows staff below them what they lead to",
    "pins:write": "pins the cards",
    "reactions:read": "hears of :eyes:, which takes an incident",
    "usergroups:read": "sees who is in a user group that [slack] lists as staff or managers",
    "users:read": "refuses guests, bots and deactivated accounts; knows each person's language",
}
APP_SCOPE: Final = "connections:write"
"""The one right of the app-level token (`xapp-…`): opening a line for Socket Mode."""
