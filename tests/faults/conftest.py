"""A town to break things in, on SQLite's and PostgreSQL's databases in turn."""

from tests.stories.conftest import here, zone

__all__ = ["here", "zone"]
