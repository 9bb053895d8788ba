"""Channels shared with one customer: who reads there, and when nothing is said there any more."""

import logging
from datetime import datetime, timedelta
from typing import Final

from bot.app.read import Case
from bot.channels.slack import reasons
from bot.channels.slack.chat import Root, root
from bot.channels.slack.jobs import SayInSlack
from bot.channels.slack.reasons import OF_THE_APP
from bot.channels.slack.room import Room
from bot.channels.slack.wire import Payload, RefusedError
from storage import SharedChannel, Transaction

CHECKED_FOR: Final = timedelta(minutes=1)
ALONE: Final = ""
NOT_SHARED, PENDING, ANOTHER, SEVERAL, NOBODY_SAYS = (
    "not_shared",
    "sharing_is_pending",
    "another_organisation",
    "several_organisations",
    "organisations_not_named",
)

log = logging.getLogger(__name__)


def others(channel: Payload, team: str) -> frozenset[str]:
    """The organisations beside ours that `conversations.info` names in a channel, ours being `team`."""
    named = {*_names(channel, "connected_team_ids"), *_names(channel, "shared_team_ids")}
    ours = {team, str(channel.get("context_team_id") or ""), *_names(channel, "internal_team_ids")}
    return frozenset(named - ours)


def trouble_with(channel: Payload, team: str, customers: str = "") -> str:
    """Why nothing may be said in a channel; empty where we and one other organisation read it, and nobody else.

    `customers` is that other organisation, where it is known.
    """
    if channel.get("is_archived"):
        return "is_archived"
    if not channel.get("is_member", True):
        return "not_in_channel"
    if not channel.get("is_ext_shared"):
        return PENDING if channel.get("is_pending_ext_shared") else NOT_SHARED
    if channel.get("is_pending_ext_shared") or channel.get("pending_connected_team_ids"):
        return PENDING
    found = others(channel, team)
    if len(found) != 1:
        return SEVERAL if found else NOBODY_SAYS
    return ALONE if customers in {"", *found} else ANOTHER


def _names(channel: Payload, field: str) -> tuple[str, ...]:
    listed = channel.get(field)
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


class Watch:
    """Looks whether a thread in a shared channel is still read by its customer and us alone, before each post."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._fine: dict[str, datetime] = {}

    async def thread_of(self, case: Case) -> Root | None:
        """Where in a shared channel this incident is talked about; None where it is not, or not any more.

        Raises RefusedError for what an administrator of the app can mend, RateLimitedError, NoAnswerError.
        """
        began = root(case) if case.incident.thread else None
        shared = await self._room.desk.store.read(lambda tx: tx.shared.load(began.channel)) if began else None
        if shared is None or shared.customer_id != case.customer.id or shared.trouble:
            return None
        return began if await self.is_theirs_alone(shared) else None

    async def is_theirs_alone(self, shared: SharedChannel) -> bool:
        """What Slack says of it now, or said within a minute; where it is not, that is noted, and staff are told."""
        now = self._room.clock()
        known = self._fine.get(shared.channel)
        if known is not None and now - known < CHECKED_FOR:
            return True
        trouble = await self._trouble(shared)
        if trouble:
            await self.give_up(shared.channel, trouble)
            return False
        self._fine[shared.channel] = now
        return True

    async def give_up(self, channel: str, trouble: str) -> None:
        """Nothing is said there from now on; staff read so once."""
        self._fine.pop(channel, None)
        await self._room.desk.store.run(lambda tx: _give_up(tx, self._room, channel, trouble))

    async def _trouble(self, shared: SharedChannel) -> str:
        try:
            answer = await self._room.api.call("conversations.info", channel=shared.channel)
        except RefusedError as refused:
            if refused.code in OF_THE_APP:
                raise
            return refused.code
        return trouble_with(answer.get("channel") or {}, self._room.team, shared.team)


def _give_up(tx: Transaction, room: Room, channel: str, trouble: str) -> None:
    shared = tx.shared.load(channel)
    if shared is None or not tx.shared.set_trouble(channel, trouble):
        return
    customer = tx.customers.load(shared.customer_id)
    whose = f"{customer.reference} ({customer.details.name or customer.address})" if customer else "a customer"
    text = (
        f"The channel {channel} of {whose} is not used any more: {reasons.said(trouble)}. What is said to them goes"
        " to whoever of them is linked, or by mail. Once they and we alone read it, put it on file again:"
        f" python -m bot customers channels add C-{shared.customer_id} {channel}"
    )
    log.warning("the channel %s is not used any more: %s", channel, trouble)
    SayInSlack(channel=room.channel, text=text).put(tx, room.clock())
