"""What `SQL_DSN` and `LOG_SQL_DSN` say, as arguments for a driver.

Two notations: Go's `user:password@tcp(host:port)/database?parameters`, whose password is verbatim,
and URLs, whose password may be percent-encoded but need not be. A refusal says what is wrong in one
sentence and never repeats the text, which contains a password.
Source: https://github.com/go-sql-driver/mysql#dsn-data-source-name (read 2026-11-21).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

Dialect = Literal["sqlite", "mysql", "postgresql"]
Tls = Literal["off", "preferred", "unverified", "verified"]


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a database is: the driver's arguments, and statements for each new session."""

    dialect: Dialect
    arguments: Mapping[str, Any] = field(repr=False)  # holds the password
    session: tuple[str, ...] = ()
    tls: Tls = "preferred"  # MySQL's; PostgreSQL's is its own argument `sslmode`


_FORMS = (
    "`user:password@tcp(host:3306)/database`, `mysql://user:password@host:3306/database` or "
    "`postgres://user:password@host:5432/database`"
)
_SCHEMES: dict[str, Dialect] = {
    "mysql": "mysql",
    "mariadb": "mysql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
}
_SCHEME = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9]*)(\+[a-zA-Z0-9_]+)?://(?P<rest>.*)", re.DOTALL
)
_HOST = r"(?:\[[0-9a-fA-F:.]*\]|[^\[\]:/?#@,]*)(?::\d*)?"
_ADDRESS = rf"(?P<host>{_HOST}(?:,{_HOST})*)(?:/(?P<database>[^/?#@]*))?"
# The second form reads passwords with `@`, `/`, `?` or `#`, and gives up `@` in parameters for it.
_AUTHORITY = (
    re.compile(
        rf"(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?{_ADDRESS}"
        r"(?:\?(?P<parameters>(?:[\w.-]+=[^&]*&?)*))?",
        re.DOTALL,
    ),
    re.compile(
        rf"(?P<user>[^:@]*)(?::(?P<password>.*))?@{_ADDRESS}(?:\?(?P<parameters>[^@]*))?",
        re.DOTALL,
    ),
)
_GO = re.compile(
    r"(?:(?P<user>[^:@]*)(?::(?P<password>.*))?@)?"
    r"(?:(?P<network>[a-zA-Z0-9]*)(?:\((?P<address>[^()]*)\))?)?"
    r"/(?P<database>[^/?]*)(?:\?(?P<parameters>.*))?",
    re.DOTALL,
)
_PLAIN = re.compile(
    r"(?P<user>[^:@]*)(?::(?P<password>.*))?@(?P<address>[^@/()]+)"
    r"/(?P<database>[^/?]*)(?:\?(?P<parameters>.*))?",
    re.DOTALL,
)

