"""The rows of `wire.endpoints`: whole, and what routes, envelopes and streams say of them is what they say."""

import pytest

from oneapi.relay.routes import Kind, resolve
from oneapi.wire.endpoints import (
    PATHS,
    ROWS,
    Answer,
    Body,
    ClientPath,
    Endpoint,
    EndpointRow,
    Unit,
    answered_with,
    charged_by,
)
from oneapi.wire.registry import client_dialect

EACH = pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.endpoint)
FORMS = {Body.RECORDING, Body.PICTURE}


def test_every_endpoint_is_a_row() -> None:
    assert [*ROWS] == [*Endpoint]


def test_no_path_stands_for_two_endpoints() -> None:
    assert len({path.path for path in PATHS}) == len(PATHS)


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_each_path_leads_to_its_endpoint_in_its_dialect(path: ClientPath) -> None:
    route = resolve("POST", path.path.replace("{model}", "text-embedding-3-small"))
    assert (route.endpoint, route.client.name) == (path.endpoint, path.dialect)
    assert (route.kind is Kind.COUNT) is (ROWS[path.endpoint].unit is Unit.NOTHING)
    assert route.argument == ("text-embedding-3-small" if "{model}" in path.path else "")


@EACH
def test_a_form_has_a_file_and_nothing_else_has(row: EndpointRow) -> None:
    assert bool(row.file_field) is (row.body in FORMS)


@EACH
def test_what_streams_has_events(row: EndpointRow) -> None:
    assert bool(row.events) is bool(row.streams_by)


@EACH
def test_only_what_two_dialects_have_is_converted(row: EndpointRow) -> None:
    assert row.is_converted is (len({path.dialect for path in row.paths}) > 1)


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.default_model], ids=lambda row: row.endpoint
)
def test_the_default_model_is_meant_where_none_is_named(row: EndpointRow) -> None:
    if row.body in FORMS:  # the relay reads those: tests/relay/test_multipart
        return
    client = client_dialect(row.paths[0].dialect)
    envelope = client.envelope(b'{"prompt":"x","input":"x"}', row.endpoint)
    assert envelope.model == row.default_model


def test_what_endpoints_have_in_common() -> None:
    images = {Endpoint.IMAGES, Endpoint.IMAGE_EDITS, Endpoint.IMAGE_VARIATIONS}
    assert charged_by(Unit.IMAGE) == images
    assert charged_by(Unit.TEXT) == {Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.EDITS}
    assert charged_by(Unit.CHARACTER, Unit.NOTHING) == {Endpoint.SPEECH, Endpoint.COUNT_TOKENS}
    assert answered_with(Answer.TEXT) == {Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS}
