"""Alembic's entry: runs the revisions on the connection that `migrate` has opened and locked."""

from alembic import context

from oneapi.store.migrations import VERSION_TABLES, Scope
from oneapi.store.tables import metadata

scope: Scope = context.config.attributes["scope"]
connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLES[scope],
    # Our connections begin transactions themselves, so SQLite's DDL is undone with the rest.
    transactional_ddl=connection.dialect.name in ("sqlite", "postgresql"),
    scope=scope,
    say=context.config.attributes.get("say"),
)
with context.begin_transaction():
    context.run_migrations()