# Parameters of Go's drivers that have no meaning here, and why.
_NOT_NEEDED_MYSQL = {
    "charset": "always utf8mb4",
    "parseTime": "times are stored as unix seconds",
    "loc": "times are stored as unix seconds",
    "timeTruncate": "times are stored as unix seconds",
    "allowNativePasswords": "the driver always does",
    "allowOldPasswords": "the driver does not know them",
    "allowCleartextPasswords": "the driver never does without TLS",
    "allowAllFiles": "never needed",
    "allowFallbackToPlaintext": "see `tls`",
    "checkConnLiveness": "connections are always checked",
    "clientFoundRows": "always on",
    "columnsWithAlias": "never needed",
    "connectionAttributes": "for the server's own display",
    "interpolateParams": "the driver always does",
    "maxAllowedPacket": "the server's limit holds",
    "multiStatements": "never needed",
    "rejectReadOnly": "the isolation of a read-only server shows as an error anyway",
    "serverPubKey": "see `tls`",
    "compress": "never needed",
    "tx_isolation": "always READ COMMITTED",
    "transaction_isolation": "always READ COMMITTED",
    "autocommit": "transactions are explicit",
}
_NOT_NEEDED_POSTGRESQL = re.compile(
    r"pool_.*|default_query_exec_mode|.*_cache_capacity|statement_cache_mode|prefer_simple_protocol|"
    r"min_read_buffer_size|binary_parameters|connect_timeout"
)
_LIBPQ = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "fallback_application_name",
        "gssencmode",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "options",
        "passfile",
        "password",
        "port",
        "require_auth",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    }
)
_TLS: dict[str, Tls] = {
    "": "preferred",
    "false": "off",
    "0": "off",
    "disabled": "off",
    "disable": "off",
    "preferred": "preferred",
    "prefer": "preferred",
    "skip-verify": "unverified",
    "required": "unverified",
    "require": "unverified",
    "true": "verified",
    "1": "verified",
    "verify_ca": "verified",
    "verify_identity": "verified",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_VALUE = re.compile(r"'[^'\\]*'|[A-Za-z0-9_.+-]+")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse(text: str, name: str = "SQL_DSN") -> Dsn:
    """Read a DSN; raises `ValueError` with one sentence that begins with `name`."""
    text = text.strip()
    scheme = _SCHEME.fullmatch(text)
    if scheme is None or ("(" in scheme["rest"] and scheme["scheme"] not in _SCHEMES):
        return _go(text, name)
    dialect = _SCHEMES.get(scheme["scheme"].lower())
    if dialect is None:
        raise ValueError(
            f"{name} begins with {scheme['scheme'] + '://'!r}, which is not supported: use {_FORMS}"
        )
    if dialect == "sqlite":
        return Dsn("sqlite", {"database": _sqlite_path(scheme["rest"], name)})
    matched = next((m for form in _AUTHORITY if (m := form.fullmatch(scheme["rest"]))), None)
    if matched is None:
        raise ValueError(f"{name} is not a URL that can be read: use {_FORMS}")
    if dialect == "mysql":
        return _mysql(matched.groupdict(), unquote, name)
    return _postgresql(matched.groupdict(), name)


def _sqlite_path(rest: str, name: str) -> str:
    path = rest.partition("?")[0].removeprefix("/")
    if not path:
        raise ValueError(
            f"{name} names no file: use `sqlite:///relative.db` or `sqlite:////absolute.db`"
        )
    return path


def _go(text: str, name: str) -> Dsn:
    matched = _GO.fullmatch(text)
    if matched is None or matched["network"] not in (None, "", "tcp", "tcp4", "tcp6", "unix"):
        matched = _PLAIN.fullmatch(text)
    if matched is None:
        raise ValueError(f"{name} cannot be read: use {_FORMS}")
    parts = matched.groupdict()
    if parts.get("network") == "unix":
        parts["unix_socket"] = parts["address"] or "/tmp/mysql.sock"  # noqa: S108 - Go's default
    else:
        parts["host"] = parts["address"]
    return _mysql(parts, str, name)


def _mysql(parts: dict[str, str | None], decode: Callable[[str], str], name: str) -> Dsn:
    host, port = _host_and_port(parts.get("host") or "", 3306, name)
    database = unquote(parts.get("database") or "")
    if not database:
        raise ValueError(f"{name} names no database: it ends with `/database`")
    arguments: dict[str, Any] = {
        "user": decode(parts.get("user") or ""),
        "password": decode(parts.get("password") or ""),
        "database": database,
        "charset": "utf8mb4",
    }
    if socket := parts.get("unix_socket"):
        arguments["unix_socket"] = socket
    else:
        arguments |= {"host": host or "127.0.0.1", "port": port}
    session: list[str] = []
    tls: Tls = "off" if socket else "preferred"
    for key, value in parse_qsl(parts.get("parameters") or "", keep_blank_values=True):
        if key.lower() in ("tls", "ssl-mode", "sslmode", "ssl_mode"):
            tls = _mysql_tls(value, name)
        elif key not in _NOT_NEEDED_MYSQL:
            _mysql_parameter(key, value, arguments, session, name)
    return Dsn("mysql", arguments, tuple(session), tls)


def _mysql_tls(value: str, name: str) -> Tls:
    chosen = _TLS.get(value.lower())
    if chosen is None:
        raise ValueError(
            f"{name} has tls={value!r}: use true, skip-verify, preferred or false "
            "(a configuration registered in Go code does not exist here)"
        )
    return chosen


def _mysql_parameter(
    key: str, value: str, arguments: dict[str, Any], session: list[str], name: str
) -> None:
    timeouts = {"timeout": "connect_timeout", "readTimeout": "read_timeout"}
    timeouts["writeTimeout"] = "write_timeout"
    if key in timeouts:
        arguments[timeouts[key]] = _duration(key, value, name)
    elif key in ("unix_socket", "collation"):
        arguments[key] = value
    elif _NAME.fullmatch(key) and _VALUE.fullmatch(value):
        session.append(f"SET {key} = {value}")
    else:
        raise ValueError(
            f"{name} has a parameter {key!r} whose value is no server variable's value"
        )


def _duration(key: str, value: str, name: str) -> float:
    pieces = _DURATION.findall(value)
    if not pieces or "".join(n + unit for n, unit in pieces) != value:
        raise ValueError(f"{name} has {key}={value!r}: write a duration such as 5s or 500ms")
    return sum(float(number) * _SECONDS[unit] for number, unit in pieces)


def _postgresql(parts: dict[str, str | None], name: str) -> Dsn:
    hosts = [_host_and_port(one, 5432, name) for one in (parts["host"] or "").split(",")]
    arguments: dict[str, Any] = {"gssencmode": "disable"}
    if any(host for host, _ in hosts):
        arguments["host"] = ",".join(unquote(host) for host, _ in hosts)
    arguments["port"] = ",".join(str(port) for _, port in hosts)
    arguments["user"] = unquote(parts["user"] or "")
    arguments["password"] = unquote(parts["password"] or "")
    arguments["dbname"] = unquote(parts["database"] or "")
    session: list[str] = []
    for key, value in parse_qsl(parts["parameters"] or "", keep_blank_values=True):
        if key in ("dbname", *_LIBPQ):
            arguments[key] = value
        elif _NOT_NEEDED_POSTGRESQL.fullmatch(key):
            continue
        elif _NAME.fullmatch(key) and "\\" not in value:
            session.append(
                "SELECT set_config('{}', '{}', false)".format(key, value.replace("'", "''"))
            )
        else:
            raise ValueError(f"{name} has a parameter {key!r} that PostgreSQL does not know")
    if not arguments["dbname"]:
        raise ValueError(f"{name} names no database: it ends with `/database`")
    return Dsn("postgresql", {k: v for k, v in arguments.items() if v != ""}, tuple(session))


def _host_and_port(address: str, default: int, name: str) -> tuple[str, int]:
    matched = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", address)
    if matched is None:
        raise ValueError(f"{name} has an address that is not `host:port`")
    port = int(matched[2] or default)
    if not 0 < port < 65536:
        raise ValueError(f"{name} has the port {port}, which does not exist")
    return matched[1].strip("[]"), port
