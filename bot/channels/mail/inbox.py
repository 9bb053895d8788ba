"""From an arrival to the inbox, and from the inbox to what the application understands."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.app.desk import Desk
from bot.app.jobs import JudgeAgain, MailArrived, decode
from bot.app.opening import Said
from bot.app.proof import Level, Proof
from bot.app.understand import FIRST_JUDGED_AGAIN, Incoming, heed_again, understand
from bot.channels.mail import addresses
from bot.channels.mail.addresses import Kind
from bot.channels.mail.fetch import Place, read_place
from bot.channels.mail.identity import Envelope, Identity, is_local, judge, unvouched
from bot.channels.mail.mail import DeliveryReport, Mail
from bot.channels.mail.read import Reader
from bot.channels.mail.reception import Arrival
from bot.channels.mail.strip import Stripped, strip
from storage import Attachment, Job, NewJob, Transaction, Via

ORIGINAL = "message/rfc822"
LINK_END = r"([A-Za-z0-9_-]{16,100})"
MOST_LINKS = 10
GOES_ON = "[these are not all of the words: the mail goes on, and its original is attached]"
MOST_JUDGED_AGAIN = 5  # within some ten hours
log = structlog.get_logger("mail.inbox")


async def keep(desk: Desk, arrival: Arrival, now: datetime) -> None:
    """Keeps a mail's bytes and envelope in one durable commit; the same bytes sent again are recognised."""
    await desk.store.run(lambda tx: _keep(tx, arrival, now), urgent=True)


async def keep_fetched(desk: Desk, arrival: Arrival, mailbox: str, place: Place, now: datetime) -> None:
    """Keeps a mail of a mailbox together with its place there; one that is kept already is not kept again."""

    def fetched(tx: Transaction) -> None:
        if read_place(tx.setting(mailbox), place.validity).last < place.last:
            _keep(tx, arrival, now)
            tx.keep_setting(mailbox, place.encode())

    await desk.store.run(fetched)


def _keep(tx: Transaction, arrival: Arrival, now: datetime) -> None:
    sha256 = tx.blobs.keep(arrival.raw)
    job = MailArrived(
        raw=sha256,
        mail_from=arrival.mail_from,
        rcpt_to=arrival.rcpt_to,
        peer=arrival.peer,
        helo=arrival.helo,
    )
    dedup = f"{_identity(arrival, sha256)}:{now:%Y-%m-%d}"
    tx.inbox.put(NewJob(kind=job.KIND, payload=job.encode(), due_at=now, dedup=dedup), now)


