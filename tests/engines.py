"""Real database servers for the tests: MariaDB, PostgreSQL, Redis, and SQLite files beside them.

An `Engine` is one server on a free port of 127.0.0.1 with its data in a temporary folder. It can be stopped, killed, frozen
and started again on the same port and data. A watchdog ends a server whose test run was killed. Servers refuse to run as
root or want another user, so root starts PostgreSQL as `postgres`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from oneapi.store.database import Database, open_database
from oneapi.store.migrations import migrate

KINDS = ("sqlite", "mysql", "postgresql")
# Every character that a DSN could trip over.
PASSWORD = "p@s:s/w?o#r(d)&%=1"
USER = "one"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_true: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until `is_true()`; raises AssertionError naming `what` when it takes longer."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    """The processes that `parent` started; PostgreSQL's are in process groups of their own."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after_name = path.read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                found.append(int(path.parent.name))
    return found


def memory() -> Path | None:
    """A folder in memory, where there is room for a few servers: nothing here must survive."""
    shared = Path("/dev/shm")
    fits = shared.is_dir() and shutil.disk_usage(shared).free > 4 * 2**30
    return shared if fits else None


def is_alive(pid: int) -> bool:
    """Whether it still runs; one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


class Server:
    """A process of ours with a port and a folder."""

    kind = ""
    user: str | None = None  # whom root becomes for it

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"one-api-{self.kind}-", dir=memory()))
        self.folder.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        if self.user is not None and os.geteuid() == 0:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        try:
            self.prepare()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def prepare(self) -> None:
        """Make the data folder; runs once."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def as_user(self, command: list[str]) -> list[str]:
        if self.user is None or os.geteuid() != 0:
            return command
        change = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"]
        return [*change, *command]

    def run(self, command: list[str]) -> None:
        done = subprocess.run(
            self.as_user(command), capture_output=True, cwd=self.folder, timeout=120, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{command[0]} failed: {(done.stdout + done.stderr).decode()[-2000:]}"
            )

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it, and return when it answers."""
        if self._process is not None:
            return
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.as_user(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        # The pipe closes when this test run dies, however it dies.
        self._watchdog = subprocess.Popen(
            ["sh", "-c", f"read _; kill -KILL -{self._process.pid}; rm -rf {self.folder}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_until(self._answers, 60, f"{self.kind} starts")
        except BaseException:
            self.kill()
            raise

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            log = (self.folder / "server.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.kind} ended at once: {log}")
        return self.is_ready()

    stop_signal = signal.SIGTERM

    def stop(self) -> None:
        """End it in order; its data stays."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it as a power cut would, all its processes at once."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        for pid in (self._process.pid, *children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        family = children(process.pid)
        process.send_signal(number)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number if number == signal.SIGKILL else signal.SIGCONT)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)
        # A server's children leave a moment later, and it does not start again before.
        wait_until(lambda: not any(is_alive(pid) for pid in family), 30, f"{self.kind} ends")
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and watchdog.stdin is not None:
            watchdog.kill()
            watchdog.wait(10)
            watchdog.stdin.close()

    def close(self) -> None:
        """End it and remove its data."""
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Engine(Server):
    """A database server, or SQLite's folder of files."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._template = ""
        super().__init__()

    def dsn(self, name: str) -> str:
        """The DSN of the database `name`, as an operator writes it in `SQL_DSN`."""
        raise NotImplementedError

    def open(self, name: str) -> Database:
        """Open the database `name`; the caller closes it."""
        return open_database(self.dsn(name))

    def create_database(self) -> str:
        """Create an empty database and return its name."""
        name = f"db{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def create_migrated(self) -> str:
        """Create a database with our tables, and no row in them, by copying; return its name."""
        if not self._template:
            template = self.create_database()
            database = self.open(template)
            try:
                migrate(database)
            finally:
                database.close()
            self._template = template
        return self.copy(self._template)

    def copy(self, template: str) -> str:
        raise NotImplementedError

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name}")

    def connection(self, database: str) -> Any:
        """Return a driver's connection as the server's administrator, committing by itself."""
        raise NotImplementedError

    def execute(self, *statements: str, database: str = "") -> list[tuple[Any, ...]]:
        """Run statements as the server's administrator; return the rows of the last."""
        rows: list[tuple[Any, ...]] = []
        with contextlib.closing(self.connection(database)) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall()) if cursor.description else []
            cursor.close()
        return rows


