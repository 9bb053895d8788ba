"""What each contact may do, by name; and mails found by what they answer, for the one that comes after its answer."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("UPDATE contacts SET authority = 'owner' WHERE authority = 'decide'")
    op.create_index(op.f("messages_in_reply_to"), "messages", ["in_reply_to"], unique=False)
