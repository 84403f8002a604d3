"""Databases of One API's on each engine: those that it left behind itself, and one with rows that are awkward."""

import shutil
import subprocess
from pathlib import Path

import bcrypt

from tests.engines import Engine, MariaDb, PostgreSql, Sqlite
from tests.fixtures_path import DATABASES

GORM = Path(__file__).parents[1] / "store" / "gorm"
ALICE = "Passw0rd!x"
VENDOR = "http://127.0.0.1:"  # how the base URLs of the recorded channels begin

# Of every table at least one row, and what One API and years of use may have left in them.
ROWS = """
INSERT INTO users (id, username, password, display_name, role, status, email, github_id, access_token, quota,
 used_quota, request_count, {group}, aff_code, inviter_id) VALUES
 (1, 'root', '{password}', 'Root User', 100, 1, '', '', 'aaaabbbbccccddddaaaabbbbccccdddd', 500000000000000, 0, 0,
 'default', '', 0),
 (2, 'alice', '{password}', '爱丽丝', 1, 1, 'a@b.c', 'alice', 'bbbbbbbbccccddddaaaabbbbccccdddd', 1000000, 500, 2,
 'vip', 'Ab1x', 1),
 (3, 'deleted_af8aceafacde466599afe394a2951efe', '', 'Gone', 1, 3, 'gone@b.c', '', NULL, 7, 0, 0, 'default', NULL, 0),
 (4, 'nulls', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, 'no limit', '', '', 1, 1, '', '', NULL, 9223372036854775807, 12345, 3, 'default', NULL, 0),
 (6, 'no limit either', '', '', 1, 1, '', '', NULL, 9223372036854775807, 12345, 3, 'default', NULL, 0),
 (7, 'owing', '', '', 1, 1, '', '', NULL, -2763, 5000, 3, 'default', NULL, 0);
INSERT INTO tokens (id, user_id, {key}, status, name, created_time, accessed_time, expired_time, remain_quota,
 unlimited_quota, used_quota, models, subnet) VALUES
 (1, 2, 'AbCdEfGh1234567890123456789012345678901234567890', 1, 'laptop', 1700000000, 1700000001, -1, 0, {true}, 0, NULL, ''),
 (2, 2, 'BbCdEfGh1234567890123456789012345678901234567890', 4, 'exhausted', 17, 17, -1, -25, {false}, 1025, '', NULL),
 (3, 3, 'CbCdEfGh1234567890123456789012345678901234567890', 1, 'of a deleted user', 17, 17, -1, 0, {true}, 0, NULL, ''),
 (4, 99, 'DbCdEfGh1234567890123456789012345678901234567890', 1, 'of nobody', 17, 17, -1, 0, {true}, 0, NULL, ''),
 (5, 2, 'EbCdEfGh1234567890123456789012345678901234567890', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (6, 2, 'short', 1, 'a short key', 17, 17, -1, 0, {true}, 0, 'gpt-4o', '');
INSERT INTO channels (id, type, {key}, status, name, weight, created_time, base_url, other, models, {group},
 model_mapping, priority, config, system_prompt) VALUES
 (1, 1, 'sk-vendor-1', 1, 'main', 0, 1700000000, 'http://127.0.0.1:1', NULL, 'gpt-4o,gpt-4o-mini,alias',
 'default,vip', '{{"alias":"gpt-4o"}}', 3, '', NULL),
 (2, 1, 'sk-2', 1, 'groups of 32 letters', 0, 17, '', '', 'gpt-3.5-turbo', 'default,vip,svip,gold,silver,abc', '', 0,
 NULL, NULL),
 (3, 1, 'sk-3', 1, 'a mapping that is none', 0, 17, '', '', 'my-own-model', 'default', '{{"a": ', 0, '{{', ''),
 (4, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, 8, 'sk-5', 3, 'switched off by itself', 0, 17, '', '', ',,gpt-4o, ,gpt-4o', '', '[1]', 0, '', ''),
 (6, 999, 'sk-6', 1, 'of a type that nobody knows', 0, 17, '', '', 'gpt-4o', 'vip', '', 0, '', '');
INSERT INTO abilities ({group}, model, channel_id, enabled, priority) VALUES
 ('default', 'gpt-4o', 1, {true}, 3), ('vip', 'gpt-4o', 1, {true}, 3), ('vip', 'gpt-4o', 77, {true}, NULL),
 ('default', 'orphan', 78, {true}, 0);
INSERT INTO options ({key}, value) VALUES ('SystemName', '爱丽丝的站'), ('ModelRatio', '{{"mine": 2, "gpt-4": "x"}}'),
 ('GroupRatio', '{{"default": 1, "vip": 0.5}}'), ('RetryTimes', 'abc'), ('SMTPPort', ''), ('Unheard', NULL);
INSERT INTO redemptions (id, user_id, {key}, status, name, quota, created_time, redeemed_time) VALUES
 (1, 1, 'cccccccccccccccccccccccccccccccc', 1, 'gift', 100, 17, 0),
 (2, NULL, 'dddddddddddddddddddddddddddddddd', 3, NULL, NULL, NULL, NULL);
INSERT INTO logs (id, user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens,
 completion_tokens, channel_id) VALUES
 (1, 2, 1700000002, 2, '倍率：2.50 × 0.50 × 4.00', 'alice', 'laptop', 'gpt-4o', 300, 100, 35, 1),
 (2, 2, 1700000003, 2, '', 'alice', 'laptop', 'gpt-4o', 200, 100, 15, 1),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 2, NULL, 2, 'no time', 'alice', 'laptop', 'gpt-4o', 0, 1, 1, 1),
 (5, 2, 1700000004000, 2, 'milliseconds', 'alice', 'laptop', 'gpt-4o', 0, 1, 1, 1),
 (6, 2, 9223372036854775807, 2, 'no calendar has it', 'alice', 'laptop', 'gpt-4o', 0, 1, 1, 1);
"""


