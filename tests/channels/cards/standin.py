"""A stand-in of Stripe: makes pages for what it is asked, refuses what Stripe refuses, and signs its reports."""

import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

API_KEY, WEBHOOK_SECRET = "sk_test_town", "whsec_town"
Form = dict[str, str]


@dataclass(slots=True)
class StandIn:
    """What it was asked for; `down` is the status that it answers everything with, `instead` what somebody
    else answers in its place.
    """

    url: str = ""
    asked: list[Form] = field(default_factory=list)
    sessions: dict[str, Form] = field(default_factory=dict)
    down: int = 0
    instead: bytes | None = None
    events: int = 0

    async def create(self, request: web.Request) -> web.Response:
        """`POST /v1/checkout/sessions`."""
        if self.down:
            return _wrong(self.down, "api_error", "down")
        if self.instead is not None:
            return web.Response(body=self.instead, content_type="application/json")
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return _wrong(401, "invalid_request_error", "Invalid API Key provided")
        form = {str(name): str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        price = "line_items[0][price_data]"
        for needed in ("mode", "success_url", f"{price}[currency]", f"{price}[product_data][name]"):
            if not form.get(needed):
                return _wrong(400, "invalid_request_error", f"Missing required param: {needed}")
        if not form.get(f"{price}[unit_amount]", "").isdigit():
            return _wrong(400, "invalid_request_error", "Invalid integer")
        key = request.headers["Idempotency-Key"]
        known = self.sessions.setdefault(key, form)
        if known != form:
            return _wrong(
                400, "idempotency_error", "Keys for idempotent requests can only be used with the same form"
            )
        number = list(self.sessions).index(key) + 1
        return web.json_response(
            {"id": f"cs_{number}", "object": "checkout.session", "url": f"{self.url}/c/pay/cs_{number}"}
        )

    def paid(self, number: str, cents: int, payment: str = "pi_1", **changes: Any) -> dict[str, Any]:
        """The report of a finished session."""
        session = {
            "id": "cs_1",
            "object": "checkout.session",
            "amount_total": cents,
            "currency": "eur",
            "payment_intent": payment,
            "payment_status": "paid",
            "client_reference_id": number,
            "metadata": {"invoice": number},
        }
        return self.report("checkout.session.completed", session | changes)

    def refunded(self, number: str, total: int, before: int = 0, payment: str = "pi_1") -> dict[str, Any]:
        """The report of a refund; `total` is all that was given back, with it."""
        charge = {
            "id": "ch_1",
            "object": "charge",
            "amount_refunded": total,
            "currency": "eur",
            "payment_intent": payment,
            "metadata": {"invoice": number},
        }
        return self.report("charge.refunded", charge, {"amount_refunded": before})

    def disputed(self, cents: int, payment: str = "pi_1") -> dict[str, Any]:
        """The report that the card's owner had it taken back."""
        return self.report("charge.dispute.funds_withdrawn", _dispute(cents, payment))

    def reinstated(self, cents: int, payment: str = "pi_1") -> dict[str, Any]:
        """The report that what was taken back is ours again."""
        return self.report("charge.dispute.funds_reinstated", _dispute(cents, payment, status="won"))

    def closed(self, cents: int, status: str, payment: str = "pi_1") -> dict[str, Any]:
        """The report of who was right."""
        return self.report("charge.dispute.closed", _dispute(cents, payment, status=status))

    def report(self, kind: str, about: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        self.events += 1
        data = {"object": about} | ({"previous_attributes": before} if before is not None else {})
        return {
            "id": f"evt_{self.events}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": data,
        }


def _dispute(cents: int, payment: str, status: str = "needs_response") -> dict[str, Any]:
    about = {"amount": cents, "currency": "eur", "payment_intent": payment, "reason": "fraudulent", "status": status}
    return {"id": "dp_1", "object": "dispute"} | about


async def send(
    port: int, report: dict[str, Any], *, secret: str = WEBHOOK_SECRET, age: float = 0, spoil: bool = False
) -> int:
    """Brings a report to the desk; the status it answers with. `spoil`: changed after it was signed."""
    body = json.dumps(report).encode()
    at = int(time.time() - age)
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    sent = body.replace(b'"eur"', b'"usd"') if spoil else body
    headers = {"Stripe-Signature": f"t={at},v1={signature}", "Content-Type": "application/json"}
    async with (
        ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/pay/stripe", data=sent, headers=headers) as answer,
    ):
        return answer.status


def _wrong(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)


@asynccontextmanager
async def a_stand_in() -> AsyncIterator[StandIn]:
    """It runs on 127.0.0.1 while this lasts."""
    stripe = StandIn()
    app = web.Application()
    app.router.add_post("/v1/checkout/sessions", stripe.create)
    async with TestServer(app) as server:
        stripe.url = f"http://127.0.0.1:{server.port}"
        yield stripe
