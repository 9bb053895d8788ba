"""One line per event: JSON for machines, colours for people; control characters never reach a terminal."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def set_up(form: Literal["json", "text"] | None) -> None:
    """Sets structlog up; `form` None means JSON when standard error is not a terminal."""
    as_json = form == "json" or (form is None and not sys.stderr.isatty())
    last: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _printable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _printable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        key: _escaped(value) if isinstance(value, str) and key != "exception" else value
        for key, value in event.items()
    }


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
