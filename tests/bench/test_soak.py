"""Flat is judged by the slope after the warm-up, noise is not growth, and a fifth of the clients leave early."""

import re

import pytest
from bench.contenders import GateError
from bench.soak import Sample, check_left, is_flat, slope, soak

MEGABYTE = 1_000_000


def line(start_mb: float, mb_per_minute: float, count: int = 60) -> list[Sample]:
    return [
        Sample(10.0 * each, int((start_mb + mb_per_minute * each / 6) * MEGABYTE))
        for each in range(count)
    ]


def test_a_steady_climb_is_not_flat() -> None:
    assert not is_flat(line(80, 1.0))


def test_noise_around_a_level_is_flat() -> None:
    samples = [Sample(10.0 * each, (80 + (each % 3)) * MEGABYTE) for each in range(60)]
    assert is_flat(samples)


def test_growth_during_the_warm_up_does_not_count() -> None:
    assert is_flat(
        line(40, 20.0, 15) + [Sample(150 + 10 * each, 85 * MEGABYTE) for each in range(45)]
    )


def test_the_slope_is_bytes_per_second() -> None:
    assert slope(line(80, 6.0)) == pytest.approx(100_000, rel=0.01)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(GateError, match="run longer"):
        is_flat(line(80, 0, 2))


def test_clients_that_stay_are_found() -> None:
    check_left("all", 180, 1000)
    with pytest.raises(GateError, match="all: only 179 of 1000"):
        check_left("all", 179, 1000)


def test_a_fifth_of_the_streams_of_every_load_is_left_early() -> None:
    said: list[str] = []
    soak(0.1, said.append)  # it judges every load, and what the gateway saw, by itself
    (found,) = [re.search(r"left early \(([0-9.]+)%\)", each) for each in said if "left" in each]
    assert found is not None
    assert 18 <= float(found[1]) <= 22
