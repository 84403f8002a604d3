"""Passwords: bcrypt at One API's cost, so that either program can read the other's hashes.

One thread of a worker hashes, one password after the other, and yields to the others: many who sign in at once must not
take the cores from requests under way.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Annotated, Final, TypeVar, TypeVarTuple

import bcrypt
from pydantic import AfterValidator

from oneapi.control.answers import Refused
from oneapi.control.fields import Text

DEFAULT_PASSWORD: Final = "123456"  # noqa: S105 - One API's published default
_COST: Final = 10
WAITING_MOST: Final = 16  # some two seconds; the threads that wait are the management plane's
NICENESS: Final = 10
_BYTES_MAX: Final = 72  # bcrypt reads no further
# What an unknown user's password is compared with, so that the answer takes as long as for a known one.
NOBODY: Final = "$2b$10$" + "." * 53


def _acceptable(password: str) -> str:
    if not 8 <= len(password) <= 20:
        raise ValueError("must have 8 to 20 characters")
    if len(password.encode()) > _BYTES_MAX:
        raise ValueError(f"must not be longer than {_BYTES_MAX} bytes")
    return password


def _acceptable_or_blank(password: str) -> str:
    return _acceptable(password) if password else ""


NewPassword = Annotated[Text, AfterValidator(_acceptable)]
ChangedPassword = Annotated[Text, AfterValidator(_acceptable_or_blank)]


T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class HashingThread:
    """Does one thing after the other, in a thread that is started when it is first needed."""

    def __init__(self, waiting_most: int = WAITING_MOST) -> None:
        self._thread = ThreadPoolExecutor(1, "hashing", initializer=_yield_to_others)
        self._counting = threading.Lock()
        self.waiting_most: Final = waiting_most
        self.waiting = 0  # for what they have asked, or for its turn

    def do(self, work: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Return what comes of it; blocks, and refuses when too many wait already."""
        with self._counting:
            if self.waiting >= self.waiting_most:
                raise Refused("hashing_busy", status=503)
            self.waiting += 1
        try:
            return self._thread.submit(work, *arguments).result()
        finally:
            with self._counting:
                self.waiting -= 1


def _yield_to_others() -> None:
    if sys.platform == "linux":  # where threads have a niceness of their own
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


HASHING: Final = HashingThread()


def hashed(password: str) -> str:
    """Return the bcrypt hash; takes some 50 ms, so never on the event loop."""
    return HASHING.do(bcrypt.hashpw, password.encode(), bcrypt.gensalt(_COST)).decode()


def matches(password: str, stored: str) -> bool:
    """Compare; what is no hash (accounts without a password) matches nothing, and takes as long."""
    plain = password.encode()
    is_possible = len(plain) <= _BYTES_MAX
    try:
        return HASHING.do(bcrypt.checkpw, plain[:_BYTES_MAX], stored.encode()) and is_possible
    except ValueError:
        HASHING.do(bcrypt.checkpw, plain[:_BYTES_MAX], NOBODY.encode())
        return False
