"""Somebody in Slack: what they press, fill in and say, and what they see."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.sandbox.slack import Answer, Message, NotPossibleError, People
from bot.sandbox.slack.inputs import Entry
from bot.sandbox.slack.wire import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account. Each act ends with `after`: once the desk has done all that follows from it."""

    user: str
    people: People
    channel: str
    after: Callable[[], Awaitable[None]]

    async def click(self, action: str, incident: int = 1, *, option: Entry = None) -> Answer:
        """Presses a button on an incident's card, and says yes where it asks."""
        answer = await self.people.click(self.user, self.channel, self.card(incident).ts, action, option=option)
        await self.after()
        return answer

    async def submit(self, action: str, incident: int = 1, **entries: Entry) -> Answer:
        """Presses a button on an incident's card and sends the form that it opens, filled in."""
        await self.click(action, incident)
        return await self.fill(**entries)

    async def fill(self, **entries: Entry) -> Answer:
        """Sends the form that is open, filled in."""
        answer = await self.people.submit(self.user, self.people.workspace.modal(self.user).id, entries)
        await self.after()
        return answer

    async def press_in_form(self, block: str, action: str, *, option: Entry = None) -> Answer:
        """Presses or chooses something in the form that is open."""
        view = self.people.workspace.modal(self.user)
        answer = await self.people.click_in_view(self.user, view.id, action, block, option=option)
        await self.after()
        return answer

    async def shortcut(self, name: str) -> Answer:
        """Uses a shortcut of the desk's."""
        answer = await self.people.shortcut(self.user, name)
        await self.after()
        return answer

    async def press(self, action: str) -> Answer:
        """Presses the last such button in one's own conversation with the desk."""
        place = self.people.workspace.direct(self.user).id
        for message in reversed(self.messages()):
            if action in _actions(message.blocks):
                answer = await self.people.click(self.user, place, message.ts, action)
                await self.after()
                return answer
        raise NotPossibleError(f"nothing here offers {action}")

    @property
    def form(self) -> str:
        """All that can be read in the form that is open; empty without one."""
        views = self.people.workspace.modals(self.user)
        return words(views[-1].given) if views else ""

    @property
    def errors(self) -> str:
        """What is wrong with what was filled in, in the form that stayed open."""
        views = self.people.workspace.modals(self.user)
        return " ".join(views[-1].errors.values()) if views else ""

    def card(self, incident: int = 1) -> Message:
        """The incident's card, as it stands in the staff channel."""
        name = f"INC-{incident} ·"
        cards = [one for one in self.people.workspace.roots(self.channel) if words(one.blocks).startswith(name)]
        assert len(cards) == 1, [one.text for one in self.people.workspace.roots(self.channel)]
        return cards[0]

    def card_text(self, incident: int = 1) -> str:
        """All that can be read on the incident's card."""
        return words(self.card(incident).blocks)

    def offers(self, incident: int = 1) -> frozenset[str]:
        """What can be pressed on the incident's card."""
        return _actions(self.card(incident).blocks)

    def thread(self, incident: int = 1) -> list[str]:
        """The lines below an incident's card."""
        replies = self.people.workspace.replies(self.channel, self.card(incident).ts)
        return [words(one.blocks) or one.text for one in replies]

    def messages(self) -> list[Message]:
        """One's own conversation with the desk."""
        place = self.people.workspace.direct(self.user).id
        everything = self.people.workspace.messages.get(place, {})
        return [message for _, message in sorted(everything.items())]

    def said(self) -> list[str]:
        """What was said in it."""
        return [words(one.blocks) or one.text for one in self.messages()]

    def hints(self) -> list[str]:
        """What this person alone was shown in the staff channel."""
        return [words(one.blocks) or one.text for one in self.people.workspace.shown_to(self.user)]


def words(blocks: object) -> str:
    """All that can be read in blocks, in order; every run of white space is one space."""
    return " ".join(" ".join(_texts(blocks)).split())


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for name, value in node.items() if name != "text" or not own for text in _texts(value)]
    if isinstance(node, list | tuple):
        return [text for each in node for text in _texts(each)]
    return []


def _actions(blocks: Sequence[Payload]) -> frozenset[str]:
    return frozenset(
        element["action_id"]
        for block in blocks
        for element in block.get("elements", ())
        if isinstance(element, dict) and "action_id" in element
    )
