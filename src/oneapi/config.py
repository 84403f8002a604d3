"""Environment, `.env` and flags → one frozen value, read once; a wrong value refuses to start.

Names and defaults are One API's where it has them; `docs/operating.md` explains each one. This
module stays light: the supervisor imports it and nothing heavier.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = "1.0.0.dev0"
DISK_FULL: Final = (
    75  # exit status of a command that would succeed if there were room on the disk (EX_TEMPFAIL)
)

TRUSTED_PROXIES: Final = ("loopback", "gateway")
_PROXY_WORDS: Final = ("loopback", "gateway", "private")
# One API's variables that have nothing to do here; the reason is said once, at start.
WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "MEMORY_CACHE_ENABLED": "the relay always works from memory",
    "BATCH_UPDATE_ENABLED": "accounts are always written in batches, without loss",
    "BATCH_UPDATE_INTERVAL": "batches are written every FLUSH_INTERVAL_MS",
    "GIN_MODE": "there is no Gin here",
    "METRIC_SUCCESS_CHAN_SIZE": "results are counted in place, without queues",
    "METRIC_FAIL_CHAN_SIZE": "results are counted in place, without queues",
    "TIKTOKEN_CACHE_DIR": "nothing is downloaded to count tokens",
    "DATA_GYM_CACHE_DIR": "nothing is downloaded to count tokens",
    "REDIS_CONN_STRING": "one node needs no Redis, and several nodes meet in the database",
    "REDIS_MASTER_NAME": "one node needs no Redis, and several nodes meet in the database",
    "REDIS_PASSWORD": "one node needs no Redis, and several nodes meet in the database",
    "GLOBAL_WEB_RATE_LIMIT": "the files of the web page cost nothing worth limiting",
    "THEME": "there is one theme, light and dark",
    "USER_CONTENT_REQUEST_PROXY": "users' images are not fetched by the gateway in this version",
    "USER_CONTENT_REQUEST_TIMEOUT": "users' images are not fetched by the gateway in this version",
    "GEMINI_SAFETY_SETTING": "Gemini's own dialect is not part of this version",
    "GEMINI_VERSION": "Gemini's own dialect is not part of this version",
    "ENFORCE_INCLUDE_USAGE": "vendors are always asked for the usage of a stream",
}

Parse = Callable[[str], Any]


class ConfigError(Exception):
    """A setting that cannot be used; its text is the one line that the operator reads."""


def _integer(low: int, high: int) -> Parse:
    def parse(text: str) -> int:
        sign, digits = (text[:1], text[1:]) if text[:1] in "+-" else ("", text)
        if not (digits.isascii() and digits.isdigit() and low <= int(sign + digits) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(sign + digits)

    return parse


def _number(low: float, high: float) -> Parse:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return parse


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in {"true", "1", "yes", "on"}:
        return True
    if lowered in {"false", "0", "no", "off"}:
        return False
    raise ValueError("true or false")


def _choice(*allowed: str) -> Parse:
    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(" or ".join(allowed))
        return text.lower()

    return parse


def _is_slave(text: str) -> bool:
    return _choice("master", "slave")(text) == "slave"


def _text(text: str) -> str:
    return text


def _root_key(text: str) -> str:
    key = text.removeprefix("sk-")
    if not (key.isascii() and key.replace("_", "").isalnum() and len(key) <= 48):
        raise ValueError("at most 48 letters, digits and `_`, which clients send after `sk-`")
    return key


def _access_token(text: str) -> str:
    if not (text.isascii() and text.isprintable() and 1 <= len(text) <= 32 and " " not in text):
        raise ValueError("at most 32 printable characters")
    return text


def _password(text: str) -> str:
    if not 8 <= len(text) <= 20 or len(text.encode()) > 72:
        raise ValueError("8 to 20 characters")
    return text


def _session_secret(text: str) -> str:
    # One API's documents use this placeholder, and it refuses it too.
    return "" if text == "random_string" else text


def _proxy(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or not rest or scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ValueError("a URL that begins with http://, https://, socks5:// or socks5h://")
    return text


def _frontend(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(ord(letter) < 33 for letter in text):
        raise ValueError("a URL that begins with http:// or https://")
    return text.rstrip("/")


def _path_prefix(text: str) -> str:
    path = text.rstrip("/")
    is_plain = all(
        part and part.replace("-", "").replace("_", "").isalnum() for part in path.split("/")[1:]
    )
    if not path.isascii() or (path and not path.startswith("/")) or not is_plain:
        raise ValueError("a path such as /one-api")
    return path


def _networks(text: str) -> tuple[str, ...]:
    if text.lower() == "none":
        return ()
    import ipaddress

    parts = (part.strip().lower() for part in text.split(",") if part.strip())
    try:
        return tuple(
            part if part in _PROXY_WORDS else str(ipaddress.ip_network(part, strict=False))
            for part in parts
        )
    except ValueError:
        raise ValueError(
            "addresses or networks such as 10.0.0.0/8, loopback, gateway, private, or none"
        ) from None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Variable(NamedTuple):
    """Where a field of `Config` comes from; a secret's value is never shown."""

    name: str
    parse: Parse
    is_secret: bool = False


