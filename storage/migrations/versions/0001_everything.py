"""All tables, and the triggers that keep the journal append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("inbox", "outbox", "deadlines"):
        _queue(name)
    _blobs()
    _counters()
    _customers()
    _facts()
    _settings()
    _contacts()
    _incidents()
    _documents()
    _invoices()
    _links()
    _messages()
    _papers()
    _attachments()
    _append_only()


def _queue(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("dedup", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'parked')", name=op.f(f"{name}_state_check")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{name}_pkey")),
        sa.UniqueConstraint("dedup", "bucket", name=op.f(f"{name}_dedup_bucket_key")),
    )
    op.create_index(
        f"{name}_in_order",
        name,
        ["key", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting' AND key <> ''"),
        postgresql_where=sa.text("state = 'waiting' AND key <> ''"),
    )
    op.create_index(
        f"{name}_parked",
        name,
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        f"{name}_waiting",
        name,
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("blobs_pkey")),
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("counters_pkey")),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=False),
        sa.Column("siren", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("support", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("slack_team", sa.Text(), nullable=True),
        sa.Column("slack_user", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('business', 'consumer')", name=op.f("customers_kind_check")),
        sa.CheckConstraint("support IN ('full', 'limited', 'forfeited')", name=op.f("customers_support_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("customers_pkey")),
        sa.UniqueConstraint("slack_team", "slack_user", name=op.f("customers_slack_team_slack_user_key")),
    )


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("facts_pkey")),
        sa.UniqueConstraint("command", "subject", name=op.f("facts_command_subject_key")),
        sa.UniqueConstraint("subject", "seq", name=op.f("facts_subject_seq_key")),
    )


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("settings_pkey")),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("bounced_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("contacts_customer_id_fkey")),
        sa.PrimaryKeyConstraint("address", name=op.f("contacts_pkey")),
    )
    op.create_index(op.f("contacts_customer_id"), "contacts", ["customer_id"], unique=False)


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("way_in", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reply_key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("previous", ROW_ID, nullable=True),
        sa.Column("slack_channel", sa.Text(), nullable=True),
        sa.Column("slack_ts", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("incidents_customer_id_fkey")),
        sa.ForeignKeyConstraint(["previous"], ["incidents.id"], name=op.f("incidents_previous_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("incidents_pkey")),
        sa.UniqueConstraint("reply_key", name=op.f("incidents_reply_key_key")),
        sa.UniqueConstraint("slack_channel", "slack_ts", name=op.f("incidents_slack_channel_slack_ts_key")),
    )
    op.create_index(op.f("incidents_customer_id"), "incidents", ["customer_id"], unique=False)
    op.create_index("incidents_stage_updated_at", "incidents", ["stage", "updated_at"], unique=False)
    op.create_index("incidents_updated_at", "incidents", ["updated_at"], unique=False)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident_id", ROW_ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("documents_incident_id_fkey")),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("documents_sha256_fkey")),
        sa.PrimaryKeyConstraint("number", "kind", name=op.f("documents_pkey")),
    )
    op.create_index(op.f("documents_incident_id"), "documents", ["incident_id"], unique=False)


def _invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident_id", ROW_ID, nullable=False),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=True),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("invoices_kind_check")),
        sa.CheckConstraint(
            "status IN ('open', 'paid', 'credited', 'written_off')", name=op.f("invoices_status_check")
        ),
        sa.ForeignKeyConstraint(["about"], ["invoices.number"], name=op.f("invoices_about_fkey")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("invoices_customer_id_fkey")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("invoices_incident_id_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("invoices_pkey")),
    )
    op.create_index(op.f("invoices_customer_id"), "invoices", ["customer_id"], unique=False)
    op.create_index(op.f("invoices_incident_id"), "invoices", ["incident_id"], unique=False)
    op.create_index("invoices_status_due_on", "invoices", ["status", "due_on"], unique=False)


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("incident_id", ROW_ID, nullable=True),
        sa.Column("customer_id", ROW_ID, nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("links_customer_id_fkey")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("links_incident_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("links_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("links_token_sha256_key")),
    )
    op.create_index(op.f("links_incident_id"), "links", ["incident_id"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("incident_id", ROW_ID, nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("rfc_message_id", sa.Text(), nullable=True),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'slack', 'web')", name=op.f("messages_channel_check")),
        sa.CheckConstraint("direction IN ('in', 'out', 'note')", name=op.f("messages_direction_check")),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("messages_incident_id_fkey"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(["raw"], ["blobs.sha256"], name=op.f("messages_raw_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("messages_pkey")),
    )
    op.create_index(op.f("messages_incident_id"), "messages", ["incident_id"], unique=False)
    op.create_index(op.f("messages_outbox_id"), "messages", ["outbox_id"], unique=False)
    op.create_index(op.f("messages_rfc_message_id"), "messages", ["rfc_message_id"], unique=False)


def _papers() -> None:
    op.create_table(
        "papers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("papers_incident_id_fkey")),
        sa.PrimaryKeyConstraint("number", name=op.f("papers_pkey")),
    )
    op.create_index(op.f("papers_incident_id"), "papers", ["incident_id"], unique=False)


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", ROW_ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("cid", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("attachments_message_id_fkey")),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("attachments_sha256_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("attachments_pkey")),
    )
    op.create_index(op.f("attachments_message_id"), "attachments", ["message_id"], unique=False)


def _append_only() -> None:
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


TRIGGERS = {
    "sqlite": (
        """
        CREATE TRIGGER facts_unchanged BEFORE UPDATE ON facts
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
        """
        CREATE TRIGGER facts_undeleted BEFORE DELETE ON facts
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION facts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE TRIGGER facts_unchanged BEFORE UPDATE OR DELETE ON facts
        FOR EACH ROW EXECUTE FUNCTION facts_append_only()
        """,
        """
        CREATE TRIGGER facts_untruncated BEFORE TRUNCATE ON facts
        FOR EACH STATEMENT EXECUTE FUNCTION facts_append_only()
        """,
    ),
}
