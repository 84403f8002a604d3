"""Flat is judged by the slope after the warm-up, and noise is not growth."""

import pytest
from bench.contenders import GateError
from bench.soak import Sample, is_flat, slope

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