class Config(NamedTuple):
    """Everything that is decided before the first request: one frozen value.

    (No dataclass: importing those costs the supervisor a tenth of its memory.)
    """

    # Processes and sockets
    port: int = 3000
    host: str = ""
    workers: int = 0
    shutdown_timeout_seconds: float = 30.0
    trusted_proxies: tuple[str, ...] = TRUSTED_PROXIES
    max_body_mb: int = 64
    body_memory_mb: int = 256
    body_spool_mb: int = 4_096
    client_timeout_seconds: float = 60.0
    max_connections_per_address: int = 0
    base_path: str = ""
    frontend_base_url: str = ""

    # Databases and files
    sql_dsn: str = ""
    log_sql_dsn: str = ""
    sqlite_path: str = "one-api.db"
    sqlite_busy_timeout_ms: int = 3_000
    sql_max_idle: int = 100
    sql_max_open: int = 1_000
    sql_max_lifetime_seconds: int = 60
    state_dir_named: str = ""
    is_slave: bool = False
    sync_frequency_seconds: int = 600

    # Ledger
    journal_sync_ms: int = 1_000
    flush_interval_ms: int = 200
    lease_ttl_seconds: int = 600

    # Accounts
    session_secret: str = ""
    initial_root_key: str = ""
    initial_root_access_token: str = ""
    initial_root_password: str = ""
    global_api_rate_limit: int = 480

    # Relay
    relay_proxy: str = ""
    relay_timeout_seconds: float = 0.0
    metric_enabled: bool = False
    metric_queue_size: int = 10
    metric_success_rate: float = 0.8
    test_prompt: str = "Output only your specific model name with no additional text."
    channel_test_minutes: int = 0
    channel_balance_minutes: int = 0
    test_pause_seconds: int = 0

    # Logs
    log_format: str = "text"
    is_one_log_file: bool = False
    is_debug: bool = False
    is_debug_sql: bool = False
    time_zone: str = ""

    # What has no variable
    log_dir: str = "./logs"
    notices: tuple[str, ...] = ()

    @property
    def state_dir(self) -> "Path":
        """Where journals, the node's identity and the cookie key live."""
        from pathlib import Path  # here, like `ipaddress` above: the supervisor needs neither

        if self.state_dir_named:
            return Path(self.state_dir_named)
        return Path("data") if self.sql_dsn else self.sqlite_file.parent

    @property
    def sqlite_file(self) -> "Path":
        """The SQLite file; parameters that One API allows after it mean nothing here."""
        from pathlib import Path

        return Path(self.sqlite_path.partition("?")[0])

    def __repr__(self) -> str:
        """Show every field but the secrets."""
        shown = (
            f"{name}={'***' if name in VARIABLES and VARIABLES[name].is_secret else repr(value)}"
            for name, value in self._asdict().items()
        )
        return f"Config({', '.join(shown)})"


