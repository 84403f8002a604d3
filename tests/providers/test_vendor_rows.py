"""The rows of vendors as data: nothing stands twice, every row says where it is from, keys say whose they are."""

import re
from urllib.parse import urlsplit

import msgspec

from oneapi.providers import registry
from oneapi.providers.key_formats import objection
from oneapi.providers.provider import Provider
from oneapi.providers.vendor_rows import About, descriptions, vendor_rows
from tests.architecture.project import SRC

FILES = sorted((SRC / "providers" / "rows").glob("*.json"))
NAMED = {row.type: row.name for row in registry.providers()}


def _rows() -> list[tuple[Provider, About]]:
    return [(row, descriptions()[row.type]) for row in registry.providers() if row.services]


def test_no_number_stands_twice() -> None:
    numbers = [row["type"] for file in FILES for row in msgspec.json.decode(file.read_bytes())]
    assert sorted(numbers) == sorted(set(numbers))
    assert set(vendor_rows()) <= set(numbers)


def test_every_vendor_that_serves_anything_is_described() -> None:
    serving = {row.type for row in registry.providers() if row.services}
    assert serving - set(descriptions()) == set()
    assert set(descriptions()) - set(NAMED) == set()
    assert len(serving) > 130


def test_a_row_says_where_it_is_from() -> None:
    for row, about in _rows():
        pages = (about.home, about.source, about.key_url or about.home)
        assert all(urlsplit(page).scheme == "https" for page in pages), row.slug
        assert not about.checked or re.fullmatch(r"\d{4}-\d{2}-\d{2}", about.checked), row.slug


def test_a_mark_is_the_beginning_of_the_vendors_own_keys() -> None:
    for row, about in _rows():
        for mark in about.key_marks:
            assert not about.key_format or re.fullmatch(about.key_format, f"{mark}x"), row.slug
            assert objection(row.type, f"{mark}x") is None, row.slug


def test_no_vendor_refuses_a_key_without_a_hint_of_its_own() -> None:
    assert [row.slug for row, about in _rows() if about.key_format and not about.key_hint] == []


def test_what_stands_in_a_base_url_is_a_field_of_the_form() -> None:
    for row, about in _rows():
        wanted = set(re.findall(r"\{(\w+)\}", row.base_url))
        assert wanted == {field.name for field in about.fields if field.required}, row.slug
