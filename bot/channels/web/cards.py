"""Paying by card: from our page to the provider's, back to ours, and the provider's own report of it.

Only the report says that something was paid. Who comes back from the provider’s page is thanked, and nothing more.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from aiohttp import web

from bot.app.cards import Cards, CardsUnavailableError, Checkout, ForgedError, take_in_card
from bot.app.desk import Desk
from bot.channels.web.answers import HEADERS, Problems, html
from bot.channels.web.choices import Opened
from bot.core.facts import Language
from bot.core.incident import Invoice

log = structlog.get_logger("web.cards")
CHOICE = "pay_card"
SIGNATURE = "Stripe-Signature"
CSP = "Content-Security-Policy"


class CardDoor:
    """The way to a provider of cards, and its reports."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime], problems: Problems, cards: Cards) -> None:
        self._desk = desk
        self._clock = clock
        self._problems = problems
        self._cards = cards

    def let_through(self, answer: web.Response) -> web.Response:
        """A page whose form leads on to the provider's: browsers ask where a form may end up (CSP, form-action)."""
        own = HEADERS[CSP]
        answer.headers[CSP] = own.replace("form-action 'self'", f"form-action 'self' {self._cards.origin}")
        return answer

    async def lead(self, opened: Opened, invoice: Invoice) -> web.Response:
        """On to a page for what is open now; two clicks of one day lead to the same one."""
        language = opened.incident.language
        back = f"{self._desk.public_url}/pay"
        wanted = Checkout(
            number=invoice.number,
            amount=invoice.open,
            language=language,
            key=f"{invoice.number}-{invoice.open.cents}-{self._desk.terms.day_of(opened.now)}",
            done_url=f"{back}/done?l={language}",
            back_url=f"{back}/back?l={language}",
        )
        try:
            place = await self._cards.checkout(wanted)
        except CardsUnavailableError as error:
            log.warning("no_card_page", number=invoice.number, error=str(error))
            return self._problems.page(503, language)
        if not place.startswith(f"{self._cards.origin}/"):
            log.error("strange_card_page", number=invoice.number, expected=self._cards.origin)
            return self._problems.page(503, language)
        return web.Response(status=303, headers={"Location": place})

    async def returned(self, request: web.Request) -> web.Response:
        """Back from the provider's page. No token is in the address: the provider has seen it."""
        language = Language.EN if request.query.get("l") == Language.EN else Language.FR
        text = self._desk.words.page(
            f"{language}/card",
            language,
            stylesheet=self._problems.stylesheet,
            done=request.match_info["outcome"] == "done",
        )
        return html(text)

    async def report(self, request: web.Request) -> web.Response:
        """What the provider says was paid, given back or disputed; it tries again until it is answered with 200."""
        try:
            event = self._cards.event(await request.read(), request.headers.get(SIGNATURE, ""))
        except ForgedError as error:
            log.warning("forged_card_report", peer=request.remote, error=str(error))
            return web.json_response({"error": "the signature is not right"}, status=400)
        if event is None:
            return web.json_response({"received": True, "noted": False})
        now = self._clock()
        if not await self._desk.store.run(lambda tx: take_in_card(tx, self._desk, event, now)):
            log.info("card_report_too_early", payment=event.payment)
            return web.json_response({"error": "the payment is not known yet"}, status=409)
        return web.json_response({"received": True, "noted": True})
