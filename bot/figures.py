"""Amounts, days and moments as people read them in each language."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone, get_timezone_location
from babel.numbers import format_currency, format_decimal
from stdnum.iso7064 import mod_97_10

from bot.core.facts import Language
from bot.core.money import Money, Price

HARD = "\u00a0"
_LOCALES = {Language.FR: Locale("fr", "FR"), Language.EN: Locale("en", "GB")}
_NET = {Language.FR: "HT", Language.EN: "excl." + HARD + "VAT"}
_GROSS = {Language.FR: "TTC", Language.EN: "incl." + HARD + "VAT"}
_REFERENCE_LENGTH = 25
_VOWELS = "aàâäeéèêëiîïoôöuùûü"


@lru_cache(maxsize=1024)
def money(amount: Money, language: Language) -> str:
    """`20,00 €` or `€20.00`, held together by no-break spaces."""
    return format_currency(amount.amount, amount.currency, locale=_LOCALES[language])


def net(amount: Money, language: Language) -> str:
    """An amount without VAT that says so: `20,00 € HT`."""
    return f"{money(amount, language)}{HARD}{_NET[language]}"


def gross(amount: Money, language: Language) -> str:
    """An amount with VAT that says so: `24,00 € TTC`."""
    return f"{money(amount, language)}{HARD}{_GROSS[language]}"


def price(value: Price, language: Language) -> str:
    """Both amounts, always together (letter §2.3): `20,00 € HT — 24,00 € TTC`."""
    return f"{net(value.net, language)} — {gross(value.gross, language)}"


def number(value: Decimal, language: Language) -> str:
    """A quantity or a rate: `1,5` or `1.5`."""
    return format_decimal(value, locale=_LOCALES[language])


def size(octets: int, language: Language) -> str:
    """How big a file is: `1,4 Mo` or `1.4 MB`."""
    unit = "o" if language is Language.FR else "B"
    power = next((power for power in (2, 1) if octets >= 1000**power), 0)
    scaled = round(Decimal(octets) / 1000**power, 1 if power else 0)
    return f"{number(scaled, language)}{HARD}{('', 'k', 'M')[power]}{unit}"


def day(value: date, language: Language) -> str:
    """`lundi 23 novembre 2026` or `Monday 23 November 2026`."""
    written = format_date(value, "EEEE d MMMM y", locale=_LOCALES[language])
    if language is Language.FR and value.day == 1:
        return written.replace(" 1 ", " 1er ", 1)
    return written


def moment(value: datetime, language: Language, timezone: str) -> str:
    """Day and time in a named zone, and the zone said: `lundi 23 novembre 2026 à 14 h 05 (heure de Paris)`."""
    local = value.astimezone(get_timezone(timezone))
    if language is Language.FR:
        clock = format_datetime(local, f"HH'{HARD}h{HARD}'mm", locale=_LOCALES[language])
        return f"{day(local.date(), language)} à {clock} ({_french_zone(timezone)})"
    clock = format_datetime(local, "HH:mm", locale=_LOCALES[language])
    return f"{day(local.date(), language)} at {clock} ({_english_zone(timezone)})"


def stamp(value: datetime, language: Language, timezone: str) -> str:
    """Day and time in short, for lists that name their zone once: `15 juin 2026, 14 h 05`."""
    local = value.astimezone(get_timezone(timezone))
    clock = f"HH'{HARD}h{HARD}'mm" if language is Language.FR else "HH:mm"
    first = "1er" if language is Language.FR and local.day == 1 else str(local.day)
    return f"{first} {format_datetime(local, f'MMMM y, {clock}', locale=_LOCALES[language])}"


def zone(timezone: str, language: Language) -> str:
    """`heure de Paris` or `Paris time`."""
    return _french_zone(timezone) if language is Language.FR else _english_zone(timezone)


def iban(value: str) -> str:
    """In groups of four (ISO 13616); plain spaces, which a bank's form takes when pasted."""
    compact = "".join(value.split())
    return " ".join(compact[i : i + 4] for i in range(0, len(compact), 4))


def creditor_reference(number: str) -> str:
    """The creditor reference of an invoice (ISO 11649): `F2026-00042` -> `RF93F202600042`.

    The number itself where it does not fit into 21 letters and digits.
    """
    compact = "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
    if not 1 <= len(compact) <= _REFERENCE_LENGTH - 4:
        return number
    return f"RF{mod_97_10.calc_check_digits(f'{compact}RF')}{compact}"


def _french_zone(timezone: str) -> str:
    city = _city(timezone, Language.FR)
    if city.startswith(("UTC", "GMT")):
        return city
    return f"heure d’{city}" if city[0].lower() in _VOWELS else f"heure de {city}"


def _english_zone(timezone: str) -> str:
    city = _city(timezone, Language.EN)
    return city if city.startswith(("UTC", "GMT")) else f"{city} time"


def _city(timezone: str, language: Language) -> str:
    return get_timezone_location(get_timezone(timezone), locale=_LOCALES[language], return_city=True)
