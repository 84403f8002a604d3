"""The report: limits with their verdicts, tables of medians and ranges, machine facts; no paths, no host names."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from bench import machine
from bench.rounds import Results

HEAD = """# Benchmarks

Written by `make bench`; do not edit. Every figure is from one run in which every answer was compared with
what was asked for, and every charge in the database with what the mock vendor had delivered: a run that
fails this prints no figures.
"""

METHOD = """## How it was measured

Each contender runs on one core; mock vendor and load generator share another. Fresh processes in every
round, all contenders interleaved profile by profile, warmed up. CPU time is user plus system time of the
whole process tree, from `/proc`. Plain HTTP on 127.0.0.1 where nothing else is said. Our gateway runs
as the product: key check, hold, routing, journal, log rows into SQLite; there is no bare mode. nginx is
a reverse proxy with one worker, kept-alive connections and no access log: it does nothing but forward,
and is the limit, not a peer. Half of the streams ask for usage; for the others our gateway asks the
vendor all the same and hides the answer. Latency is taken at a fixed rate from the scheduled time,
and given as what is added to the vendor's own.
"""


LOUD = """**Others were using this machine**: processor caches were shared, so the figures are too high,
ours (much code) more than nginx's (little code). Run it again when the machine is quiet.
"""
QUIET_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Run:
    """What the page says about the run as a whole."""

    date: str
    rounds: int
    seconds: float
    busy_share: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: a figure of a profile, scaled for the reader."""

    title: str
    profile: str
    figure: str
    scale: float = 1.0
    digits: int = 0


