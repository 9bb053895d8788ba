"""One line per event: JSON for machines, colours for people; no control characters, no secrets, nobody's address.

Whose machine it was is evidence or nothing: here, an address says no more than the network it lies in.
"""

import logging
import re
import sys
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.app.masks import mask

SHORTEST_SECRET = 8  # characters of a value that could hold one with its name
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:]|\.\d)"
)


def set_up(form: Literal["json", "text"] | None) -> None:
    """Sets structlog up; `form` None means JSON when standard error is not a terminal."""
    as_json = form == "json" or (form is None and not sys.stderr.isatty())
    last: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_dressed(), last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AsJson() if as_json else _Discreet("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _dressed() -> Sequence[Processor]:
    """What each line says beside its event, and what it must not say."""
    return (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _discreet,
        _printable,
    )


class _AsJson(structlog.stdlib.ProcessorFormatter):
    """What is logged the standard library's way: one line, too, however many its traceback has."""

    def __init__(self) -> None:
        last = structlog.processors.JSONRenderer()
        named = structlog.stdlib.add_logger_name
        super().__init__(processors=[named, self.remove_processors_meta, *_dressed(), last])


class _Discreet(logging.Formatter):
    """The same for people, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


def discreet(text: str) -> str:
    """The text without secrets, and without the addresses of machines anywhere in the world."""
    text = mask(text) if len(text) >= SHORTEST_SECRET else text
    return _ADDRESS.sub(lambda found: network(found[0], of_all=False), text)


def network(address: str, *, of_all: bool = True) -> str:
    """The network an IP address lies in, /24 or /48; without `of_all`, one of this house is left as it is."""
    try:
        ip = ip_address(address.removeprefix("[").removesuffix("]").removeprefix("IPv6:"))
    except ValueError:
        return address
    if not of_all and not ip.is_global:
        return address
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def _discreet(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: network(discreet(value)) if isinstance(value, str) else value for key, value in event.items()}


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        key: _escaped(value) if isinstance(value, str) and key != "exception" else value
        for key, value in event.items()
    }


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
