"""Brings a database to this version's schema: an empty one, an older one of ours, or One API's.

Alembic keeps the order of revisions and runs them; it is imported only when there is work to do.
Where logs live elsewhere there are two scopes: `main` has all tables, `logs` only those of the log
database. Each scope has its own version table, so that both may be the same database.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from oneapi.store.database import Database
from oneapi.store.tables import users

Scope = Literal["main", "logs"]

# The newest revision: a test compares it with the scripts. It is here so that start-up need not
# import Alembic to see that there is nothing to do.
HEAD = "0012"

VERSION_TABLES: dict[Scope, str] = {"main": "alembic_version", "logs": "alembic_version_logs"}


def is_current(database: Database, scope: Scope = "main") -> bool:
    """Say whether the database has this version's schema; raises `DatabaseAway` if it is away."""
    version = select(table(VERSION_TABLES[scope], column("version_num")).c.version_num)
    try:
        with database.connect() as connection:
            return list(connection.scalars(version)) == [HEAD]
    except DBAPIError:  # there is no such table; a database that is away raises `DatabaseAway`
        return False


def is_one_apis(connection: Connection) -> bool:
    """Say whether a main database was made and used by One API, and has not been brought to our schema yet."""
    present = set(inspect(connection).get_table_names())
    if not {"users", "options", "channels"} <= present:
        return False
    version = table(VERSION_TABLES["main"], column("version_num"))
    is_ours = version.name in present and connection.execute(select(version)).first() is not None
    # Ours has no user before its schema is whole, wherever it was killed.
    return not is_ours and connection.execute(select(users.c.id).limit(1)).first() is not None


def plan(database: Database, scope: Scope = "main") -> list[str]:
    """Return what `migrate` would do, in words; changes nothing."""
    from alembic.runtime.migration import MigrationContext

    from oneapi.store.migrations.conform import steps

    patient = database.patient()
    try:
        with patient.connect() as connection:
            context = MigrationContext.configure(connection, opts={"scope": scope})
            return [step.words for step in steps(context)]
    finally:
        patient.close()


def migrate(
    database: Database,
    scope: Scope = "main",
    first: Callable[[Connection], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> None:
    """Bring the database to this version's schema; loses nothing, and may be killed and repeated.

    Nodes that do so at the same time wait for each other. `first` is called before anything is changed, by the one that
    does it, in the same transaction where the engine can undo a changed schema. `say` is told of each step.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    patient = database.patient()
    try:
        with patient.exclusively("migration") as connection:
            if first is not None:
                first(connection)
            config.attributes |= {"connection": connection, "scope": scope, "say": say}
            command.upgrade(config, "head")
    finally:
        patient.close()


def widen_keys(database: Database) -> None:
    """Make room for keys of up to 128 characters, as other programs give them out; SQLite has it."""
    if database.dialect == "sqlite":
        return
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import String

    with database.exclusively("migration") as connection:
        operations = Operations(MigrationContext.configure(connection))
        collation = "utf8mb4_bin" if database.dialect == "mysql" else None
        operations.alter_column("tokens", "key", type_=String(128, collation=collation))
