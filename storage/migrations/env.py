"""Runs the revisions on the connection it is given, all in its transaction."""

from alembic import context

from storage._tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
