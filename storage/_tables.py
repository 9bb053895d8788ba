"""Every table on one page. The migrations make them; a test compares the two."""

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage._engine import ROW_ID, partial_index

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, in UTC, kept as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """Text without NUL and lone surrogates, which PostgreSQL refuses; the raw bytes are kept elsewhere."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text as any database takes it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def _queue(name: str, *more: sa.Index) -> Table:
    """Jobs. `due_at` is also the end of the lease of one that is claimed; `key` keeps an order.

    `doubts` counts the tries that may have had their effect, the one in hand included.
    """
    return Table(
        name,
        metadata,
        Column("id", ROW_ID, primary_key=True),
        Column("bucket", sa.SmallInteger, nullable=False),
        Column("kind", Words, nullable=False),
        Column("key", Words, nullable=False),
        Column("dedup", Words),
        Column("payload", sa.LargeBinary, nullable=False),
        Column("state", sa.Text, nullable=False),
        Column("due_at", Moment, nullable=False),
        Column("lease", sa.Text),
        Column("tries", sa.Integer, nullable=False),
        Column("doubts", sa.Integer, nullable=False, server_default="0"),
        Column("error", Words),
        Column("created_at", Moment, nullable=False),
        Column("finished_at", Moment),
        sa.CheckConstraint("state IN ('waiting', 'done', 'parked')", name="state"),
        sa.UniqueConstraint("dedup", "bucket"),
        partial_index(f"{name}_waiting", "due_at", "id", where="state = 'waiting'"),
        partial_index(f"{name}_in_order", "key", "id", where="state = 'waiting' AND key <> ''"),
        partial_index(f"{name}_parked", "id", where="state = 'parked'"),
        partial_index(f"{name}_tried", "due_at", "id", where="state = 'waiting' AND tries > 0"),
        *more,
    )


inbox = _queue("inbox")
outbox = _queue("outbox", partial_index("outbox_untried", "due_at", "id", where="state = 'waiting' AND tries = 0"))
deadlines = _queue("deadlines")

CONCLUDED: Final = "kind IN ('OurFaultFound', 'ProblemSolved', 'DiagnosisReported', 'LeftUnbilled')"
"""The facts that say what a diagnosis came to: what the staff's home counts each time it is opened."""

facts = Table(
    "facts",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("subject", Words, nullable=False),
    Column("seq", sa.Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Words, nullable=False),
    Column("command", Words),
    Column("body_sha256", sa.Text, nullable=False),
    Column("chain", sa.Text, nullable=False),
    sa.UniqueConstraint("subject", "seq"),
    sa.UniqueConstraint("command", "subject"),
    partial_index("facts_erasures", "subject", "seq", where="kind = 'PersonalDataErased'"),
    partial_index("facts_concluded", "at", where=CONCLUDED),
)

anchors = Table(
    "anchors",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("upto", sa.BigInteger, nullable=False, unique=True),
    Column("facts", sa.BigInteger, nullable=False),
    Column("root", sa.Text, nullable=False),
    Column("before", sa.Text, nullable=False, unique=True),
    Column("hash", sa.Text, nullable=False, unique=True),
)