def _hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def awkward(engine: Engine) -> str:
    """Make a database that One API's models made, with awkward rows; return its name."""
    name = engine.create_database()
    if engine.kind == "mysql":
        engine.execute(f"ALTER DATABASE {name} CHARACTER SET utf8mb4")
    quote = "`{}`" if engine.kind == "mysql" else '"{}"'
    words = {word: quote.format(word) for word in ("key", "group")}
    rows = ROWS.format(**words, true="true", false="false", password=_hashed(ALICE))
    tables = [
        line
        for line in (GORM / f"{engine.kind}.sql").read_text().splitlines()
        if not line.startswith("--")
    ]
    engine.execute(*tables, *(s for s in rows.split(";\n") if s.strip()), database=name)
    return name


def recorded(engine: Engine) -> str:
    """Make a copy of the database that One API itself left behind on this engine; return its name."""
    assert DATABASES is not None
    name = engine.create_database()
    match engine:
        case Sqlite():
            shutil.copy(DATABASES / "one-api.sqlite", engine.path(name))
        case MariaDb():
            socket = f"--socket={engine.socket_path}"
            _read(["mariadb", socket, "-uroot", name], DATABASES / "one-api.mysql.sql")
        case PostgreSql():
            psql = [str(engine.programs / "psql"), "-q", "-v", "ON_ERROR_STOP=1", url(engine, name)]
            _read(psql, DATABASES / "one-api.postgres.sql")
        case _:
            raise AssertionError(engine.kind)
    return name


def url(engine: PostgreSql, name: str) -> str:
    """The database as PostgreSQL's own programs take it."""
    from urllib.parse import quote

    from tests.engines import PASSWORD, USER

    return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{engine.port}/{name}"


def _read(command: list[str], dump: Path) -> None:
    with dump.open("rb") as statements:
        ran = subprocess.run(command, stdin=statements, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def point_at(engine: Engine, name: str, vendor: str) -> None:
    """Let the channels of a database ask this vendor."""
    engine.execute(
        f"UPDATE channels SET base_url = '{vendor}' WHERE base_url LIKE '{VENDOR}%'", database=name
    )
