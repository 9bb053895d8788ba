"""The words of facts may be erased, where their customer's newest fact says so and names what is left."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("erase_at", sa.BigInteger(), nullable=True))
    _partial("facts_erasures", "facts", ["subject", "seq"], "kind = 'PersonalDataErased'")
    # Whether anything still names some bytes is asked before they go.
    for column in ("raw", "html_sha256"):
        _partial(f"messages_{column}", "messages", [column], f"{column} IS NOT NULL")
    for table in ("attachments", "documents"):
        op.create_index(f"{table}_sha256", table, ["sha256"], unique=False)
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


# The customer's newest fact names this very place and what shall stand there: only its own transaction can.
NAMED = """
    FROM facts AS erasure, {elements} AS named
    WHERE erasure.kind = 'PersonalDataErased'
      AND erasure.subject IN (
          OLD.subject,
          (SELECT 'C-' || customer_id FROM incidents WHERE 'INC-' || id = OLD.subject)
      )
      AND erasure.seq = (SELECT max(seq) FROM facts AS newest WHERE newest.subject = erasure.subject)
"""

TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER facts_unchanged",
        f"""
        CREATE TRIGGER facts_unchanged BEFORE UPDATE ON facts
        WHEN (NEW.id, NEW.subject, NEW.seq, NEW.kind, NEW.at, NEW.body_sha256, NEW.chain)
             IS NOT (OLD.id, OLD.subject, OLD.seq, OLD.kind, OLD.at, OLD.body_sha256, OLD.chain)
          OR NEW.command IS NOT OLD.command
          OR NOT EXISTS (
            SELECT 1 {NAMED.format(elements="json_each(erasure.body, '$.redactions')")}
              AND json_extract(named.value, '$.subject') = OLD.subject
              AND json_extract(named.value, '$.seq') = OLD.seq
              AND json_extract(named.value, '$.body') = NEW.body
              AND json_extract(named.value, '$.actor') = NEW.actor
          )
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
    ),
    "postgresql": (
        f"""
        CREATE OR REPLACE FUNCTION facts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF (NEW.id, NEW.subject, NEW.seq, NEW.kind, NEW.at, NEW.command, NEW.body_sha256, NEW.chain)
                    IS NOT DISTINCT FROM
                   (OLD.id, OLD.subject, OLD.seq, OLD.kind, OLD.at, OLD.command, OLD.body_sha256, OLD.chain)
                   AND EXISTS (
                    SELECT 1 {NAMED.format(elements="jsonb_array_elements(erasure.body::jsonb -> 'redactions')")}
                      AND named ->> 'subject' = OLD.subject
                      AND (named ->> 'seq')::int = OLD.seq
                      AND named ->> 'body' = NEW.body
                      AND named ->> 'actor' = NEW.actor
                   )
                THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
    ),
}
