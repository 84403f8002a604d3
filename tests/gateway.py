"""The running product for tests: the real command in processes of its own, managed and asked over HTTP.

    with Gateway(tmp_path) as gateway:
        channel = gateway.add_channel(vendor.base_url, models="gpt-4o-mini")
        key = gateway.add_key()
        answer = gateway.chat(key, "gpt-4o-mini")

What the product stored is read from its database once it has stopped (`rows`), or through `/api` while it runs.
"""

import atexit
import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from sqlalchemy import text

from oneapi.store.database import Database, open_database
from oneapi.store.migrations import migrate
from tests.server.environment import clean

ACCESS = "0123456789abcdef0123456789abcdef"
ROOT_KEY = "rootkey0rootkey0rootkey0rootkey0rootkey0rootkey0"
START_SECONDS = 30.0


def free_port() -> int:
    """A port that no client gets as its own: who asks again and again on a dead one may be connected to itself.

    It is above 10080, the highest that browsers refuse (https://fetch.spec.whatwg.org/#port-blocking, read 2026-11-26).
    """
    while True:
        port = 11_000 + secrets.randbelow(21_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _migrated() -> Path:
    """Return a SQLite file with our tables and no rows: to make it is more than half of a first start."""
    folder = TemporaryDirectory(prefix="migrated-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "one-api.db")
    database = open_database(None, sqlite_path=path)
    try:
        migrate(database)
    finally:
        database.close()
    return path


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Gateway:
    """`directory` holds database, journals and logs, and outlives restarts.

    `has_tables`: a new SQLite database need not be migrated by the first start. The coverage of its processes is measured
    where `env` has `measured()`, as in tests/server and tests/relay: it doubles the CPU of a start.
    """

    directory: Path
    workers: int = 1
    dsn: str = ""
    env: dict[str, str] = field(default_factory=dict[str, str])
    port: int = 0
    has_tables: bool = True
    process: subprocess.Popen[bytes] | None = None
    _served: int = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self, *, waits: bool = True) -> None:
        """Start; and return when it is ready, unless told not to wait."""
        self.port = self.port or free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        database = self.directory / "one-api.db"
        if self.has_tables and not self.dsn and not database.exists():
            shutil.copyfile(_migrated(), database)
        with (self.directory / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "oneapi", "--log-dir", str(self.directory / "logs")],
                cwd=self.directory,
                env=self._environment(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if waits:
            self.wait_ready()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this installation, whether it serves or not."""
        return subprocess.run(
            [sys.executable, "-m", "oneapi", *arguments],
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **clean(is_measured=False),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "WORKERS": str(self.workers),
            "DATA_DIR": str(self.directory),
            "SQLITE_PATH": str(self.directory / "one-api.db"),
            "SQL_DSN": self.dsn,
            "INITIAL_ROOT_ACCESS_TOKEN": ACCESS,
            "INITIAL_ROOT_TOKEN": ROOT_KEY,
            "GLOBAL_API_RATE_LIMIT": "0",
            "SHUTDOWN_TIMEOUT": "5",
            **self.env,
        }

    def wait_ready(self) -> None:
        """Wait until requests are served and every worker has been started: the others follow the first one."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            try:
                is_ready = self.request("GET", "/readyz").status == 200
                if is_ready and len(self.worker_pids()) >= self.workers:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the gateway did not become ready:\n{self.output()}")

    def output(self) -> str:
        return (self.directory / "output.txt").read_text(errors="replace")[-4000:]

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, as a service manager stops it; return the exit status."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def kill(self) -> None:
        """`kill -9` of everything at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def worker_pids(self) -> list[int]:
        """Return the children of the supervisor."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, _body(response, timeout))
        finally:
            connection.close()

    def api(self, method: str, path: str, document: Any = None) -> Any:
        """Ask the management API as root; return `data`, fail on `success: false`."""
        body = None if document is None else json.dumps(document).encode()
        answer = self.request(
            method, path, body, {"Authorization": ACCESS, "Content-Type": "application/json"}
        )
        reply = answer.json()
        assert reply["success"], reply
        return reply.get("data")

    def add_channel(self, base_url: str, **fields: Any) -> int:
        """Add a channel and return its id; OpenAI-type unless `type` says otherwise."""
        row = {
            "type": 1,
            "name": "vendor",
            "key": "sk-vendor",
            "base_url": base_url,
            "models": "gpt-4o-mini",
            "group": "default",
        } | fields
        self.api("POST", "/api/channel/", row)
        newest: list[dict[str, Any]] = self.api("GET", "/api/channel/?p=0")
        return int(newest[0]["id"])

    def serve(self, base_url: str, models: str, **fields: Any) -> int:
        """Add a channel and wait until every worker routes to it."""
        self._served += 1
        witness = f"witness-{self._served}"
        channel = self.add_channel(base_url, models=f"{models},{witness}", **fields)
        deadline = time.monotonic() + 10.0
        seen = 0
        while seen < (1 if self.workers == 1 else 12 * self.workers):
            assert time.monotonic() < deadline, "the new channel is not routed to"
            answer = self.request(
                "GET", "/v1/models", headers={"Authorization": f"Bearer sk-{ROOT_KEY}"}
            )
            known = {model["id"] for model in answer.json()["data"]}
            seen = seen + 1 if witness in known else 0
        return channel

    def add_key(self, **fields: Any) -> str:
        """Make a key of root's; unlimited unless told otherwise."""
        row = {"name": "test", "unlimited_quota": True, "expired_time": -1} | fields
        return "sk-" + str(self.api("POST", "/api/token/", row)["key"])

    def add_user(self, name: str, quota: int) -> str:
        """Make a user with a balance and return an unlimited key of theirs."""
        row = {"username": name, "password": "correct-horse", "display_name": name}
        self.api("POST", "/api/user/", row)
        user = next(u for u in self.api("GET", f"/api/user/search?keyword={name}"))
        self.api("POST", "/api/topup", {"user_id": user["id"], "quota": quota})
        login = self.request(
            "POST",
            "/api/user/login",
            json.dumps({"username": name, "password": "correct-horse"}).encode(),
            {"Content-Type": "application/json"},
        )
        cookie = login.headers["set-cookie"].split(";")[0]
        made = self.request(
            "POST",
            "/api/token/",
            json.dumps({"name": name, "unlimited_quota": True, "expired_time": -1}).encode(),
            {"Content-Type": "application/json", "Cookie": cookie},
        )
        assert made.json()["success"], made.json()
        return "sk-" + str(made.json()["data"]["key"])

    def set_option(self, key: str, value: str) -> None:
        self.api("PUT", "/api/option/", {"key": key, "value": value})

    def post(
        self, key: str, path: str, document: Any, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a model request and read the whole answer."""
        return self.request(
            "POST",
            path,
            json.dumps(document).encode(),
            {
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )

    def chat(self, key: str, model: str = "gpt-4o-mini", **fields: Any) -> Answer:
        return self.post(key, "/v1/chat/completions", chat_request(model, **fields))

    def database(self) -> Database:
        return open_database(self.dsn or None, sqlite_path=self.directory / "one-api.db")

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Ask the database itself."""
        database = self.database()
        try:
            with database.connect() as connection:
                return list(connection.execute(text(sql), values).mappings())
        finally:
            database.close()

    def wait_for_logs(self, count: int, seconds: float = 10.0) -> list[Any]:
        """Wait until that many consume rows are in the database, and return them."""
        deadline = time.monotonic() + seconds
        while True:
            rows = self.rows("SELECT * FROM logs WHERE type = 2 ORDER BY id")
            if len(rows) >= count or time.monotonic() > deadline:
                return rows
            time.sleep(0.05)

    def story(self, answer: Answer, seconds: float = 10.0) -> dict[str, Any]:
        """Return the story of a request, as soon as its row is in the database."""
        path = f"/api/log/{answer.headers['x-oneapi-request-id']}"
        deadline = time.monotonic() + seconds
        while True:
            reply = self.request("GET", path, headers={"Authorization": ACCESS}).json()
            if reply["success"]:
                return reply["data"]
            assert time.monotonic() < deadline, reply
            time.sleep(0.02)


def _body(response: http.client.HTTPResponse, seconds: float) -> bytes:
    """Read an answer to its end; comments that keep a stream alive do not keep it going for ever."""
    if not response.chunked:
        return response.read()
    deadline = time.monotonic() + seconds
    pieces: list[bytes] = []
    while piece := response.read1(1 << 16):
        assert time.monotonic() < deadline, "the stream does not end"
        pieces.append(piece)
    return b"".join(pieces)


def chat_request(model: str = "gpt-4o-mini", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "hi"}], **fields}
