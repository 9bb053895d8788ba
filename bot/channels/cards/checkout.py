"""Stripe Checkout, through Stripe's own library: a hosted page to pay on, and signed reports of what was paid."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params.checkout import SessionCreateParams

from bot.app.cards import (
    CardDisputed,
    CardEvent,
    CardPaid,
    CardRefunded,
    CardReinstated,
    CardsUnavailableError,
    Checkout,
    ForgedError,
)
from bot.core.money import Money

TIMEOUT_SECONDS = 10
RETRIES = 1
PAID, WON = "paid", "won"
OF_DESK = "invoice"
"""The key of our metadata: other pages of the same account are none of the desk's."""


@asynccontextmanager
async def stripe_cards(
    api_key: str, webhook_secret: str, api_url: str, origin: str
) -> AsyncIterator["StripeCards | None"]:
    """Stripe while this lasts; None without a key."""
    if not api_key:
        yield None
        return
    cards = StripeCards(api_key, webhook_secret, api_url=api_url, origin=origin)
    try:
        yield cards
    finally:
        await cards.close()


class StripeCards:
    """Stripe for one account. `api_url` is another server's in tests; `origin` is where its pages are."""

    def __init__(self, api_key: str, webhook_secret: str, *, api_url: str, origin: str) -> None:
        self._secret = webhook_secret
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT_SECONDS)
        self._client = stripe.StripeClient(
            api_key, base_addresses={"api": api_url}, http_client=self._http, max_network_retries=RETRIES
        )
        self._origin = origin

    @property
    def origin(self) -> str:
        return self._origin

    async def close(self) -> None:
        """Lets go of its connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def checkout(self, wanted: Checkout) -> str:
        """A page for just this amount; Stripe answers the same `key` with the same page for a day."""
        try:
            session = await self._client.v1.checkout.sessions.create_async(
                _session(wanted), {"idempotency_key": wanted.key}
            )
            page = session.url
        except (stripe.StripeError, AttributeError, ValueError) as error:  # the last two: no answer of Stripe's
            raise CardsUnavailableError(str(error)) from error
        if not page:
            raise CardsUnavailableError("a session without a page")
        return page

    def event(self, payload: bytes, signature: str) -> CardEvent | None:
        """Signed by Stripe within its five minutes, or ForgedError."""
        try:
            event = self._client.construct_event(payload, signature, self._secret)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise ForgedError(str(error)) from error
        return _read(event.to_dict())


def _session(wanted: Checkout) -> SessionCreateParams:
    mine = {OF_DESK: wanted.number}
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": wanted.amount.currency.lower(),
                    "unit_amount": wanted.amount.cents,
                    "product_data": {"name": wanted.number},
                },
            }
        ],
        "client_reference_id": wanted.number,
        "metadata": mine,
        "payment_intent_data": {"metadata": mine},
        "locale": wanted.language.value,
        "success_url": wanted.done_url,
        "cancel_url": wanted.back_url,
    }


def _read(event: Mapping[str, Any]) -> CardEvent | None:
    about = event["data"]["object"]
    at = datetime.fromtimestamp(event["created"], UTC)
    match event["type"]:
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
            return _paid(about, at)
        case "charge.refunded":
            before = event["data"].get("previous_attributes") or {}
            return _refunded(about, before.get("amount_refunded", 0), at)
        case "charge.dispute.funds_withdrawn":
            return _disputed(about, at)
        case "charge.dispute.funds_reinstated":
            return _reinstated(about, at)
        case "charge.dispute.closed" if about.get("status") == WON:
            return _reinstated(about, at)
        case _:
            return None


def _paid(session: Mapping[str, Any], at: datetime) -> CardPaid | None:
    number = (session.get("metadata") or {}).get(OF_DESK)
    if not number or session.get("payment_status") != PAID or not session.get("payment_intent"):
        return None
    amount = _money(session["amount_total"], session["currency"])
    return CardPaid(payment=session["payment_intent"], number=number, amount=amount, at=at)


def _refunded(charge: Mapping[str, Any], before: int, at: datetime) -> CardRefunded | None:
    number = (charge.get("metadata") or {}).get(OF_DESK)
    total, currency = charge["amount_refunded"], charge["currency"]
    if not number or total <= before:
        return None
    return CardRefunded(
        payment=charge["payment_intent"],
        number=number,
        amount=_money(total - before, currency),
        total=_money(total, currency),
        at=at,
    )


def _disputed(dispute: Mapping[str, Any], at: datetime) -> CardDisputed | None:
    if not dispute.get("payment_intent"):
        return None
    return CardDisputed(
        payment=dispute["payment_intent"],
        dispute=dispute["id"],
        amount=_money(dispute["amount"], dispute["currency"]),
        reason=dispute.get("reason") or "dispute",
        at=at,
    )


def _reinstated(dispute: Mapping[str, Any], at: datetime) -> CardReinstated | None:
    if not dispute.get("payment_intent"):
        return None
    return CardReinstated(
        payment=dispute["payment_intent"],
        dispute=dispute["id"],
        amount=_money(dispute["amount"], dispute["currency"]),
        at=at,
    )


def _money(cents: int, currency: str) -> Money:
    return Money(cents=cents, currency=currency.upper())
