"""The desk's place in Slack: the workspace, the staff channel, who is who, and how to call."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.app.desk import Desk
from bot.channels.slack import pace
from bot.channels.slack.wire import Api, NoAnswerError, Payload, RateLimitedError, RefusedError
from bot.core.facts import Actor, Language, Role

KNOWN_FOR = timedelta(minutes=10)
BINDS_FOR = timedelta(minutes=1)
UNSAID = (
    "Slack does not say now whether your account is still active, and this binds. Nothing was done: please try again"
    " in a minute."
)
OUTSIDE = ("is_ext_shared", "is_pending_ext_shared")
SHARED = "the staff channel is shared outside the workspace: nothing is posted there"


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user; only team and id together say who it is."""

    team: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """A reply kept ready, in both languages."""

    id: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetLine:
    """One line of a preset; `vat_rate` None means the usual one, in percent."""

    fr: str
    en: str
    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Work that is often quoted: its name, its lines, and its days of validity where those are not the usual."""

    id: str
    fr: str
    en: str
    lines: tuple[PresetLine, ...]
    validity_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What every part of this channel works with. `staff` and `managers` are ids of users, or user groups, of `team`.

    `every` is how far apart messages in one channel are, a few after a rest excepted; `mailbox` is where staff read
    mail.
    """

    desk: Desk
    api: Api
    team: str
    channel: str
    staff: frozenset[str]
    managers: frozenset[str]
    clock: Callable[[], datetime]
    canned: tuple[Canned, ...] = ()
    presets: tuple[Preset, ...] = ()
    every: timedelta = pace.USUAL
    mailbox: str = ""
    _accounts: dict[str, tuple[datetime, Payload]] = field(default_factory=dict)
    _groups: dict[str, tuple[datetime, frozenset[str]]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """Everybody who acts for the desk."""
        return self._people(self.staff | self.managers)

    def role(self, person: Person) -> Role | None:
        """Staff or manager by the configured list, groups as they were when last asked; None for everybody else."""
        if self.team and person.team != self.team:
            return None
        if person.user in self._people(self.managers):
            return Role.MANAGER
        return Role.STAFF if person.user in self._people(self.staff) else None

    async def refresh(self) -> None:
        """Asks who is in the groups on the list, every ten minutes; what Slack last said counts while it is away."""
        now = self.clock()
        for group in filter(is_group, self.staff | self.managers):
            known = self._groups.get(group)
            if known is not None and now - known[0] < KNOWN_FOR:
                continue
            try:
                answer = await self.api.call("usergroups.users.list", usergroup=group)
            except (RefusedError, RateLimitedError, NoAnswerError) as trouble:
                log.warning("nobody says who is in the group %s: %s", group, trouble)
                continue
            self._groups[group] = (now, frozenset(map(str, answer.get("users") or ())))

    def _people(self, listed: frozenset[str]) -> frozenset[str]:
        groups = (self._groups[one][1] for one in listed if one in self._groups)
        return frozenset().union((one for one in listed if not is_group(one)), *groups)

    async def account(self, user: str) -> Payload:
        """What Slack says about a user, kept for ten minutes; where it does not say, what it last said."""
        account = await self._account(user, KNOWN_FOR)
        return self._accounts.get(user, (None, {}))[1] if account is None else account

    async def _account(self, user: str, within: timedelta) -> Payload | None:
        """What Slack said no longer ago than this; None when it does not say."""
        now = self.clock()
        known = self._accounts.get(user)
        if known is not None and now - known[0] < within:
            return known[1]
        try:
            answer = await self.api.call("users.info", user=user, include_locale="true")
        except (RefusedError, RateLimitedError, NoAnswerError) as trouble:
            log.warning("Slack does not say who %s is: %s", user, trouble)
            return None
        account = answer.get("user")
        self._accounts[user] = (now, account if isinstance(account, dict) else {})
        return self._accounts[user][1]

    async def actor(self, person: Person, *, binds: bool = False) -> Actor | str:
        """Whoever acts for the desk, or why this person may not.

        The list decides; an account that Slack calls a guest, a bot or deactivated is refused even on the list.
        The profile's e-mail says nothing: with Slack Connect another workspace sets it. What binds (money, a leave)
        takes Slack's word of the last minute, and waits where there is none.
        """
        await self.refresh()
        role = self.role(person)
        if role is None:
            return "This is for the staff of the desk, and you are not on its list. Nothing was done."
        if binds and not await self._account(person.user, BINDS_FOR):
            return UNSAID
        account = await self.account(person.user)
        if account.get("is_bot") or account.get("deleted"):
            return "Bots and deactivated accounts cannot act for the desk. Nothing was done."
        if account.get("is_stranger") or str(account.get("team_id") or person.team) != person.team:
            return "People of other workspaces cannot act for the desk. Nothing was done."
        if account.get("is_restricted") or account.get("is_ultra_restricted"):
            return "Guests of the workspace cannot act for the desk. Nothing was done."
        return Actor(role=role, name=person.user)

    async def language(self, person: Person) -> Language:
        """The language somebody has set in Slack: French or, for all others, English."""
        locale = str((await self.account(person.user)).get("locale", "fr"))
        return Language.FR if locale.startswith("fr") else Language.EN


def is_group(listed: str) -> bool:
    """A user group's id (`S…`) rather than a user's (`U…`, `W…`)."""
    return listed.startswith("S")