customers = Table(
    "customers",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("postal_address", Words, nullable=False),
    Column("country", Words, nullable=False),
    Column("vat_number", Words, nullable=False),
    Column("siren", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("support", Words, nullable=False),
    Column("timezone", Words, nullable=False),
    Column("slack_team", Words),
    Column("slack_user", Words),
    Column("seq", sa.Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("reminded_at", Moment),
    Column("courtesy", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.UniqueConstraint("slack_team", "slack_user"),
    sa.CheckConstraint("kind IN ('business', 'consumer')", name="kind"),
    sa.CheckConstraint("support IN ('full', 'limited', 'forfeited')", name="support"),
)

shared_channels = Table(
    "shared_channels",
    metadata,
    Column("channel", Words, primary_key=True),
    Column("customer_id", sa.ForeignKey(customers.c.id), nullable=False, index=True),
    Column("team", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("trouble", Words, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("address", Words, primary_key=True),
    Column("customer_id", sa.ForeignKey(customers.c.id), nullable=False, index=True),
    Column("authority", Words, nullable=False),
    Column("bounced_at", Moment),
    Column("complained_at", Moment),
    Column("likeness", Words, nullable=False, server_default=""),
    Column("domain", Words, nullable=False, server_default=""),
    sa.Index("contacts_likeness_domain", "likeness", "domain"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("customer_id", sa.ForeignKey(customers.c.id), nullable=False, index=True),
    Column("title", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("stage", Words, nullable=False),
    Column("way_in", Words, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("seq", sa.Integer, nullable=False, server_default="0"),
    Column("reply_key", Words, nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("assignee", Words, nullable=False),
    Column("waiting", sa.Boolean, nullable=False),
    Column("previous", sa.ForeignKey("incidents.id")),
    Column("slack_channel", Words),
    Column("slack_ts", Words),
    Column("erase_at", Moment),
    Column("thread", Words),
    sa.Index("incidents_stage_updated_at", "stage", "updated_at"),
    sa.Index("incidents_updated_at", "updated_at"),
    sa.Index("incidents_thread", "thread", unique=True),
    sa.UniqueConstraint("slack_channel", "slack_ts"),
)

invoices = Table(
    "invoices",
    metadata,
    Column("number", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("incident_id", sa.ForeignKey(incidents.c.id), nullable=False, index=True),
    Column("customer_id", sa.ForeignKey(customers.c.id), nullable=False, index=True),
    Column("net", sa.BigInteger, nullable=False),
    Column("vat", sa.BigInteger, nullable=False),
    Column("gross", sa.BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("due_on", sa.Text),
    Column("paid", sa.BigInteger, nullable=False),
    Column("credited", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    Column("moved_to", sa.Text),
    Column("status", Words, nullable=False),
    Column("about", sa.ForeignKey("invoices.number")),
    Column("lines", Words, nullable=False),
    Column("exported_at", Moment),
    sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
    sa.CheckConstraint("status IN ('open', 'paid', 'credited', 'written_off')", name="status"),
    sa.Index("invoices_status_due_on", "status", "due_on"),
)

bank_entries = Table(
    "bank_entries",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("identity", sa.Text, nullable=False, unique=True),
    Column("statement", Words, nullable=False),
    Column("side", sa.Text, nullable=False),
    Column("cents", sa.BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
    Column("booked_on", sa.Text, nullable=False),
    Column("value_on", sa.Text),
    Column("name", Words, nullable=False),
    Column("iban_hash", sa.Text, nullable=False, index=True),
    Column("iban_masked", Words, nullable=False),
    Column("structured", Words, nullable=False),
    Column("free", Words, nullable=False),
    Column("end_to_end", Words, nullable=False, index=True),
    Column("fate", sa.Text, nullable=False),
    Column("why", sa.Text, nullable=False),
    Column("note", Words, nullable=False),
    Column("kept", sa.BigInteger, nullable=False),
    Column("suggested", Words, nullable=False),
    Column("taken_back", sa.ForeignKey("bank_entries.id")),
    Column("imported_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("settled_by", Words, nullable=False),
    sa.CheckConstraint("side IN ('credit', 'debit')", name="side"),
    sa.CheckConstraint(
        "fate IN ('booked', 'overpaid', 'known', 'suggested', 'unallocated',"
        " 'returned', 'return', 'refunded', 'dismissed', 'refused')",
        name="fate",
    ),
    sa.Index("bank_entries_fate_booked_on", "fate", "booked_on"),
)

allocations = Table(
    "allocations",
    metadata,
    Column("entry_id", sa.ForeignKey(bank_entries.c.id), primary_key=True),
    Column("number", sa.ForeignKey(invoices.c.number), primary_key=True, index=True),
    Column("cents", sa.BigInteger, nullable=False),
    Column("currency", Words, nullable=False),
)

transmissions = Table(
    "transmissions",
    metadata,
    Column("number", sa.ForeignKey(invoices.c.number), primary_key=True),
    Column("status", sa.SmallInteger, primary_key=True),
    Column("on_day", sa.Text, primary_key=True),
    Column("noted_at", Moment, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    Column("number", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("incident_id", sa.ForeignKey(incidents.c.id), nullable=False, index=True),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", sa.Text, primary_key=True),
    Column("content", sa.LargeBinary, nullable=False),
    Column("size", sa.BigInteger, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("number", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("incident_id", sa.ForeignKey(incidents.c.id), nullable=False, index=True),
    Column("sha256", sa.ForeignKey(blobs.c.sha256), nullable=False, index=True),
    Column("media_type", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("incident_id", sa.ForeignKey(incidents.c.id, deferrable=True, initially="DEFERRED"), index=True),
    Column("direction", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("rfc_message_id", Words, index=True),
    Column("in_reply_to", Words, index=True),
    Column("author", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("quoted", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("raw", sa.ForeignKey(blobs.c.sha256)),
    Column("outbox_id", sa.BigInteger, index=True),
    Column("delivery", Words),
    Column("reply", Words, nullable=False, server_default=""),
    Column("fact", sa.Integer),
    Column("line", sa.Text),
    Column("content_sha256", sa.Text),
    Column("html_sha256", sa.Text),
    Column("proof", Words, nullable=False, server_default=""),
    Column("written_at", Moment),
    partial_index("messages_raw", "raw", where="raw IS NOT NULL"),
    partial_index("messages_html_sha256", "html_sha256", where="html_sha256 IS NOT NULL"),
    sa.CheckConstraint("direction IN ('in', 'out', 'note')", name="direction"),
    sa.CheckConstraint("channel IN ('mail', 'slack', 'web')", name="channel"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("message_id", sa.ForeignKey(messages.c.id), nullable=False, index=True),
    Column("sha256", sa.ForeignKey(blobs.c.sha256), nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("cid", Words),
)

links = Table(
    "links",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("token_sha256", sa.Text, nullable=False, unique=True),
    Column("purpose", Words, nullable=False),
    Column("incident_id", sa.ForeignKey(incidents.c.id), index=True),
    Column("customer_id", sa.ForeignKey(customers.c.id), nullable=False),
    Column("object", Words, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("address", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

counters = Table(
    "counters",
    metadata,
    Column("series", sa.Text, primary_key=True),
    Column("value", sa.BigInteger, nullable=False),
    Column("day", sa.Text),
)

settings = Table(
    "settings",
    metadata,
    Column("name", sa.Text, primary_key=True),
    Column("value", Words, nullable=False),
)
