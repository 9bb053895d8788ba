"""From the outbox to the relay: a notice worded, built the same way each time, and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.app.deliver import Delivered, Delivery, Failed, Later, wait_before
from bot.app.desk import Desk
from bot.app.jobs import MailAnchor, MailOutage, TellByMail, decode
from bot.app.links import masked
from bot.app.tap import STATING_A_PRICE, may_tap, tap
from bot.channels.mail import addresses
from bot.channels.mail.mail import Attachment
from bot.channels.mail.send import Accepted, Deferred, Letter, Refused, Relay, Unknown, build
from bot.core.facts import Language, Sent
from bot.core.notices import Purpose, QuoteNudged, QuoteOffered
from bot.core.terms import Kind
from bot.words import Context, Worded
from storage import Job, Transaction

PDF = "application/pdf"
_OFFERS = {QuoteOffered.name(), QuoteNudged.name()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postman:
    """Sends notices through the relay. The same job makes the same bytes under the same Message-ID."""

    desk: Desk
    relay: Relay
    addresses: addresses.Desk

    async def send(self, job: Job, _now: datetime) -> Delivery:
        """Works one outbox row of kind `mail`."""
        order = decode(TellByMail, job.payload)
        around = await self.desk.store.read(lambda tx: _around(tx, self.desk, job, order))
        letter = self._letter(order, self._worded(order, around, job.created_at), around, job.created_at)
        outcome = await self.relay.send(letter.envelope_sender, order.to, build(letter))
        return _delivered(order, letter, outcome) if isinstance(outcome, Accepted) else _not_delivered(outcome, job)

    async def send_anchor(self, job: Job, _now: datetime) -> Delivery:
        """Works one outbox row of kind `anchor`: a mail of the desk's own to the mailbox that keeps anchors."""
        order = decode(MailAnchor, job.payload)
        said = {"number": str(order.number), "facts": str(order.facts), "at": f"{order.at:%Y-%m-%d %H:%M:%S} UTC"}
        subject = self.desk.words.phrase("anchor.subject", Language.EN, **said)
        text = self.desk.words.phrase("anchor.text", Language.EN, **said, hash=order.hash)
        return await self._send_in_house(order, subject, text, job)

    async def send_outage(self, job: Job, _now: datetime) -> Delivery:
        """Works one outbox row of kind `outage`: staff read nothing in Slack."""
        order = decode(MailOutage, job.payload)
        said = {"at": f"{order.since:%Y-%m-%d %H:%M} UTC", "reason": order.reason}
        subject = self.desk.words.phrase("outage.subject", Language.EN)
        return await self._send_in_house(
            order, subject, self.desk.words.phrase("outage.text", Language.EN, **said), job
        )

    async def _send_in_house(self, order: MailAnchor | MailOutage, subject: str, text: str, job: Job) -> Delivery:
        """A mail of the desk's own, to no customer."""
        letter = Letter(
            message_id=order.message_id,
            sender_name=self.desk.provider.name,
            sender=self.desk.mail_address,
            to=order.to,
            envelope_sender=self.addresses.bounce(order.message_id.partition("@")[0]),
            reply_to=self.desk.mail_address,
            subject=subject,
            text=text,
            date=job.created_at,
        )
        outcome = await self.relay.send(letter.envelope_sender, order.to, build(letter))
        return Delivered(outcome.reply) if isinstance(outcome, Accepted) else _not_delivered(outcome, job)

    def _worded(self, order: TellByMail, around: "_Around", written: datetime) -> Worded:
        context = Context(
            reference=f"INC-{order.incident}" if order.incident else "",
            title=order.title,
            customer=around.customer,
            links={purpose: self.desk.url(link) for purpose, link in order.links.items()},
            timezone=around.timezone or self.desk.terms.timezone,
            accept=self._accept(order, around),
            late=written if order.late else None,
            tap=self._tap(order, around),
        )
        return self.desk.words.notice(order.worded(), order.language, context)

    def _accept(self, order: TellByMail, around: "_Around") -> str:
        """Where businesses may accept the quote of this mail by another; consumers tick a box for it."""
        link = order.links.get(Purpose.QUOTE)
        offers = order.notice in _OFFERS and around.business
        return self.addresses.accept(self.desk.keys.accept_key(link)) if link and offers else ""

    def _tap(self, order: TellByMail, around: "_Around") -> Mapping[str, object] | None:
        """A button in Gmail's list of mails, for businesses whose desk wants it: it names the price, as ours do."""
        told = order.worded()
        if not self.desk.taps or not around.taps or not isinstance(told, STATING_A_PRICE) or not told.price.net:
            return None
        made = tap(self.desk.words, order.language, told.link, told.about, told.price)
        return made.markup(f"{self.desk.url(order.links[told.link])}/confirm")

    def _letter(self, order: TellByMail, worded: Worded, around: "_Around", written: datetime) -> Letter:
        key = order.message_id.partition("@")[0]
        paper = (
            (Attachment(name=f"{order.document}.pdf", media_type=PDF, content=around.file),)
            if around.file is not None
            else ()
        )
        reply_to = self.addresses.reply_to(order.reply_key) if order.reply_key else self.desk.mail_address
        return Letter(
            message_id=order.message_id,
            sender_name=self.desk.provider.name,
            sender=self.desk.mail_address,
            to=order.to,
            envelope_sender=self.addresses.bounce(key),
            reply_to=reply_to,
            subject=worded.subject,
            text=worded.text,
            html=worded.html,
            in_reply_to=around.conversation[-1] if around.conversation else None,
            references=around.conversation,
            date=written,
            automatic=order.worded().AUTOMATIC,
            attachments=(*paper, *around.files),
        )


