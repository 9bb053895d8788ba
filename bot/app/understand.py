"""What a mail that was read means: a new incident, words in one, a bounce, or nothing at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import bounces, proof, stopping, tell
from bot.app.desk import Desk
from bot.app.handle import answer, carry_out
from bot.app.jobs import JudgeAgain, MailArrived, decode
from bot.app.keys import token_sha256
from bot.app.opening import Opening, Said, add_words, keep, open_incident
from bot.app.proof import Level, Proof
from bot.app.wording import Decision, DecisionKind, decision_in, way_in_of
from bot.core import commands as c
from bot.core import facts as f
from bot.core.customer import Customer, vat_of
from bot.core.incident import Consent, Incident
from bot.core.lives import ConsentState, QuoteState, Stage
from bot.core.notices import DecideByLink
from bot.core.refusals import Refused
from storage import Direction, IncidentRow, Job, NewJob, Transaction

_NUMBER = re.compile(r"\[INC-(\d{1,9})\]")
OVER = frozenset({Stage.CLOSED, Stage.CANCELLED})
NOT_PROVEN = Proof()
FIRST_JUDGED_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A mail that was read. `sender` is empty where the author could not be made out.

    `reply_key` and `bounced` come from the address it was sent to, `references` newest first, `links` are the tokens
    of our own pages it names. `automatic` says why no person wrote it, `proof` how sure the sender is, `certain` that
    `said.text` is theirs and no quotation.
    """

    said: Said
    sender: str
    reply_key: str = ""
    bounced: str = ""
    failed: str = ""
    complained: bool = False
    references: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    automatic: str = ""
    proof: Proof = NOT_PROVEN
    certain: bool = True


async def understand(desk: Desk, job: Job, read: Callable[[Transaction], Incoming], now: datetime) -> None:
    """Closes the inbox row and does what the mail asks for, in one transaction.

    `read` makes the `Incoming`, keeping attachments within the same transaction.
    """
    await desk.store.run(lambda tx: _understand(tx, desk, job, read, now))


async def heed_again(
    desk: Desk, job: Job, incident: int, read: Callable[[Transaction], Incoming], now: datetime
) -> None:
    """Closes the row of a mail judged again, and takes its decision as it would have been taken at first."""

    def heed(tx: Transaction) -> None:
        mail = read(tx)
        row = tx.incidents.row(incident)
        customer = tx.customers.by_address(mail.sender)
        if not tx.inbox.done(job, now) or row is None or customer is None or customer.id != row.customer_id:
            return
        tx.messages.set_proof(incident, mail.said.raw or "", proof.encode(mail.proof))
        _decide(tx, desk, incident, customer, mail, now)

    await desk.store.run(heed)


def _understand(
    tx: Transaction, desk: Desk, job: Job, read: Callable[[Transaction], Incoming], now: datetime
) -> None:
    if not tx.inbox.done(job, now):
        return
    mail = read(tx)
    said = mail.said
    if said.rfc_message_id and said.content_sha256 and tx.messages.seen(said.rfc_message_id, said.content_sha256):
        return
    row = _conversation(tx, mail)
    if mail.automatic and mail.complained:
        bounces.complained(tx, desk, said, mail.bounced, now)
        return
    if mail.automatic and (mail.bounced or mail.failed):
        bounces.bounced(tx, desk, said, mail.bounced, mail.failed, now)
        return
    if mail.automatic:
        keep(tx, said, row.id if row else None, now)
        return
    if not mail.sender:
        _set_aside(tx, desk, row, said, now)
        return
    bounces.heard_from(tx, desk, mail.sender, now)
    if row is None:
        open_incident(tx, desk, _opening(mail), now)
    else:
        _in_conversation(tx, desk, row, mail, now)
        if mail.proof.level is Level.LATER and mail.certain and row.stage not in OVER:
            again = JudgeAgain(mail=decode(MailArrived, job.payload), incident=row.id)
            tx.inbox.put(NewJob(kind=again.KIND, payload=again.encode(), due_at=now + FIRST_JUDGED_AGAIN), now)


def _conversation(tx: Transaction, mail: Incoming) -> IncidentRow | None:
    """By the key in the address, else our Message-IDs among the references, else a page of ours that it quotes.

    Last the number in the subject, for a contact of that incident's customer: alone a number proves nothing.
    """
    if mail.reply_key and (row := tx.incidents.by_reply_key(mail.reply_key)):
        return row
    return _answered(tx, mail) or _quoting(tx, mail) or _numbered(tx, mail)


def _answered(tx: Transaction, mail: Incoming) -> IncidentRow | None:
    order = {reference: place for place, reference in enumerate(mail.references)}
    ours = [m for m in tx.messages.by_rfc_ids(mail.references) if m.direction is Direction.OUT and m.incident_id]
    newest = min(ours, key=lambda m: order.get(m.rfc_message_id or "", len(order)), default=None)
    return tx.incidents.row(newest.incident_id) if newest and newest.incident_id else None


def _quoting(tx: Transaction, mail: Incoming) -> IncidentRow | None:
    links = (tx.links.by_token_sha256(token_sha256(token)) for token in mail.links)
    return next((tx.incidents.row(link.incident_id) for link in links if link and link.incident_id), None)


def _numbered(tx: Transaction, mail: Incoming) -> IncidentRow | None:
    named = _NUMBER.search(mail.said.subject)
    row = tx.incidents.row(int(named[1])) if named else None
    customer = tx.customers.by_address(mail.sender) if row else None
    return row if row and customer and customer.id == row.customer_id else None


