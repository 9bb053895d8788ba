"""The letter's numbers, copied onto each incident when it is opened (letter §3.9)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.money import Money, Price, Vat
from bot.core.office import Office


class GoAhead(StrEnum):
    """What opens the way to a diagnosis (letter §2.5)."""

    ORDER = "order"
    ANNOUNCE = "announce"


class Kind(StrEnum):
    """Who the customer is in law."""

    BUSINESS = "business"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one incident is handled under. Days are calendar days; the rate is a percentage."""

    diagnosis_price: Money = field(default_factory=lambda: Money(cents=2000))
    vat_rate: Decimal = Decimal(20)
    payment_days: int = 30
    offer_until: date | None = None
    go_ahead: GoAhead = GoAhead.ORDER
    quote_validity_days: int = 15
    timezone: str = "Europe/Paris"
    country: str = "FR"
    announcement_nudge_days: int = 3
    announcement_lapse_days: int = 7
    waiting_nudge_days: int = 5
    waiting_lapse_days: int = 14
    consent_lapse_days: int = 7
    disown_days: int = 7
    consent_days: int = 90
    contest_confirm_days: int = 15
    contest_pause_days: int = 7
    limit_after_days: int = 45
    promise_days: int = 30
    withdrawal_days: int = 14
    withdrawal_settle_days: int = 7
    reopen_days: int = 14
    reminders_business: tuple[int, ...] = (-7, 3, 12, 25)
    reminders_consumer: tuple[int, ...] = (-5, 5, 15, 30)

    @property
    def usual_price(self) -> Price:
        """The diagnosis without the launch offer."""
        return Price.at(self.diagnosis_price, self.vat_rate)

    def price_at(self, now: datetime, vat: Vat = Vat.STANDARD) -> Price:
        """What a diagnosis ordered now costs: nothing up to the offer's last day included (letter §7.1)."""
        free = self.offer_until is not None and self.day_of(now) <= self.offer_until
        net = Money(cents=0, currency=self.diagnosis_price.currency) if free else self.diagnosis_price
        return Price.at(net, vat.rate(self.vat_rate))

    @property
    def house(self) -> Office:
        """Where staff work."""
        return Office(timezone=self.timezone, country=self.country)

    def day_of(self, moment: datetime) -> date:
        """The calendar day of a moment in the provider's time zone."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def end_of(self, day: date) -> datetime:
        """The last moment of a day in the provider's time zone."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone))
        return midnight + timedelta(days=1, microseconds=-1)

    def reminder_days(self, kind: Kind) -> tuple[int, ...]:
        """Days from the due date at which a reminder falls, by level (letter §5.2)."""
        return self.reminders_consumer if kind is Kind.CONSUMER else self.reminders_business
