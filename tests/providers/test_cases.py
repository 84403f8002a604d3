"""Every folder under `fixtures/<dialect>/`: what the client sent, what goes upstream, what comes back, what the client gets.

`client.json`: the client's dialect and document, the channel type, its `face` where that is not the client's, fields of the
call, and the faults that it shows to be mended. `upstream.json`: URL, some headers, document. `vendor.json`/`vendor.sse` and
`client_out.json`/`client_out.sse`: the answer, before and after; `usage.json`: what it consumed; `error.json` instead: the
error it ends in.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.wire.registry import client_dialect
from oneapi.wire.sse import EventParser
from oneapi.wire.usage import Usage
from tests.providers.anthropic_rules import MODELS, violations
from tests.providers.exchanges import call_to
from tests.providers.relaying import relayed

ROOT = Path(__file__).parent / "fixtures"
CASES = sorted(path.parent for path in ROOT.glob("*/*/client.json"))
NAMES = [f"{case.parent.name}/{case.name}" for case in CASES]
WHOLE = [case for case in CASES if (case / "client_out.json").exists()]
STREAMS = [case for case in CASES if (case / "vendor.sse").exists()]


def _read(case: Path, name: str) -> Any:
    return json.loads((case / name).read_text("utf-8"))


def _call(case: Path) -> Call:
    """Return the call as the relay makes it: decoded only when the dialects differ."""
    given = _read(case, "client.json")
    client = client_dialect(given["dialect"])
    body = msgspec.json.encode(given["document"])
    envelope = client.envelope(body)
    fields: dict[str, Any] = {
        "model": envelope.model,
        "asked_model": envelope.model,
        "stream": envelope.stream,
        "shows_usage": envelope.shows_usage,
        **given.get("call", {}),
    }
    face = given.get("face", client.name)
    call = call_to(given["type"], body, client=face, **fields)
    if client.name == call.service.dialect:
        return call
    document = client.to_canonical(body)
    return call_to(given["type"], body, client=face, document=document, **fields)


def _marked(case: Path) -> Any:
    """Return a case with the faults that its `client.json` names."""
    faults = _read(case, "client.json").get("faults")
    marks = [pytest.mark.fault(*faults)] if faults else []
    return pytest.param(case, marks=marks, id=f"{case.parent.name}/{case.name}")


@pytest.mark.parametrize("case", [*map(_marked, CASES)])
def test_the_vendors_request(case: Path) -> None:
    call = _call(case)
    request = registry.dialect(call.service.dialect).request(call)
    expected = _read(case, "upstream.json")
    assert request.url == expected["url"]
    sent = json.loads(request.body)
    assert sent == expected["document"]
    if case.parent.name == "anthropic" and sent["model"] in MODELS:
        assert violations(sent) == []
    headers = dict(request.headers)
    assert {name: headers.get(name) for name in expected["headers"]} == expected["headers"]


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_clients_answer(case: Path) -> None:
    call = _call(case)
    dialect = registry.dialect(call.service.dialect)
    reply = dialect.response(call, (case / "vendor.json").read_bytes())
    client = client_dialect(_read(case, "client.json")["dialect"])
    assert json.loads(client.render(reply.document, reply.usage)) == _read(case, "client_out.json")
    assert counted(reply.usage) == _read(case, "usage.json")


def counted(usage: Usage | None) -> dict[str, Any] | None:
    return None if usage is None else usage.counts()


def _cuts(stream: bytes) -> dict[str, list[bytes]]:
    at_events = [piece + b"\n\n" for piece in stream.split(b"\n\n") if piece]
    return {
        "whole": [stream],
        "bytes": [stream[i : i + 1] for i in range(len(stream))],
        "events": at_events,
        "crlf": [stream.replace(b"\n", b"\r\n")],
    }


@pytest.mark.parametrize("cut", ["whole", "bytes", "events", "crlf"])
@pytest.mark.parametrize("case", STREAMS, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_clients_stream(case: Path, cut: str) -> None:
    pieces = _cuts((case / "vendor.sse").read_bytes())[cut]
    call = _call(case)
    client = client_dialect(_read(case, "client.json")["dialect"])
    found = relayed(call, *pieces, client=client.name)
    if (case / "error.json").exists():
        assert found.failure is not None
        error = {"status": found.failure.status, "message": found.failure.message}
        assert error == _read(case, "error.json")
        return
    assert found.failure is None
    assert _events(found.out) == _events((case / "client_out.sse").read_bytes())
    assert counted(found.usage) == _read(case, "usage.json")


def _events(stream: bytes) -> list[Any]:
    parser = EventParser()
    found = [*parser.feed(stream), *parser.finish()]
    return [(e.name, e.data if e.data == b"[DONE]" else json.loads(e.data)) for e in found]


def test_there_are_cases() -> None:
    assert len(CASES) >= 10
    assert STREAMS
    assert WHOLE
