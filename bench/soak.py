"""Ten minutes of mixed streams, a fifth of whose clients leave early: memory must stay flat."""

import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import load, machine
from bench.contenders import GateError
from bench.load import Tally
from bench.ours import Ours, books, check_balances
from bench.vendor import Vendor

SAMPLE_SECONDS = 10.0
WARM_UP_SHARE = 0.25
MAX_GROWTH_BYTES_PER_HOUR = 12_000_000
MAX_GROWTH_SHARE = 0.03
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


def soak(minutes: float, say: Callable[[str], None] = print) -> bool:
    """Run the mixture for `minutes`; say what the memory did; whether it stayed flat."""
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        ours = Ours(vendor, folder)
        stack.callback(ours.abandon)
        tally = Tally()
        loads = [
            stack.enter_context(
                load.background(
                    ours.target,
                    [*each, "--seconds", str(minutes * 60), "--abort-percent", "20"],
                    seed,
                    folder,
                )
            )
            for seed, each in enumerate(MIXTURE, 1)
        ]
        _watch(ours, minutes, samples, say)
        for each in loads:
            each.report(60, tally)
        say(f"{tally.requests:,} streams whole, {tally.aborted:,} left early; {vendor.stats()}")
        ours.abandon()
        found = books(folder / "one-api.db")
    check_balances(found)
    if found.rows.total() < tally.requests:
        raise GateError(f"{found.rows.total()} log rows for {tally.requests} whole answers")
    settled = samples[int(len(samples) * WARM_UP_SHARE) :]
    flat = is_flat(samples)
    say(
        f"RSS {settled[0].rss_bytes / 1e6:.1f} MB after the warm-up, {settled[-1].rss_bytes / 1e6:.1f} MB "
        f"at the end, slope {slope(settled) * 3600 / 1e6:+.2f} MB/h: {'flat' if flat else 'NOT FLAT'}"
    )
    return flat


def _watch(ours: Ours, minutes: float, samples: list[Sample], say: Callable[[str], None]) -> None:
    assert ours.pid is not None, "a started gateway has a process"
    began = time.monotonic()
    pause = min(SAMPLE_SECONDS, minutes * 60 / 20)
    while (passed := time.monotonic() - began) < minutes * 60:
        samples.append(Sample(passed, machine.tree_rss_bytes(ours.pid)))
        say(f"{passed:6.0f} s  RSS {samples[-1].rss_bytes / 1e6:7.2f} MB")
        time.sleep(pause)
