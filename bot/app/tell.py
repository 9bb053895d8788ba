"""What must be told, to whom and where: written to the outbox with the facts that call for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.app import pace
from bot.app.desk import Desk
from bot.app.files import judged
from bot.app.jobs import PostInThread, ShowCard, ShowFile, ShowSetAside, TellByMail, TellInChat, fields_of
from bot.app.links import mint
from bot.core import facts as f
from bot.core.customer import Customer, may
from bot.core.incident import Incident
from bot.core.notices import Notice, Purpose
from bot.core.pages import DECIDED_ON
from bot.core.told import notice as notice_of
from storage import Attachment, Direction, Fate, Message, NewJob, NewMessage, Transaction, Via

NO_LINKS: Mapping[str, str] = {}
AHEAD_OF_ROUTINE = timedelta(hours=1)  # a receipt does not wait behind a month's reminders

# What staff read in the thread; the card itself shows the rest.
STAFF_READ: frozenset[type[f.Fact]] = frozenset(f.FACTS.values()) - {
    f.IncidentOpened,
    f.NoticeDelivered,
    f.PaperFiled,
    f.ReminderMoved,
    f.QuoteSuperseded,
}


def tell_customer(
    tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, seq: int, now: datetime
) -> f.NoticeHeld | None:
    """The notice a fact calls for, if it calls for one; what staff must know where it was held back."""
    told = notice_of(incident, fact, now)
    if told is None:
        return None
    customer = tx.customers.load(incident.customer)
    if customer is None:
        raise ValueError(f"{incident.reference} has no customer")
    asked_for = isinstance(fact, f.AnnouncementRepeated)  # by a person, who has seen why it was held back
    return tell(
        tx, desk, customer, told, now, incident=incident, seq=seq, limited=not asked_for, files=_files_of(fact)
    )


def _files_of(fact: f.Fact) -> tuple[Attachment, ...]:
    """What goes along with the words of this fact."""
    files = fact.files if isinstance(fact, f.StaffWrote) else ()
    return tuple(Attachment(sha256=one.sha256, name=one.name, media_type=one.media_type) for one in files)


def tell(
    tx: Transaction,
    desk: Desk,
    customer: Customer,
    told: Notice,
    now: datetime,
    *,
    incident: Incident | None = None,
    seq: int | None = None,
    limited: bool = True,
    to: str = "",
    links: Mapping[str, str] = NO_LINKS,
    files: Sequence[Attachment] = (),
) -> f.NoticeHeld | None:
    """A notice, where this customer is answered: in chat, by mail, or both where it must last.

    `to` is the contact it concerns, else the one who opened the incident: theirs where they may decide on its page.
    What must not leave by mail is kept as held back; it is returned where staff do not know yet. `seq` is the number
    of the fact that calls for it, where one does; `links` are ids of links it shows beside its own.
    """
    in_chat = incident is not None and is_in_chat(desk, incident, customer)
    if in_chat and incident is not None:
        _put_chat(tx, desk, customer, incident, told, seq, files, now, links)
    if in_chat and not told.BY_MAIL:
        return None
    customer = _addressed(tx, customer, told, to or (incident.contact if incident else ""))
    held = pace.held(tx, desk.limits, customer, told, incident, now) if limited else None
    if held is None:
        _put_mail(tx, desk, customer, incident, told, seq, files, now, links)
        return None
    _keep(tx, incident, told, seq, Via.MAIL, customer.address, None, None, files, now)
    return f.NoticeHeld(notice=told.name(), why=held.why) if held.news else None


def is_in_chat(desk: Desk, incident: Incident, customer: Customer) -> bool:
    """Whether they are answered in chat: in a thread of a shared channel, or in their own conversation."""
    return incident.channel is f.Channel.SLACK and desk.chat and bool(incident.thread or customer.slack_user)


def reached_by_mail(tx: Transaction, incident: Incident, order: TellInChat) -> Customer | None:
    """The customer, under the address to which what chat did not take is mailed; None where mail reaches none."""
    customer, told = tx.customers.load(order.customer), order.worded()
    if customer is None or (incident.lost is not None and not told.BY_MAIL):
        return None
    customer = _addressed(tx, customer, told, incident.contact)
    return customer if customer.address else None


def mail_instead(
    tx: Transaction,
    desk: Desk,
    customer: Customer,
    incident: Incident,
    order: TellInChat,
    said: Message | None,
    now: datetime,
) -> None:
    """The same notice with its files, below the same line in the thread; what is mailed in any case, not again."""
    told = order.worded()
    seq, line = (said.fact, said.line) if said else (None, None)
    files = tx.messages.attachments_of(said.id) if said else ()
    if not told.BY_MAIL:
        _put_mail(tx, desk, customer, incident, told, seq, files, now, order.links, line)


def _addressed(tx: Transaction, customer: Customer, told: Notice, contact: str) -> Customer:
    """The customer under this contact's address, if its page is theirs to decide on; else as they are on file."""
    if contact in {"", customer.address}:
        return customer
    authority = tx.customers.authority(customer.id, contact)
    return replace(customer, address=contact.lower()) if may(authority, DECIDED_ON[told.link]) else customer


