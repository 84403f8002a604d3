"""The headers of an answer, decoded only where somebody looks.

A vendor sends the same names in the same order with nearly every answer: the lower-case names and
their places are worked out once per such shape and shared.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar, overload

MAX_SHAPES: Final = 1_000
MAX_SHAPE_BYTES: Final = 4_096

_Default = TypeVar("_Default")

Shape = dict[str, int]  # lower-case name to the place of its value

_shapes: Final[dict[tuple[bytes, ...], Shape]] = {}


class Fields(Mapping[str, str]):
    """Lower-case names to values; of a repeated header one value, usually the last."""

    __slots__ = ("_values", "places")

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        keys = list(raw.keys())  # of a list, a tuple is a copy
        names = tuple(keys)
        shape = _shapes.get(names)
        self.places = _remembered(names) if shape is None else shape
        self._values = list(raw.values())

    def __getitem__(self, name: str) -> str:
        return self._values[self.places[name]].rstrip().decode("latin-1")

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...
    @overload
    def get(self, name: str, default: _Default, /) -> str | _Default: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        """Return a value, or `default`; `Mapping`'s own raises and catches an exception."""
        place = self.places.get(name)
        return default if place is None else self._values[place].rstrip().decode("latin-1")

    def first(self, names: tuple[str, ...]) -> str:
        """Return the first of these that is not blank, "" if there is none."""
        places = self.places
        for name in names:
            place = places.get(name)
            if place is not None:
                found: str = self._values[place].rstrip().decode("latin-1")
                if found:
                    return found
        return ""

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __repr__(self) -> str:
        return repr(dict(self))


def fields_of(headers: Mapping[str, str]) -> Fields:
    """Return headers that were changed."""
    return Fields({name.encode(): value.encode("latin-1") for name, value in headers.items()})


def _remembered(names: tuple[bytes, ...]) -> Shape:
    shape = {name.lower().decode("latin-1"): place for place, name in enumerate(names)}
    if len(_shapes) < MAX_SHAPES and sum(map(len, names)) <= MAX_SHAPE_BYTES:
        _shapes[names] = shape
    return shape
