"""A database that One API made becomes ours, whatever its age, and loses nothing.

`gorm/*.sql` is what One API's models make gorm issue. Older versions lacked columns, had narrower
ones and other indexes.
"""

import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine as SqlEngine, Select, event, inspect, select, text

from oneapi.store.database import Database, DatabaseAway, open_database
from oneapi.store.migrations import is_current, migrate
from oneapi.store.tables import abilities, channels, logs, metadata, options, tokens, users
from tests.engines import Engine, Engines
from tests.small_disk import can_mount, small_disk

GORM = Path(__file__).parent / "gorm"

LATER_COLUMNS = {
    "users": ["lark_id", "oidc_id", "inviter_id"],
    "tokens": ["models", "subnet", "used_quota"],
    "channels": ["system_prompt", "priority", "config", "model_mapping", "used_quota"],
    "abilities": ["priority"],
    "logs": ["request_id", "elapsed_time", "is_stream", "system_prompt_reset", "channel_id"],
}

ROWS = """
INSERT INTO users (id, username, password, display_name, email, access_token, quota, aff_code)
 VALUES (1, 'root', '$2a$10$x', 'Root User', 'a@b.c', 'aaaabbbbccccddddaaaabbbbccccdddd',
 500000000000000, ''), (7, 'li', '', '小李', '', 'bbbbbbbbccccddddaaaabbbbccccdddd', 5, 'Ab1x');
INSERT INTO tokens (id, user_id, {key}, status, name, created_time, accessed_time,
 expired_time, remain_quota, unlimited_quota)
 VALUES (3, 7, 'AbCdEfGh1234567890123456789012345678901234567890', 1, 'laptop', 1700000000,
 1700000001, -1, -25, {false});
INSERT INTO channels (id, type, {key}, status, name, models, {group}, created_time, base_url)
 VALUES (4, 1, 'sk-up', 1, 'main', 'gpt-4o,gpt-4o-mini', 'default,vip', 1700000000, '');
INSERT INTO abilities ({group}, model, channel_id, enabled)
 VALUES ('default', 'gpt-4o', 4, {true}), ('vip', 'gpt-4o', 4, {true});
INSERT INTO options ({key}, value) VALUES ('SystemName', '我的 API'), ('ModelRatio', '{{}}');
INSERT INTO redemptions (id, user_id, {key}, status, name, quota)
 VALUES (1, 1, 'cccccccccccccccccccccccccccccccc', 3, 'gift', 100);
INSERT INTO logs (id, user_id, created_at, type, content, username, token_name, model_name,
 quota, prompt_tokens, completion_tokens)
 VALUES (9, 7, 1700000002, 2, '模型倍率', 'li', 'laptop', 'gpt-4o', 12, 3, 4);
"""

OLD_TYPES = {
    "mysql": (
        "ALTER TABLE users MODIFY quota INT DEFAULT 0, MODIFY role INT DEFAULT 1",
        "ALTER TABLE channels MODIFY `key` VARCHAR(191) NOT NULL",
        "CREATE INDEX idx_channels_key ON channels (`key`)",
    ),
    "postgresql": (
        "ALTER TABLE users ALTER quota TYPE INT, ALTER role TYPE INT",
        "ALTER TABLE channels ALTER key TYPE VARCHAR(191)",
    ),
}