def _set_aside(tx: Transaction, desk: Desk, row: IncidentRow | None, said: Said, now: datetime) -> None:
    """Nobody can say who wrote it: staff see it, nobody is answered, and it has no effect."""
    if row is not None:
        add_words(tx, desk, row.id, said, f.Role.BOT, now)
    else:
        tell.show_set_aside(tx, desk, keep(tx, said, None, now), now)


def _in_conversation(tx: Transaction, desk: Desk, row: IncidentRow, mail: Incoming, now: datetime) -> None:
    customer = tx.customers.by_address(mail.sender)
    if customer is None or customer.id != row.customer_id:
        add_words(tx, desk, row.id, mail.said, f.Role.BOT, now)
    elif row.stage in OVER:
        open_incident(tx, desk, _opening(mail, previous=row.id), now)
    else:
        add_words(tx, desk, row.id, mail.said, f.Role.CUSTOMER, now)
        if mail.certain:
            _heed(tx, desk, row.id, customer, mail, now)


def _opening(mail: Incoming, previous: int | None = None) -> Opening:
    way_in = way_in_of(mail.said.text) or f.WayIn.DIAGNOSE
    return Opening(address=mail.sender, said=mail.said, way_in=way_in, previous=previous)


def _heed(tx: Transaction, desk: Desk, incident_id: int, customer: Customer, mail: Incoming, now: datetime) -> None:
    """One word may choose the way in; a decision is taken where it is proven, else by one click (letter §2.5)."""
    actor = f.Actor(role=f.Role.CUSTOMER, name=mail.sender)
    way_in = way_in_of(mail.said.text)
    if way_in is not None:
        carry_out(tx, desk, incident_id, c.ChooseWayIn(actor=actor, way_in=way_in), now)
    if mail.proof.level is Level.LATER:
        stopping.heard(tx, desk, incident_id, decision_in(mail.said.text), mail.said.rfc_message_id, now)
    else:
        _decide(tx, desk, incident_id, customer, mail, now)


def _decide(tx: Transaction, desk: Desk, incident_id: int, customer: Customer, mail: Incoming, now: datetime) -> None:
    actor = f.Actor(role=f.Role.CUSTOMER, name=mail.sender)
    incident = tx.incidents.load(incident_id)
    decision = decision_in(mail.said.text)
    if incident is None or decision is None:
        return
    decides = mail.proof.strong and tx.customers.may_decide(mail.sender)
    command = _command(incident, customer, decision, mail, actor, now) if decides else None
    if command is not None and not isinstance(carry_out(tx, desk, incident_id, command, now), Refused):
        return
    if not stopping.heard(tx, desk, incident_id, decision, mail.said.rfc_message_id, now):
        _point_to_page(tx, desk, incident, customer, decision, now)


def _command(
    incident: Incident, customer: Customer, decision: Decision, mail: Incoming, actor: f.Actor, now: datetime
) -> c.Command | None:
    """The command an exact phrase with its number stands for, from a proven sender whose details are on file."""
    said = mail.said
    evidence = f.Evidence(
        method="mail",
        who=mail.sender,
        message=said.rfc_message_id or "",
        mail_sha256=said.raw or "",
        proof=proof.encode(mail.proof),
    )
    quote = incident.quote_named(decision.number)
    match decision.kind:
        case DecisionKind.ORDERS if decision.number == incident.reference and customer.details.complete:
            price = incident.terms.price_at(now).net.cents
            vat = vat_of(customer.kind, customer.details)
            return c.OrderDiagnosis(actor=actor, price_cents=price, kind=customer.kind, evidence=evidence, vat=vat)
        case DecisionKind.ACCEPTS if quote is not None:
            return c.AcceptQuote(
                actor=actor, number=quote.number, document_sha256=quote.document_sha256, evidence=evidence
            )
        case DecisionKind.DECLINES if quote is not None:
            return c.DeclineQuote(actor=actor, number=quote.number, evidence=evidence)
        case DecisionKind.ALLOWS if asked := _request(incident, decision.number):
            acts = tuple(act.id for act in asked.acts)
            return c.GrantConsent(actor=actor, number=asked.number, acts=acts, evidence=evidence)
        case _:
            return None


def _request(incident: Incident, number: str) -> Consent | None:
    """The request for leave that an answer names as `INC-42/1`, while it waits for one."""
    asked = (leave for leave in incident.consents if f"{incident.reference}/{leave.number}" == number)
    return next((leave for leave in asked if leave.state is ConsentState.REQUESTED), None)


def _point_to_page(
    tx: Transaction, desk: Desk, incident: Incident, customer: Customer, decision: Decision, now: datetime
) -> None:
    told = _open_decision(incident, decision.kind)
    if told is not None:
        answer(tx, desk, customer, incident, told, now)


def _open_decision(incident: Incident, kind: DecisionKind) -> DecideByLink | None:
    """The page where this can be decided by one click, if there is one."""
    if incident.stage is Stage.ANNOUNCED:
        return DecideByLink(stage=incident.stage)
    if kind is DecisionKind.CONTESTS and incident.invoice is not None and incident.invoice.open:
        return DecideByLink(stage=Stage.INVOICED, number=incident.invoice.number)
    stops = kind is DecisionKind.STOPS
    open_to = {ConsentState.REQUESTED} | ({ConsentState.GRANTED} if stops else set())
    consent = next((k for k in incident.consents if k.state in open_to), None)
    if consent is not None:
        return DecideByLink(stage=Stage.WORKING, number=str(consent.number))
    quote = next((q for q in incident.quotes if q.state is QuoteState.SENT), None)
    return DecideByLink(stage=Stage.QUOTED, number=quote.number) if quote else None