def _not_delivered(outcome: Deferred | Refused | Unknown, job: Job) -> Delivery:
    match outcome:
        case Refused(code=code, reply=reply, gone=gone):
            return Failed(f"{code} {reply}", gone=gone)
        case Deferred(code=code, reply=reply, seconds=seconds):
            after = max(wait_before(job.tries), timedelta(seconds=seconds))
            return Later(f"{code} {reply}" if code else reply, after, untaken=True)
        case Unknown(reason=reason):
            return Later(f"cut off before the relay had answered ({reason})")


def _delivered(order: TellByMail, letter: Letter, taken: Accepted) -> Delivered:
    """What the relay took, by its hash, and a copy that can be kept: it opens no page; documents are filed apart."""
    html = masked(letter.html) if letter.html is not None else None
    copy = build(replace(letter, text=masked(letter.text), html=html, attachments=()))
    sent = Sent(
        message=letter.message_id,
        sha256=taken.sha256,
        copy_sha256=sha256(copy).hexdigest(),
        links=tuple(order.links.values()),
        signed_by=taken.signed_by,
    )
    return Delivered(taken.reply, sent=sent, copy=copy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What a letter needs beside its notice: who it greets, its document, files of staff's, the mails it follows."""

    customer: str
    business: bool
    taps: bool
    timezone: str
    file: bytes | None
    files: tuple[Attachment, ...]
    conversation: tuple[str, ...]


def _around(tx: Transaction, desk: Desk, job: Job, order: TellByMail) -> _Around:
    customer = tx.customers.load(order.customer)
    found = tx.blobs.document(order.document, "pdf") if order.document else None
    decided_by_mail = desk.taps or order.notice in _OFFERS  # only then does it matter whose incident it is
    incident = tx.incidents.load(order.incident) if order.incident and decided_by_mail else None
    known = tx.messages.references(order.incident, job.created_at) if order.incident else []
    return _Around(
        customer=customer.details.name if customer else "",
        business=incident is not None and incident.kind is Kind.BUSINESS,
        taps=incident is not None and customer is not None and may_tap(incident, customer),
        timezone=customer.timezone if customer else "",
        file=tx.blobs.content(found.sha256) if found else None,
        files=_files(tx, job),
        conversation=tuple(known),
    )


def _files(tx: Transaction, job: Job) -> tuple[Attachment, ...]:
    """What staff sent along, as it was kept with the message that this job carries."""
    found = ((file, tx.blobs.content(file.sha256)) for file in tx.messages.attachments_carried_by(job.id))
    return tuple(
        Attachment(name=file.name, media_type=file.media_type, content=content)
        for file, content in found
        if content is not None
    )