class Sqlite(Engine):
    """A folder of files; it cannot be stopped."""

    kind = "sqlite"

    def start(self) -> None:
        pass

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.db"

    def dsn(self, name: str) -> str:
        return f"sqlite:///{self.path(name)}"

    def create_database(self) -> str:
        return f"db{next(self._numbers)}"

    def copy(self, template: str) -> str:
        name = self.create_database()
        shutil.copy(self.path(template), self.path(name))
        return name

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path(name)}{suffix}").unlink(missing_ok=True)

    def connection(self, database: str) -> Any:
        return sqlite3.connect(self.path(database), isolation_level=None)


class MariaDb(Engine):
    """MariaDB, as any MySQL."""

    kind = "mysql"

    def prepare(self) -> None:
        # As root it runs as root; otherwise as whoever we are.
        user = ["--user=root"] if os.geteuid() == 0 else []
        self.run(
            [
                *("mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'd'}"),
                f"--tmpdir={self.folder}",  # a server that starts removes what others have in /tmp
                *("--auth-root-authentication-method=normal", "--skip-test-db", *user),
            ]
        )

    def command(self) -> list[str]:
        return [
            "/usr/sbin/mariadbd",
            "--no-defaults",
            *(["--user=root"] if os.geteuid() == 0 else []),
            f"--datadir={self.folder / 'd'}",
            f"--tmpdir={self.folder}",
            f"--socket={self.folder / 's.sock'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=16M",
            "--skip-innodb-doublewrite",
            "--innodb-flush-method=nosync",
            "--debug-no-sync",
            "--skip-log-bin",
            "--max-connections=500",
        ]

    @property
    def socket_path(self) -> Path:
        return self.folder / "s.sock"

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket_path)) != 0:
                return False  # the driver would leave a socket open
        try:
            self.execute(f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{PASSWORD}'")
            self.execute(f"GRANT ALL ON *.* TO {USER}@'%'")
        except pymysql.err.OperationalError:
            return False
        return True

    def dsn(self, name: str) -> str:
        return f"{USER}:{PASSWORD}@tcp(127.0.0.1:{self.port})/{name}?charset=utf8mb4&tls=false"

    def copy(self, template: str) -> str:
        name = self.create_database()
        tables = [row[0] for row in self.execute("SHOW TABLES", database=template)]
        statements = [f"CREATE TABLE `{table}` LIKE {template}.`{table}`" for table in tables]
        statements += [f"INSERT INTO `{t}` SELECT * FROM {template}.`{t}`" for t in tables]
        self.execute(*statements, database=name)
        return name

    def connection(self, database: str) -> Any:
        return pymysql.connect(
            user="root",
            unix_socket=str(self.socket_path),
            database=database or None,
            ssl_disabled=True,
            autocommit=True,
        )


class PostgreSql(Engine):
    """PostgreSQL; its programs are where Debian puts them."""

    kind = "postgresql"
    user = "postgres"
    stop_signal = signal.SIGINT  # "fast": does not wait for clients

    @property
    def programs(self) -> Path:
        return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))

    def prepare(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        self.run(
            [
                *(str(self.programs / "initdb"), "-D", str(self.folder / "d"), "-U", USER),
                *("-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"),
                *("-E", "UTF8", "--locale=C.UTF-8"),
            ]
        )

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "dynamic_shared_memory_type": "mmap",  # in the folder, and gone with it
            "shared_buffers": "32MB",
            "max_connections": 300,
        }
        options = [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]
        return [str(self.programs / "postgres"), "-D", str(self.folder / "d"), *options]

    def is_ready(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, name: str) -> str:
        return f"postgres://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}?sslmode=disable"

    def copy(self, template: str) -> str:
        name = f"db{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def connection(self, database: str) -> Any:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname=database or "postgres",
            autocommit=True,
        )


class Redis(Server):
    """Redis, without persistence."""

    kind = "redis"

    def command(self) -> list[str]:
        return [
            "redis-server",
            *("--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
        ]

    def is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class Engines:
    """The servers of one test run, each started when it is first asked for."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._redis: Redis | None = None

    def engine(self, kind: str) -> Engine:
        if kind not in self._engines:
            self._engines[kind] = new_engine(kind)
        engine = self._engines[kind]
        engine.start()  # a test may have left it stopped
        return engine

    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = Redis()
        self._redis.start()
        return self._redis

    def close(self) -> None:
        for server in (*self._engines.values(), *([self._redis] if self._redis else [])):
            server.close()


def new_engine(kind: str) -> Engine:
    """Return a server of its own, not started, for tests that stop and kill it; the caller closes it."""
    return {"sqlite": Sqlite, "mysql": MariaDb, "postgresql": PostgreSql}[kind]()
