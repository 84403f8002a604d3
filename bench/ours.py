"""The gateway under test, as an operator runs it: its own command line, SQLite, key, channel, prices and limits on.

After a graceful stop the database is held against the vendor's own records: log rows, charges, balances, leases.
"""

import json
import math
import os
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from bench import machine
from bench.contenders import GateError, check_delivered
from bench.load import Tally, Target
from bench.processes import Program, StartError, free_port, http
from bench.sign_ins import PASSWORD
from bench.vendor import Delivery, Vendor

ROOT = Path(__file__).resolve().parents[1]
# As `make bench` has made them: the hot modules compiled, and the packages of requirements.lock alone.
COMPILED = ROOT / "build" / "compiled"
PRODUCTION = ROOT / "build" / "production" / "bin" / "python"
ACCESS_KEY = "0123456789abcdef0123456789abcdef"
VENDOR_KEY = "sk-vendor-ours"
BUDGET = 10**13
MODEL_RATIO = {"bench-chat": 0.75, "bench-tls": 0.75, "bench-embedding": 0.05}
TLS_MODEL = "bench-tls"
COMPLETION_RATIO = {"bench-chat": 3.3}
CONSUMED = 2
START_SECONDS = 60.0


class Books(NamedTuple):
    """What the database says after the stop."""

    rows: Counter[tuple[Delivery, int]]
    user: tuple[int, int, int]
    api_key: tuple[int, int]
    channel_used: int
    leases: int


def charge(delivery: Delivery) -> int:
    """Return what one request of this size must cost, by One API's rule: rounded up once, at least 1."""
    completion = Fraction(str(COMPLETION_RATIO.get(delivery.model, 1)))
    units = delivery.input_tokens + delivery.output_tokens * completion
    owed = math.ceil(units * Fraction(str(MODEL_RATIO[delivery.model])))
    return max(owed, 1) if units else 0


def environment(folder: Path, workers: int, vendor: Vendor) -> dict[str, str]:
    """Return the environment of the gateway: nothing of ours but the path, and One API's names."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    compiled = {"PYTHONPATH": str(COMPILED)} if COMPILED.exists() else {}
    trusted = {"SSL_CERT_FILE": str(vendor.certificate)} if vendor.tls_port else {}
    return (
        kept
        | compiled
        | trusted
        | {
            "WORKERS": str(workers),
            "SQLITE_PATH": str(folder / "one-api.db"),
            "DATA_DIR": str(folder),
            "SESSION_SECRET": "bench-session-secret",
            "INITIAL_ROOT_ACCESS_TOKEN": ACCESS_KEY,
            "INITIAL_ROOT_PASSWORD": PASSWORD,
            "GLOBAL_API_RATE_LIMIT": "100000",
        }
    )


class Ours:
    """Our gateway with `workers` workers on one core."""

    def __init__(self, vendor: Vendor, folder: Path, workers: int = 1, name: str = "ours") -> None:
        self.name = name
        self.vendor = vendor
        self.folder = folder
        self.workers = workers
        self.tally = Tally()
        self.port = free_port()
        self._program = self._start()
        self.pid: int | None = self._program.pid
        try:
            self._program.wait_for_answer(self.port, "/healthz", START_SECONDS)
            self.target = Target(self.port, self._set_up())
            through_tls = Target(self.port, self.target.key, TLS_MODEL)
            self.tls_target = through_tls if vendor.tls_port else None
            self._wait_until_served()
        except BaseException:
            self._program.stop(5)
            raise

    def _start(self) -> Program:
        python = PRODUCTION if COMPILED.exists() and PRODUCTION.exists() else sys.executable
        command = [str(python), "-m", "oneapi", "--port", str(self.port)]
        return Program(
            [*command, "--log-dir", str(self.folder / "logs")],
            core=machine.cores()[0],
            log=self.folder / "ours.log",
            folder=self.folder,
            environment=environment(self.folder, self.workers, self.vendor),
        )

    def start_again(self) -> Program:
        """Start it on the same database and port, after a stop; the caller ends it."""
        return self._start()

    def call(self, method: str, path: str, content: object = None) -> Any:
        """Call the management API as root; the answer's `data`."""
        body = None if content is None else json.dumps(content).encode()
        headers = {"Authorization": ACCESS_KEY, "Content-Type": "application/json"}
        status, text = http(method, self.port, path, body, headers)
        answer = json.loads(text) if text else {}
        if status != 200 or not answer.get("success"):
            raise StartError(f"{method} {path}: {status} {text[:300]!r}\n{self.last_words()}")
        return answer.get("data")

    def last_words(self) -> str:
        """Return the end of its log."""
        return self._program.last_words()

    def _set_up(self) -> str:
        for key, value in (("ModelRatio", MODEL_RATIO), ("CompletionRatio", COMPLETION_RATIO)):
            self.call("PUT", "/api/option/", {"key": key, "value": json.dumps(value)})
        plain = [model for model in MODEL_RATIO if model != TLS_MODEL]
        self._add_channel("bench", f"http://127.0.0.1:{self.vendor.port}", plain)
        if self.vendor.tls_port:
            self._add_channel("tls", f"https://127.0.0.1:{self.vendor.tls_port}", [TLS_MODEL])
        wanted = {"name": "bench", "remain_quota": BUDGET, "unlimited_quota": False}
        made = self.call("POST", "/api/token/", wanted | {"expired_time": -1})
        return f"sk-{made['key']}"

    def _add_channel(self, name: str, base_url: str, models: list[str]) -> None:
        channel = {"type": 1, "name": name, "key": VENDOR_KEY, "base_url": base_url}
        self.call(
            "POST", "/api/channel/", channel | {"models": ",".join(models), "group": "default"}
        )

    def _wait_until_served(self) -> None:
        """Wait until every worker has heard of key, channel and prices: twice the promised second."""
        deadline = time.monotonic() + 10
        headers = {"Authorization": f"Bearer {self.target.key}"}
        last = b""
        while time.monotonic() < deadline:
            status, last = http("GET", self.port, "/v1/models", headers=headers)
            if status == 200 and b"bench-chat" in last:
                break
            time.sleep(0.05)
        else:
            raise StartError(f"the new key is not served: {last[:300]!r}\n{self.last_words()}")
        time.sleep(2)

    def use_management(self, times: int = 40) -> None:
        """Ask the management API over fresh connections, so that every worker has served both planes."""
        for number in range(times):
            self.call("GET", ("/api/user/self", "/api/log/?p=0", "/api/channel/?p=0")[number % 3])

    def worker_pids(self) -> list[int]:
        """Return the processes below the supervisor, largest first."""
        members = machine.tree(self._program.pid)[1:]
        return sorted(members, key=machine.rss_bytes, reverse=True)[: self.workers]

    def stop(self) -> None:
        """End it by SIGTERM, then hold its books against the vendor's."""
        status = self._program.stop()
        if status != 0:
            raise GateError(f"{self.name}: ended with {status}\n{self.last_words()}")
        check_delivered(self, self.vendor, VENDOR_KEY, self.tally)
        check_books(books(self.folder / "one-api.db"), self.vendor.deliveries(VENDOR_KEY))

    def abandon(self) -> None:
        """End it without looking at the books, for runs in which clients leave early."""
        self._program.stop()


