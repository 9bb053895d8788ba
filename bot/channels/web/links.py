"""The page behind every mailed link: looking changes nothing, a form decides exactly what its page showed."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from aiohttp import web

from bot.app.cards import may_pay_by_card
from bot.app.contacts import settle
from bot.app.decisions import complete_details, order_in, renew_link
from bot.app.desk import Desk
from bot.app.handle import Done, carry_out, carry_out_on_customer, handle
from bot.app.keys import token_sha256
from bot.app.read import kept, linked
from bot.app.renewal import ask_renewal
from bot.channels.web.answers import Problems, html, language_of, original, pdf
from bot.channels.web.cards import CHOICE as PAY_BY_CARD
from bot.channels.web.cards import CardDoor
from bot.channels.web.choices import Click, Decision, Given, Incomplete, Opened, choose, is_done, purposes_of
from bot.channels.web.courtesy import Wish, wish
from bot.channels.web.downloads import download
from bot.channels.web.forms import Form, read_form, who
from bot.channels.web.google import Google
from bot.channels.web.history import files_of, told_file, told_message
from bot.channels.web.metrics import Metrics
from bot.channels.web.origin import is_ours, origin_of
from bot.channels.web.pages import (
    HERE,
    NOTHING_SAID,
    READ_ON,
    Page,
    Said,
    order_values,
    page,
    readable,
    render,
    render_expired,
    render_original,
    what_is_shown,
)
from bot.channels.web.seals import Shown, sealed, unsealed, wording_sha256
from bot.channels.web.signals import decided_by, is_doubted, signals
from bot.channels.web.taps import TAPPED, tapped
from bot.core.commands import AskRenewal, DoubtDecision, ResumeCourtesy, SettleContact, StopCourtesy
from bot.core.facts import BOT, Evidence
from bot.core.lives import Stage
from bot.core.notices import Purpose
from bot.core.refusals import Reason, Refused
from bot.rates import Pace
from storage import Transaction

log = structlog.get_logger("web.links")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
ANNOUNCED_EVERY = 0.1  # seconds
ANNOUNCED_WITHIN = 20  # times
RENEW = "renew"
BOTH = "both"
AGENT_LENGTH = 400
ATTEMPTS = 3
ANY = frozenset(Purpose)
TOLD_ON = frozenset({Purpose.INCIDENT})
"""Where the whole story is told, with the mails and the files in it."""
_BESIDE = {RENEW: ANY, PAY_BY_CARD: frozenset({Purpose.INVOICE})}
"""What is no decision, and where it can be clicked."""
EVERYBODY = "everybody"
GUESSED = 300
"""Unknown links tried in a minute, by all peers together, from which on somebody should be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A known link with its token, as a request found it, and the page behind it."""

    token: str
    opened: Opened
    page: Page
    wording: str

    @property
    def expired(self) -> bool:
        return self.opened.now >= self.opened.link.expires_at


class Links:
    """Serves `/a/{token}` and the documents below it."""

    def __init__(
        self,
        desk: Desk,
        clock: Callable[[], datetime],
        problems: Problems,
        metrics: Metrics,
        pace: Pace,
        google: Google | None = None,
        cards: CardDoor | None = None,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._problems = problems
        self._metrics = metrics
        self._pace = pace
        self._google = google
        self._cards = cards
        self._guesses = Pace(GUESSED)
        self._origin = origin_of(desk.public_url)

    async def show(self, request: web.Request) -> web.Response:
        """What is true now. Never changes anything, whoever fetches it."""
        door = await self._open_once_announced(request)
        if door is None:
            return self._unknown(request)
        if door.expired:
            return self._expired(door)
        return self._shown(door, status=409 if door.page.replaced else 200)

    async def read(self, request: web.Request) -> web.Response:
        """A document, as it was frozen."""
        door = await self._open(request, READ_ON)
        found = readable(door.opened, request.match_info["number"]) if door else None
        content = await kept(self._desk.store, found.sha256) if found else None
        if door is None or found is None or content is None:
            return self._unknown(request)
        return self._expired(door) if door.expired else pdf(content, f"{found.number}.pdf")

    async def file(self, request: web.Request) -> web.Response:
        """A file that the customer sent."""
        door = await self._open(request, TOLD_ON)
        found = told_file(door.opened.case, _number(request)) if door else None
        content = await kept(self._desk.store, found.sha256) if found else None
        if door is None or found is None or content is None:
            return self._unknown(request)
        return self._expired(door) if door.expired else download(content, found.name)

    async def mail(self, request: web.Request) -> web.Response:
        """A mail of the customer's as it was sent, made harmless."""
        door = await self._open(request, TOLD_ON)
        message = told_message(door.opened.case, _number(request)) if door else None
        content = await kept(self._desk.store, message.html_sha256) if message and message.html_sha256 else None
        if door is None or message is None or content is None:
            return self._unknown(request)
        if door.expired:
            return self._expired(door)
        files = files_of(door.opened.case, message)
        written = content.decode()
        page_of = (self._desk.words, door.opened, f"/a/{door.token}", message, files, written)
        return original(await asyncio.to_thread(render_original, *page_of))

    async def decide(self, request: web.Request) -> web.Response:
        """A form sent back: from our own page, about what that page showed, or not at all."""
        form = await read_form(request)
        wished = wish(form)
        if wished is not None:
            return await self._courtesy(request, wished)
        if not is_ours(request.headers, self._origin):
            return self._problems.page(403, language_of(request))
        name = form.text("choice")
        door = await self._open(request, _BESIDE.get(name) or purposes_of(name))
        if door is None:
            return self._unknown(request)
        shown = unsealed(self._desk.keys, door.token, form.text("shown"), form.text("nonce"))
        if shown is None:
            return self._problems.page(403, door.opened.incident.language)
        if door.expired:
            return await self._renewed(door) if name == RENEW else self._expired(door)
        answer, result = await self._decided(request, door, name, form, shown)
        self._metrics.decided(name, result)
        return answer

    async def _courtesy(self, request: web.Request, wished: Wish) -> web.Response:
        """Whoever holds this link and no other may stop courtesies, from wherever the POST comes (RFC 8058)."""
        door = await self._open(request)
        if door is None or door.opened.purpose is not Purpose.COURTESY:
            return self._unknown(request)
        if door.expired:
            return self._expired(door)
        await self._desk.store.run(lambda tx: _wish(tx, door.opened, wished))
        self._metrics.decided("courtesy", wished.name.lower())
        after = await self._open(request)
        return self._shown(after or door)

    async def confirm(self, request: web.Request) -> web.Response:
        """A tap in Gmail. Its answer is for a program: 401 without Google's word, 409 where nothing was decided."""
        if self._google is None or not await self._google.vouches(request.headers.get("Authorization", "")):
            raise web.HTTPUnauthorized
        door = await self._open(request, TAPPED)
        for _ in range(ATTEMPTS):
            if door is None:
                return self._unknown(request)
            if door.expired:
                return self._expired(door)
            result = await self._tap(door, request)
            if result is not Reason.STALE:
                self._metrics.decided("tap", result or "done")
                return self._shown(door, self._refusal(door, result), 409) if result else web.Response()
            door = await self._open(request, TAPPED)
        raise web.HTTPConflict

    async def _tap(self, door: Door, request: web.Request) -> Reason | None:
        """Why nothing was decided; None where it is decided now, or was."""
        made = tapped(self._desk, door.opened, request)
        if isinstance(made, Refused):
            return made.reason
        decision, wording = made
        if is_done(door.opened, decision):
            return None
        done = await self._carry_out(replace(door, wording=wording), decision)
        return done.reason if isinstance(done, Refused) and done.reason is not Reason.ALREADY else None

    async def _decided(
        self, request: web.Request, door: Door, name: str, form: Form, shown: Shown
    ) -> tuple[web.Response, str]:
        if name == RENEW:
            return self._done(door), "not_expired"
        if form.text("website"):
            return self._shown(door, Said(banner="held"), 422), "held"
        if name == PAY_BY_CARD:
            return await self._led_to_pay(door, shown)
        click = Click(form=form, shown=shown, evidence=_evidence(request, door, form, shown))
        for _ in range(ATTEMPTS):
            settled = await self._try(door, name, click)
            if settled is not None:
                return settled
            again = await self._open(request)
            if again is None:
                break
            door = again
        return self._shown(door, self._refusal(door, Reason.STALE), 409), Reason.STALE

    async def _led_to_pay(self, door: Door, shown: Shown) -> tuple[web.Response, str]:
        """On to a page at the provider of cards, for the sum that was shown: nothing is decided or noted by it."""
        opened, invoice = door.opened, door.opened.incident.invoice
        payable = invoice is not None and may_pay_by_card(opened.incident, opened.link.object)
        if self._cards is None or invoice is None or not payable:
            return self._shown(door, self._refusal(door, Reason.NOTHING_OPEN), 409), Reason.NOTHING_OPEN
        if wording_sha256(door.wording) != shown.wording_sha256:
            return self._shown(door, self._refusal(door, Reason.STALE), 409), Reason.STALE
        return await self._cards.lead(opened, invoice), "led"

    async def _try(self, door: Door, name: str, click: Click) -> tuple[web.Response, str] | None:
        """The answer to a click; None when somebody else was faster and it must be looked at again."""
        decision = choose(door.opened, name, click)
        if decision is None:
            return self._problems.page(404, door.opened.incident.language), "unknown"
        if isinstance(decision, Decision | Given) and is_done(door.opened, decision):
            return self._done(door), Reason.ALREADY
        if wording_sha256(door.wording) != click.shown.wording_sha256 or not click.shown.is_fresh(door.opened.now):
            return await self._late(door, name, click)
        if isinstance(decision, Incomplete):
            said = Said(problems=decision.problems, typed=_typed(door.opened, click.form))
            return self._shown(door, said, 422), "incomplete"
        result = (
            await self._give(door, decision) if isinstance(decision, Given) else await self._carry_out(door, decision)
        )
        if isinstance(result, Refused) and result.reason is Reason.STALE:
            return None
        if isinstance(result, Refused) and result.reason is not Reason.ALREADY:
            return self._shown(door, self._refusal(door, result.reason), 409), result.reason
        return self._done(door), result.reason if isinstance(result, Refused) else "done"

    async def _late(self, door: Door, name: str, click: Click) -> tuple[web.Response, str]:
        """What was shown is so no more, perhaps since the page’s other choice was sent seconds ago, as robots do."""
        opened = door.opened
        decided = decided_by(opened.case.history, opened.link.id, click.shown, opened.now)
        if not decided:
            return self._shown(door, self._refusal(door, Reason.STALE), 409), Reason.STALE
        if not is_doubted(decided):
            doubt = DoubtDecision(actor=BOT, choice=name, evidence=click.evidence)
            await handle(self._desk, opened.incident.id, doubt, opened.now)
        return self._shown(door, Said(banner=BOTH), 409), BOTH

    async def _give(self, door: Door, given: Given) -> Done | Refused:
        opened, desk = door.opened, self._desk
        incident, details, actor = opened.incident.id, given.details, opened.actor
        return await desk.store.run(lambda tx: complete_details(tx, desk, incident, details, actor, opened.now))

    async def _carry_out(self, door: Door, decision: Decision) -> Done | Refused:
        opened, wording = door.opened, door.wording.encode()
        expected = replace(decision.command, expected=opened.incident.version)
        bound = replace(decision, command=expected)
        return await self._desk.store.run(lambda tx: _carry_out(tx, self._desk, opened, bound, wording))

    async def _open_once_announced(self, request: web.Request) -> Door | None:
        """Who is quicker than the note of the relay's answer waits for it a moment (letter §2.4)."""
        door = await self._open(request)
        for _ in range(ANNOUNCED_WITHIN):
            if door is None or door.opened.incident.stage is not Stage.OPENED:
                break
            await asyncio.sleep(ANNOUNCED_EVERY)
            door = await self._open(request)
        return door

    async def _open(self, request: web.Request, purposes: frozenset[Purpose] = ANY) -> Door | None:
        token = request.match_info["token"]
        found = await linked(self._desk.store, token_sha256(token), purposes) if TOKEN.fullmatch(token) else None
        if found is None:
            return None
        link, case, authority = found
        opened = Opened(link=link, case=case, authority=authority, now=self._clock())
        shown = page(self._desk.provider, opened)
        if shown is None:
            return None
        wording = render(self._desk.words, opened, shown, self._problems.stylesheet)
        return Door(token=token, opened=opened, page=shown, wording=wording)

    def _shown(self, door: Door, said: Said = NOTHING_SAID, status: int = 200) -> web.Response:
        opened = door.opened
        text = door.wording
        if said != NOTHING_SAID:
            text = render(self._desk.words, opened, door.page, self._problems.stylesheet, said)
        return self._sent(door, text, what_is_shown(opened, door.page, door.wording), status)

    def _sent(self, door: Door, text: str, shown: Shown, status: int) -> web.Response:
        answer = html(sealed(text, self._desk.keys, door.token, shown).replace(HERE, f"/a/{door.token}"), status)
        if self._cards is not None and door.opened.purpose is Purpose.INVOICE:
            return self._cards.let_through(answer)
        return answer

    def _done(self, door: Door) -> web.Response:
        """Back to the page, which now shows what was decided: reload, back and a second click are harmless."""
        return web.Response(status=303, headers={"Location": f"/a/{door.token}"})

    def _refusal(self, door: Door, reason: Reason) -> Said:
        return Said(refusal=self._desk.words.refusal(reason, door.opened.incident.language))

    def _expired(self, door: Door, *, sent: bool = False, status: int = 410) -> web.Response:
        text = render_expired(self._desk.words, door.opened, self._problems.stylesheet, sent=sent)
        shown = Shown(at=door.opened.now, wording_sha256=wording_sha256(text))
        return self._sent(door, text, shown, status)

    async def _renewed(self, door: Door) -> web.Response:
        """One fresh link to the address on file; a second click learns that it is on its way."""
        await renew_link(self._desk, door.opened.link, door.opened.now)
        return self._expired(door, sent=True, status=200)

    def _unknown(self, request: web.Request) -> web.Response:
        """The same page whatever was wrong with the link, and less of it to who tries many."""
        self._metrics.unknown_link()
        now = self._clock().timestamp()
        if self._guesses.is_just_over(self._guesses.count(EVERYBODY, now)):
            log.warning("many unknown links from all peers together", more_than=GUESSED)
        count = self._pace.count(request.remote or "", now)
        if self._pace.is_just_over(count):
            self._metrics.slowed()
            log.warning("many unknown links", peer=request.remote)
        return self._problems.page(429 if self._pace.is_over(count) else 404, language_of(request))


