"""Whether a key can be one of a vendor's: what is plainly another vendor's is told before a request fails with it.

Nothing is refused for being unknown: vendors change what their keys look like. A key is refused when it begins as only
another vendor's keys do, and does not look like the vendor's own; gateways and servers of one's own may give out any key.
"""

import re
from functools import lru_cache
from typing import Final

from oneapi.providers import registry
from oneapi.providers.vendor_rows import descriptions

_ANY_KEY: Final = ("gateway", "local")


@lru_cache(maxsize=1)
def _marks() -> dict[str, int]:
    """Return the beginnings of keys that say whose they are, with a channel type of that vendor, the longest first."""
    marks = [(mark, number) for number, about in descriptions().items() for mark in about.key_marks]
    return dict(sorted(marks, key=lambda pair: (-len(pair[0]), -pair[1])))


def objection(number: int, key: str) -> str | None:
    """Say why a key is not one of a channel type's vendor, `None` where it may be."""
    about = descriptions().get(number)
    if about is None or not about.key_format or about.kind in _ANY_KEY:
        return None
    if re.fullmatch(about.key_format, key):
        return None
    owner = next((whose for mark, whose in _marks().items() if key.startswith(mark)), None)
    if owner is None or owner == number:
        return None
    return (
        f"is a key of {_name(owner)}; keys of {_name(number)} look like `{about.key_hint}`. Choose the vendor that "
        "it is of as `type`, or say in `base_url` where else it is taken"
    )


def _name(number: int) -> str:
    found = registry.provider(number)
    return found.name if found is not None else f"type {number}"
