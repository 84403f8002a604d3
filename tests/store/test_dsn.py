"""What operators write in `SQL_DSN`, and what they are told when it cannot be read."""

from typing import Any

import pytest

from oneapi.store.database import open_database
from oneapi.store.dsn import parse

MYSQL: dict[str, dict[str, Any]] = {
    "root:123456@tcp(localhost:3306)/oneapi": {
        "user": "root",
        "password": "123456",
        "host": "localhost",
        "port": 3306,
        "database": "oneapi",
    },
    "u:p@ss:w/o?r#d(1)@tcp(db.internal:3307)/one?charset=utf8mb4&parseTime=True&loc=Asia/Shanghai": {
        "password": "p@ss:w/o?r#d(1)",
        "host": "db.internal",
        "port": 3307,
        "database": "one",
    },
    "u:100%25@tcp(h)/d": {"password": "100%25", "port": 3306},
    "u@tcp([2001:db8::1]:3306)/d": {"host": "2001:db8::1", "password": ""},
    "u:p@/d": {"host": "127.0.0.1", "port": 3306},
    "u:p@unix(/run/mysqld/mysqld.sock)/d": {"unix_socket": "/run/mysqld/mysqld.sock"},
    "u:p@host:3308/d": {"host": "host", "port": 3308},
    "u:p@host/d": {"host": "host", "port": 3306},
    "mysql://u:p%40ss@h:3309/d": {"password": "p@ss", "host": "h", "port": 3309},
    "mysql://u:p@ss/w?o#rd@h/d": {"password": "p@ss/w?o#rd", "host": "h", "database": "d"},
    "mariadb://u:p@h/d?charset=utf8": {"charset": "utf8mb4"},
    "mysql+pymysql://u:p@h/d": {"user": "u"},
    "u:p@tcp(h)/d?timeout=1m30s&readTimeout=500ms": {"connect_timeout": 90.0, "read_timeout": 0.5},
}

POSTGRESQL: dict[str, dict[str, Any]] = {
    "postgres://u:p@h:5433/d?sslmode=disable": {
        "user": "u",
        "password": "p",
        "host": "h",
        "port": "5433",
        "dbname": "d",
        "sslmode": "disable",
    },
    "postgresql://u:p%2Fq@h/d": {"password": "p/q", "port": "5432"},
    "postgres://u:p@s:s/w?o#r(d)&%=1@h:5432/d?sslmode=disable": {"password": "p@s:s/w?o#r(d)&%=1"},
    "postgres://u:p@h1:1,h2:2/d?target_session_attrs=read-write": {"host": "h1,h2", "port": "1,2"},
    "postgres://u@[::1]:5432/d": {"host": "::1"},
    "postgres://u:p@h/d?application_name=a@b": {"application_name": "a@b", "host": "h"},
    "postgres:///d?host=/run/postgresql": {"host": "/run/postgresql", "dbname": "d"},
}


@pytest.mark.parametrize("text", MYSQL)
def test_a_mysql_dsn_is_understood(text: str) -> None:
    dsn = parse(text)
    assert dsn.dialect == "mysql"
    assert MYSQL[text].items() <= dsn.arguments.items()


@pytest.mark.parametrize("text", POSTGRESQL)
def test_a_postgresql_dsn_is_understood(text: str) -> None:
    dsn = parse(text)
    assert dsn.dialect == "postgresql"
    assert POSTGRESQL[text].items() <= dsn.arguments.items()


@pytest.mark.parametrize(
    ("value", "tls"),
    [
        ("true", "verified"),
        ("skip-verify", "unverified"),
        ("preferred", "preferred"),
        ("false", "off"),
    ],
)
def test_go_s_tls_values_mean_the_same(value: str, tls: str) -> None:
    assert parse(f"u:p@tcp(h)/d?tls={value}").tls == tls


def test_other_parameters_become_session_variables() -> None:
    assert parse("u:p@tcp(h)/d?sql_mode=%27ANSI%27&foo=1").session == (
        "SET sql_mode = 'ANSI'",
        "SET foo = 1",
    )
    assert parse("postgres://u:p@h/d?search_path=a%27b").session == (
        "SELECT set_config('search_path', 'a''b', false)",
    )


def test_parameters_of_go_s_drivers_without_a_meaning_here_are_accepted() -> None:
    assert parse("u:p@tcp(h)/d?parseTime=true&loc=Local&charset=utf8").session == ()
    assert parse("postgres://u:p@h/d?pool_max_conns=5&default_query_exec_mode=exec").session == ()


@pytest.mark.parametrize(
    "text",
    [
        "nonsense:sEcret",
        "oracle://u:sEcret@h/d",
        "u:sEcret@tcp(h:3306)",
        "u:sEcret@tcp(h:99999)/d",
        "u:sEcret@tcp(h:x)/d",
        "u:sEcret@udp(h:1)/d",
        "u:sEcret@tcp(h)/",
        "u:sEcret@tcp(h)/d?tls=custom",
        "u:sEcret@tcp(h)/d?timeout=soon",
        "u:sEcret@tcp(h)/d?sql_mode=%27%3BDROP",
        "postgres://u:sEcret@h",
        "postgres://u:sEcret@h:port/d",
        "postgres://u:sEcret@h/d?bad-name=1",
        "sqlite://",
        "host=localhost user=u password=sEcret dbname=d",
    ],
)
def test_a_wrong_dsn_is_refused_in_one_line_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"^LOG_SQL_DSN ") as refused:
        open_database(text, name="LOG_SQL_DSN")
    message = str(refused.value)
    assert "sEcret" not in message
    assert "\n" not in message


def test_nothing_in_it_means_sqlite(tmp_path: object) -> None:
    database = open_database("  ", sqlite_path=f"{tmp_path}/a.db?_busy_timeout=3000")
    assert database.dialect == "sqlite"
    assert str(database.path) == f"{tmp_path}/a.db"
    assert parse("sqlite:////var/lib/x.db").arguments["database"] == "/var/lib/x.db"
    assert parse("sqlite:///x.db").arguments["database"] == "x.db"


def test_a_password_is_never_shown() -> None:
    assert "sEcret" not in repr(parse("u:sEcret@tcp(h)/d"))
    assert "sEcret" not in repr(open_database("postgres://u:sEcret@h/d").engine)
