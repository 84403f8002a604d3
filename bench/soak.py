"""Ten minutes of mixed streams, a fifth of whose clients leave early: memory must stay flat."""

import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import load, machine
from bench.contenders import GateError
from bench.load import Tally
from bench.ours import CONSUMED, Ours, books, check_balances
from bench.vendor import Vendor

SAMPLE_SECONDS = 10.0
WARM_UP_SHARE = 0.25
MAX_GROWTH_BYTES_PER_HOUR = 12_000_000
MAX_GROWTH_SHARE = 0.03
LEAVE_PERCENT = 20
MIN_LEFT_SHARE = 0.18
MIXTURE: tuple[tuple[str, ...], ...] = (
    ("--connections", "200", "--stream", "--chunks", "60", "--pace", "20"),
    ("--connections", "4", "--stream", "--chunks", "100", "--per-write", "3"),
    ("--connections", "20", "--stream", "--chunks", "40", "--pace", "40"),
)


class Sample(NamedTuple):
    """Memory at one moment."""

    seconds: float
    rss_bytes: int


def slope(samples: list[Sample]) -> float:
    """Return the growth in bytes per second: the median of the slopes between all pairs (Theil–Sen)."""
    slopes = sorted(
        (b.rss_bytes - a.rss_bytes) / (b.seconds - a.seconds)
        for number, a in enumerate(samples)
        for b in samples[number + 1 :]
        if b.seconds > a.seconds
    )
    return slopes[len(slopes) // 2] if slopes else 0.0


def is_flat(samples: list[Sample]) -> bool:
    """Say whether memory, after the warm-up, grows by less than noise over the time watched."""
    settled = samples[int(len(samples) * WARM_UP_SHARE) :]
    if len(settled) < 3:
        raise GateError("too few samples to judge: run longer")
    growth = slope(settled)
    watched = settled[-1].seconds - settled[0].seconds
    return (
        growth * 3600 <= MAX_GROWTH_BYTES_PER_HOUR
        or growth * watched <= MAX_GROWTH_SHARE * settled[0].rss_bytes
    )


def check_left(what: str, left: int, streams: int) -> None:
    """Raise `GateError` unless about as many of the streams were left early as is promised."""
    if left < MIN_LEFT_SHARE * streams:
        raise GateError(f"{what}: only {left} of {streams} streams were left early")


def soak(minutes: float, say: Callable[[str], None] = print) -> bool:
    """Run the mixture for `minutes`; say what the memory did; whether it stayed flat."""
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        ours = Ours(vendor, folder)
        stack.callback(ours.abandon)
        loads = [
            stack.enter_context(load.background(ours.target, [*each, *_how(minutes)], seed, folder))
            for seed, each in enumerate(MIXTURE, 1)
        ]
        _watch(ours, minutes, samples, say)
        tally = Tally()
        for shape, each in zip(MIXTURE, loads, strict=True):
            report = each.report(60, tally)
            check_left(" ".join(shape), report["aborted"], report["requests"] + report["aborted"])
        say(_summary(tally, vendor.stats()))
        ours.abandon()
        _check_books(folder / "one-api.db", tally)
    settled = samples[int(len(samples) * WARM_UP_SHARE) :]
    flat = is_flat(samples)
    say(
        f"RSS {settled[0].rss_bytes / 1e6:.1f} MB after the warm-up, {settled[-1].rss_bytes / 1e6:.1f} MB "
        f"at the end, slope {slope(settled) * 3600 / 1e6:+.2f} MB/h: {'flat' if flat else 'NOT FLAT'}"
    )
    return flat


def _how(minutes: float) -> list[str]:
    return ["--seconds", str(minutes * 60), "--abort-percent", str(LEAVE_PERCENT)]


def _summary(tally: Tally, vendor: dict[str, int]) -> str:
    share = tally.aborted / (tally.requests + tally.aborted)
    return f"{tally.requests:,} streams whole, {tally.aborted:,} left early ({share:.1%}); {vendor}"


def _check_books(file: Path, tally: Tally) -> None:
    """The balances agree, no whole answer is free, and the gateway too saw so many clients leave."""
    found = books(file)
    check_balances(found)
    rows = found.rows.total()
    if rows < tally.requests:
        raise GateError(f"{rows} log rows for {tally.requests} whole answers")
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        (left,) = database.execute(
            "SELECT count(*) FROM logs WHERE type = ? AND json_extract(detail, '$.ended') = ?",
            (CONSUMED, "client_left"),
        ).fetchone()
    check_left("as the gateway saw it", left, rows)


def _watch(ours: Ours, minutes: float, samples: list[Sample], say: Callable[[str], None]) -> None:
    assert ours.pid is not None, "a started gateway has a process"
    began = time.monotonic()
    pause = min(SAMPLE_SECONDS, minutes * 60 / 20)
    while (passed := time.monotonic() - began) < minutes * 60:
        samples.append(Sample(passed, machine.tree_rss_bytes(ours.pid)))
        say(f"{passed:6.0f} s  RSS {samples[-1].rss_bytes / 1e6:7.2f} MB")
        time.sleep(pause)