COST = (
    Column("small chat, µs", "chat", "cpu_us"),
    Column("requests/s", "chat", "per_second"),
    Column("60 kB prompt, µs", "long", "cpu_us"),
    Column("100-chunk stream, µs", "stream", "cpu_us"),
    Column("small chat, TLS to the vendor, µs", "tls", "cpu_us"),
    Column("1 000 streams, µs per chunk", "paced", "cpu_us", 1, 1),
    Column("kB per open stream", "paced", "stream_bytes", 1 / 1000, 1),
    Column("RSS after all of it, MB", "memory", "all", 1e-6),
)
CONVERTED = (
    Column("Anthropic client over OpenAI vendor, µs", "converted", "cpu_us"),
    Column("the same, 100-chunk stream, µs", "converted_stream", "cpu_us"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit and what was found."""

    title: str
    limit: str
    found: str
    passed: bool


def _ratio(results: Results, profile: str) -> float | None:
    ours, nginx = (results.values(name, profile, "cpu_us") for name in ("ours", "nginx"))
    ratios = [a / b for a, b in zip(ours, nginx, strict=True) if b] if ours and nginx else []
    return statistics.median(ratios) if ratios else None


def added(
    results: Results, contender: str, profile: str, figure: str, to: str = ""
) -> float | None:
    """Return the median latency that a contender adds to the vendor's own (of the profile `to`), in µs."""
    through = results.values(contender, profile, figure)
    bare = results.values("direct", to or profile, figure)
    if not through or not bare:
        return None
    return statistics.median(a - b for a, b in zip(through, bare, strict=True))


def _added_ratio(results: Results) -> float | None:
    ours, nginx = (added(results, name, "rate100", "p50_us") for name in ("ours", "nginx"))
    return ours / max(nginx, 1.0) if ours is not None and nginx is not None else None


def verdicts(results: Results) -> list[Verdict]:
    """Judge every limit that was measured."""
    two = "ours, 2 workers"
    rows: list[tuple[str, float | None, float, str]] = [
        ("CPU of a small chat, against nginx", _ratio(results, "chat"), 3.5, "×"),
        ("CPU of a 100-chunk stream, against nginx", _ratio(results, "stream"), 1.5, "×"),
        ("CPU of a 60 kB prompt, against nginx", _ratio(results, "long"), 3.0, "×"),
        ("Added p50 at 100 requests/s, against nginx", _added_ratio(results), 2.0, "×"),
        ("RSS of a worker that has served both planes", _worker_mb(results), 90.0, " MB"),
        (
            "RSS in all, two workers",
            _scaled(results, two, "both planes", "all", 1e-6),
            200.0,
            " MB",
        ),
        (
            "Memory per open stream",
            _scaled(results, "ours", "paced", "stream_bytes", 1e-3),
            40.0,
            " kB",
        ),
        (
            "From exec to the first relayed answer",
            results.median("ours", "start", "seconds"),
            1.0,
            " s",
        ),
    ]
    return [
        Verdict(title, f"≤ {limit:g}{unit}", f"{found:.2f}{unit}", found <= limit)
        for title, found, limit, unit in rows
        if found is not None
    ]


def _worker_mb(results: Results) -> float | None:
    names = ("ours", "ours, 2 workers")
    found = [_scaled(results, name, "both planes", "worker", 1e-6) for name in names]
    return max((each for each in found if each is not None), default=None)


def _scaled(
    results: Results, contender: str, profile: str, figure: str, scale: float
) -> float | None:
    value = results.median(contender, profile, figure)
    return None if value is None else value * scale


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(titles)
    lines = ["| " + " | ".join(titles) + " |", "|---" + "|--:" * (len(titles) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(results: Results, contender: str, column: Column) -> str:
    values = [
        each * column.scale for each in results.values(contender, column.profile, column.figure)
    ]
    if (contender, column.profile) in results.failed:
        return "wrong answers"
    if not values or (contender == "direct" and column.figure != "per_second"):
        return "–"
    middle = f"{statistics.median(values):,.{column.digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):,.{column.digits}f}–{max(values):,.{column.digits}f})"


def _latency_cell(results: Results, contender: str, profile: str) -> list[str]:
    cells: list[str] = []
    for figure in ("p50_us", "p99_us"):
        value = (
            results.median("direct", profile, figure)
            if contender == "direct"
            else added(results, contender, profile, figure)
        )
        cells.append(
            "–" if value is None else f"{'' if contender == 'direct' else '+'}{value:,.0f}"
        )
    return cells


def _limits(results: Results) -> str:
    rows = [
        (each.title, each.limit, each.found, "pass" if each.passed else "**miss**")
        for each in verdicts(results)
    ]
    return "## Limits\n\n" + _table(("limit", "at most", "found", ""), rows)


def _names(results: Results) -> list[str]:
    return list(dict.fromkeys(contender for contender, _, _ in results.samples))


def _costs(results: Results) -> str:
    names = _names(results)
    rows = [(name, *(_cell(results, name, column) for column in COST)) for name in names]
    return (
        "## Cost\n\nMedian of the rounds (least–most). CPU in microseconds per request.\n\n"
        + _table(("contender", *(column.title for column in COST)), rows)
        + _headroom(results)
    )


def _headroom(results: Results) -> str:
    """Say so where the load generator, not the contender, sets the requests per second."""
    rates = {
        name: results.median(name, "chat", "per_second") or 0.0
        for name in _names(results)
        if name != "direct"
    }
    direct = results.median("direct", "chat", "per_second")
    if not direct or not rates or direct >= 5 * max(rates.values()):
        return ""
    return (
        f"\nDirect is only {direct / max(rates.values()):.1f} times the fastest contender, less than "
        "the 5 times that would keep vendor and load out of the figure: read requests/s as a lower "
        "bound. CPU per request is not affected.\n"
    )


def _latencies(results: Results) -> str:
    titles = ("contender", "100/s p50", "100/s p99", "1 000/s p50", "1 000/s p99")
    rows: list[list[str]] = []
    for name in _names(results):
        if results.values(name, "rate100", "p50_us"):
            cells = [_latency_cell(results, name, each) for each in ("rate100", "rate1000")]
            rows.append([name, *cells[0], *cells[1]])
        beside = [
            added(results, name, "sign_ins", each, "rate100") for each in ("p50_us", "p99_us")
        ]
        if None not in beside:
            told = [f"{found:+,.0f}" for found in beside if found is not None]
            rows.append([f"{name}, beside 4 sign-ins a second", *told, "", ""])
    return "## Added latency\n\nMicroseconds; `direct` is the whole.\n\n" + _table(titles, rows)


def _converted(results: Results) -> str:
    if not results.values("ours", CONVERTED[0].profile, "cpu_us"):
        return ""
    row = ("ours", *(_cell(results, "ours", column) for column in CONVERTED))
    return "## Conversions\n\n" + _table(("", *(column.title for column in CONVERTED)), [row])


def render(results: Results, run: Run) -> str:
    """Return the whole page."""
    facts = [("Date", run.date), *machine.facts()]
    facts.append(("Run", f"{run.rounds} rounds of {run.seconds:g} s per profile"))
    facts.append(("In use by others before the run", f"{run.busy_share:.0%} of all cores"))
    parts = [
        HEAD,
        LOUD if run.busy_share > QUIET_SHARE else "",
        _limits(results),
        _costs(results),
        _latencies(results),
        _converted(results),
        METHOD,
        _table(("machine", ""), facts),
    ]
    return "\n".join(part for part in parts if part)
