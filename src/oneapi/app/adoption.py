"""Taking over a database that One API made: what it sold at is written down before anything else changes."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from oneapi.app import prices
from oneapi.ledger import adopted
from oneapi.store.backup import backup
from oneapi.store.database import Database
from oneapi.store.migrations import Scope, is_one_apis, migrate, plan
from oneapi.store.private_files import make_folder, make_private_file
from oneapi.store.tables import options

Say = Callable[[str], None]

REPORT = "adoption.txt"
COPY_ENDING = ".before-adoption"


def foresee(database: Database, scope: Scope, say: Say) -> None:
    """Say what `bring_up_to_date` would do; changes nothing."""
    with database.connect() as connection:
        adopts = scope == "main" and is_one_apis(connection)
        texts = prices.option_texts(connection) if adopts else {}
        kept = adopted.kept(texts, prices.served(connection)) if adopts else {}
    copy = _copy_path(database) if adopts else None
    if copy is not None:
        say(f"would copy the database to {copy}")
    for key, value in kept.items():
        say(f"would write the setting `{key}` ({len(json.loads(value))} models)")
    for words in plan(database, scope):
        say(f"would {words}")
    if adopts:
        for line in prices.adoption_report(texts | kept, _served(database)):
            say(line)


def bring_up_to_date(
    database: Database, scope: Scope, folder: Path, say: Say, *, copies: bool = True
) -> None:
    """Bring a database to this version's schema, and say what was done.

    One of One API's is copied first when it is a SQLite file, and what was done stands in `folder` too. Raises
    `ValueError` when there is no room for the copy: then nothing has been changed.
    """
    began = time.monotonic()
    lines: list[str] = []
    with database.connect() as connection:
        adopts = scope == "main" and is_one_apis(connection)
    copy = _copy_path(database) if adopts and copies else None
    if copy is not None:
        backup(database, copy)
        lines.append(f"copied the database as it was to {copy}")
    migrate(database, scope, partial(keep_prices, database) if adopts else None, lines.append)
    if all(line.startswith("create the table") for line in lines):
        lines.clear()  # of a new database nobody wants to know
    done = f"the {scope} database ({database.dialect}): {time.monotonic() - began:.1f} s"
    if adopts:
        with database.connect() as connection:
            texts = prices.option_texts(connection)
        lines += prices.adoption_report(texts, _served(database))
        _write_report(folder, [done, *lines])
        lines.append(f"this report is in {folder / REPORT}")
    for line in (done, *lines):
        say(line)


def _copy_path(database: Database) -> Path | None:
    return database.path.with_name(database.path.name + COPY_ENDING) if database.path else None


def _served(database: Database) -> dict[str, set[int]]:
    with database.connect() as connection:
        return prices.served(connection)


def _write_report(folder: Path, lines: list[str]) -> None:
    make_folder(folder)
    path = folder / REPORT
    make_private_file(path)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def keep_prices(database: Database, connection: Connection) -> None:
    """Write One API's prices into a database that is still One API's; another one stays as it is."""
    if not is_one_apis(connection):
        return
    kept = adopted.kept(prices.option_texts(connection), prices.served(connection))
    for key, value in kept.items():
        row = database.upsert(options, ["key"], ["value"]).values(key=key, value=value)
        connection.execute(row)
