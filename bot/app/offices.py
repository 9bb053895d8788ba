"""Where a customer is, from what is on file: the country they gave, and its zone where it has just one."""

from babel.core import get_global

from bot.core.customer import Customer
from bot.core.office import Office


def office_of(customer: Customer) -> Office:
    """Where this customer is, as far as anybody knows."""
    return Office(timezone=customer.timezone, country=customer.details.country)


def zone_of(country: str, otherwise: str) -> str:
    """The zone of a country that has one; in the others nobody can tell."""
    zones = get_global("territory_zones").get(country, [])
    return str(zones[0]) if len(zones) == 1 else otherwise
