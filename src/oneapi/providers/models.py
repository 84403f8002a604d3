"""What `models.json` says of each model: who has it, how much it takes and gives, what it can do, until when.

`make models` makes the file.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

from oneapi.wire.model_lines import ModelLines, Source


class Model(msgspec.Struct, frozen=True):
    """A model as its vendors describe it; what nobody says is empty, `None` or false.

    `vendors`: slugs, first the one whose price its plain name means; `kind`: `chat`, `embedding`, `rerank` and so on.
    `context` and `output`: tokens that it reads and writes at most. `takes`, `gives`: `text`, `image`, `audio`, `video`,
    `file`, `vector`, `score`. `retires`: the day (`2026-12-31`) from which the vendor serves it no more, `successor` what
    it names instead.
    """

    vendors: list[str] = []
    kind: str = ""
    context: int | None = None
    output: int | None = None
    takes: list[str] = []
    gives: list[str] = []
    tools: bool = False
    reasoning: bool = False
    cache: bool = False
    retires: str = ""
    successor: str = ""
    ref: int = 0


class Limits(msgspec.Struct, frozen=True):
    """How many tokens a model takes and gives; `None` where nobody said."""

    context: int | None = None
    output: int | None = None


_lines: Final = ModelLines("oneapi.providers", "models.json", Model)
_UNLIMITED: Final = Limits()


@lru_cache(maxsize=1024)
def model(name: str) -> Model | None:
    """Return what is known of a model; a dated name falls back on the undated one."""
    return _lines.find(name)


@lru_cache(maxsize=4096)
def limits(name: str) -> Limits:
    """Return how much a model takes and gives, as far as the table knows."""
    known = model(name)
    return _UNLIMITED if known is None else Limits(known.context, known.output)


def source(known: Model) -> Source:
    """Return where a model's line comes from."""
    return _lines.sources[known.ref]


def models() -> Iterator[tuple[str, Model]]:
    """Yield every model of the table; takes a while, for lists that people ask for."""
    return _lines.items()
