import tracemalloc
from typing import Any

import msgspec
import pytest

from oneapi.ledger.catalogue import Entry
from oneapi.providers.models import Model
from oneapi.wire.model_lines import ModelLines

FILES = (("oneapi.ledger", "prices.json", Entry), ("oneapi.providers", "models.json", Model))


@pytest.mark.parametrize(("package", "file", "line"), FILES, ids=("prices", "models"))
def test_each_line_of_a_file_is_found_by_its_name_as_a_whole_reading_finds_it(
    package: str, file: str, line: type[Any]
) -> None:
    lines: ModelLines[Any] = ModelLines(package, file, line)
    read = lines.whole(dict[str, Any])["models"]

    assert len(read) > 1000
    assert dict(lines.items()) == {
        name: msgspec.convert(read[name], line, strict=False) for name in read
    }
    assert all(lines.find(name) is not None for name in read)


@pytest.mark.parametrize(
    "name",
    ["", "models", "refs", "slips", 'gpt-4o":{', "gpt-4o\n", "no-such-model", "gpt-4", "\ud800"],
)
def test_what_is_no_models_name_finds_no_other_models_line(name: str) -> None:
    lines = ModelLines("oneapi.ledger", "prices.json", Entry)
    read = lines.whole(dict[str, Any])["models"]

    assert (lines.find(name) is not None) == (name in read)


def test_a_dated_name_falls_back_on_the_undated_one() -> None:
    lines = ModelLines("oneapi.ledger", "prices.json", Entry)

    assert lines.find("gpt-4o-2099-01-01") == lines.find("gpt-4o") is not None


def test_looking_a_model_up_leaves_the_file_out_of_memory() -> None:
    lines = ModelLines("oneapi.ledger", "prices.json", Entry)
    tracemalloc.start()
    try:
        lines.find("gpt-4o")
        lines.find("no-such-model")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 50_000
