"""`one-api import`: users, keys, channels, groups, prices and codes of one-hub or new-api, into a new database of ours.

The other database is only read. All is written in one transaction, or nothing; a database that has users or channels of
its own is refused, so that a second run harms nothing.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, MetaData, Table, delete, func, inspect, select, update

from oneapi.app import foreign_rows as foreign
from oneapi.app.databases import CannotStart, databases_of
from oneapi.app.foreign_rows import Made, Notes, Row
from oneapi.config import Config
from oneapi.ledger.catalogue import entry
from oneapi.store import former_logins
from oneapi.store.changes import publish
from oneapi.store.database import Database, open_database
from oneapi.store.enums import ChannelStatus, Role
from oneapi.store.migrations import is_one_apis, migrate, widen_keys
from oneapi.store.private_files import make_folder, make_private_file
from oneapi.store.settings import lenient_ratios
from oneapi.store.tables import abilities, channels, options, redemptions, tokens, users

Say = Callable[[str], None]
KINDS: Final = ("one-hub", "new-api")
REPORT: Final = "import.txt"
_KEY_LENGTH: Final = 48
_READ: Final = ("users", "tokens", "channels", "abilities", "options", "redemptions", "logs")
_BATCH: Final = 500


def bring_in(config: Config, kind: str, dsn: str, say: Say) -> int:
    """Import another program's database; says, and writes into `DATA_DIR`, what was done and what has no place."""
    with databases_of(config) as databases, _source(dsn) as source:
        with databases.main.connect() as connection:
            if is_one_apis(connection):
                raise CannotStart("this database is One API's: an import goes into a new one")
        rows = _read(source, kind)
        for database, scope in databases.stale():
            migrate(database, scope)
        lines = _write(databases.main, rows, kind)
    make_folder(config.state_dir)
    path = config.state_dir / REPORT
    make_private_file(path)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    for line in lines:
        say(line)
    say(f"this report is in {path}")
    return 0


@contextmanager
def _source(dsn: str) -> Generator[Database, None, None]:
    """Open the other database; of a SQLite file a copy, because to open one is to write to it."""
    path = Path(dsn.removeprefix("sqlite:///").partition("?")[0])
    if "(" in dsn or ("://" in dsn and not dsn.startswith("sqlite:")) or "@" in dsn:
        source = open_database(dsn, name="DSN")
        try:
            yield source
        finally:
            source.close()
        return
    if not path.is_file():
        raise CannotStart(f"there is no database file {str(path)!r}")
    with tempfile.TemporaryDirectory(prefix="one-api-import-") as folder:
        copy = Path(folder) / "source.db"
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(uri, uri=True)) as there,
            closing(sqlite3.connect(copy)) as here,
        ):
            there.backup(here)
        source = open_database(None, sqlite_path=copy)
        try:
            yield source
        finally:
            source.close()


class _Rows(NamedTuple):
    """What another database holds: rows by table, and how many rows the tables have that are not read."""

    tables: dict[str, list[Row]]
    others: dict[str, int]


class _Ours(NamedTuple):
    """The same as rows of ours, and as settings."""

    logins: list[int]  # of whom the GitHub binding is a login
    users: list[Made]
    keys: list[Made]
    channels: list[Made]
    codes: list[Made]
    texts: dict[str, str]


def _read(source: Database, kind: str) -> _Rows:
    with source.connect() as connection:
        present = set(inspect(connection).get_table_names())
        _recognise(connection, present, kind)
        wanted = [name for name in (*_READ[:-1], "prices", "user_groups") if name in present]
        found = {
            name: list(connection.execute(select(_table(connection, name))).mappings())
            for name in wanted
        }
        others = {
            name: connection.scalar(select(func.count()).select_from(_table(connection, name))) or 0
            for name in sorted(present - set(wanted))
        }
    return _Rows({name: [dict(row) for row in rows] for name, rows in found.items()}, others)


def _table(connection: Connection, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=connection)


def _recognise(connection: Connection, present: set[str], kind: str) -> None:
    if not {"users", "tokens", "channels", "options"} <= present:
        raise CannotStart(f"this is no database of {kind}'s: it has no users, keys and channels")
    columns = {column["name"] for column in inspect(connection).get_columns("tokens")}
    is_hub = {"prices", "user_groups"} <= present
    looks = "one-hub" if is_hub else "new-api" if "model_limits" in columns else "One API"
    if looks == "One API":
        raise CannotStart("this is One API's database: start on it, nothing has to be imported")
    if looks != kind:
        raise CannotStart(f"this looks like {looks}'s database: `one-api import {looks} DSN`")


def _write(database: Database, rows: _Rows, kind: str) -> list[str]:
    notes = Notes()
    ours = _converted(rows.tables, kind, notes)
    if not any(person["role"] == Role.ROOT for person in ours.users):
        raise CannotStart("nobody in that database is root")
    with database.connect() as connection:
        _refuse_a_used(connection)
    if max((len(key["key"]) for key in ours.keys), default=0) > _KEY_LENGTH:
        widen_keys(database)
    with database.exclusively("import") as connection:
        _refuse_a_used(connection)
        _insert_all(database, connection, ours)
    for table, count in rows.others.items():
        if count:
            notes.add(f"rows of the table `{table}`", count=count)
    return _report(kind, ours, notes)


