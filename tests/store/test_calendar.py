"""Days and hours of the site's clock, in the zones of the world and where clocks are changed."""

import time

import pytest
from hypothesis import given, strategies as st

from oneapi.store.calendar import HOUR, day_before, day_of, hour_of, next_day
from tests.clocks import time_zone

ZONES = (
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Asia/Kolkata",  # half an hour
    "Asia/Kathmandu",  # three quarters
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Africa/Cairo",  # at midnight: a day begins at one
    "Asia/Beirut",
    "America/Havana",  # at one, back to midnight: there are two
    "Atlantic/Azores",
    "Pacific/Apia",  # has left out a day
)
FIRST, LAST = 1_300_000_000, 1_900_000_000


def date(at: int) -> tuple[int, int, int]:
    local = time.localtime(at)
    return local.tm_year, local.tm_mon, local.tm_mday


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.integers(FIRST, LAST))
def test_a_day_is_all_moments_of_its_date(zone: str, at: int) -> None:
    with time_zone(zone):
        day, after = day_of(at), next_day(day_of(at))
        assert day <= at < after
        assert date(day) == date(at) == date(after - 1)
        assert date(day - 1) != date(at) != date(after)
        assert day_of(day) == day


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.integers(FIRST, LAST))
def test_an_hour_lies_in_one_day(zone: str, at: int) -> None:
    with time_zone(zone):
        begin = hour_of(at)
        assert begin <= at < begin + HOUR
        assert day_of(begin) == day_of(at)
        if zone != "Australia/Lord_Howe":
            assert time.localtime(begin).tm_min == 0


@pytest.mark.parametrize("zone", ZONES)
@given(at=st.integers(FIRST, LAST))
def test_a_week_has_seven_days_whatever_clocks_did(zone: str, at: int) -> None:
    with time_zone(zone):
        day = day_before(at, 6)
        for _ in range(6):
            day = next_day(day)
        assert day == day_of(at)


def test_the_week_before_half_past_midnight_after_clocks_went_on_begins_a_day_later() -> None:
    """Six times 24 hours before it is the evening before that day."""
    with time_zone("Europe/Berlin"):
        assert day_before(1_774_823_400, 6) == 1_774_306_800  # 30 March 2026 00:30, 24 March 00:00


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_through_every_change_of_clocks(zone: str) -> None:
    with time_zone(zone):
        day = day_of(FIRST)
        while day < LAST:
            after = next_day(day)
            assert 22 * HOUR < after - day < 26 * HOUR
            assert day_of(after - 1) == day
            day = after
