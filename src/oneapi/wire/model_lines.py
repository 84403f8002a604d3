"""A JSON file of the package with a line for each model, kept as it is; a line is decoded when its model is asked for.

So thousands of models cost neither start-up time nor memory. `make models` makes such files.
"""

import json
from collections.abc import Iterator
from functools import cached_property
from importlib import resources
from typing import Generic, TypeVar

import msgspec

from oneapi.wire.model_names import undated

T = TypeVar("T")


class Source(msgspec.Struct, frozen=True):
    """Where something was read (URL), and when."""

    source: str
    date: str


class _Sources(msgspec.Struct):
    refs: list[Source]


class ModelLines(Generic[T]):
    """The lines `"name":{…}` of a file in `package`, each of them a `T`; read when first asked."""

    def __init__(self, package: str, file: str, line: type[T]) -> None:
        self._file = resources.files(package).joinpath(file)
        self._line = line

    @cached_property
    def text(self) -> bytes:
        """The whole file."""
        return self._file.read_bytes()

    @cached_property
    def sources(self) -> list[Source]:
        """Where the lines are from, in the order of their `ref`."""
        return msgspec.json.decode(self.text, type=_Sources).refs

    def find(self, model: str) -> T | None:
        """Return a model's line; a dated name falls back on the undated one."""
        found = self._find(model)
        if found is None and (plain := undated(model)) != model:
            found = self._find(plain)
        return found

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield every model; takes a while, for lists that people ask for."""
        for line in self.text.split(b"\n"):
            name, opens, rest = line.partition(b'":{')
            if opens and rest:
                yield msgspec.json.decode(name + b'"'), self._decoded(b"{" + rest)

    def _find(self, model: str) -> T | None:
        name = json.dumps(model, ensure_ascii=False).encode(errors="surrogatepass")
        start = b"\n" + name + b":{"
        at = self.text.find(start)
        if at < 0:
            return None
        return self._decoded(self.text[at + len(start) - 1 : self.text.index(b"\n", at + 1)])

    def _decoded(self, line: bytes) -> T:
        return msgspec.json.decode(line.removesuffix(b","), type=self._line)