def _converted(tables: Mapping[str, list[Row]], kind: str, notes: Notes) -> _Ours:
    texts = foreign.options(tables["options"], notes)
    if kind == "one-hub":
        texts |= foreign.hub_groups(tables["user_groups"])
        texts |= foreign.hub_prices(tables["prices"], notes)
    now = int(time.time())
    codes = [foreign.redemption(row, notes, now) for row in tables.get("redemptions", [])]
    keys = [foreign.api_key(row, notes) for row in tables["tokens"]]
    logins = [
        row["id"] for row in tables["users"] if kind == "one-hub" and not foreign.github_number(row)
    ]
    return _Ours(
        logins=logins,
        users=[foreign.user(row, notes) for row in tables["users"]],
        keys=[key for key in keys if key],
        channels=[c for row in tables["channels"] for c in foreign.channels(row, kind, notes)],
        codes=[code for code in codes if code],
        texts=texts,
    )


def _refuse_a_used(connection: Connection) -> None:
    others = connection.scalar(select(users.c.id).where(users.c.role != Role.ROOT).limit(1))
    if others is not None or connection.scalar(select(channels.c.id).limit(1)) is not None:
        raise CannotStart(
            "this database has users or channels already: an import goes into a new one"
            " (has it been imported before?)"
        )


def _insert_all(database: Database, connection: Connection, ours: _Ours) -> None:
    root = next(person["id"] for person in ours.users if person["role"] == Role.ROOT)
    connection.execute(delete(users))  # root, as the first start makes it
    connection.execute(update(tokens).values(user_id=root))
    _insert(connection, users, ours.users)
    former_logins.note(connection, ours.logins)
    _insert(connection, tokens, ours.keys)
    _insert(connection, channels, [row for row in ours.channels if row["id"] is not None])
    database.follow_ids(connection, users)
    database.follow_ids(connection, channels)
    more = [row for row in ours.channels if row["id"] is None]
    _insert(connection, channels, [{k: v for k, v in row.items() if k != "id"} for row in more])
    _insert(connection, abilities, _abilities(connection))
    _insert(connection, redemptions, ours.codes)
    now = time.time()
    for key, value in ours.texts.items():
        row = database.upsert(options, ["key"], ["value"]).values(key=key, value=value)
        connection.execute(row)
        publish(connection, "settings", key, now)
    for channel_id in connection.scalars(select(channels.c.id)).all():
        publish(connection, "channels", channel_id, now)
    publish(connection, "users", root, now)


def _insert(connection: Connection, table: Table, rows: list[Made]) -> None:
    for start in range(0, len(rows), _BATCH):
        connection.execute(table.insert(), rows[start : start + _BATCH])


def _abilities(connection: Connection) -> list[Made]:
    names = (
        channels.c.id,
        channels.c.group,
        channels.c.models,
        channels.c.status,
        channels.c.priority,
    )
    return [
        {
            "group": group,
            "model": model,
            "channel_id": row.id,
            "enabled": row.status == ChannelStatus.ENABLED,
            "priority": row.priority or 0,
        }
        for row in connection.execute(select(*names))
        for group in dict.fromkeys((row.group or "default").split(","))
        for model in dict.fromkeys(name.strip() for name in (row.models or "").split(","))
        if model
    ]


def _report(kind: str, ours: _Ours, notes: Notes) -> list[str]:
    balance = sum(person["quota"] for person in ours.users if person["role"] != Role.ROOT)
    lines = [
        f"imported from {kind}:",
        f"  {len(ours.users)} users, who have {balance} quota (without root's)",
        f"  {len(ours.keys)} keys, the same strings",
        f"  {len(ours.channels)} channels",
        f"  {len(ours.codes)} codes",
        f"  {len(ours.texts)} settings, prices and groups among them: {', '.join(sorted(ours.texts))}",
        *_unpriced(kind, ours),
    ]
    return [*lines, "what has no place here, or another one:", *notes.lines()]


def _unpriced(kind: str, ours: _Ours) -> list[str]:
    """Say which models had no price in the database: what the other program had compiled in is not known."""
    named = {
        n
        for option in ("ModelRatio", "ModelPrice")
        for n in lenient_ratios(ours.texts.get(option, ""))
    }
    sold = {
        model.strip()
        for channel in ours.channels
        for model in channel["models"].split(",")
        if model.strip() and model.strip() not in named
    }
    known = sorted(model for model in sold if entry(model))
    unknown = sorted(sold - set(known))
    lines: list[str] = []
    if known:
        lines.append(
            f"  {kind}'s own prices are not in its database; these cost what our table says: {', '.join(known)}"
        )
    if unknown:
        lines.append(
            f"  these cost 60 USD per million tokens until you price them: {', '.join(unknown)}"
        )
    return lines
