"""A JSON file of the package with a line for each model; a line is decoded when its model is asked for.

So thousands of models cost no start-up time. Nor do they cost memory: the file is looked at where the system keeps it, and
not copied, for 0.4 MB of every worker. `make models` makes such files.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import resources
from mmap import ACCESS_READ, mmap
from typing import Generic, TypeVar

import msgspec

from oneapi.wire.model_names import undated

S = TypeVar("S")
T = TypeVar("T")


class Source(msgspec.Struct, frozen=True):
    """Where something was read (URL), and when."""

    source: str
    date: str


class _Sources(msgspec.Struct):
    refs: list[Source]


class ModelLines(Generic[T]):
    """The lines `"name":{…}` of a file in `package`, each of them a `T`; whoever asks often keeps what is found."""

    def __init__(self, package: str, file: str, line: type[T]) -> None:
        self._file = resources.files(package).joinpath(file)
        self._line = line

    @cached_property
    def sources(self) -> list[Source]:
        """Where the lines are from, in the order of their `ref`."""
        return self.whole(_Sources).refs

    def whole(self, shape: type[S]) -> S:
        """Decode what else the file says, beside its lines."""
        return msgspec.json.decode(self._file.read_bytes(), type=shape)

    def find(self, model: str) -> T | None:
        """Return a model's line; a dated name falls back on the undated one."""
        found = self._find(model)
        if found is None and (plain := undated(model)) != model:
            found = self._find(plain)
        return found

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield every model; takes a while, for lists that people ask for."""
        with self._file.open("rb") as lines:
            for line in lines:
                name, opens, rest = line.rstrip(b"\n").partition(b'":{')
                if opens and rest:
                    yield msgspec.json.decode(name + b'"'), self._decoded(b"{" + rest)

    def _find(self, model: str) -> T | None:
        name = json.dumps(model, ensure_ascii=False).encode(errors="surrogatepass")
        start = b"\n" + name + b":{"
        with self._text() as text:
            at = text.find(start)
            if at < 0:
                return None
            return self._decoded(text[at + len(start) - 1 : text.find(b"\n", at + 1)])

    @contextmanager
    def _text(self) -> Generator[mmap]:
        with (
            self._file.open("rb") as file,
            mmap(file.fileno(), 0, access=ACCESS_READ) as text,
        ):
            yield text

    def _decoded(self, line: bytes) -> T:
        return msgspec.json.decode(line.removesuffix(b","), type=self._line)
