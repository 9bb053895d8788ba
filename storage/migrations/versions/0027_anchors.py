"""Anchors over the journal, which cannot be changed, nor facts be replaced; and how many facts an incident has."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "anchors",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("anchors_pkey")),
        sa.UniqueConstraint("upto", name=op.f("anchors_upto_key")),
        sa.UniqueConstraint("before", name=op.f("anchors_before_key")),
        sa.UniqueConstraint("hash", name=op.f("anchors_hash_key")),
    )
    op.add_column("incidents", sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE incidents SET seq = (SELECT count(*) FROM facts WHERE subject = 'INC-' || incidents.id)")
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


# SQLite deletes a row that INSERT OR REPLACE replaces without asking the triggers of deletion.
TRIGGERS = {
    "sqlite": (
        """
        CREATE TRIGGER facts_unreplaced BEFORE INSERT ON facts
        WHEN EXISTS (SELECT 1 FROM facts WHERE id = NEW.id)
            OR EXISTS (SELECT 1 FROM facts WHERE subject = NEW.subject AND seq = NEW.seq)
            OR EXISTS (SELECT 1 FROM facts WHERE command = NEW.command AND subject = NEW.subject)
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TRIGGER anchors_unreplaced BEFORE INSERT ON anchors
        WHEN EXISTS (
            SELECT 1 FROM anchors WHERE id = NEW.id OR upto = NEW.upto OR before = NEW.before OR hash = NEW.hash
        )
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TRIGGER anchors_unchanged BEFORE UPDATE ON anchors
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TRIGGER anchors_undeleted BEFORE DELETE ON anchors
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION anchors_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE TRIGGER anchors_unchanged BEFORE UPDATE OR DELETE ON anchors
        FOR EACH ROW EXECUTE FUNCTION anchors_append_only()
        """,
        """
        CREATE TRIGGER anchors_untruncated BEFORE TRUNCATE ON anchors
        FOR EACH STATEMENT EXECUTE FUNCTION anchors_append_only()
        """,
    ),
}
