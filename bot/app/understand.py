"""What a mail that was read means: a new incident, words in one, a bounce, or nothing at all."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import bounces, contacts, proof, stopping, tell
from bot.app.desk import Desk
from bot.app.handle import Done, answer, carry_out
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
from bot.core.notices import (
    NOTICES,
    DecideByLink,
    IncidentOpened,
    MailUnread,
    Notice,
    OrderNudged,
    QuoteNudged,
    QuoteOffered,
)
from bot.core.refusals import Reason, Refused
from storage import Direction, IncidentRow, Job, Link, Message, NewJob, Transaction

_NUMBER = re.compile(r"\[INC-(\d{1,9})\]")
MOST_NAMED = 3  # incidents that one subject names, or that one mail is mentioned in
OVER = frozenset({Stage.CLOSED, Stage.CANCELLED})
NOT_PROVEN = Proof()
FIRST_JUDGED_AGAIN = timedelta(minutes=5)
# Headers that servers and help desks put on mails of people, too: what else a program would bear is missing.
_ON_MAILS_OF_PEOPLE = frozenset({"x-auto-response-suppress", "list-unsubscribe"})
# And what people write about mail itself, or about what their own programs say.
_SIGNS_OF_PEOPLE_TOO = _ON_MAILS_OF_PEOPLE | {"subject", "cron"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A mail that was read. `sender` is empty where the author could not be made out.

    `reply_key` and `bounced` come from the address it was sent to, `references` newest first, `links` are the tokens
    of our own pages it names, `accepts` the id of the one whose quote it was sent to accept. `automatic` says why no
    person wrote it, `proof` how sure the sender is, `certain` that `said.text` is theirs and no quotation, `unread`
    that nothing of it could be opened.
    """

    said: Said
    sender: str
    reply_key: str = ""
    bounced: str = ""
    failed: str = ""
    complained: bool = False
    references: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    accepts: str = ""
    automatic: str = ""
    proof: Proof = NOT_PROVEN
    certain: bool = True
    unread: bool = False
    encrypted: bool = False


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
    accepting = _accepting(tx, desk, mail)
    named = _named(tx, mail, accepting)
    row = _going_on(tx, mail, named[0]) if named else None
    if mail.automatic and mail.complained:
        bounces.complained(tx, desk, said, mail.bounced, now)
        return
    if mail.automatic and (mail.bounced or mail.failed):
        bounces.bounced(tx, desk, said, mail.bounced, mail.failed, now)
        return
    if mail.automatic and not _is_by_a_person(tx, mail, row):
        _keep_automatic(tx, desk, row, mail, now)
        _ask_owner(tx, desk, accepting, now)
        return
    if not mail.sender:
        _set_aside(tx, desk, row, said, now)
        _ask_owner(tx, desk, accepting, now)
        return
    bounces.heard_from(tx, desk, mail.sender, now)
    kept = _in_conversation(tx, desk, row, mail, now) if row else open_incident(tx, desk, _opening(mail), now)
    if isinstance(kept, Done):
        _mention(tx, desk, kept, named[1:], now)
        _say_unread(tx, desk, kept, mail, now)
    if row and mail.proof.level is Level.LATER and mail.certain and row.stage not in OVER:
        again = JudgeAgain(mail=decode(MailArrived, job.payload), incident=row.id)
        tx.inbox.put(NewJob(kind=again.KIND, payload=again.encode(), due_at=now + FIRST_JUDGED_AGAIN), now)


def _is_by_a_person(tx: Transaction, mail: Incoming, row: IncidentRow | None) -> bool:
    """Whether a customer proved to be its author, and only a header that people's mails bear, too, speaks against it.

    Their words count then and a "stop" is heard; what costs them takes a click (`_decide`). A program only ever
    answers, and the last word in what is over would be such an answer: nothing is opened anew by it.
    """
    if mail.automatic not in _ON_MAILS_OF_PEOPLE or mail.proof.level not in {Level.STRONG, Level.LATER}:
        return False
    return _is_of_a_customer(tx, mail.sender) if row is None else row.stage not in OVER and _is_contact(tx, mail, row)


