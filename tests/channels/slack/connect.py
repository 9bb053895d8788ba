"""A channel that the town shares with Client SA: Carol is linked, Dave is her colleague, Erin is a third one's."""

from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.terms import Kind
from bot.sandbox.slack import Answer, Message
from storage import SharedChannel, Transaction
from tests.channels.slack.town import ADDRESS, BOT, CAROL, DETAILS, SHARED, THEIRS, Town


async def share(
    town: Town,
    *,
    linked: bool = True,
    kind: Kind = Kind.BUSINESS,
    details: Details = DETAILS,
    language: f.Language = f.Language.FR,
) -> Customer:
    """The channel is on file for Client SA, whose Carol is linked."""

    def put(tx: Transaction) -> Customer:
        customer = tx.customers.by_address(ADDRESS) or tx.customers.create(
            address=ADDRESS, language=language, now=town.clock(), kind=kind, details=details
        )
        if linked:
            tx.customers.set_slack(customer.id, THEIRS, CAROL)
        tx.shared.put(SharedChannel(channel=SHARED, customer_id=customer.id, team=THEIRS, since=town.clock()))
        return customer

    return await town.store.run(put)


async def say(town: Town, text: str, user: str = CAROL, thread: str | None = None) -> str:
    """Says something there, which the desk works; its ts."""
    await town.people.say(user, SHARED, text, thread)
    ts = max(town.workspace.messages[SHARED])
    await town.settle()
    return ts


def told(town: Town, thread: str) -> list[Message]:
    """What the desk said in a thread there, oldest first."""
    return [one for one in town.workspace.replies(SHARED, thread) if one.user == BOT]


def all_told(town: Town) -> list[Message]:
    """Everything the desk ever said there."""
    return [one for _, one in sorted(town.workspace.messages[SHARED].items()) if one.user == BOT]


async def press(town: Town, action: str, user: str = CAROL) -> Answer:
    """Presses the newest such button there."""
    for message in reversed(all_told(town)):
        if f"'{action}'" in str(message.blocks):
            answer = await town.people.click(user, SHARED, message.ts, action)
            await town.settle()
            return answer
    raise AssertionError(f"nobody offered {action}")
