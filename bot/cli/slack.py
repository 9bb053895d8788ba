"""Slack: `python -m bot slack` over Socket Mode, and `python -m bot slack check`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
import uvloop

from bot.channels.slack.check import Seen, Setup, missing, shared_channels
from bot.channels.slack.wire import Api
from bot.cli.desk import at_desk
from bot.processes import serve_until_stopped
from bot.settings import Misconfigured, Settings, told
from bot.wiring import Wired, system_clock
from storage import Outdated


@click.group(invoke_without_command=True)
@click.pass_context
def slack(context: click.Context) -> None:
    """Slack over Socket Mode, where SLACK_APP_TOKEN is set; otherwise `web` takes Slack's requests."""
    if context.invoked_subcommand is not None:
        return
    settings: Settings = context.obj
    missing = settings.environment.slack_missing or (
        "" if settings.environment.slack_app_token else "SLACK_APP_TOKEN"
    )
    if missing:
        raise Misconfigured(f"{missing}: is not set, and Slack over Socket Mode needs it")
    uvloop.run(serve_until_stopped(settings, frozenset({"slack"})))


@slack.command("check")
@click.pass_obj
def check_slack(settings: Settings) -> None:
    """Asks Slack what is missing: tokens, scopes, channels, people. One line each; changes nothing.

    Customers' channels are listed in any case.
    """
    lines = uvloop.run(_missing_in_slack(settings))
    for line in lines:
        click.echo(line)
    channels = _customers_channels(settings) if settings.environment.slack_bot_token else []
    for seen in channels:
        click.echo(seen.line)
    lacking = len(lines) + sum(seen.trouble for seen in channels)
    if lacking:
        raise ValueError(f"the desk cannot work in Slack yet: {lacking} missing")
    click.echo("the desk can work in Slack")


@asynccontextmanager
async def calling(settings: Settings) -> AsyncIterator[Api]:
    """Slack's Web API with the desk's token. Misconfigured where there is none."""
    environment = settings.environment
    token = told(environment.slack_bot_token)
    if not token:
        raise Misconfigured("SLACK_BOT_TOKEN: is not set, and nothing can be asked of Slack without it")
    api = Api(token=token, url=environment.slack_api_url, clock=system_clock)
    try:
        yield api
    finally:
        await api.close()


def _customers_channels(settings: Settings) -> list[Seen]:
    """Those on file; none where there is no database yet."""

    async def look(wired: Wired) -> list[Seen]:
        on_file = await wired.desk.store.read(lambda tx: tx.shared.listing())
        async with calling(settings) as api:
            return await shared_channels(api, settings.file.slack.team, on_file)

    try:
        return at_desk(settings, look)
    except Outdated:
        return []


async def _missing_in_slack(settings: Settings) -> list[str]:
    """What the desk lacks to work in Slack, one line each."""
    environment, file = settings.environment, settings.file
    setup = Setup(
        bot_token=told(environment.slack_bot_token),
        signing_secret=told(environment.slack_signing_secret),
        app_token=told(environment.slack_app_token),
        channel=environment.slack_staff_channel,
        team=file.slack.team,
        staff=file.slack.staff,
        managers=file.slack.managers,
    )
    api = Api(token=setup.bot_token, url=environment.slack_api_url, clock=system_clock)
    try:
        return await missing(api, setup)
    finally:
        await api.close()