class Adopted:
    """A database with One API's tables, before we see it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.create_database()
        if engine.kind == "mysql":
            self.run(f"ALTER DATABASE {self.name} CHARACTER SET utf8mb4")
        lines = (GORM / f"{engine.kind}.sql").read_text().splitlines()
        self.run(*(line for line in lines if not line.startswith("--")))
        self.database: Database = engine.open(self.name)

    def run(self, *statements: str) -> None:
        self.engine.execute(*statements, database=self.name)

    def insert_rows(self) -> None:
        quote = "`{}`" if self.engine.kind == "mysql" else '"{}"'
        words: dict[str, Any] = {word: quote.format(word) for word in ("key", "group")}
        self.run(
            *(
                statement.format(**words, true="true", false="false")
                for statement in ROWS.split(";\n")
                if statement.strip()
            )
        )

    def make_older(self) -> None:
        """Take away what later versions brought, as if this were an early one."""
        dropped = [(table, name) for table, names in LATER_COLUMNS.items() for name in names]
        if self.engine.kind == "sqlite":
            indexed = ("lark_id", "oidc_id", "inviter_id")
            self.run(*(f"DROP INDEX idx_users_{name}" for name in indexed))
            self.run("DROP INDEX idx_abilities_priority", "DROP INDEX idx_logs_channel_id")
        self.run(*(f"ALTER TABLE {table} DROP COLUMN {name}" for table, name in dropped))
        self.run("UPDATE users SET quota = 5000")
        self.run(*OLD_TYPES.get(self.engine.kind, ()))


@pytest.fixture
def adopted(engine: Engine) -> Generator[Adopted, None, None]:
    made = Adopted(engine)
    try:
        yield made
    finally:
        made.database.close()
        engine.drop(made.name)


Shape = dict[str, tuple[dict[str, str], set[tuple[tuple[str | None, ...], bool]]]]


def shape(database: Database) -> Shape:
    """Columns with their types, and what is indexed, by table."""
    inspector = inspect(database.engine)
    found: Shape = {}
    for name in metadata.tables:
        columns = {
            column["name"]: str(column["type"]).split(" COLLATE")[0]
            for column in inspector.get_columns(name)
        }
        indexes = {
            (tuple(index["column_names"]), bool(index["unique"]))
            for index in inspector.get_indexes(name)
        }
        found[name] = (columns, indexes)
    return found


def one(database: Database, statement: Select[Any]) -> Any:
    with database.connect() as connection:
        return connection.execute(statement).mappings().one()


def test_one_api_s_rows_are_all_there_and_ours_beside_them(adopted: Adopted) -> None:
    adopted.insert_rows()
    migrate(adopted.database)
    assert is_current(adopted.database)
    key = one(adopted.database, select(tokens))
    assert (key["id"], key["remain_quota"], key["unlimited_quota"]) == (3, -25, False)
    assert key["key"] == "AbCdEfGh1234567890123456789012345678901234567890"
    log = one(adopted.database, select(logs))
    assert (log["id"], log["content"], log["detail"]) == (9, "模型倍率", None)
    user = one(adopted.database, select(users).where(users.c.id == 7))
    assert (user["display_name"], user["aff_code"], user["github_id"]) == ("小李", "Ab1x", "")
    name = one(adopted.database, select(options).where(options.c.key == "SystemName"))
    assert name["value"] == "我的 API"


def test_adopted_columns_are_as_wide_as_ours(adopted: Adopted) -> None:
    adopted.insert_rows()
    migrate(adopted.database)
    groups = ",".join(f"group-{n}" for n in range(80))
    with adopted.database.begin() as connection:
        values = {"group": groups, "model_mapping": "{" + "x" * 5000 + "}"}
        connection.execute(channels.update().values(values))
    assert one(adopted.database, select(channels))["group"] == groups


def test_an_early_version_gets_what_it_lacks(adopted: Adopted) -> None:
    adopted.make_older()
    adopted.run("INSERT INTO users (id, username, password, quota) VALUES (7, 'li', '', 5000)")
    adopted.run("INSERT INTO logs (id, user_id, created_at, type, quota) VALUES (9, 7, 17, 2, 12)")
    migrate(adopted.database)
    user = one(adopted.database, select(users))
    assert (user["quota"], user["lark_id"], user["inviter_id"], user["email"]) == (5000, "", 0, "")
    log = one(adopted.database, select(logs))
    assert (log["quota"], log["channel_id"], log["is_stream"], log["elapsed_time"]) == (
        12,
        0,
        False,
        0,
    )
    with adopted.database.begin() as connection:
        connection.execute(users.update().values(quota=500_000_000_000_000))


def test_an_early_version_ends_in_the_same_shape(adopted: Adopted, database: Database) -> None:
    adopted.make_older()
    migrate(adopted.database)
    assert shape(adopted.database) == shape(database)


def test_adopting_again_changes_nothing(adopted: Adopted) -> None:
    adopted.insert_rows()
    migrate(adopted.database)
    before = shape(adopted.database)
    adopted.run("DROP TABLE alembic_version")
    migrate(adopted.database)
    assert shape(adopted.database) == before
    assert one(adopted.database, select(tokens))["remain_quota"] == -25


class Killed(Exception):
    """What the next line of a migration meets."""


def test_an_adoption_that_dies_anywhere_is_finished_by_the_next(
    adopted: Adopted, database: Database
) -> None:
    adopted.insert_rows()
    adopted.make_older()
    allowed = 0
    while not is_current(adopted.database):
        allowed += 7
        with_a_death_after(allowed, adopted.database)
    assert allowed > 20  # it did die
    assert shape(adopted.database) == shape(database)
    assert one(adopted.database, select(tokens))["remain_quota"] == -25


def with_a_death_after(statements: int, database: Database) -> None:
    left = [statements]

    def count(_connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        left[0] -= statement.split()[0] in ("CREATE", "ALTER", "UPDATE", "INSERT", "DROP")
        if left[0] < 0:
            raise Killed

    event.listen(SqlEngine, "before_cursor_execute", count)
    try:
        migrate(database)
    except Killed:
        pass
    finally:
        event.remove(SqlEngine, "before_cursor_execute", count)


def test_channels_without_abilities_are_indexed(adopted: Adopted) -> None:
    adopted.insert_rows()
    adopted.run("DROP TABLE abilities")
    migrate(adopted.database)
    with adopted.database.connect() as connection:
        found = {tuple(row) for row in connection.execute(select(abilities))}
    assert found == {
        (group, model, 4, True, 0)
        for group in ("default", "vip")
        for model in ("gpt-4o", "gpt-4o-mini")
    }


def test_a_log_database_of_one_api_is_adopted(adopted: Adopted) -> None:
    adopted.insert_rows()
    migrate(adopted.database, "logs")
    assert one(adopted.database, select(logs))["detail"] is None
    with adopted.database.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM journal_offsets")).scalar() == 0


@pytest.mark.fault("A4")
@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
def test_an_adoption_on_a_full_disk_changes_nothing_and_can_be_repeated(
    engines: Engines, tmp_path: Path
) -> None:
    made = Adopted(engines.engine("sqlite"))
    made.insert_rows()
    made.make_older()
    made.database.close()
    tables = text("SELECT sql FROM sqlite_master ORDER BY name")
    with small_disk(tmp_path / "disk", 2) as disk:
        path = disk.folder / "one-api.db"
        shutil.copy(made.engine.folder / f"{made.name}.db", path)
        database = open_database(None, sqlite_path=path)
        with database.connect() as connection:
            before = connection.scalars(tables).all()
        disk.fill()
        with pytest.raises(DatabaseAway, match="the disk is full"):
            migrate(database)
        with database.connect() as connection:
            assert connection.scalars(tables).all() == before
        disk.free()
        migrate(database)
        assert is_current(database)
        assert one(database, select(users).where(users.c.id == 7))["display_name"] == "小李"
        database.close()
    made.engine.drop(made.name)
