"""SQLite's write-ahead log goes back into the file beside the writer: none of its commits waits for that."""

import sqlite3
import threading
from contextlib import suppress
from typing import Final

import sqlalchemy as sa

FRAMES: Final = 16_000
"""How many pages of log (64 MB) there may be before the writer itself writes them back, and begins the log anew."""
PAUSE_SECONDS: Final = 0.5


class Checkpointer(threading.Thread):
    """Writes back what was committed, in a connection of its own, at most once in a while."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(name="storage-checkpoint", daemon=True)
        self._engine = engine
        self._committed = threading.Event()
        self._closed = threading.Event()

    def committed(self) -> None:
        """There is something to write back."""
        self._committed.set()

    def close(self) -> None:
        """Ends the thread; what is left, SQLite writes back when the last connection closes."""
        self._closed.set()
        self._committed.set()
        self.join()

    def run(self) -> None:
        while self._committed.wait() and not self._closed.is_set():
            self._committed.clear()
            self._write_back()
            self._closed.wait(PAUSE_SECONDS)
        self._engine.dispose()

    def _write_back(self) -> None:
        # Passive: waits for nobody, and nobody waits for it. What fails now (a full disk) stays in the log, where
        # it is as durable, and is tried again after the next commit.
        with suppress(sqlite3.Error, sa.exc.DBAPIError):
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
            finally:
                connection.close()
