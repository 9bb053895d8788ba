"""The moments the storage tests happen at."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2010, 6, 14, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
