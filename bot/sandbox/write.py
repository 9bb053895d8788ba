"""What a customer's mail program does: a new mail, a reply that quotes, a file beside it."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid, parseaddr

from bot.sandbox.mailbox import Letter

BORDER = "mailbox.example"
"""The mail server between everybody's mailbox and the desk, whose word the desk takes."""
_WROTE = {
    "fr": "Le {day:%d/%m/%Y} à {day:%H:%M}, {who} a écrit :",
    "en": "On {day:%d/%m/%Y} at {day:%H:%M}, {who} wrote:",
}
_WHOLE = frozenset({"message", "multipart"})  # what may not be a mere attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was typed. `files` are names and contents; `proven`: the sender's provider vouches for who wrote it."""

    sender: str
    name: str
    to: str
    subject: str
    text: str
    language: str = "fr"
    files: Sequence[tuple[str, bytes]] = ()
    proven: bool = True


def compose(written: Written, now: datetime, answered: Letter | None = None) -> EmailMessage:
    """The mail as it goes out; an answer quotes, and names what it answers."""
    mail = EmailMessage()
    domain = written.sender.rpartition("@")[2]
    if written.proven:
        mail["Authentication-Results"] = f"{BORDER}; dmarc=pass header.from={domain}"
    mail["From"] = formataddr((written.name, written.sender))
    mail["To"] = written.to
    mail["Subject"] = " ".join(written.subject.split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=domain)
    text = written.text.replace("\r\n", "\n").rstrip() + "\n"
    if answered is not None:
        mail["In-Reply-To"] = f"<{answered.message_id}>"
        mail["References"] = " ".join(f"<{one}>" for one in (*answered.references, answered.message_id))
        text += f"\n{_quoted(answered, now, written.language)}"
    mail.set_content(text)
    for name, content in written.files:
        kind, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        if kind in _WHOLE:
            kind, sub = "application", "octet-stream"
        mail.add_attachment(content, maintype=kind, subtype=sub, filename=name)
    return mail


def reply_to(letter: Letter) -> str:
    """Where an answer goes: what the sender asked for, else the sender; for one's own mail, where it went."""
    header = "To" if letter.kept.sent else "Reply-To" if letter.mail["Reply-To"] else "From"
    return parseaddr(str(letter.mail[header] or ""))[1]


def reply_subject(letter: Letter) -> str:
    subject = str(letter.mail["Subject"] or "")
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def plain_text(letter: Letter) -> str:
    """The mail's words; empty where it has none as text."""
    part = letter.mail.get_body(preferencelist=("plain",))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""


def _quoted(letter: Letter, now: datetime, language: str) -> str:
    name, address = parseaddr(str(letter.mail["From"] or ""))
    date = letter.mail["Date"]
    day = getattr(date, "datetime", None) or now
    lines = plain_text(letter).splitlines()
    return "\n".join([_WROTE[language].format(day=day, who=name or address), *(f"> {line}" for line in lines)]) + "\n"