VARIABLES: Final[Mapping[str, Variable]] = {
    "port": Variable("PORT", _integer(0, 65_535)),
    "host": Variable("HOST", _text),
    "workers": Variable("WORKERS", _integer(1, 256)),
    "shutdown_timeout_seconds": Variable("SHUTDOWN_TIMEOUT", _number(0, 3_600)),
    "trusted_proxies": Variable("TRUSTED_PROXIES", _networks),
    "max_body_mb": Variable("MAX_BODY_MB", _integer(1, 4_096)),
    "body_memory_mb": Variable("BODY_MEMORY_MB", _integer(1, 1_048_576)),
    "body_spool_mb": Variable("BODY_SPOOL_MB", _integer(1, 1_048_576)),
    "client_timeout_seconds": Variable("CLIENT_TIMEOUT", _number(0.1, 3_600)),
    "max_connections_per_address": Variable("MAX_CONNECTIONS_PER_ADDRESS", _integer(0, 1_000_000)),
    "base_path": Variable("BASE_PATH", _path_prefix),
    "frontend_base_url": Variable("FRONTEND_BASE_URL", _frontend),
    "sql_dsn": Variable("SQL_DSN", _text, is_secret=True),
    "log_sql_dsn": Variable("LOG_SQL_DSN", _text, is_secret=True),
    "sqlite_path": Variable("SQLITE_PATH", _text),
    "sqlite_busy_timeout_ms": Variable("SQLITE_BUSY_TIMEOUT", _integer(0, 600_000)),
    "sql_max_idle": Variable("SQL_MAX_IDLE_CONNS", _integer(0, 10_000)),
    "sql_max_open": Variable("SQL_MAX_OPEN_CONNS", _integer(1, 100_000)),
    "sql_max_lifetime_seconds": Variable("SQL_MAX_LIFETIME", _integer(0, 86_400)),
    "state_dir_named": Variable("DATA_DIR", _text),
    "is_slave": Variable("NODE_TYPE", _is_slave),
    "sync_frequency_seconds": Variable("SYNC_FREQUENCY", _integer(1, 86_400)),
    "journal_sync_ms": Variable("JOURNAL_SYNC_MS", _integer(10, 60_000)),
    "flush_interval_ms": Variable("FLUSH_INTERVAL_MS", _integer(10, 60_000)),
    "lease_ttl_seconds": Variable("LEASE_TTL", _integer(5, 86_400)),
    "session_secret": Variable("SESSION_SECRET", _session_secret, is_secret=True),
    "initial_root_key": Variable("INITIAL_ROOT_TOKEN", _root_key, is_secret=True),
    "initial_root_access_token": Variable(
        "INITIAL_ROOT_ACCESS_TOKEN", _access_token, is_secret=True
    ),
    "initial_root_password": Variable("INITIAL_ROOT_PASSWORD", _password, is_secret=True),
    "global_api_rate_limit": Variable("GLOBAL_API_RATE_LIMIT", _integer(0, 10_000_000)),
    "relay_proxy": Variable("RELAY_PROXY", _proxy, is_secret=True),
    "test_prompt": Variable("TEST_PROMPT", _text),
    "channel_test_minutes": Variable("CHANNEL_TEST_FREQUENCY", _integer(0, 525_600)),
    "channel_balance_minutes": Variable("CHANNEL_UPDATE_FREQUENCY", _integer(0, 525_600)),
    "test_pause_seconds": Variable("POLLING_INTERVAL", _integer(0, 3_600)),
    "relay_timeout_seconds": Variable("RELAY_TIMEOUT", _number(0, 86_400)),
    "metric_enabled": Variable("ENABLE_METRIC", _boolean),
    "metric_queue_size": Variable("METRIC_QUEUE_SIZE", _integer(1, 100_000)),
    "metric_success_rate": Variable("METRIC_SUCCESS_RATE_THRESHOLD", _number(0, 1)),
    "log_format": Variable("LOG_FORMAT", _choice("text", "json")),
    "is_one_log_file": Variable("ONLY_ONE_LOG_FILE", _boolean),
    "is_debug": Variable("DEBUG", _boolean),
    "is_debug_sql": Variable("DEBUG_SQL", _boolean),
    "time_zone": Variable("TZ", _text),
}


class Flags(NamedTuple):
    """What the command line said; None where it said nothing."""

    port: str | None = None
    host: str | None = None
    workers: str | None = None
    log_dir: str | None = None


def environment(base: Mapping[str, str], path: str = ".env") -> dict[str, str]:
    """Return `base` completed by a `.env` file, if there is one, which never overrides it."""
    if not os.path.isfile(path):  # noqa: PTH113 - see `state_dir`
        return dict(base)
    import dotenv  # here, because most installations have no such file

    try:
        found = dotenv.dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return {**{name: value for name, value in found.items() if value is not None}, **base}


def _parsed(name: str, text: str, parse: Parse, is_secret: bool = False) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        shown = "(value not shown)" if is_secret else repr(text)
        raise ConfigError(f"{name} must be {error}, not {shown}") from error


def _flag_values(flags: Flags, environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if flags.port is not None and not environ.get("PORT", "").strip():
        values["port"] = _parsed("--port", flags.port, _integer(0, 65_535))
    if flags.workers is not None:
        values["workers"] = _parsed("--workers", flags.workers, _integer(1, 256))
    if flags.host is not None:
        values["host"] = flags.host
    if flags.log_dir is not None:
        values["log_dir"] = flags.log_dir
    return values


def _notices(environ: Mapping[str, str]) -> tuple[str, ...]:
    notices = [
        f"{name} has no effect: {reason}"
        for name, reason in WITHOUT_EFFECT.items()
        if environ.get(name, "").strip()
    ]
    is_slave = environ.get("NODE_TYPE", "").strip().lower() == "slave"
    if environ.get("FRONTEND_BASE_URL", "").strip() and not is_slave:
        notices.append(
            "FRONTEND_BASE_URL has no effect: only a slave sends its page's visitors elsewhere"
        )
    if environ.get("SESSION_SECRET", "").strip() == "random_string":
        notices.append(
            "SESSION_SECRET is the example value and is ignored; a random one is kept instead"
        )
    return tuple(notices)


def read(environ: Mapping[str, str], flags: Flags) -> Config:
    """Return the configuration, or raise `ConfigError` for the first value that cannot be used.

    A variable that is set but empty counts as not set, because Compose files pass such ones on.
    `PORT` wins over `--port`, as in One API; otherwise flags win.
    """
    values: dict[str, Any] = {}
    for field, variable in VARIABLES.items():
        text = environ.get(variable.name, "").strip()
        if text:
            values[field] = _parsed(variable.name, text, variable.parse, variable.is_secret)
    values.update(_flag_values(flags, environ))
    values["workers"] = values.get("workers") or _cores()
    values["notices"] = _notices(environ)
    return Config(**values)
