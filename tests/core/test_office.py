"""Working days and hours where the customer is: weekends, holidays, both changes of the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.office import Office, knows_holidays

PARIS = Office()
ZONE = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2010-07-07T09:00", "2010-07-07T09:00"),
        ("2010-07-07T16:59", "2010-07-07T16:59"),
        ("2010-07-07T17:00", "2010-07-08T09:00"),
        ("2010-07-07T08:59", "2010-07-07T09:00"),
        ("2010-07-09T18:00", "2010-07-12T09:00"),
        ("2010-07-10T10:00", "2010-07-12T09:00"),
        ("2010-07-11T23:59", "2010-07-12T09:00"),
        ("2010-07-12T00:00", "2010-07-12T09:00"),
        ("2010-07-13T17:00", "2010-07-15T09:00"),  # the 14th is a holiday
        ("2010-12-24T17:30", "2010-12-27T09:00"),  # Christmas on a Saturday
        ("2010-12-31T18:00", "2011-01-03T09:00"),
        ("2013-12-31T18:00", "2014-01-02T09:00"),
        ("2028-02-29T12:00", "2028-02-29T12:00"),
    ],
)
def test_working_hours_are_nine_to_five_on_working_days(moment: str, expected: str) -> None:
    local = datetime.fromisoformat(moment).replace(tzinfo=ZONE)

    shifted = PARIS.open_at(local.astimezone(UTC))

    assert shifted == datetime.fromisoformat(expected).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2010, 3, 26), 8), (date(2010, 3, 29), 7), (date(2010, 10, 29), 7), (date(2010, 11, 2), 8)],
)
def test_nine_oclock_stays_nine_when_the_clocks_change(day: date, utc_hour: int) -> None:
    """Summer time began on 28 March 2010 and ended on 31 October."""
    assert PARIS.opening(day).astimezone(UTC).hour == utc_hour


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (date(2026, 4, 6), date(2026, 4, 7)),  # Easter Monday
        (date(2026, 4, 3), date(2026, 4, 3)),  # Good Friday is one in Alsace and Moselle alone
        (date(2026, 5, 14), date(2026, 5, 15)),  # Ascension
        (date(2028, 7, 14), date(2028, 7, 17)),  # the 14th of July on a Friday
        (date(2027, 12, 31), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 1, 3)),
    ],
)
def test_france_rests_on_its_eleven_holidays(day: date, opens: date) -> None:
    assert PARIS.opening(day).date() == opens


def test_holidays_are_those_of_the_customers_country() -> None:
    """Belgium rests on the 21st of July, not on the 14th; the Emirates on Saturday and Sunday since 2022."""
    brussels = Office(timezone="Europe/Brussels", country="BE")

    assert brussels.opening(date(2026, 7, 14)).date() == date(2026, 7, 14)
    assert brussels.opening(date(2026, 7, 21)).date() == date(2026, 7, 22)
    assert Office(timezone="Asia/Riyadh", country="SA").opening(date(2026, 7, 3)).date() == date(2026, 7, 5)


@pytest.mark.parametrize("region", ["FR-57", "FR-Moselle", "FR-6AE", "FR-Alsace"])
def test_region_rests_on_its_own_holidays_too(region: str) -> None:
    """Good Friday and Saint Stephen's day, in Alsace and Moselle; by its code, or by its name."""
    here = Office(country=region)

    assert here.opening(date(2026, 4, 3)).date() == date(2026, 4, 7)
    assert here.opening(date(2028, 12, 26)).date() == date(2028, 12, 27)
    assert here.opening(date(2026, 7, 14)).date() == date(2026, 7, 15)


@pytest.mark.parametrize(
    ("country", "known"), [("FR", True), ("EL", True), ("FR-57", True), ("ZZ", False), ("FR-ZZ", False)]
)
def test_holidays_are_known_or_not(country: str, known: bool) -> None:
    assert knows_holidays(country) is known


def test_country_nobody_knows_the_holidays_of_works_from_monday_to_friday() -> None:
    nowhere = Office(timezone="UTC", country="ZZ")

    assert nowhere.opening(date(2026, 12, 25)).date() == date(2026, 12, 25)
    assert nowhere.opening(date(2026, 12, 26)).date() == date(2026, 12, 28)


def test_greece_is_known_by_both_of_its_codes() -> None:
    assert Office(country="EL").opening(date(2026, 3, 25)) == Office(country="GR").opening(date(2026, 3, 25))
    assert Office(country="EL").opening(date(2026, 3, 25)).date() == date(2026, 3, 26)


@pytest.mark.parametrize(
    ("moment", "end", "since", "expected"),
    [
        ("2010-07-07T10:00", "2010-07-08T10:00", "2010-07-01T10:00", "2010-07-07T10:00"),
        ("2010-07-07T20:00", "2010-07-08T20:00", "2010-07-01T10:00", "2010-07-08T09:00"),  # the next opening does
        ("2010-07-10T23:59", "2010-07-11T23:59", "2010-07-01T10:00", "2010-07-09T09:00"),  # a Sunday: on Friday
        ("2010-07-11T09:05", "2010-07-12T09:05", "2010-07-01T10:00", "2010-07-09T09:00"),  # five minutes are no time
        ("2010-07-13T23:59", "2010-07-14T23:59", "2010-07-01T10:00", "2010-07-13T09:00"),  # the 14th is a holiday
        ("2010-07-08T02:00", "2010-07-08T04:00", "2010-07-07T15:00", "2010-07-07T16:00"),  # half-way to the close
        ("2010-07-10T09:00", "2010-07-11T09:00", "2010-07-09T18:00", None),  # nobody works between the two
        ("2010-07-10T20:00", "2010-07-12T12:00", "2010-07-09T18:00", "2010-07-12T09:00"),
    ],
)
def test_what_comes_before_an_end_comes_in_the_last_working_hours(
    moment: str, end: str, since: str, expected: str | None
) -> None:
    at, until, begun = (datetime.fromisoformat(one).replace(tzinfo=ZONE) for one in (moment, end, since))

    found = PARIS.open_before(at, until, begun)

    assert found == (datetime.fromisoformat(expected).replace(tzinfo=ZONE) if expected else None)
