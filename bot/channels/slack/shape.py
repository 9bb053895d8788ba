"""What Slack sends, as far as we read it: whatever has another shape is no request of Slack's."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.channels.slack.wire import Payload

Text = str | None
Blocks = list[dict[str, Any]] | None


class Read(BaseModel):
    """What else there is stays unread."""

    model_config = ConfigDict(strict=True)


class Named(Read):
    """A user, a team, a channel."""

    id: Text = None
    team_id: Text = None


class File(Read):
    id: Text = None
    name: Text = None
    mimetype: Text = None
    size: int | None = None
    url_private: Text = None
    url_private_download: Text = None


class Edited(Read):
    ts: Text = None


class Attachment(Read):
    """A message that was forwarded, or what a link leads to."""

    is_share: bool | None = None
    author_name: Text = None
    text: Text = None


class Profile(Read):
    """What goes along of who wrote, where that is somebody of another workspace."""

    team: Text = None


class Said(Read):
    """A message."""

    subtype: Text = None
    ts: Text = None
    thread_ts: Text = None
    text: Text = None
    user: Text = None
    bot_id: Text = None
    team: Text = None
    user_team: Text = None
    source_team: Text = None
    user_profile: Profile | None = None
    edited: Edited | None = None
    files: list[File] | None = None
    attachments: list[Attachment] | None = None
    blocks: Blocks = None


class Item(Read):
    """What an emoji was put on."""

    channel: Text = None
    ts: Text = None


class Link(Read):
    url: Text = None


class Event(Said):
    """Of a kind we listen to."""

    type: str
    channel: Text = None
    channel_type: Text = None
    message: Said | None = None
    previous_message: Said | None = None
    deleted_ts: Text = None
    event_ts: Text = None
    message_ts: Text = None
    item: Item | None = None
    reaction: Text = None
    tab: Text = None
    links: list[Link] | None = None


class Authorization(Read):
    team_id: Text = None
    user_id: Text = None
    is_bot: bool | None = None


class EventCallback(Read):
    event_id: Text = None
    team_id: Text = None
    is_ext_shared_channel: bool | None = None
    event: Event
    authorizations: list[Authorization] | None = None


class Option(Read):
    value: str


class Slot(Read):
    """What stands in one field of a modal."""

    value: Text = None
    selected_option: Option | None = None
    selected_options: list[Option] | None = None
    selected_date: Text = None
    files: list[File] | None = None


class State(Read):
    values: dict[str, dict[str, Slot]] | None = None


class View(Read):
    type: str
    id: Text = None
    callback_id: Text = None
    private_metadata: Text = None
    state: State | None = None
    blocks: Blocks = None


class Action(Read):
    action_id: str
    type: Text = None
    value: Text = None


class Container(Read):
    channel_id: Text = None
    message_ts: Text = None
    thread_ts: Text = None


class Interaction(Read):
    user: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    container: Container | None = None
    message: Said | None = None
    message_ts: Text = None
    trigger_id: Text = None
    response_url: Text = None
    callback_id: Text = None
    view: View | None = None


class BlockActions(Interaction):
    actions: list[Action] = Field(min_length=1)


class Submitted(Interaction):
    view: View


_READ: Mapping[str, type[Read]] = {
    "event_callback": EventCallback,
    "block_actions": BlockActions,
    "view_submission": Submitted,
    "message_action": Interaction,
    "shortcut": Interaction,
}


def wrong_with(body: Payload) -> str:
    """Where its shape is another than Slack's; empty where all is as it should be, or where we read nothing of it."""
    read = _READ.get(str(body.get("type")))
    try:
        if read is not None:
            read.model_validate(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""


def whole(node: Any) -> Any:
    """The same without halves of characters: JSON can name one, and no database or page can hold it."""
    if isinstance(node, str):
        return node if node.isascii() else node.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(node, dict):
        return {whole(name): whole(value) for name, value in node.items()}
    return [whole(one) for one in node] if isinstance(node, list) else node
