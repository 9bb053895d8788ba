"""The statements of a queue, built once: building them costs more than running them."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from storage._engine import insert, update_some

WAITING: Final = sa.literal_column("'waiting'", sa.Text)
"""A literal, so that the partial indexes serve even a plan made before the values are known."""
NEVER: Final = sa.literal_column("0", sa.Integer)
NO_KEY: Final = sa.literal_column("''", sa.Text)
CLAIMED: Final = ("id", "kind", "payload", "key", "dedup", "tries", "doubts", "lease", "due_at", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """`held_*` parameters are a claim's proof, `new_*` what is written."""

    put: sa.Executable
    holds: sa.Select[int]
    done: sa.Update
    retry: sa.Update
    park: sa.Update
    release: sa.Update


@cache
def statements(dialect: str, table: sa.Table) -> Statements:
    """The statements of one queue on one kind of database."""
    # Only what waits has a lease. Asking for the state as well would let a plan prefer the wrong index.
    held = (table.c.id == bindparam("held_id"), table.c.lease == bindparam("held_lease"))
    given_up = sa.update(table).where(*held).values(lease=sa.null())
    finished_at: sa.BindParameter[Any] = bindparam("new_finished_at")
    due_at: sa.BindParameter[Any] = bindparam("new_due_at")
    error: sa.BindParameter[Any] = bindparam("new_error")
    untaken: sa.BindParameter[Any] = bindparam("new_untaken", type_=sa.Integer)
    payload: sa.BindParameter[Any] = bindparam("new_payload", type_=sa.LargeBinary)
    return Statements(
        put=insert(dialect, table).on_conflict_do_nothing(index_elements=["dedup", "bucket"]).returning(table.c.id),
        holds=sa.select(table.c.id).where(*held),
        done=given_up.values(state=sa.literal_column("'done'"), finished_at=finished_at),
        retry=given_up.values(
            due_at=due_at,
            error=error,
            doubts=table.c.doubts - untaken,
            payload=sa.func.coalesce(payload, table.c.payload),
        ),
        park=given_up.values(state=sa.literal_column("'parked'"), error=error, finished_at=finished_at),
        release=given_up.values(due_at=due_at, tries=table.c.tries - 1),
    )


@cache
def claim(
    dialect: str, table: sa.Table, limit: int, *, some_kinds: bool, untried: bool | None = None
) -> sa.Executable:
    """One UPDATE … RETURNING. A job whose key an earlier waiting job has is passed over.

    `untried` asks for those never tried, or for the others only.

    The limit is a literal too: unknown, it is planned for as a tenth of the table.
    """
    earlier = table.alias("earlier")
    behind = sa.exists().where(
        earlier.c.key == table.c.key,
        earlier.c.id < table.c.id,
        earlier.c.key != NO_KEY,
        earlier.c.state == WAITING,
    )
    due = (
        sa.select(table.c.id)
        .where(table.c.state == WAITING, table.c.due_at <= bindparam("now"))
        .where(sa.or_(table.c.key == NO_KEY, ~behind))
        .order_by(table.c.due_at, table.c.id)
        .limit(sa.literal_column(str(int(limit)), sa.Integer))
    )
    if untried is not None:
        due = due.where(table.c.tries == NEVER if untried else table.c.tries > NEVER)
    if some_kinds:
        due = due.where(table.c.kind.in_(bindparam("kinds", expanding=True)))
    return (
        update_some(dialect, table, due)
        .values(
            due_at=bindparam("until"),
            lease=bindparam("token"),
            tries=table.c.tries + 1,
            doubts=table.c.doubts + 1,
        )
        .returning(*(table.c[name] for name in CLAIMED))
    )
