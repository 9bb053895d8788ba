"""What every test may ask for: a fresh database, SQLite's and PostgreSQL's in turn, and a store on it."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web_app

import storage
from storage import Store
from tests.postgres import Postgres


def pytest_configure() -> None:
    """Tracebacks in a few lines: drawing them with every value on the way stops all else for a second and more."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_finish() -> None:
    """Thousands of tests are kept to the end: looking for garbage among them would stop others for half a second."""
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """aiohttp remembers the applications of its last thousand routes, and with each a whole desk of a test."""
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The one PostgreSQL server, started when first asked for."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A database that has the tables."""
    name = postgres.fresh()
    asyncio.run(storage.upgrade(postgres.url(name)))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that has the tables."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(storage.upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the tables."""
    file = tmp_path / "comptoir.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_template: str) -> str:
    """A fresh PostgreSQL database with the tables."""
    return postgres.url(postgres.fresh(postgres_template))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the tables, once on each."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on a fresh database, once on each."""
    opened = await Store.open(database_url)
    yield opened
    await opened.close()
