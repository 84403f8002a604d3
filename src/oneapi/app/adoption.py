"""Taking over a database that One API made: what it sold at is written down before anything else changes."""

import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from oneapi.app import prices
from oneapi.ledger import adopted
from oneapi.store.database import Database
from oneapi.store.migrations import Scope, is_one_apis, migrate
from oneapi.store.tables import options


def bring_up_to_date(database: Database, scope: Scope, say: Callable[[str], None]) -> None:
    """Bring a database to this version's schema, and say what was done and what it sells at otherwise than our table."""
    began = time.monotonic()
    with database.connect() as connection:
        adopts = scope == "main" and is_one_apis(connection)
    migrate(database, scope, partial(keep_prices, database) if adopts else None)
    say(f"the {scope} database ({database.dialect}): {time.monotonic() - began:.1f} s")
    if adopts:
        with database.connect() as connection:
            for line in prices.adoption_report(connection):
                say(line)


def keep_prices(database: Database, connection: Connection) -> None:
    """Write One API's prices into a database that is still One API's; another one stays as it is."""
    if not is_one_apis(connection):
        return
    kept = adopted.kept(prices.option_texts(connection), prices.served(connection))
    for key, value in kept.items():
        row = database.upsert(options, ["key"], ["value"]).values(key=key, value=value)
        connection.execute(row)
