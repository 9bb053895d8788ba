"""The certificate that STARTTLS is offered with: renewed on disk, it is the next session's without a restart."""

import ssl
from pathlib import Path

import structlog

log = structlog.get_logger("mail.certificate")


class Certificate:
    """A certificate (PEM) and its key, perhaps in the same file. OSError or SSLError when they cannot be used."""

    def __init__(self, file: Path, key_file: Path | None = None) -> None:
        self._file = file
        self._key_file = key_file
        self._seen = self._stamps()
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """What a session that begins now uses. Files that cannot be used change nothing, and are said once."""
        try:
            if self._is_new():
                self._context = self._read()
        except (OSError, ssl.SSLError) as error:
            log.error("certificate_not_read", file=str(self._file), error=str(error))
        return self._context

    def _is_new(self) -> bool:
        """Whether the files have changed since they were last looked at; half a renewal counts again when whole."""
        before, self._seen = self._seen, self._stamps()
        return before != self._seen

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(file) for file in (self._file, self._key_file) if file)

    def _read(self) -> ssl.SSLContext:
        # Each time a context of its own: one that failed to load would be left with half a pair.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._file, self._key_file)
        return context


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
