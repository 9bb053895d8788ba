"""The customers' side: what a press in their direct messages decides, and what the modals behind it say."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from bot.app import decisions
from bot.app.decisions import OrderForm, order_in
from bot.app.handle import Done, carry_out
from bot.app.keys import token_sha256
from bot.app.links import masked
from bot.app.read import Case, read_case
from bot.channels.slack import blocks, linking
from bot.channels.slack.answer import open_modal, whisper
from bot.channels.slack.linking import Proof
from bot.channels.slack.payloads import Click, Submission, choice, moment_of, number_in
from bot.channels.slack.questions import TICKED, Questions
from bot.channels.slack.room import Person, Room
from bot.channels.slack.wire import Payload
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, Details
from bot.core.facts import Evidence, Language
from bot.core.lives import ConsentState, Support
from bot.core.refusals import Reason, Refused
from bot.core.terms import Kind
from storage import Transaction

NO_SUPPORT = {Support.FORFEITED: Reason.SUPPORT_FORFEITED, Support.LIMITED: Reason.SUPPORT_LIMITED}
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """A linked customer before their own incident. `shown` is what they had before them, its links cut off."""

    room: Room
    case: Case
    person: Person
    shown: str

    @property
    def language(self) -> Language:
        return self.case.incident.language

    @property
    def actor(self) -> f.Actor:
        return f.Actor(role=f.Role.CUSTOMER, name=self.case.customer.address)

    @property
    def questions(self) -> Questions:
        return Questions(self.room.desk, self.language)

    def say(self, key: str) -> str:
        return self.room.desk.words.phrase(f"chat.{key}", self.language)

    def refusal(self, refused: Refused) -> str:
        """Why not, and where the incident stands by now."""
        words, incident = self.room.desk.words, self.case.incident
        stage = words.phrase(f"stage.{incident.stage}", self.language)
        return f"{words.refusal(refused.reason, self.language)} ({incident.reference}: {stage})"

    def evidence(self, by: Click | Submission, place: str, at: datetime | None, carrier: str) -> Evidence:
        """How the decision reached us: the Slack user, and the hash of exactly what they had before them."""
        return Evidence(
            method="slack",
            who=f"{self.person.team}/{self.person.user}",
            wording_sha256=sha256(self.shown.encode()).hexdigest() if self.shown else "",
            document_sha256=str(by.carried.get("sha256") or ""),
            template=f"slack/{by.name}",
            language=self.language,
            shown_at=at,
            message=place,
            answers=carrier,
        )

    def pressed(self, click: Click) -> Evidence:
        place = f"{click.channel}/{click.ts}"
        return self.evidence(click, place, moment_of(click.ts), place)

    def submitted(self, form: Submission) -> Evidence:
        opened_at = moment_of(str(form.carried.get("opened_at") or ""))
        opened_from = str(form.carried.get("opened_from") or "")
        evidence = self.evidence(form, f"view/{form.view_id}", opened_at, opened_from)
        return replace(evidence, express_request=form.entries.get("express_request") == TICKED)

    async def take(self, decide: Callable[[Transaction], Done | Refused]) -> Done | Refused:
        """Decides, and keeps what was shown under the hash that the evidence names, in one transaction."""

        def taken(tx: Transaction) -> Done | Refused:
            done = decide(tx)
            if isinstance(done, Done) and self.shown:
                tx.blobs.keep(self.shown.encode())
            return done

        return await self.room.desk.store.run(taken)


async def open_form(room: Room, click: Click, _now: datetime) -> None:
    """The way in: first who they are, then what is wrong, with the price above it."""
    customer = await room.desk.store.read(lambda tx: tx.customers.by_slack(click.person.team, click.person.user))
    if customer is None:
        language = await room.language(click.person)
        await open_modal(room, click, Questions(room.desk, language).address())
        return
    await open_modal(room, click, _first(room, customer))


def _first(room: Room, customer: Customer) -> Payload:
    """The form for a new incident, or the one polite answer (letter §6.7)."""
    asked = Questions(room.desk, customer.language)
    reason = NO_SUPPORT.get(customer.support)
    if reason is not None:
        title = room.desk.words.phrase("chat.open_title", customer.language)
        return asked.told(title, room.desk.words.refusal(reason, customer.language))
    return asked.incident(room.desk.terms.price_at(room.clock()))


async def wrong_with(room: Room, form: Submission) -> Payload:
    """What keeps a new incident from being opened, for the modal; nothing when it can be."""
    if form.name == "new_incident":
        return await _wrong_with_staff(room, form)
    customer = await room.desk.store.read(lambda tx: tx.customers.by_slack(form.person.team, form.person.user))
    language = customer.language if customer else await room.language(form.person)
    if customer is None:
        return _errors("title", room.desk.words.phrase("chat.not_linked_here", language))
    reason = NO_SUPPORT.get(customer.support)
    if reason is not None:
        return _errors("title", room.desk.words.refusal(reason, language))
    empty = [name for name in ("title", "description") if not form.entries.get(name, "").strip()]
    return _errors(empty[0], room.desk.words.phrase("chat.needed", language)) if empty else {}


async def _wrong_with_staff(room: Room, form: Submission) -> Payload:
    actor = await room.actor(form.person)
    if isinstance(actor, str):
        return _errors("address", actor)
    if not ADDRESS.fullmatch(form.entries.get("address", "").strip()):
        return _errors("address", "This is not a mail address")
    empty = [name for name in ("title", "description") if not form.entries.get(name, "").strip()]
    return _errors(empty[0], "This cannot stay empty") if empty else {}


# --- presses ---


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTheirs:
    """Why somebody decides nothing here, in their language; `unlinked`: until they prove who they are."""

    why: str
    language: Language
    unlinked: bool = False


async def _decider(room: Room, by: Click | Submission) -> Decider | NotTheirs:
    """The linked customer whose incident this is, or what to say instead."""

    def look(tx: Transaction) -> tuple[Customer | None, Case | None]:
        found = read_case(tx, by.incident) if by.incident else None
        return tx.customers.by_slack(person.team, person.user), found

    person = by.person
    customer, case = await room.desk.store.read(look)
    language = customer.language if customer else await room.language(person)
    if customer is None and room.role(person) is not None:
        return NotTheirs(why=room.desk.words.phrase("chat.for_customers", language), language=language)
    if customer is None:
        why = room.desk.words.phrase("chat.not_linked_here", language)
        return NotTheirs(why=why, language=language, unlinked=True)
    if case is None or case.incident.moved_to is not None:
        return NotTheirs(why=room.desk.words.phrase("chat.unknown_button", language), language=language)
    if case.customer.id != customer.id:
        return NotTheirs(why=room.desk.words.phrase("chat.not_yours", language), language=language)
    return Decider(room=room, case=case, person=person, shown=masked(by.shown))


Deciding = Callable[[Decider, Click, datetime], Awaitable[Done | Refused | None]]


def _press(decide: Deciding) -> Callable[[Room, Click, datetime], Awaitable[None]]:
    """A press by the customer the incident belongs to; what is refused is said to them alone."""

    async def press(room: Room, click: Click, now: datetime) -> None:
        by = await _decider(room, click)
        if isinstance(by, NotTheirs):
            await whisper(room, click, by.why, _way_in(room, by))
            return
        done = await decide(by, click, now)
        if isinstance(done, Refused):
            await whisper(room, click, by.refusal(done))

    return press


def _way_in(room: Room, refused: NotTheirs) -> list[Payload]:
    """The button behind which somebody proves who they are, for who has not."""
    label = room.desk.words.phrase("button.link_account", refused.language)
    return [blocks.actions("main", [blocks.button("open_incident", label, "{}")])] if refused.unlinked else []


async def _open_page(by: Decider, click: Click, _now: datetime) -> Done | Refused | None:
    """The page behind a notice in a shared channel, to whoever may decide on it, and to nobody else."""
    desk, wanted = by.room.desk, str(click.carried.get("link") or "")
    link = await desk.store.read(lambda tx: tx.links.by_token_sha256(token_sha256(desk.keys.token(wanted))))
    if link is None or link.incident_id != by.case.incident.id:
        await whisper(by.room, click, by.say("unknown_button"))
        return None
    label = desk.words.phrase("button.open_page", by.language)
    await whisper(
        by.room, click, by.say("page_here"), [blocks.actions("main", [blocks.link("page", label, desk.url(link.id))])]
    )
    return None


async def _order(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    """One press where all is known; else the form that asks for the rest."""
    incident, customer = by.case.incident, by.case.customer
    price = incident.terms.price_at(now)
    shown = _whole(click.carried.get("price"), price.net.cents)
    known = customer.details.complete and incident.kind is Kind.BUSINESS
    if incident.ordered_at is None and not (known or not price.net):
        carried = {"incident": incident.id, "version": incident.version, "price": price.net.cents} | _opened(
            click, now
        )
        await open_modal(by.room, click, by.questions.order(by.case, price, carried))
        return None
    order = c.OrderDiagnosis(actor=by.actor, price_cents=shown, kind=incident.kind, evidence=by.pressed(click))
    form = OrderForm(details=customer.details, way_in=incident.way_in, order=order)
    return await by.take(lambda tx: order_in(tx, by.room.desk, incident.id, form, now))


async def _accept(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    number, shown = str(click.carried.get("number", "")), str(click.carried.get("sha256", ""))
    incident = by.case.incident
    quote = incident.quote_named(number)
    asks = not by.case.customer.details.complete or incident.kind is Kind.CONSUMER
    if quote is not None and quote.decided_at is None and asks:
        carried = {"incident": incident.id, "number": number, "sha256": shown} | _opened(click, now)
        await open_modal(by.room, click, by.questions.accept(by.case, quote, carried))
        return None
    command = c.AcceptQuote(actor=by.actor, number=number, document_sha256=shown, evidence=by.pressed(click))
    return await _carry_out(by, command, now)


async def _decline(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    number = str(click.carried.get("number", ""))
    return await _carry_out(by, c.DeclineQuote(actor=by.actor, number=number, evidence=by.pressed(click)), now)


async def _give(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    """All that was asked, no more and no less than the button stood under."""
    number = _number(click)
    consent = by.case.incident.consent_named(number)
    acts = tuple(act.id for act in consent.acts) if consent else ()
    command = c.GrantConsent(actor=by.actor, number=number, acts=acts, evidence=by.pressed(click))
    return await _carry_out(by, command, now)


async def _choose(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    """The form on which a part of the request is allowed."""
    incident = by.case.incident
    consent = incident.consent_named(_number(click))
    if consent is None:
        return Refused(Reason.CONSENT_UNKNOWN)
    if consent.state is not ConsentState.REQUESTED:
        return Refused(Reason.CONSENT_DECIDED)
    carried = {"incident": incident.id, "number": str(consent.number)} | _opened(click, now)
    await open_modal(by.room, click, by.questions.part(incident, consent, carried))
    return None


async def _refuse(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    command = c.RefuseConsent(actor=by.actor, number=_number(click), evidence=by.pressed(click))
    return await _carry_out(by, command, now)


async def _revoke(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    command = c.RevokeConsent(actor=by.actor, number=_number(click), evidence=by.pressed(click))
    return await _carry_out(by, command, now)


async def _contest(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    incident = by.case.incident
    if incident.invoice is None or not incident.invoice.open:
        return Refused(Reason.NOTHING_OPEN)
    if incident.contested:
        return Refused(Reason.ALREADY)
    await open_modal(by.room, click, by.questions.contest(incident, {"incident": incident.id} | _opened(click, now)))
    return None


async def _confirm(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    incident = by.case.incident
    if not incident.contested:
        return Refused(Reason.NOT_CONTESTED)
    await open_modal(by.room, click, by.questions.confirm(incident, {"incident": incident.id} | _opened(click, now)))
    return None


async def _withdraw(by: Decider, click: Click, now: datetime) -> Done | Refused | None:
    return await _carry_out(by, c.WithdrawContest(actor=by.actor, evidence=by.pressed(click)), now)


async def _carry_out(by: Decider, command: c.Command, now: datetime) -> Done | Refused:
    desk, incident = by.room.desk, by.case.incident.id
    return await by.take(lambda tx: carry_out(tx, desk, incident, command, now))


def _opened(click: Click, now: datetime) -> dict[str, object]:
    """When a form was opened, and from which message, comes back with it: Slack does not say."""
    return {"opened_at": f"{now.timestamp():.6f}", "opened_from": f"{click.channel}/{click.ts}"}


def _number(given: Click | Submission) -> int:
    return number_in(str(given.carried.get("number", ""))) or 0


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


# --- submissions ---

Submitting = Callable[[Decider, Submission, datetime], Awaitable[Done | Refused | Payload]]


def _submit(place: str, decide: Submitting) -> Callable[[Room, Submission, datetime], Awaitable[Payload]]:
    """A modal of the customer the incident belongs to; what is wrong is said under the field `place`."""

    async def submit(room: Room, form: Submission, now: datetime) -> Payload:
        field = place if place in form.entries else next(iter(form.entries), place)
        by = await _decider(room, form)
        if isinstance(by, NotTheirs):
            return _errors(field, by.why)
        done = await decide(by, form, now)
        if isinstance(done, Refused):
            return _errors(field, by.refusal(done))
        return {} if isinstance(done, Done) else done

    return submit


async def _ordered(by: Decider, form: Submission, now: datetime) -> Done | Refused | Payload:
    empty = [name for name in ("name", "postal_address") if not form.entries.get(name, "").strip()]
    if empty:
        return _errors(empty[0], by.say("needed"))
    kind = choice(Kind, form.entries.get("kind"), by.case.incident.kind)
    cents = _whole(form.carried.get("price"), -1)
    evidence = by.submitted(form)
    if kind is Kind.CONSUMER and cents and not evidence.express_request:
        return _errors("express_request", by.refusal(Refused(Reason.EXPRESS_REQUEST_MISSING)))
    order = c.OrderDiagnosis(actor=by.actor, price_cents=cents, kind=kind, evidence=evidence)
    way_in = choice(f.WayIn, form.entries.get("way_in"), by.case.incident.way_in)
    details = _details(by, form)
    filled = OrderForm(details=details, way_in=way_in, order=order)
    return await by.take(lambda tx: order_in(tx, by.room.desk, by.case.incident.id, filled, now))


async def _accepted(by: Decider, form: Submission, now: datetime) -> Done | Refused | Payload:
    asked = () if by.case.customer.details.complete else ("name", "postal_address")
    empty = [name for name in asked if not form.entries.get(name, "").strip()]
    if empty:
        return _errors(empty[0], by.say("needed"))
    evidence = by.submitted(form)
    if by.case.incident.kind is Kind.CONSUMER and not evidence.express_request:
        return _errors("express_request", by.refusal(Refused(Reason.EXPRESS_REQUEST_MISSING)))
    accept = c.AcceptQuote(
        actor=by.actor,
        number=str(form.carried.get("number", "")),
        document_sha256=str(form.carried.get("sha256", "")),
        evidence=evidence,
    )
    details = _details(by, form)

    def work(tx: Transaction) -> Done | Refused:
        done = carry_out(tx, by.room.desk, by.case.incident.id, accept, now)
        customer = tx.customers.load(by.case.customer.id)
        if isinstance(done, Done) and customer is not None:
            decisions.give_details(tx, by.room.desk, customer, customer.kind, details, by.actor, now)
        return done

    return await by.take(work)


def _details(by: Decider, form: Submission) -> Details:
    known = by.case.customer.details
    name, address = form.entries.get("name", "").strip(), form.entries.get("postal_address", "").strip()
    return replace(known, name=name or known.name, postal_address=address or known.postal_address)


async def _chosen(by: Decider, form: Submission, now: datetime) -> Done | Refused | Payload:
    acts = tuple(form.entries.get("acts", "").split())
    if not acts:
        return _errors("acts", by.say("needed"))
    number, evidence = _number(form), by.submitted(form)
    return await _carry_out(by, c.GrantConsent(actor=by.actor, number=number, acts=acts, evidence=evidence), now)


async def _said(by: Decider, form: Submission, now: datetime) -> Done | Refused | Payload:
    reason = form.entries.get("reason", "").strip()
    lines = tuple(at for at in map(number_in, form.entries.get("lines", "").split()) if at is not None)
    said = c.SayContest(actor=by.actor, evidence=by.submitted(form), reason=reason, lines=lines)
    return await _carry_out(by, said, now)


async def _confirmed(by: Decider, form: Submission, now: datetime) -> Done | Refused | Payload:
    if form.entries.get("understood") != TICKED:
        return _errors("understood", by.say("box_missing"))
    return await _carry_out(by, c.ConfirmContest(actor=by.actor, number="", evidence=by.submitted(form)), now)


async def _address_given(room: Room, form: Submission, now: datetime) -> Payload:
    language = await room.language(form.person)
    address = form.entries.get("address", "")
    sent = await room.desk.store.run(lambda tx: linking.send_code(tx, room.desk, form.person, address, now))
    if not sent:
        return _errors("address", room.desk.words.phrase("chat.too_many", language))
    return {"response_action": "update", "view": Questions(room.desk, language).code()}


async def _code_given(room: Room, form: Submission, now: datetime) -> Payload:
    language = await room.language(form.person)
    code = form.entries.get("code", "")
    proof = await room.desk.store.run(lambda tx: linking.prove(tx, room.desk, form.person, code, now))
    if proof is Proof.LINKED:
        return {"response_action": "update", "view": Questions(room.desk, language).linked()}
    key = "chat.too_many" if proof is Proof.TOO_MANY else "chat.code_wrong"
    return _errors("code", room.desk.words.phrase(key, language))


def _errors(field: str, why: str) -> Payload:
    return {"response_action": "errors", "errors": {field: why}}


PRESSES: dict[str, Callable[[Room, Click, datetime], Awaitable[None]]] = {
    "order": _press(_order),
    "accept_quote": _press(_accept),
    "decline_quote": _press(_decline),
    "give_consent": _press(_give),
    "allow_part": _press(_choose),
    "refuse_consent": _press(_refuse),
    "revoke_consent": _press(_revoke),
    "contest": _press(_contest),
    "confirm_contest": _press(_confirm),
    "withdraw_contest": _press(_withdraw),
    "open_page": _press(_open_page),
}

FORMS: dict[str, Callable[[Room, Submission, datetime], Awaitable[Payload]]] = {
    "order": _submit("name", _ordered),
    "accept_quote": _submit("express_request", _accepted),
    "allow_part": _submit("acts", _chosen),
    "contest": _submit("reason", _said),
    "confirm_contest": _submit("understood", _confirmed),
    "link_address": _address_given,
    "link_code": _code_given,
}
