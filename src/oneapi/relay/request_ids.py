"""Request ids in One API's form: `yyyyMMddHHmmss`, the nanoseconds of the second, eight random digits."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_SECOND: Final = 10**9  # nanoseconds
_EIGHT_DIGITS: Final = 10**8
_NINE_AND_EIGHT_DIGITS: Final = 10**17  # adds a 1 in front, so that zeros are kept


class RequestIds:
    """Makes ids that sort by time; calling it returns the next one."""

    def __init__(self, clock_ns: Callable[[], int], random_bits: Callable[[int], int]) -> None:
        self._clock_ns = clock_ns
        self._random_bits = random_bits
        self._second = -1
        self._date = ""

    def __call__(self) -> str:
        """Return a new id: 31 digits, the date in UTC."""
        now = self._clock_ns()
        second = now // _SECOND
        if second != self._second:
            self._second = second
            self._date = datetime.fromtimestamp(second, UTC).strftime("%Y%m%d%H%M%S")
        digits = now % _SECOND * _EIGHT_DIGITS + self._random_bits(26) % _EIGHT_DIGITS
        return self._date + str(_NINE_AND_EIGHT_DIGITS + digits)[1:]
