"""A run: rounds of all contenders, interleaved profile by profile, everything fresh in each round."""

import contextlib
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine, peers
from bench.contenders import Contender, Direct, GateError, Given, Nginx, check_delivered
from bench.load import AnswerError, Tally, Target
from bench.ours import VENDOR_KEY, Ours, books, check_books
from bench.processes import http
from bench.profiles import CHAT, TLS, Bench, Profile, measure
from bench.vendor import Vendor

COLD_STARTS = 3
VERIFIED = ("direct", "nginx")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does."""

    rounds: int
    seconds: float
    contenders: Sequence[str]
    profiles: Sequence[Profile]
    given: str = ""
    say: Callable[[str], None] = print


@dataclass
class Results:
    """Samples by contender, profile and figure; one per round."""

    samples: dict[tuple[str, str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )

    pending: list[str] = field(default_factory=list)
    """Lines with figures, kept back until the gate of their round has held."""

    failed: set[tuple[str, str]] = field(default_factory=set)
    """What a peer could not do: (contender, profile). Ours may fail nothing."""

    def add(self, contender: str, profile: str, figures: dict[str, float]) -> None:
        """Keep the figures of one measurement."""
        for name, value in figures.items():
            self.samples[(contender, profile, name)].append(value)

    def values(self, contender: str, profile: str, figure: str) -> list[float]:
        """Return one figure of every round; empty if it was not measured."""
        return self.samples.get((contender, profile, figure), [])

    def median(self, contender: str, profile: str, figure: str) -> float | None:
        """Return the median over the rounds."""
        values = self.values(contender, profile, figure)
        return statistics.median(values) if values else None


def _start(name: str, vendor: Vendor, folder: Path, given: str) -> Contender:
    place = folder / name.replace("=", "-")
    place.mkdir(mode=0o755)
    match name:
        case "direct":
            return Direct(Target(vendor.port, "sk-direct"))
        case "nginx":
            return Nginx(vendor, place)
        case "ours":
            return Ours(vendor, place)
        case "given":
            return Given(given)
        case _:
            return peers.start(name, vendor, place)


def _tally_of(bench: Bench, contender: Contender) -> None:
    bench.tallies[contender.name] = contender.tally if isinstance(contender, Ours) else Tally()


def play_round(plan: Plan, number: int, results: Results) -> None:
    """Start everybody, measure profile by profile, stop everybody, check every gate."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        vendor = Vendor(folder, with_tls=TLS in plan.profiles)
        stack.callback(vendor.stop)
        bench = Bench(vendor, folder, plan.seconds, {}, seed=number * 1000)
        contenders: list[Contender] = []
        for each in plan.contenders:
            contender = _start(each, vendor, folder, plan.given)
            contenders.append(contender)
            stack.callback(_end, contender)
            _tally_of(bench, contender)
        for profile in plan.profiles:
            for contender in contenders:
                if _takes_part(contender, profile):
                    _measure(bench, contender, profile, (plan, number, results))
                if profile is CHAT and isinstance(contender, Ours):
                    contender.use_management()
                    results.add(contender.name, "both planes", memory(contender))
        for contender in contenders:
            _finish(contender, bench, results)
        _cold_starts(contenders, results)


def _takes_part(contender: Contender, profile: Profile) -> bool:
    if profile.tls and contender.tls_target is None:
        return False
    if isinstance(contender, Ours):
        return True
    if contender.name in peers.NAMES:
        return profile.for_peers
    return not profile.ours_only


def _measure(
    bench: Bench, contender: Contender, profile: Profile, run: tuple[Plan, int, Results]
) -> None:
    plan, number, results = run
    try:
        figures = measure(bench, contender, profile)
    except (AnswerError, GateError) as reason:
        if contender.name not in peers.NAMES:
            raise
        results.failed.add((contender.name, profile.name))
        plan.say(f"round {number}: {contender.name} fails at {profile.title}: {reason}")
        return
    results.add(contender.name, profile.name, figures)
    results.pending.append(_line(number, contender.name, profile.name, figures))
    plan.say(f"round {number}: {contender.name}, {profile.title}")


