"""What each step of the dialogue is answered (RFC 5321, RFC 3463)."""

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels.mail.listener import Listener, host_of

KEPT = "250 2.0.0 Kept"
FAILED = "451 4.3.0 Temporary failure on our side, please try again later"
TOO_BIG = "552 5.3.4 The message is larger than what this server takes"
BUSY = "452 4.3.1 Too much mail at once, please try again later"
TOO_FAST = "450 4.7.1 Too many mails a minute, please try again later"
TOO_MANY = "421 4.7.0 Too many connections, please try again later"
GOODBYE = "421 4.3.2 This server is stopping, please try again later"
TOO_SLOW = "421 4.4.2 Too slow, goodbye"

log = structlog.get_logger("mail.receive")


class Answers:
    """What each command is answered; aiosmtpd calls these by name."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.reception = listener.reception

    async def handle_EHLO(  # noqa: N802 - named by the library
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses[:-1] if not line.startswith("250-AUTH")]
        return [*offered, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.listener.is_too_fast(host_of(session.peer)):
            return TOO_FAST
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self.reception.accepts(address):
            log.info("recipient_refused", peer=host_of(session.peer))
            return "550 5.1.1 There is no such mailbox here"
        if len(envelope.rcpt_tos) >= self.reception.recipients:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail_session_failed", exc_info=error)
        return FAILED
