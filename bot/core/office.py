"""When somebody may be written to: on the working days of their country, in the working hours of their zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays, list_supported_countries

OPENING = time(9)
CLOSING = time(17)
SATURDAY = 5
TO_ACT = timedelta(hours=2)  # less is no time to do anything about what ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where somebody works: the hours are those of the zone, the holidays those of the country (ISO 3166).

    `FR` are the whole country's, as for every customer; `FR-57` those of one of its regions too, as a desk may want.
    """

    timezone: str = "Europe/Paris"
    country: str = "FR"

    def opening(self, day: date) -> datetime:
        """Nine o'clock local time of that day, or of the first working day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return datetime.combine(day, OPENING, ZoneInfo(self.timezone))

    def open_at(self, moment: datetime) -> datetime:
        """That moment if it is within working hours, else the next opening."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        if self.is_working(local.date()) and OPENING <= local.time() < CLOSING:
            return moment
        return self.opening(local.date() if local.time() < OPENING else local.date() + timedelta(days=1))

    def open_before(self, moment: datetime, end: datetime, since: datetime) -> datetime | None:
        """That moment or the next opening, as above, where there is time to act before the end.

        Else in the last hours before that moment: at their opening, or half-way from `since` to their closing. None
        where nobody works between the two.
        """
        at = self.open_at(moment)
        if at == moment or at + TO_ACT <= end:
            return at
        opening, closing = self._hours_before(moment)
        if since < closing:
            return max(opening, since + (closing - since) / 2)
        return at if at < end else None

    def _hours_before(self, moment: datetime) -> tuple[datetime, datetime]:
        """The last working hours that were over by then."""
        zone = ZoneInfo(self.timezone)
        local = moment.astimezone(zone)
        day = local.date() if local.time() >= CLOSING else local.date() - timedelta(days=1)
        while not self.is_working(day):
            day -= timedelta(days=1)
        return datetime.combine(day, OPENING, zone), datetime.combine(day, CLOSING, zone)

    def after(self, moment: datetime, hours: int) -> datetime:
        """When so many working hours have passed since."""
        at, left = self.open_at(moment), timedelta(hours=hours)
        while True:
            closing = datetime.combine(at.astimezone(ZoneInfo(self.timezone)), CLOSING, ZoneInfo(self.timezone))
            if left < closing - at:
                return at + left
            left -= closing - at
            at = self.open_at(closing)

    def is_working(self, day: date) -> bool:
        """Neither a weekend there nor a public holiday; Monday to Friday where the country's days are unknown."""
        year = _year(self.country, day.year)
        return day.weekday() < SATURDAY if year is None else year.is_working_day(day)


def knows_holidays(country: str) -> bool:
    """Whether the holidays of this country, and of its region where one is named, are known."""
    return _year(country, 2000) is not None


@cache
def _year(country: str, year: int) -> HolidayBase | None:
    """One year's holidays, never changed once made: threads share it."""
    code, _, region = country.partition("-")
    code = _OTHERWISE.get(code, code)
    if code not in list_supported_countries(include_aliases=False):
        return None
    try:
        return country_holidays(code, subdiv=region or None, years=year, expand=False)
    except NotImplementedError:  # how the library says that it knows no such region
        return None


_OTHERWISE = {"EL": "GR", "UK": "GB"}  # the Union's own codes for two countries
