"""What is measured: the shapes of load, and one measurement of each against one contender."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import load, machine
from bench.contenders import Contender, GateError
from bench.load import Tally
from bench.peers import NAMES as PEERS
from bench.sign_ins import signing_in
from bench.vendor import Vendor

Figures = dict[str, float]
SETTLE_SECONDS = 0.7
PEER_WARM_UP = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """A shape of load; `rate` makes it an open loop, `paced` streams that stay open, `sign_ins` a second go beside it."""

    name: str
    title: str
    arguments: tuple[str, ...]
    warm_up: int = 2000
    rate: int = 0
    paced: int = 0
    ours_only: bool = False
    for_peers: bool = False
    tls: bool = False
    sign_ins: int = 0


CHAT = Profile("chat", "Small chat, 300 B → 500 B", ("--connections", "64"), for_peers=True)
PACED = Profile(
    "paced", "1 000 streams at 20 chunks/s", ("--stream", "--pace", "20"), warm_up=100, paced=1000
)
STREAM = Profile(
    "stream",
    "Stream of 100 chunks",
    ("--stream", "--chunks", "100", "--connections", "16"),
    warm_up=200,
    for_peers=True,
)
LONG = Profile(
    "long",
    "60 kB prompt",
    ("--prompt-bytes", "60000", "--connections", "16"),
    warm_up=500,
    for_peers=True,
)
RATE_100 = Profile(
    "rate100", "100 requests/s", ("--connections", "64"), warm_up=300, rate=100, for_peers=True
)
RATE_1000 = Profile("rate1000", "1 000 requests/s", ("--connections", "64"), rate=1000)
CONVERTED = Profile(
    "converted",
    "Anthropic client, OpenAI vendor",
    ("--api", "messages", "--connections", "64"),
    ours_only=True,
)
CONVERTED_STREAM = Profile(
    "converted_stream",
    "The same, stream of 100 chunks",
    ("--api", "messages", "--stream", "--chunks", "100", "--connections", "16"),
    warm_up=200,
    ours_only=True,
)
TLS = Profile("tls", "Small chat, TLS to the vendor", ("--connections", "64"), tls=True)
SIGN_INS = Profile(
    "sign_ins",
    "100 requests/s beside 4 sign-ins a second",
    ("--connections", "64"),
    warm_up=300,
    rate=100,
    ours_only=True,
    sign_ins=4,
)
ALL = (CHAT, PACED, STREAM, LONG, RATE_100, SIGN_INS, RATE_1000, TLS, CONVERTED, CONVERTED_STREAM)


@dataclass
class Bench:
    """What one measurement needs besides contender and profile."""

    vendor: Vendor
    folder: Path
    seconds: float
    tallies: dict[str, Tally]
    seed: int = 0

    def next_seed(self) -> int:
        """Return a number that no other load of this run has."""
        self.seed += 1
        return self.seed

    def run(self, contender: Contender, profile: Profile, arguments: list[str]) -> dict[str, Any]:
        """Run one load against one contender."""
        tally = self.tallies[contender.name]
        target = contender.tls_target if profile.tls else contender.target
        assert target is not None, "who cannot do TLS does not take part"
        return load.run(target, arguments, tally, self.next_seed(), self.seconds * 4 + 90)


def measure(bench: Bench, contender: Contender, profile: Profile) -> Figures:
    """Warm up, then take one measurement."""
    warm_up = ["--stream"] if profile.paced else profile.arguments
    count = min(profile.warm_up, PEER_WARM_UP) if contender.name in PEERS else profile.warm_up
    bench.run(contender, profile, [*warm_up, "--requests", str(count)])
    if profile.paced:
        return _measure_paced(bench, contender, profile)
    arguments = [*profile.arguments, "--seconds", str(bench.seconds)]
    if profile.rate:
        arguments += ["--rate", str(profile.rate)]
    before = machine.cpu_seconds(contender.pid) if contender.pid else 0.0
    beside = (
        signing_in(contender.target.port, profile.sign_ins) if profile.sign_ins else nullcontext()
    )
    with beside:
        report = bench.run(contender, profile, arguments)
    time.sleep(SETTLE_SECONDS if contender.pid else 0)
    used = machine.cpu_seconds(contender.pid) - before if contender.pid else 0.0
    return {
        "cpu_us": used * 1e6 / report["requests"],
        "busy": used / report["seconds"],
        "per_second": report["requests"] / report["seconds"],
        "p50_us": report["latency_us"]["p50"],
        "p99_us": report["latency_us"]["p99"],
        "first_p50_us": report["first_us"]["p50"],
        "identical": report["identical"] / report["requests"],
    }


def _wait_for_streams(bench: Bench, wanted: int) -> None:
    deadline = time.monotonic() + 30
    while bench.vendor.stats()["open_streams"] < wanted:
        if time.monotonic() > deadline:
            raise GateError(f"{wanted} streams were never open at once")
        time.sleep(0.05)


def _measure_paced(bench: Bench, contender: Contender, profile: Profile) -> Figures:
    """Open many paced streams; look at CPU and memory while all of them are open."""
    ramp, window = 2.0, max(bench.seconds, 1.0)
    chunks = int(20 * (ramp + window + 4.0))
    arguments = [*profile.arguments, "--chunks", str(chunks), "--ramp", str(ramp)]
    arguments += ["--connections", str(profile.paced), "--requests", str(profile.paced)]
    idle_bytes = machine.tree_rss_bytes(contender.pid) if contender.pid else 0
    with load.background(contender.target, arguments, bench.next_seed(), bench.folder) as streams:
        _wait_for_streams(bench, profile.paced)
        before, first = bench.vendor.stats()["chunks"], _cpu(contender)
        time.sleep(window)
        after, last = bench.vendor.stats(), _cpu(contender)
        open_bytes = machine.tree_rss_bytes(contender.pid) if contender.pid else 0
        if after["open_streams"] < profile.paced:
            raise GateError("a stream ended too early")
        report = streams.report(60, bench.tallies[contender.name])
    return {
        "cpu_us": (last - first) * 1e6 / (after["chunks"] - before),
        "busy": (last - first) / window,
        "stream_bytes": (open_bytes - idle_bytes) / profile.paced,
        "rss_bytes": open_bytes,
        "first_p50_us": report["first_us"]["p50"],
        "first_p99_us": report["first_us"]["p99"],
    }


def _cpu(contender: Contender) -> float:
    return machine.cpu_seconds(contender.pid) if contender.pid else 0.0