def _end(contender: Contender) -> None:
    if isinstance(contender, Ours):
        contender.abandon()
    else:
        contender.stop()


def _finish(contender: Contender, bench: Bench, results: Results) -> None:
    """Look at the memory, stop, and check what must be true after the stop."""
    if contender.pid:
        results.add(contender.name, "memory", {"all": machine.tree_rss_bytes(contender.pid)})
    contender.stop()
    if contender.name in VERIFIED:
        key = contender.target.key
        check_delivered(contender, bench.vendor, key, bench.tallies[contender.name])


def memory(ours: Ours) -> dict[str, float]:
    """Return the resident memory of the largest worker and of all processes together."""
    assert ours.pid is not None, "a started gateway has a process"
    workers = [machine.rss_bytes(pid) for pid in ours.worker_pids()]
    return {
        "worker": max(workers, default=0),
        "all": machine.tree_rss_bytes(ours.pid),
        "proportional": machine.tree_pss_bytes(ours.pid),
    }


def _cold_starts(contenders: Sequence[Contender], results: Results) -> None:
    """Time the start with the database of the round, until an answer was relayed."""
    for contender in contenders:
        if not isinstance(contender, Ours):
            continue
        times = [cold_start(contender) for _ in range(COLD_STARTS)]
        results.add(contender.name, "start", {"seconds": statistics.median(times)})
        delivered = contender.vendor.deliveries(VENDOR_KEY)
        check_books(books(contender.folder / "one-api.db"), delivered)


def cold_start(ours: Ours) -> float:
    """Start the stopped gateway again; the seconds from exec to its first relayed answer."""
    body = (
        b'{"model":"bench-chat","max_tokens":64,"messages":[{"role":"user","content":'
        b'"marker00000000000c01d0-0000020-00010-00001-001-0000-00000-"}]}'
    )
    headers = {"Authorization": f"Bearer {ours.target.key}", "Content-Type": "application/json"}
    last: object = "nothing"
    started = time.perf_counter()
    program = ours.start_again()
    try:
        while time.perf_counter() - started < 30:
            try:
                status, text = http("POST", ours.port, "/v1/chat/completions", body, headers)
            except OSError as error:
                last = error
            else:
                if status == 200 and b"c01d0" in text:
                    return time.perf_counter() - started
                last = f"{status} {text[:500]!r}"
            time.sleep(0.002)
        raise TimeoutError(f"no answer within 30 s of the start: {last}\n{program.last_words()}")
    finally:
        program.stop()


def two_workers(plan: Plan, number: int, results: Results) -> None:
    """Run small chats through two workers: cost, memory, and the same gate."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        ours = Ours(vendor, folder, workers=2, name="ours, 2 workers")
        stack.callback(ours.abandon)
        bench = Bench(vendor, folder, plan.seconds, {ours.name: ours.tally}, seed=500 + number)
        figures = measure(bench, ours, CHAT)
        results.add(ours.name, CHAT.name, figures)
        results.pending.append(_line(number, ours.name, CHAT.name, figures))
        ours.use_management(80)
        results.add(ours.name, "both planes", memory(ours))
        ours.stop()


def _line(number: int, contender: str, profile: str, figures: dict[str, float]) -> str:
    text = "  ".join(f"{name} {value:,.6g}" for name, value in figures.items())
    return f"round {number}  {contender:<16} {profile:<18} {text}"


def play(plan: Plan) -> Results:
    """Play all rounds."""
    results = Results()
    for number in range(1, plan.rounds + 1):
        play_round(plan, number, results)
        if "ours" in plan.contenders:
            two_workers(plan, number, results)
        plan.say(f"round {number}: every answer and every charge was right")
        for line in results.pending:
            plan.say(line)
        results.pending.clear()
    return results
