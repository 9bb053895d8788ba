"""Reading a submitted form: bounded, strict, and what the order form must say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from aiohttp import web
from babel import Locale
from stdnum.eu import vat
from stdnum.fr import siren

from bot.core.customer import Customer, Details
from bot.core.facts import Language, WayIn
from bot.core.terms import Kind

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
ONE_CLICK = "List-Unsubscribe"
LARGEST = 64 * 1024
MOST_FIELDS = 100
LONGEST_LINE = 200
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Form:
    """What was submitted, field by field."""

    given: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """The field's first value, trimmed and with plain line ends; empty where there is none."""
        return self.many(name)[0].strip().replace("\r\n", "\n") if self.many(name) else ""

    def many(self, name: str) -> tuple[str, ...]:
        return self.given.get(name, ())

    def ticked(self, name: str) -> bool:
        return self.text(name) == "yes"


async def read_form(request: web.Request) -> Form:
    """The request's form. Raises 413 (too big), 415 (not a form), 400 (too many fields, or not UTF-8)."""
    if request.content_type == MULTIPART:
        return await _one_click(request)
    if request.content_type != FORM:
        raise web.HTTPUnsupportedMediaType
    body = await request.clone(client_max_size=LARGEST).read()
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise web.HTTPBadRequest from error
    given: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        given[name] = (*given.get(name, ()), value)
    return Form(given)


async def _one_click(request: web.Request) -> Form:
    """What mail programs may send for their reader (RFC 8058); our own pages never send such forms."""
    try:
        posted = await request.clone(client_max_size=LARGEST).post()
    except ValueError as error:
        raise web.HTTPUnsupportedMediaType from error
    said = posted.get(ONE_CLICK)
    if not isinstance(said, str):
        raise web.HTTPUnsupportedMediaType
    return Form({ONE_CLICK: (said,)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who orders, as filled in: shown again as typed until it is complete."""

    details: Details
    kind: Kind | None
    way_in: WayIn
    express: bool = False


def on_file(customer: Customer, way_in: WayIn) -> Who:
    """What the order form is filled with at first; the box for the express request is never ticked for anybody."""
    return Who(details=customer.details, kind=customer.kind, way_in=way_in)


def who(form: Form) -> Who:
    """What was filled in, right or wrong."""
    kind, way_in = form.text("kind"), form.text("way_in")
    return Who(
        details=Details(
            name=form.text("name")[:LONGEST_LINE],
            postal_address=form.text("postal_address")[:LONGEST_TEXT],
            country=form.text("country").upper(),
            vat_number=re.sub(r"[\s.-]", "", form.text("vat_number").upper())[:LONGEST_LINE],
            siren=re.sub(r"\s", "", form.text("siren"))[:LONGEST_LINE],
        ),
        kind=Kind(kind) if kind in set(Kind) else None,
        way_in=WayIn(way_in) if way_in in set(WayIn) else WayIn.DIAGNOSE,
        express=form.ticked("express"),
    )


def problems(given: Who, *, priced: bool) -> tuple[str, ...]:
    """What is missing or wrong, by the name of its message beside the field. Whose VAT is known is checked."""
    details = given.details
    found = {
        "name": not details.name,
        "postal_address": not details.postal_address,
        "country": details.country not in dict(countries(Language.EN)),
        "kind": given.kind is None,
        "vat_number": given.kind is Kind.BUSINESS and bool(details.vat_number) and _is_wrong_vat(details),
        "siren": given.kind is Kind.BUSINESS and bool(details.siren) and not siren.is_valid(details.siren),
        "express": priced and given.kind is Kind.CONSUMER and not given.express,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _is_wrong_vat(details: Details) -> bool:
    is_european = details.country.lower() in vat.MEMBER_STATES
    return is_european and not vat.is_valid(details.vat_number)


@cache
def countries(language: Language) -> tuple[tuple[str, str], ...]:
    """Country codes (ISO 3166) and their names in the order of the names, but for France, which comes first."""
    named = {
        code: name
        for code, name in Locale(language).territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in _NONE
    }
    in_order = sorted(named.items(), key=lambda item: (item[0] != "FR", _folded(item[1])))
    return tuple(in_order)


# Codes that CLDR names though nobody lives there under them.
_NONE = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_ACCENTS = str.maketrans("ÅÉÎÔàâçéèêîïôöü", "AEIOaaceeeiioou")


def _folded(name: str) -> str:
    return name.translate(_ACCENTS).casefold()
