"""Honest clients beside hostile ones: they must be served as if nothing were the matter, and every charge be right.

First the honest load alone, then with `bench.hostile` on both sides of the gateway. Judged are the honest clients' p99
(at most twice that of the quiet time), memory, descriptors when everybody has left, and the books to the unit.
"""

import contextlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import load, machine
from bench.contenders import GateError, check_delivered
from bench.hostile import MODEL
from bench.load import Tally
from bench.ours import (
    COMPILED,
    CONSUMED,
    MODEL_RATIO,
    PRODUCTION,
    ROOT,
    VENDOR_KEY,
    Ours,
    charge,
    environment,
)
from bench.processes import Program, free_port
from bench.soak import Sample, is_flat, slope
from bench.vendor import Delivery, Vendor

MAX_P99_FACTOR = 2.0
QUIET_SHARE = 0.15
SAMPLE_SECONDS = 10.0
LEFT_SECONDS = 150.0  # until idle connections of clients and to vendors have been closed
SPARE_DESCRIPTORS = 8
HOSTILE_QUOTA = 20_000_000
HONEST: tuple[tuple[str, ...], ...] = (
    ("--connections", "32", "--rate", "200"),
    ("--connections", "40", "--stream", "--chunks", "40", "--pace", "20"),
)


def hostile_soak(minutes: float, say: Callable[[str], None] = print) -> bool:
    """Run it for `minutes`; say what honest clients noticed; whether that is within the bounds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        ours = Ours(vendor, folder)
        stack.callback(ours.abandon)
        port = free_port()
        stack.callback(_hostile("vendor", folder, port).stop, 5)
        key = _invite(ours, folder, port)
        tally, samples = Tally(), list[Sample]()
        quiet = _honest(ours, minutes * QUIET_SHARE, tally, folder, [])
        before = _descriptors(ours)
        seconds = minutes * (1 - QUIET_SHARE) * 60
        clients = _hostile("clients", folder, ours.port, "--key", key, "--seconds", str(seconds))
        stack.callback(clients.stop, 5)
        beside = _honest(ours, minutes * (1 - QUIET_SHARE), tally, folder, samples)
        clients.wait(90)
        say(f"hostile clients saw {clients.last_words().strip()}")
        after = _descriptors_left(ours, before)
        status = ours.call("GET", "/api/user/self")
        assert status["username"] == "root", "the management plane still answers"
        ours.abandon()
        _check_books(ours, vendor, tally, folder)
    settled = samples[len(samples) // 4 :]
    factor = beside / quiet
    verdicts = {
        f"honest p99 {quiet} us quiet, {beside} us beside, {factor:.2f} times": factor
        <= MAX_P99_FACTOR,
        f"RSS {settled[0].rss_bytes / 1e6:.1f} to {settled[-1].rss_bytes / 1e6:.1f} MB, "
        f"slope {slope(settled) * 3600 / 1e6:+.2f} MB/h": is_flat(samples),
        f"{before} descriptors before, {after} after": after <= before + SPARE_DESCRIPTORS,
    }
    say(f"{tally.requests:,} honest requests, every answer and every charge right")
    for what, holds in verdicts.items():
        say(f"{what}: {'good' if holds else 'NOT GOOD'}")
    return all(verdicts.values())


def _hostile(side: str, folder: Path, port: int, *more: str) -> Program:
    # When nothing else wants the core, which they share with load and vendor: what they cost these is not the gateway's.
    command = ["chrt", "--idle", "0", sys.executable, "-m", "bench.hostile", side]
    return Program(
        [*command, "--port", str(port), *more],
        core=machine.cores()[1],
        log=folder / f"hostile-{side}.log",
        folder=ROOT,
    )


def _invite(ours: Ours, folder: Path, port: int) -> str:
    """Give the hostile clients an account with a little money, a vendor like themselves, and a key."""
    ratios = json.dumps(MODEL_RATIO | {MODEL: 1})
    ours.call("PUT", "/api/option/", {"key": "ModelRatio", "value": ratios})
    channel = {"type": 8, "name": "hostile", "key": "sk-hostile", "group": "default"}
    address = {"base_url": f"http://127.0.0.1:{port}", "models": MODEL}
    ours.call("POST", "/api/channel/", channel | address)
    ours.call("POST", "/api/user/", {"username": "hostile", "password": "hostile-password"})
    with contextlib.closing(sqlite3.connect(folder / "one-api.db", timeout=10)) as database:
        row = database.execute(
            "SELECT users.id, tokens.key FROM users JOIN tokens ON tokens.user_id = users.id "
            "WHERE username = 'hostile'"
        ).fetchone()
    ours.call("POST", "/api/topup", {"user_id": row[0], "quota": HOSTILE_QUOTA})
    time.sleep(2)  # until every worker has heard of it
    return f"sk-{row[1]}"


def _honest(ours: Ours, minutes: float, tally: Tally, folder: Path, samples: list[Sample]) -> float:
    """Run the honest load; return the p99 of its small requests, in microseconds."""
    assert ours.pid is not None, "a started gateway has a process"
    seed = 1 + len(tally.reports) + tally.requests
    with contextlib.ExitStack() as stack:
        loads = [
            stack.enter_context(
                load.background(
                    ours.target, [*each, "--seconds", str(minutes * 60)], seed + number, folder
                )
            )
            for number, each in enumerate(HONEST)
        ]
        began = time.monotonic()
        while (passed := time.monotonic() - began) < minutes * 60:
            samples.append(Sample(passed, machine.tree_rss_bytes(ours.pid)))
            time.sleep(min(SAMPLE_SECONDS, minutes * 3))
        reports: list[dict[str, Any]] = [each.report(90, tally) for each in loads]
    return float(reports[0]["latency_us"]["p99"])


def _descriptors(ours: Ours) -> int:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in ours.worker_pids())


def _descriptors_left(ours: Ours, before: int) -> int:
    """Wait until everybody who left has been let go; return how many descriptors are open then."""
    deadline = time.monotonic() + LEFT_SECONDS
    while (now := _descriptors(ours)) > before and time.monotonic() < deadline:
        time.sleep(1)
    return now


def _check_books(ours: Ours, vendor: Vendor, tally: Tally, folder: Path) -> None:
    """What honest clients got is what was delivered and charged, and the books as a whole are right."""
    check_delivered(ours, vendor, VENDOR_KEY, tally)
    with contextlib.closing(sqlite3.connect(folder / "one-api.db")) as database:
        rows: Counter[tuple[Delivery, int]] = Counter()
        for model, prompt, completion, quota, count in database.execute(
            "SELECT model_name, prompt_tokens, completion_tokens, quota, count(*) FROM logs "
            "WHERE type = ? AND token_name = 'bench' GROUP BY 1, 2, 3, 4",
            (CONSUMED,),
        ):
            rows[(Delivery(model, prompt, completion), quota)] += count
        (lowest,) = database.execute("SELECT min(quota) FROM users").fetchone()
    delivered = vendor.deliveries(VENDOR_KEY)
    if rows != Counter({(each, charge(each)): count for each, count in delivered.items()}):
        raise GateError("an honest client's log rows are not what was delivered")
    if lowest < 0:
        raise GateError(f"a balance fell to {lowest}")
    python = PRODUCTION if COMPILED.exists() and PRODUCTION.exists() else sys.executable
    done = subprocess.run(
        [str(python), "-m", "oneapi", "check"],
        cwd=folder,
        env=environment(folder, 1, vendor),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise GateError(f"one-api check: {done.stdout}{done.stderr}")
