"""Which channel of Slack is shared with which customer: `python -m bot customers channels …`."""

import click

from bot.app.customers import known_as
from bot.channels.slack import reasons
from bot.channels.slack.shared import others, trouble_with
from bot.channels.slack.wire import NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.cli.desk import at_desk
from bot.cli.slack import calling
from bot.settings import Settings
from bot.wiring import Wired
from storage import SharedChannel, Transaction


@click.group("channels")
def channels() -> None:
    """Channels of Slack shared with one customer: list, add, remove. OF is a reference (C-7) or an address."""


@channels.command("list")
@click.pass_obj
def list_channels(settings: Settings) -> None:
    """Lists the channels on file, each with its customer and their organisation in Slack."""
    for shared in at_desk(settings, lambda wired: wired.desk.store.read(lambda tx: tx.shared.listing())):
        click.echo(in_one_line(shared))


@channels.command("add")
@click.argument("of")
@click.argument("channel")
@click.pass_obj
def add_channel(settings: Settings, of: str, channel: str) -> None:
    """Answers the customer in CHANNEL (C…), which Slack must share with them alone; again, where it was given up."""
    click.echo(in_one_line(at_desk(settings, lambda wired: _add(wired, of, channel))))


@channels.command("remove")
@click.argument("channel")
@click.pass_obj
def remove_channel(settings: Settings, channel: str) -> None:
    """Says and hears nothing more in CHANNEL; what its incidents have to say goes to who is linked, or by mail."""
    if not at_desk(settings, lambda wired: wired.desk.store.run(lambda tx: tx.shared.remove(channel))):
        raise ValueError(f"{channel} is no customer's channel")
    click.echo(f"{channel} is no customer's channel any more")


def in_one_line(shared: SharedChannel) -> str:
    """The channel, whose it is, and why it is not used where it is not."""
    unused = f"  not used: {reasons.said(shared.trouble)}" if shared.trouble else ""
    return f"{shared.channel}  C-{shared.customer_id}  {shared.team}{unused}"


async def _add(wired: Wired, of: str, channel: str) -> SharedChannel:
    """ValueError where the channel is not one that this customer and we alone read, or is another's."""
    settings = wired.settings
    if channel == settings.environment.slack_staff_channel:
        raise ValueError(f"{channel} is the staff channel, which no customer reads")
    team = settings.file.slack.team
    found = await _looked_up(settings, channel)
    trouble = trouble_with(found, team)
    if trouble:
        raise ValueError(f"{channel} cannot be a customer's channel: {reasons.said(trouble)}")
    (theirs,) = others(found, team)

    def put(tx: Transaction) -> SharedChannel:
        customer, known = known_as(tx, of), tx.shared.load(channel)
        if known is not None and known.customer_id != customer.id:
            raise ValueError(f"{channel} is the channel of C-{known.customer_id}: remove it there first")
        shared = SharedChannel(channel=channel, customer_id=customer.id, team=theirs, since=wired.clock())
        tx.shared.put(shared)
        return shared

    return await wired.desk.store.run(put)


async def _looked_up(settings: Settings, channel: str) -> Payload:
    async with calling(settings) as api:
        try:
            answer = await api.call("conversations.info", channel=channel)
        except RefusedError as refused:
            raise ValueError(f"{channel}: {reasons.said(refused.code)}") from refused
        except (RateLimitedError, NoAnswerError) as trouble:
            raise ValueError(f"Slack does not say what {channel} is ({trouble}): nothing was changed") from trouble
    return answer.get("channel") or {}
