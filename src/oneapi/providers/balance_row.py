"""How a vendor tells what is left of an account: the two values of a provider's row. See `balances`."""

from typing import NamedTuple


class Figure(NamedTuple):
    """A number in a vendor's answer.

    `url` is a template of `{base}` (without a version at its end), `{origin}`, `{key}`, `{start}` and `{end}` (days).
    `paths`: where it may stand, names by dots; of a list a place, or `name=value` for the entry that has it. `scale`: what
    one unit of it is worth.
    """

    url: str
    paths: tuple[str, ...]
    scale: float = 1.0


class Balance(NamedTuple):
    """How a vendor tells a balance: what there is, less what is spent.

    `auth`: the header of the key, `bearer`, or `none` where the URL has it. `good`: a path, and the value that says that it
    went well. `monthly_if`: a path that is true where `{start}` is the first of the month, otherwise it is long ago.
    """

    has: Figure
    spent: Figure | None = None
    auth: str = "bearer"
    good: tuple[str, object] | None = None
    monthly_if: str = ""