def _keep_automatic(tx: Transaction, desk: Desk, row: IncidentRow | None, mail: Incoming, now: datetime) -> None:
    """It decides nothing and nobody is answered; staff see what came in a customer's name, and may be a person's."""
    if row is not None and _is_contact(tx, mail, row):
        add_words(tx, desk, row.id, mail.said, f.Role.BOT, now, automatic=True)
    elif row is None and mail.automatic in _SIGNS_OF_PEOPLE_TOO and _is_of_a_customer(tx, mail.sender):
        _set_aside(tx, desk, None, mail.said, now)
    else:
        keep(tx, mail.said, row.id if row else None, now)


def _is_of_a_customer(tx: Transaction, sender: str) -> bool:
    """Whether somebody with a name on file may have written this: it is never left where nobody looks."""
    customer = tx.customers.by_address(sender) if sender else None
    return customer is not None and bool(customer.details.name)


def _accepting(tx: Transaction, desk: Desk, mail: Incoming) -> Link | None:
    """The link to the quote that this mail was sent to accept, until it expires."""
    return tx.links.by_token_sha256(token_sha256(desk.keys.token(mail.accepts))) if mail.accepts else None


def _ask_owner(tx: Transaction, desk: Desk, accepting: Link | None, now: datetime) -> None:
    """Who else sends a mail that would accept a quote decides nothing: the address on file is sent the page."""
    incident = tx.incidents.load(accepting.incident_id) if accepting and accepting.incident_id is not None else None
    customer = tx.customers.load(incident.customer) if incident else None
    if incident is not None and customer is not None:
        meant = Decision(kind=DecisionKind.ACCEPTS)
        _point_to_page(tx, desk, incident, customer, meant, customer.address, now)


def _named(tx: Transaction, mail: Incoming, accepting: Link | None = None) -> list[IncidentRow]:
    """The incidents this mail belongs to or names, the surest first: the first is its conversation.

    By the key in the address, our Message-IDs among the references, a page of ours that it quotes. Then, for a
    contact of that incident's customer or a proven colleague of theirs, by mails that are not ours and by the number
    in the subject: alone neither proves anything.
    """
    found = tx.messages.by_rfc_ids(mail.references)
    keyed = tx.incidents.by_reply_key(mail.reply_key) if mail.reply_key else None
    meant = tx.incidents.row(accepting.incident_id) if accepting and accepting.incident_id is not None else None
    sure = (keyed, meant, *_answered(tx, mail, found), *_quoting(tx, mail))
    rest = (*_answering_others(tx, mail, found), *_overtaken(tx, mail), *_numbered(tx, mail))
    rows = {row.id: row for row in rest if row and _belongs(tx, mail, row)}
    return list(({row.id: row for row in sure if row} | rows).values())


def _going_on(tx: Transaction, mail: Incoming, row: IncidentRow) -> IncidentRow:
    """The right customer's own incident, for them, where this one was moved away from the wrong one."""
    incident = tx.incidents.load(row.id)
    moved = tx.incidents.row(incident.moved_to) if incident and incident.moved_to else None
    theirs = moved is not None and tx.customers.authority(moved.customer_id, mail.sender) is not None
    return moved if moved is not None and theirs else row


def _answered(tx: Transaction, mail: Incoming, found: Sequence[Message]) -> Iterator[IncidentRow | None]:
    return _conversations(tx, mail, [m for m in found if m.direction is Direction.OUT])


def _answering_others(tx: Transaction, mail: Incoming, found: Sequence[Message]) -> Iterator[IncidentRow | None]:
    """A second mail may answer the customer's own first one, before it has an answer of ours to follow."""
    return _conversations(tx, mail, [m for m in found if m.direction is Direction.IN])


def _conversations(tx: Transaction, mail: Incoming, found: Sequence[Message]) -> Iterator[IncidentRow | None]:
    """Where these mails are kept, the newest reference first."""
    order = {reference: place for place, reference in enumerate(mail.references)}
    in_order = sorted(found, key=lambda message: order.get(message.rfc_message_id or "", len(order)))
    return (tx.incidents.row(message.incident_id) for message in in_order if message.incident_id)


def _overtaken(tx: Transaction, mail: Incoming) -> Iterator[IncidentRow | None]:
    """Where an answer to this very mail is kept, which was delivered before it."""
    answers = tx.messages.answering(mail.said.rfc_message_id) if mail.said.rfc_message_id else []
    return (tx.incidents.row(answer.incident_id) for answer in answers if answer.incident_id)


def _quoting(tx: Transaction, mail: Incoming) -> Iterator[IncidentRow | None]:
    links = (tx.links.by_token_sha256(token_sha256(token)) for token in mail.links)
    return (tx.incidents.row(link.incident_id) for link in links if link and link.incident_id)


