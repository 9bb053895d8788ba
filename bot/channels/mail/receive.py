"""Mail in: SMTP or LMTP in our own loop; 250 means kept, and nothing is understood here.

Lines of any length are accepted whole, within the size limit. Only CR LF . CR LF ends a mail: a bare CR or LF is
text. The handler of a session dies with its client, so what has begun to be kept is shielded from that.
"""

import asyncio
import collections
import logging
import re
from typing import Literal, cast

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, syntax

from bot.channels.mail.answers import FAILED, GOODBYE, KEPT, TOO_MANY, TOO_SLOW, Answers
from bot.channels.mail.data import Data
from bot.channels.mail.listener import Listener, host_of
from bot.channels.mail.reception import Arrival, Reception

_PATH = re.compile(r'<(?:@[^:>"]*+:)?((?:"(?:[^"\\]|\\.)*+"|[^<>"\s])*+)>|((?:"(?:[^"\\]|\\.)*+"|[^<>"\s])++)')

# It logs every line of the dialogue, and our reply keys with it.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
log = structlog.get_logger("mail.receive")


async def serve(host: str, port: int, reception: Reception, protocol: Literal["smtp", "lmtp"] = "smtp") -> Listener:
    """Listens; `port` tells where. OSError when the address cannot be had."""
    listener = Listener(reception)
    session = {"smtp": _Smtp, "lmtp": _Lmtp}[protocol]
    await listener.open(host, port, lambda: session(listener))
    return listener


class _Smtp(SMTP):
    """One session. DATA is read in chunks, not line by line: seven times less work for an attachment."""

    line_length_limit = 65_536

    def __init__(self, listener: Listener) -> None:
        self._reception = reception = listener.reception
        super().__init__(
            Answers(listener),
            data_size_limit=reception.size_limit,
            enable_SMTPUTF8=True,
            hostname=reception.domain,
            ident="ESMTP",
            timeout=reception.idle,
            tls_context=reception.tls() if reception.tls else None,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit={"NOOP": 100, "VRFY": 20, "HELP": 20, "EHLO": 20, "HELO": 20, "*": 1_000_000},
            loop=asyncio.get_running_loop(),
        )
        # The library shares one table between all sessions and lets it grow with every EHLO.
        self.command_size_limits = collections.defaultdict(lambda: 2000)
        self._listener = listener
        self._peer = ""
        self._keeping = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the session, and sends it away when there are too many."""
        super().connection_made(transport)
        if self._peer:  # the same session again, now over TLS
            return
        self._peer = host_of(transport.get_extra_info("peername"))
        if self._listener.admit(self, self._peer):
            self._wait_patiently()
        else:
            log.warning("too_many_connections", peer=self._peer)
            self._leave(TOO_MANY)

    def connection_lost(self, error: Exception | None) -> None:
        """Forgets the session."""
        self._listener.leave(self, self._peer)
        if self._patience:
            self._patience.cancel()
        super().connection_lost(error)

    def stop(self) -> None:
        """Ends the session, unless it is storing a mail: that one is answered first."""
        if not self._keeping:
            self._leave(GOODBYE)

    def cut(self) -> None:
        """Drops the connection as it is."""
        if self.transport:
            cast("asyncio.WriteTransport", self.transport).abort()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Takes the text of a mail (RFC 5321 §4.1.1.4) and answers once it is kept."""
        envelope = self.envelope or Envelope()
        if await self.check_helo_needed():
            return
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        text = await Data(self._reception, self._listener).read(self._reader, self._reset_timeout)
        self._keeping = True
        answer = text if isinstance(text, str) else await self._keep(text, envelope)
        for _ in range(self.answers(envelope)):
            await self.push(answer)
        self._keeping = False
        self.envelope = Envelope()
        self._listener.answered(self)

    def answers(self, _envelope: Envelope) -> int:
        """How many times the fate of a mail is told: once."""
        return 1

    async def smtp_VRFY(self, _arg: str) -> None:  # noqa: N802
        """Confirms nobody (RFC 5321 §7.3)."""
        await self.push("252 2.1.5 Send some mail, it will be seen")

    async def _keep(self, raw: bytes, envelope: Envelope) -> str:
        sender = envelope.mail_from or ""
        arrival = Arrival(
            raw=raw,
            mail_from="" if sender == "<>" else sender,
            rcpt_to=tuple(envelope.rcpt_tos),
            peer=self._peer,
            helo=(self.session and self.session.host_name) or "",
        )
        kept = await self._listener.keep(arrival)
        self._wait_patiently()
        return KEPT if kept else FAILED

    def _wait_patiently(self) -> None:
        if self._patience:
            self._patience.cancel()
        self._patience = self.loop.call_later(self._reception.patience, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if not self._keeping:
            self._leave(TOO_SLOW)

    def _leave(self, answer: str) -> None:
        # Cast, not asked: uvloop's transports are instances of none of asyncio's classes.
        transport = cast("asyncio.WriteTransport | None", self.transport)
        if transport and not transport.is_closing():
            transport.write(f"{answer}\r\n".encode())
            transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The path of MAIL and RCPT and what follows it; a null path stays `<>`, as the library has it."""
        path = _PATH.match(arg.strip())
        if path is None or not _is_utf8(address := path[1] or path[2] or "<>") or len(address) > 320:
            return None, None
        return address, arg.strip()[path.end() :].strip()


class _Lmtp(_Smtp, LMTP):
    """One LMTP session (RFC 2033): the fate of a mail is told once for each accepted recipient."""

    def answers(self, envelope: Envelope) -> int:
        """As many answers as accepted recipients."""
        return len(envelope.rcpt_tos)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.isprintable()