def _identity(arrival: Arrival, sha256: str) -> str:
    """The same bytes in the same envelope: a client that never saw our 250 and sends again."""
    envelope = "\n".join((arrival.mail_from, *sorted(arrival.rcpt_to), sha256))
    return hashlib.sha256(envelope.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailroom:
    """Reads kept mails, and has the author proven where the words ask for an effect."""

    desk: Desk
    reader: Reader
    addresses: addresses.Desk
    identity: Identity

    async def understand(self, job: Job, now: datetime) -> None:
        """Works one inbox row of kind `mail`."""
        arrived = decode(MailArrived, job.payload)
        raw, mail = await self._read(arrived)
        words = self._words(mail)
        proof = await self._proof(raw, mail, arrived)
        if mail.sender is None:
            log.warning("mail_without_author", raw=arrived.raw, reason=mail.sender_problem)
        await understand(self.desk, job, lambda tx: self._incoming(tx, arrived, mail, words, proof), now)

    async def judge_again(self, job: Job, now: datetime) -> None:
        """Works one inbox row of kind `judge`: waits longer while DNS is silent, then takes it as not proven."""
        order = decode(JudgeAgain, job.payload)
        raw, mail = await self._read(order.mail)
        proof = await self._proof(raw, mail, order.mail)
        if proof.level is Level.LATER and job.tries < MOST_JUDGED_AGAIN:
            at = now + FIRST_JUDGED_AGAIN * 3**job.tries
            await self.desk.store.run(lambda tx: tx.inbox.retry(job, at, proof.reason))
            return
        words = self._words(mail)
        await heed_again(
            self.desk, job, order.incident, lambda tx: self._incoming(tx, order.mail, mail, words, proof), now
        )

    def _words(self, mail: Mail) -> Stripped:
        answers = bool(_references(mail))
        return strip(mail.text, mail.html, mail.subject, answers=answers, is_ours=self.addresses.accepts)

    async def _read(self, arrived: MailArrived) -> tuple[bytes, Mail]:
        raw = await self.desk.store.read(lambda tx: tx.blobs.content(arrived.raw))
        if raw is None:
            raise LookupError(f"the bytes of mail {arrived.raw} are gone")
        return raw, await self.reader.read(raw, arrived.mail_from)

    async def _proof(self, raw: bytes, mail: Mail, arrived: MailArrived) -> Proof:
        """Nobody is asked about a mail from this very machine that nothing vouches for."""
        asked = self.identity.border is not None or b"dkim-signature:" in raw.lower() or not is_local(arrived.peer)
        if not asked:
            return unvouched(mail)
        envelope = Envelope(peer=arrived.peer, mail_from=arrived.mail_from, helo=arrived.helo)
        return await judge(raw, mail, envelope, self.identity)

    def _incoming(self, tx: Transaction, arrived: MailArrived, mail: Mail, words: Stripped, proof: Proof) -> Incoming:
        sender = str(mail.sender or "")
        resembles = tx.customers.resembled_by(mail.sender.domain) if mail.sender else ""
        same_id = tx.messages.by_rfc_ids([mail.message_id]) if mail.message_id else []
        reuses = any(kept.raw != arrived.raw for kept in same_id)  # judged again, it finds itself
        proof = replace(proof, resembles=resembles, reuses=reuses)
        keys = [self.addresses.recognise(address) for address in arrived.rcpt_to]
        said = Said(
            author=sender or "?",
            text=_shown(mail, words),
            quoted=words.quoted,
            via=Via.MAIL,
            subject=mail.subject,
            rfc_message_id=mail.message_id,
            in_reply_to=next(iter(_references(mail)), None),
            raw=arrived.raw,
            content_sha256=arrived.raw,
            html_sha256=tx.blobs.keep(mail.html.encode("utf-8", "replace")) if mail.html else None,
            files=_files(tx, mail, words, arrived.raw),
            proof=proof,
            written_at=mail.date,
        )
        report = mail.delivery_report
        failed = report is not None and report.action == "failed"
        if report is not None and report.original_sender:
            keys.append(self.addresses.recognise(report.original_sender))
        returned = next((key.key for key in keys if key and key.kind is Kind.BOUNCE and key.key), "")
        accepts = next((key.key for key in keys if key and key.kind is Kind.ACCEPT and key.key), "")
        return Incoming(
            said=said,
            sender=sender,
            reply_key=next((key.key for key in keys if key and key.kind is Kind.REPLY and key.key), ""),
            bounced=f"{returned}@{self.desk.mail_domain}" if returned else _returned(report),
            failed=(report.status or "failed") if report and failed else "",
            complained=report is not None and report.action == "complained",
            references=_references(mail),
            automatic=self._automatic(mail, arrived, sender),
            proof=proof,
            links=self._links(mail),
            accepts=self.desk.keys.accepting(accepts),
            certain=words.certain,
            unread=_is_unread(mail),
            encrypted=mail.encrypted,
        )

    def _links(self, mail: Mail) -> tuple[str, ...]:
        """The tokens of our own pages that this mail names, most of all in what it quotes."""
        found = re.findall(re.escape(f"{self.desk.public_url}/a/") + LINK_END, f"{mail.text}\n{mail.html or ''}")
        return tuple(dict.fromkeys(found))[:MOST_LINKS]

    def _automatic(self, mail: Mail, arrived: MailArrived, sender: str) -> str:
        if sender and self.addresses.accepts(sender):
            return "our own address"
        if not arrived.mail_from:
            return mail.automatic or "null sender"
        return mail.automatic or ""


def _returned(report: DeliveryReport | None) -> str:
    """The mail that a report sends back: it names us as well as the address it came to."""
    return (report.original_message_id or "") if report else ""


def _shown(mail: Mail, words: Stripped) -> str:
    """The words as they are kept and shown; where they go on further than they are read, they say where."""
    if not words.reply:
        return _unreadable(mail)
    return f"{words.reply}\n\n{GOES_ON}" if words.goes_on else words.reply


def _unreadable(mail: Mail) -> str:
    """What stands in for words where there are none: staff find the original attached."""
    if mail.unreadable:
        return f"[{mail.unreadable}]"
    return "[the mail is encrypted, and its original is attached]" if mail.encrypted else ""


def _is_unread(mail: Mail) -> bool:
    return bool(mail.unreadable or mail.encrypted)


def _files(tx: Transaction, mail: Mail, words: Stripped, raw: str) -> tuple[Attachment, ...]:
    original = Attachment(sha256=raw, name="original.eml", media_type=ORIGINAL)
    if _is_unread(mail):
        return (original,)
    came = tuple(
        Attachment(
            sha256=tx.blobs.keep(file.content),
            name=file.name,
            media_type=file.media_type,
            cid=file.content_id,
        )
        for file in mail.attachments
    )
    return (*came, original) if words.goes_on else came


def _references(mail: Mail) -> tuple[str, ...]:
    """The mails this one answers, the newest first."""
    named: Sequence[str] = (*((mail.in_reply_to,) if mail.in_reply_to else ()), *reversed(mail.references))
    return tuple(dict.fromkeys(named))