def _numbered(tx: Transaction, mail: Incoming) -> Iterator[IncidentRow | None]:
    return (tx.incidents.row(int(number)) for number in _NUMBER.findall(mail.said.subject)[:MOST_NAMED])


def _belongs(tx: Transaction, mail: Incoming, row: IncidentRow) -> bool:
    """Whether the sender is a contact of this incident's customer, or is proven to be a colleague of theirs."""
    return _is_contact(tx, mail, row) or _is_colleague(tx, mail, row)


def _is_contact(tx: Transaction, mail: Incoming, row: IncidentRow) -> bool:
    return tx.customers.authority(row.customer_id, mail.sender) is not None


def _is_colleague(tx: Transaction, mail: Incoming, row: IncidentRow) -> bool:
    return mail.proof.strong and contacts.is_of_organisation(tx, row.customer_id, mail.sender)


def _mention(tx: Transaction, desk: Desk, kept: Done, others: Sequence[IncidentRow], now: datetime) -> None:
    """Staff see on both sides that one mail named two incidents; its words are in one of them."""
    wrote = next((fact for fact in kept.facts if isinstance(fact, f.CustomerWrote | f.OtherWrote)), None)
    here = kept.incident.id
    for other in others[:MOST_NAMED] if wrote else ():
        if wrote is None or other.id in {here, kept.incident.previous}:
            continue
        for place, names in ((here, other.id), (other.id, here)):
            named = c.NameOtherIncident(actor=f.BOT, incident=names, message=wrote.message, here=place == here)
            carry_out(tx, desk, place, named, now)


def _say_unread(tx: Transaction, desk: Desk, kept: Done, mail: Incoming, now: datetime) -> None:
    """A customer whose mail could not be opened learns it, and what to do; not where even the price is held back."""
    theirs = any(isinstance(fact, f.CustomerWrote) for fact in kept.facts)
    held = any(isinstance(fact, f.NoticeHeld) for fact in kept.facts)
    customer = tx.customers.load(kept.incident.customer) if mail.unread and theirs and not held else None
    if customer is not None:
        told = MailUnread(received_at=now, encrypted=mail.encrypted)
        answer(tx, desk, customer, kept.incident, told, now, to=mail.sender)


def _set_aside(tx: Transaction, desk: Desk, row: IncidentRow | None, said: Said, now: datetime) -> None:
    """Nobody can say who wrote it: staff see it, nobody is answered, and it has no effect."""
    if row is not None:
        add_words(tx, desk, row.id, said, f.Role.BOT, now)
    else:
        tell.show_set_aside(tx, desk, keep(tx, said, None, now), now)


def _in_conversation(
    tx: Transaction, desk: Desk, row: IncidentRow, mail: Incoming, now: datetime
) -> Done | Refused | None:
    customer = tx.customers.by_address(mail.sender)
    if customer is None or customer.id != row.customer_id:
        return _from_another(tx, desk, row, mail, now)
    if row.stage in OVER:
        return open_incident(tx, desk, _opening(mail, previous=row.id), now)
    kept = add_words(tx, desk, row.id, mail.said, f.Role.CUSTOMER, now)
    if mail.certain:
        _heed(tx, desk, row.id, customer, mail, now)
    return kept


def _from_another(tx: Transaction, desk: Desk, row: IncidentRow, mail: Incoming, now: datetime) -> Done | None:
    """Shown to staff for what it is; the owner is asked about who is proven, and holds our key or is a colleague.

    An owner may be anybody: with an address that nobody vouches for they would add one they forged, and be told all
    that its holder ever writes to us. Nor about an address made to look like one of theirs: a hasty yes is what it is
    made for.
    """
    colleague = _is_colleague(tx, mail, row)
    kept = add_words(tx, desk, row.id, mail.said, f.Role.BOT, now, colleague=colleague)
    invited = mail.proof.strong and mail.reply_key == row.reply_key
    if (colleague or invited) and not mail.proof.resembles:
        wrote = next((fact for fact in kept.facts if isinstance(fact, f.OtherWrote)), None) if kept else None
        contacts.propose(tx, desk, row, mail.sender, wrote.message if wrote else "", now)
    _ask_owner(tx, desk, _accepting(tx, desk, mail), now)
    return kept


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
    accepting = _accepting(tx, desk, mail)
    decision = decision_in(mail.said.text) or (Decision(kind=DecisionKind.ACCEPTS) if accepting else None)
    if incident is None or decision is None:
        return
    meant = _meant(tx, incident, decision, mail, now)
    if accepting is not None:
        meant = _sent_to_accept(incident, decision, accepting, mail, now) or decision
    sure = mail.proof.strong and not mail.proof.unsure and not mail.automatic
    command = _command(incident, customer, meant, mail, actor, now) if sure else None
    done = carry_out(tx, desk, incident_id, command, now) if command is not None else Refused(Reason.NOT_ALLOWED)
    if isinstance(done, Done):
        return
    if command is not None and done.reason is Reason.BEYOND_AUTHORITY:
        _refer(tx, desk, incident, mail.sender, command, now)
    if not stopping.heard(tx, desk, incident_id, decision, mail.said.rfc_message_id, now):
        _point_to_page(tx, desk, incident, customer, decision, mail.sender, now)


