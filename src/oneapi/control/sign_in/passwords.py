"""Passwords: bcrypt at One API's cost, so that either program can read the other's hashes."""

from typing import Annotated, Final

import bcrypt
from pydantic import AfterValidator

from oneapi.control.fields import Text

DEFAULT_PASSWORD: Final = "123456"  # noqa: S105 - One API's published default
_COST: Final = 10
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


def hashed(password: str) -> str:
    """Return the bcrypt hash; takes some 50 ms of one core, so never on the event loop."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()


def matches(password: str, stored: str) -> bool:
    """Compare; what is no hash (accounts without a password) matches nothing, and takes as long."""
    plain = password.encode()
    is_possible = len(plain) <= _BYTES_MAX
    try:
        return bcrypt.checkpw(plain[:_BYTES_MAX], stored.encode()) and is_possible
    except ValueError:
        bcrypt.checkpw(plain[:_BYTES_MAX], NOBODY.encode())
        return False
