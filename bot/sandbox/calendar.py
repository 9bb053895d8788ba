"""The sandbox's calendar: the system's time plus an offset that only grows and is kept with the database."""

from collections.abc import Callable
from datetime import datetime, timedelta

from storage import Store, Transaction

OFFSET = "sandbox.offset"


class Calendar:
    """A clock that can be put forward, never back: everything in the sandbox reads it."""

    def __init__(self, system: Callable[[], datetime]) -> None:
        self._system = system
        self._offset = timedelta()

    def __call__(self) -> datetime:
        """The sandbox's time, in UTC."""
        return self._system() + self._offset

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the system's time."""
        return self._offset

    async def remember(self, store: Store) -> None:
        """Goes on from where this database's calendar had come to."""
        kept = await store.read(lambda tx: tx.setting(OFFSET))
        self._offset = max(self._offset, timedelta(seconds=float(kept or 0)))

    async def move(self, store: Store, to: datetime) -> None:
        """Puts the clock forward; a moment that has passed changes nothing. Kept before it is shown."""
        offset = max(self._offset, to - self._system())

        def keep(tx: Transaction) -> None:
            tx.keep_setting(OFFSET, str(offset.total_seconds()))

        await store.run(keep)
        self._offset = max(self._offset, offset)