def _refer(tx: Transaction, desk: Desk, incident: Incident, sender: str, command: c.Command, now: datetime) -> None:
    """Staff see why a proven contact's words decided nothing."""
    authority = tx.customers.authority(incident.customer, sender)
    if authority is not None:
        order = type(command).__name__
        refer = c.ReferDecision(actor=f.BOT, address=sender.lower(), authority=authority, order=order)
        carry_out(tx, desk, incident.id, refer, now)


def _meant(tx: Transaction, incident: Incident, decision: Decision, mail: Incoming, now: datetime) -> Decision:
    """What a bare yes says yes to: the one thing that the very mail it answers asked, if nothing else is open."""
    # A yes that was said before, brought again as an answer to something else, is none: which mail it answers is
    # seldom signed, its Message-ID mostly is.
    is_yes = decision.alone and not mail.proof.reuses
    answered = tx.messages.by_rfc_ids(mail.references[:1]) if is_yes else []
    asked = next((m for m in answered if m.direction is Direction.OUT and m.incident_id == incident.id), None)
    told = decode(NOTICES[asked.subject], asked.text.encode()) if asked and asked.subject in NOTICES else None
    return _asked_for(incident, told, now) or decision


def _sent_to_accept(
    incident: Incident, decision: Decision, accepting: Link, mail: Incoming, now: datetime
) -> Decision | None:
    """The acceptance its address stands for, unless its words say something else."""
    agrees = not mail.said.text.strip() or decision.alone or decision.number == accepting.object
    yes = decision.kind in {DecisionKind.ACCEPTS, DecisionKind.AGREES}
    live = accepting.incident_id == incident.id and now < accepting.expires_at
    return Decision(accepting.object, DecisionKind.ACCEPTS) if agrees and yes and live else None


def _asked_for(incident: Incident, told: Notice | None, now: datetime) -> Decision | None:
    """The order or the acceptance that this mail named with a price which still holds; never a leave or a contest."""
    quotes = [quote.number for quote in incident.quotes if quote.state is QuoteState.SENT]
    asks_leave = any(leave.state is ConsentState.REQUESTED for leave in incident.consents)
    if incident.waiting is not None or incident.paused or asks_leave:
        return None
    match told:
        case IncidentOpened(price=price) | OrderNudged(price=price) if price == incident.terms.price_at(now):
            return Decision(incident.reference, DecisionKind.ORDERS)
        case QuoteOffered(number=number) | QuoteNudged(number=number) if quotes == [number]:
            return Decision(number, DecisionKind.ACCEPTS)
        case _:
            return None


def _command(
    incident: Incident, customer: Customer, decision: Decision, mail: Incoming, actor: f.Actor, now: datetime
) -> c.Command | None:
    """The command an exact phrase with its number stands for, from a proven sender whose details are on file."""
    said = mail.said
    evidence = f.Evidence(
        method="mailto" if mail.accepts else "mail",
        who=mail.sender,
        link=mail.accepts,
        message=said.rfc_message_id or "",
        mail_sha256=said.raw or "",
        answers=said.in_reply_to or "",
        language=incident.language,
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
    tx: Transaction,
    desk: Desk,
    incident: Incident,
    customer: Customer,
    decision: Decision,
    sender: str,
    now: datetime,
) -> None:
    told = _open_decision(incident, decision.kind)
    if told is not None:
        answer(tx, desk, customer, incident, told, now, to=sender)


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
