"""A version to come of the desk: this one, with a table that it changes and writes to."""

import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from storage._engine import open_engine
from storage._schema import SCRIPTS
from tests.faults.program import REPOSITORY

NEXT = "9000"
MIGRATION = '''"""Says which version put what came in."""
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{head}"


def upgrade():
    op.add_column("inbox", sa.Column("put_by", sa.Text(), nullable=False, server_default="old"))
    op.execute("UPDATE inbox SET put_by = 'old, in time'")
'''
KNOWN = '\n\ninbox.append_column(sa.Column("put_by", sa.Text, nullable=False, default="new"))\n'
PUT_BY = "SELECT put_by FROM inbox ORDER BY id"


def version_to_come(folder: Path) -> str:
    """The folder of a version whose migration leaves its mark on what was put before, and its code on what comes."""
    shutil.copytree(REPOSITORY / "storage", folder / "storage")
    for name in ("bot", "templates"):
        (folder / name).symlink_to(REPOSITORY / name)
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    migration = folder / "storage" / "migrations" / "versions" / f"{NEXT}_put_by.py"
    migration.write_text(MIGRATION.format(next=NEXT, head=head), encoding="utf-8")
    with (folder / "storage" / "_tables.py").open("a", encoding="utf-8") as tables:
        tables.write(KNOWN)
    return str(folder)


async def put_by(url: str) -> list[str]:
    """Which version put each of what came in, one after the other."""
    engine = open_engine(url)
    try:
        return await engine.read(lambda connection: list(connection.exec_driver_sql(PUT_BY).scalars()))
    finally:
        await engine.close()