def tell_staff(tx: Transaction, desk: Desk, incident: Incident, fact: f.Fact, seq: int, now: datetime) -> None:
    """One line in the incident's thread, and below it the files that came with somebody's words."""
    if desk.chat and type(fact) in STAFF_READ:
        job = PostInThread(incident=incident.id, seq=seq)
        _put_staff(tx, job, incident, now, f"thread:{incident.id}:{seq}")
        if isinstance(fact, f.CustomerWrote | f.OtherWrote):
            _show_files(tx, desk, incident, fact.message, now)


def _show_files(tx: Transaction, desk: Desk, incident: Incident, words: str, now: datetime) -> None:
    """Each once; a picture that stands in the text of every mail, as in a signature, once in all of the incident."""
    message = tx.messages.load(int(words)) if words.isdecimal() else None
    if message is None:
        return
    for one in judged(desk.files, message, tx.messages.attachments_of(message.id)):
        if one.trouble is None:
            job = ShowFile(incident=incident.id, file=one.file.id)
            name = f"{incident.id}:{one.file.sha256 if one.file.cid else one.file.id}"
            _put_staff(tx, job, incident, now, f"file:{name}")


def show_set_aside(tx: Transaction, desk: Desk, message: int, now: datetime) -> None:
    """A mail that no incident shows, so that nobody needs to look for it in the logs."""
    if desk.chat:
        job = ShowSetAside(message=message)
        tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, dedup=f"aside:{message}"), now)


def show_card(tx: Transaction, desk: Desk, incident: Incident, now: datetime) -> None:
    """The card as it stands after this change."""
    if desk.chat:
        _put_staff(tx, ShowCard(incident=incident.id), incident, now, f"card:{incident.id}:{incident.seq}")


def _put_staff(
    tx: Transaction, job: ShowCard | PostInThread | ShowFile, incident: Incident, now: datetime, dedup: str
) -> None:
    new = NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=f"slack:{incident.id}", dedup=dedup)
    tx.outbox.put(new, now)


def _put_chat(
    tx: Transaction,
    desk: Desk,
    customer: Customer,
    incident: Incident,
    told: Notice,
    seq: int | None,
    files: Sequence[Attachment],
    now: datetime,
    links: Mapping[str, str],
) -> None:
    job = TellInChat(
        notice=told.name(),
        fields=fields_of(told),
        incident=incident.id,
        customer=customer.id,
        to=customer.address,
        language=incident.language,
        title=incident.title,
        links={**links, **_links(tx, desk, customer, incident, told, now)},
        document=_document(told),
        team=customer.slack_team,
        user=customer.slack_user,
    )
    new = NewJob(kind=job.KIND, payload=job.encode(), due_at=now, key=f"chat:{incident.id}")
    outbox_id = tx.outbox.put(new, now)
    to = customer.slack_user or incident.thread
    _keep(tx, incident, told, seq, Via.SLACK, to, outbox_id, None, files, now)


def _put_mail(
    tx: Transaction,
    desk: Desk,
    customer: Customer,
    incident: Incident | None,
    told: Notice,
    seq: int | None,
    files: Sequence[Attachment],
    now: datetime,
    links: Mapping[str, str],
    line: str | None = None,
) -> None:
    row = tx.incidents.row(incident.id) if incident else None
    job = TellByMail(
        notice=told.name(),
        fields=fields_of(told),
        incident=incident.id if incident else None,
        customer=customer.id,
        to=customer.address,
        language=incident.language if incident else customer.language,
        title=incident.title if incident else "",
        links={**links, **_links(tx, desk, customer, incident, told, now)} if incident else {},
        document=_document(told),
        message_id=desk.message_id(),
        reply_key=row.reply_key if row else "",
    )
    # A nudge that is put off holds no receipt up.
    key = f"mail:{incident.id}" if incident and not told.ROUTINE else ""
    rank = now if told.ROUTINE else now - AHEAD_OF_ROUTINE
    outbox_id = tx.outbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=rank, key=key), now)
    _keep(tx, incident, told, seq, Via.MAIL, customer.address, outbox_id, job.message_id, files, now, line)


def _keep(
    tx: Transaction,
    incident: Incident | None,
    told: Notice,
    seq: int | None,
    via: Via,
    to: str,
    outbox_id: int | None,
    message_id: str | None,
    files: Sequence[Attachment],
    now: datetime,
    line: str | None = None,
) -> None:
    """The message as the incident's history lists it; its words are made when it leaves."""
    tx.messages.add(
        NewMessage(
            incident_id=incident.id if incident else None,
            direction=Direction.OUT,
            channel=via,
            author=to,
            subject=told.name(),
            text=fields_of(told),
            at=now,
            rfc_message_id=message_id,
            outbox_id=outbox_id,
            delivery=Fate.HELD if outbox_id is None else Fate.QUEUED,
            fact=seq,
            line=line,
        ),
        files,
    )


def _links(
    tx: Transaction, desk: Desk, customer: Customer, incident: Incident, told: Notice, now: datetime
) -> dict[str, str]:
    wanted = {Purpose.INCIDENT: "", told.link: told.about} | ({Purpose.COURTESY: ""} if told.STOPS else {})
    return {
        purpose: mint(
            tx,
            desk,
            purpose,
            incident=incident.id,
            customer=customer.id,
            about=about if purpose is not Purpose.INCIDENT else "",
            to=customer.address,
            now=now,
        )
        for purpose, about in wanted.items()
    }


def _document(told: Notice) -> str:
    return str(getattr(told, "number", "")) if told.PAPER else ""
