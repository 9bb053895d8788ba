"""What the door takes in, and under which terms."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail as it came: its bytes untouched, and the envelope beside them. `mail_from` is empty for bounces."""

    raw: bytes
    mail_from: str
    rcpt_to: tuple[str, ...]
    peer: str
    helo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """How mail is taken in. Sizes are octets, times seconds.

    `keep` returns once the mail is durable; whatever it raises becomes a 451. `idle` bounds each command, and each
    `progress` octets of a mail; `patience` bounds a session between two mails that it brings. Peers that `unlimited`
    knows may bring as many mails a minute as they like. `tls` is asked at the start of each session.
    """

    domain: str
    accepts: Callable[[str], bool]
    keep: Callable[[Arrival], Awaitable[None]]
    size_limit: int = 35 * MEGABYTE
    recipients: int = 50
    idle: float = 50
    patience: float = 600
    progress: int = 16_384
    connections: int = 400
    connections_per_peer: int = 100
    in_flight: int = 200 * MEGABYTE
    mails_per_minute: int = 300
    unlimited: Callable[[str], bool] = lambda _peer: False
    tls: Callable[[], ssl.SSLContext] | None = None