def books(file: Path) -> Books:
    """Read what the stopped gateway has written."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows: Counter[tuple[Delivery, int]] = Counter()
        for model, prompt, completion, quota, count in database.execute(
            "SELECT model_name, prompt_tokens, completion_tokens, quota, count(*) FROM logs "
            "WHERE type = ? GROUP BY 1, 2, 3, 4",
            (CONSUMED,),
        ):
            rows[(Delivery(model, prompt, completion), quota)] += count
        user = database.execute(
            "SELECT quota, used_quota, request_count FROM users WHERE id = 1"
        ).fetchone()
        api_key = database.execute(
            "SELECT remain_quota, used_quota FROM tokens WHERE name = 'bench'"
        ).fetchone()
        (channel,) = database.execute("SELECT sum(used_quota) FROM channels").fetchone()
        (leases,) = database.execute("SELECT count(*) FROM leases").fetchone()
    return Books(rows, user, api_key, channel, leases)


INITIAL_QUOTA = 500_000_000_000_000


def check_balances(found: Books) -> None:
    """Raise `GateError` unless all sums of the database say the same, and no lease is left."""
    owed = sum(quota * count for (_, quota), count in found.rows.items())
    left, used, requests = found.user
    facts = {
        "users.used_quota": (used, owed),
        "users.quota": (left, INITIAL_QUOTA - owed),
        "users.request_count": (requests, found.rows.total()),
        "tokens.remain_quota": (found.api_key[0], BUDGET - owed),
        "tokens.used_quota": (found.api_key[1], owed),
        "channels.used_quota": (found.channel_used, owed),
        "leases": (found.leases, 0),
    }
    wrong = [
        f"{name} is {is_} not {should}" for name, (is_, should) in facts.items() if is_ != should
    ]
    if wrong:
        raise GateError("; ".join(wrong))


def check_books(found: Books, delivered: Counter[Delivery]) -> None:
    """Raise `GateError` unless rows and charges are what was delivered, to the unit, and balances agree."""
    expected = Counter({(each, charge(each)): count for each, count in delivered.items()})
    if found.rows != expected:
        missing, extra = expected - found.rows, found.rows - expected
        raise GateError(
            f"log rows differ: {missing.total()} missing, {extra.total()} extra of "
            f"{expected.total()}; e.g. missing {next(iter(missing), None)}, "
            f"extra {next(iter(extra), None)}"
        )
    check_balances(found)
