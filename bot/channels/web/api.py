"""The programs' door: other desks ask who is entitled to support, and open incidents (letter §6.7)."""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.app.desk import Desk
from bot.app.opening import Opening, Said, open_incident
from bot.core import facts as f
from bot.core.customer import Customer
from bot.core.lives import Support
from bot.core.refusals import Refused
from storage import Recorded, Transaction, Via

REFERENCE = re.compile(r"C-([0-9]{1,18})")
ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\x00-\x1f]{1,64}@[^\s@<>\"(),:;\\\x00-\x1f]{1,190}")
KEY_LENGTH = 200
JSON = "application/json"


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """What a program is told instead: a status, a code, and a sentence for who reads the log."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(error)
        self.answer = web.json_response({"error": error, "message": message}, status=status)


class Wanted(BaseModel):
    """The body of `POST /api/v1/incidents`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(pattern=rf"^{ADDRESS.pattern}$", max_length=254)
    title: str = Field(default="", max_length=200)
    subject: str = Field(default="", max_length=200)
    text: str = Field(min_length=1, max_length=100_000)
    way_in: f.WayIn = f.WayIn.DIAGNOSE
    language: f.Language | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """Answers programs that hold a token; `tokens` are hashes, compared in constant time."""

    desk: Desk
    clock: Callable[[], datetime]
    tokens: Collection[str]

    async def entitlement(self, request: web.Request) -> web.Response:
        """Whether a customer may use support now, and why not."""
        return await self._answered(request, self._entitlement)

    async def open(self, request: web.Request) -> web.Response:
        """Opens an incident as a mail would; the same `Idempotency-Key` opens it once."""
        return await self._answered(request, self._opened)

    async def _answered(
        self, request: web.Request, answer: Callable[[web.Request], Awaitable[web.Response]]
    ) -> web.Response:
        try:
            self._admit(request)
            return await answer(request)
        except Refusal as refusal:
            return refusal.answer

    def _admit(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        given = sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
        known = [hmac.compare_digest(given, one.lower()) for one in self.tokens]
        if kind.lower() != "bearer" or not any(known):
            refusal = Refusal(401, "unauthorized", "Send a known token: Authorization: Bearer …")
            refusal.answer.headers["WWW-Authenticate"] = 'Bearer realm="comptoir"'
            raise refusal

    async def _entitlement(self, request: web.Request) -> web.Response:
        asked = request.match_info["who"].strip()
        found = await self.desk.store.read(lambda tx: _look(tx, asked))
        if found is None:
            raise Refusal(404, "unknown_customer", "Nobody is on file under this reference or address.")
        return web.json_response(found)

    async def _opened(self, request: web.Request) -> web.Response:
        wanted = await _wanted(request)
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > KEY_LENGTH:
            raise Refusal(400, "key_too_long", f"An Idempotency-Key has at most {KEY_LENGTH} characters.")
        holder = request.headers["Authorization"]
        name = f"api:{sha256(f'{holder}|{key}'.encode('utf-8', 'surrogateescape')).hexdigest()}" if key else ""
        now = self.clock()
        reference = await self.desk.store.run(lambda tx: _open_once(tx, self.desk, wanted, name, now))
        if isinstance(reference, Refused):
            message = self.desk.words.refusal(reference.reason, f.Language.EN)
            raise Refusal(403, reference.reason, message)
        if reference is None:
            raise Refusal(409, "key_reused", "This Idempotency-Key was used for another incident.")
        return web.json_response({"incident": reference}, status=201)


def _look(tx: Transaction, asked: str) -> dict[str, object] | None:
    reference = REFERENCE.fullmatch(asked.upper())
    customer = tx.customers.load(int(reference[1])) if reference else tx.customers.by_address(asked)
    if customer is None:
        return None
    return _entitled(customer, tx.journal.facts(customer.reference))


def _entitled(customer: Customer, story: Collection[Recorded]) -> dict[str, object]:
    """`reason` and `since` only where support is not full."""
    answer: dict[str, object] = {
        "customer": customer.reference,
        "support": customer.support,
        "entitled": customer.support is Support.FULL,
        "reason": _WHY.get(customer.support),
    }
    ended = [told for told in story if isinstance(told.fact, f.SupportForfeited | f.SupportLimited)]
    if customer.support is not Support.FULL and ended:
        answer["since"] = ended[-1].at.isoformat()
    return answer


_WHY = {Support.FORFEITED: "contested", Support.LIMITED: "unpaid"}


async def _wanted(request: web.Request) -> Wanted:
    if request.content_type != JSON:
        raise Refusal(415, "unsupported_media_type", "Send application/json.")
    try:
        return Wanted.model_validate_json(await request.read())
    except ValidationError as error:
        where = sorted({".".join(map(str, one["loc"])) or "body" for one in error.errors()})
        raise Refusal(422, "invalid", f"Wrong or missing: {', '.join(where)}.") from error


def _open_once(tx: Transaction, desk: Desk, wanted: Wanted, name: str, now: datetime) -> str | Refused | None:
    """The incident's reference; None where the key named another wish."""
    digest = sha256(wanted.model_dump_json().encode()).hexdigest()
    kept = tx.setting(name) if name else None
    if kept is not None:
        before = json.loads(kept)
        return str(before["incident"]) if before["wish"] == digest else None
    done = open_incident(tx, desk, _opening(wanted), now)
    if isinstance(done, Refused):
        return done
    if name:
        tx.keep_setting(name, json.dumps({"wish": digest, "incident": done.incident.reference}))
    return done.incident.reference


def _opening(wanted: Wanted) -> Opening:
    address = wanted.address.lower()
    said = Said(author=address, text=wanted.text, via=Via.WEB, subject=wanted.title or wanted.subject)
    return Opening(address=address, said=said, way_in=wanted.way_in, language=wanted.language)