def _wish(tx: Transaction, opened: Opened, wished: Wish) -> None:
    customer = tx.customers.load(opened.case.customer.id)
    command = StopCourtesy(actor=opened.actor) if wished is Wish.STOP else ResumeCourtesy(actor=opened.actor)
    if customer is not None:
        carry_out_on_customer(tx, customer, command, opened.now)


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])


def _carry_out(tx: Transaction, desk: Desk, opened: Opened, decision: Decision, wording: bytes) -> Done | Refused:
    """The decision with what the page said, kept under the hash that its evidence names."""
    incident, now = opened.incident.id, opened.now
    if decision.order is not None and isinstance(decision.command, type(decision.order.order)):
        form = replace(decision.order, order=decision.command)
        done = order_in(tx, desk, incident, form, now)
    elif isinstance(decision.command, AskRenewal):
        done = ask_renewal(tx, desk, incident, decision.command, now)
    elif isinstance(decision.command, SettleContact):
        done = settle(tx, desk, incident, decision.command, now)
    else:
        done = carry_out(tx, desk, incident, decision.command, now)
    if isinstance(done, Refused):
        return done
    tx.blobs.keep(wording)
    if decision.leave is not None:
        carry_out(tx, desk, incident, decision.leave, now)
    return done


def _evidence(request: web.Request, door: Door, form: Form, shown: Shown) -> Evidence:
    """How this decision reached us: whoever holds the link, what they saw, and from where they sent it."""
    link, language = door.opened.link, door.opened.incident.language
    agent = request.headers.get("User-Agent", "")[:AGENT_LENGTH]
    return Evidence(
        method="link",
        who=link.address,
        link=link.id,
        template=f"{language}/{door.page.template}",
        language=language,
        nonce=form.text("nonce"),
        wording_sha256=shown.wording_sha256,
        document_sha256=shown.document_sha256,
        express_request=form.ticked("express"),
        shown_at=shown.at,
        ip=request.remote or "",
        agent=agent,
        signals=signals(shown, door.opened.now, agent),
    )


def _typed(opened: Opened, form: Form) -> dict[str, object]:
    """What was filled in, to be shown again beside what is missing."""
    match opened.purpose:
        case Purpose.ORDER:
            return order_values(opened, who(form))
        case Purpose.INCIDENT:
            return {"who": who(form)}
        case Purpose.QUOTE:
            boxes = tuple(name for name in ("express", "leave") if form.ticked(name))
            return {"ticked": (*boxes, *form.many("acts"))}
        case _:
            return {}
