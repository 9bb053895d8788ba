"""Slack: `python -m bot slack` over Socket Mode, and `python -m bot slack check`."""

import click
import uvloop

from bot.channels.slack.check import Setup, missing
from bot.channels.slack.wire import Api
from bot.processes import serve_until_stopped
from bot.settings import Misconfigured, Settings, told
from bot.wiring import system_clock


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
    """Asks Slack what is missing: tokens, scopes, the channel, the people. One line each; changes nothing."""
    lines = uvloop.run(_missing_in_slack(settings))
    for line in lines:
        click.echo(line)
    if lines:
        raise ValueError(f"the desk cannot work in Slack yet: {len(lines)} missing")
    click.echo("the desk can work in Slack")


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
