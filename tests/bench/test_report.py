"""The report judges what was measured, and says so when the load generator was the limit."""

import re
from dataclasses import replace

from bench.rounds import Results

from bench import report

QUIET = report.Run("2026-01-01", rounds=3, seconds=5, busy_share=0.01)


def results(nginx_us: float, ours_us: float, direct_rate: float = 1e6) -> Results:
    found = Results()
    found.add("direct", "chat", {"per_second": direct_rate})
    found.add("nginx", "chat", {"cpu_us": nginx_us, "per_second": 50_000})
    found.add("ours", "chat", {"cpu_us": ours_us, "per_second": 20_000})
    return found


def test_a_ratio_within_the_limit_passes() -> None:
    assert [each.passed for each in report.verdicts(results(20, 60))] == [True]


def test_a_ratio_above_the_limit_misses() -> None:
    assert [each.passed for each in report.verdicts(results(20, 71))] == [False]


def test_the_ratio_is_taken_round_by_round() -> None:
    found = results(20, 60)
    found.add("nginx", "chat", {"cpu_us": 40, "per_second": 1})
    found.add("ours", "chat", {"cpu_us": 80, "per_second": 1})
    assert report.verdicts(found)[0].found == "2.50×"


def test_latency_is_what_is_added_to_the_vendors_own() -> None:
    found = Results()
    for name, microseconds in (("direct", 70), ("nginx", 200), ("ours", 395)):
        found.add(name, "rate100", {"p50_us": microseconds, "p99_us": microseconds})
    assert report.added(found, "ours", "rate100", "p50_us") == 325
    assert report.verdicts(found)[0].found == "2.50×"


def test_latency_beside_sign_ins_is_held_against_the_vendor_alone() -> None:
    found = Results()
    for name, profile, microseconds in (
        ("direct", "rate100", 70),
        ("ours", "rate100", 300),
        ("ours", "sign_ins", 420),
    ):
        found.add(name, profile, {"p50_us": microseconds, "p99_us": 2 * microseconds})
    page = report.render(found, QUIET)
    assert "| ours, beside 4 sign-ins a second | +350 | +700 |" in page


def test_a_load_generator_that_is_the_limit_is_named() -> None:
    assert "lower bound" in report.render(results(20, 60, 100_000), QUIET)
    assert "lower bound" not in report.render(results(20, 60), QUIET)


def test_the_page_holds_date_and_figures_and_no_path() -> None:
    page = report.render(results(20, 60), QUIET)
    assert "2026-01-01" in page
    assert "3.00×" in page
    assert not re.search(r"(^|\s)/(home|root|tmp|work|usr)", page)


def test_a_loud_machine_is_named() -> None:
    loud = replace(QUIET, busy_share=0.6)
    assert "Others were using" in report.render(results(20, 60), loud)
    assert "Others were using" not in report.render(results(20, 60), QUIET)
