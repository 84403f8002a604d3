"""Exchanges with vendors, and small builders for the tests of dialects.

`published/` holds the project's own, one a file, in the shapes that the vendors' references publish (`source`, and when they
were `written`); the vendors' SDKs judge them (`test_published`). Recorded ones are added where they are to be had
(`tests.fixtures_path`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.anthropic_request import vendor_document
from oneapi.providers.base import Call, Target
from oneapi.providers.secret import Secret
from oneapi.wire.endpoints import Endpoint
from tests.fixtures_path import RECORDED


@dataclass(frozen=True)
class Exchange:
    """One exchange with a vendor."""

    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: bytes
    streamed: bool


PUBLISHED = Path(__file__).parent / "published"


def recorded(*kinds: str, status: int = 200) -> list[Any]:
    """Return the exchanges of some kinds (`anthropic/messages`, …), our own first, as pytest parameters."""
    found: list[Any] = []
    for root in filter(None, (PUBLISHED, RECORDED)):
        for kind in kinds:
            for path in sorted((root / kind).glob("*.json")):
                exchange = _read(path)
                if exchange.status == status:
                    name = f"{kind}/{path.stem}"
                    name = f"published/{name}" if root is PUBLISHED else name
                    found.append(pytest.param(exchange, id=name))
    return found


def _read(path: Path) -> Exchange:
    document = json.loads(path.read_text("utf-8"))
    response = document["response"]
    return Exchange(
        request=document["request"]["json"],
        status=response["status"],
        headers={name.lower(): str(value) for name, value in response["headers"].items()},
        body=_body(response),
        streamed="event-stream" in response["content_type"],
    )


def _body(response: dict[str, Any]) -> bytes:
    if "events" in response:
        return b"".join(map(_event, response["events"]))
    body = response["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _event(found: Any) -> bytes:
    """Print an event as its vendor does: Anthropic's have names."""
    if isinstance(found, str):
        return f"data: {found}\n\n".encode()
    named = f"event: {found['type']}\n" if "type" in found else ""
    return f"{named}data: {json.dumps(found, separators=(',', ':'))}\n\n".encode()


def call_to(
    number: int,
    body: bytes = b"{}",
    *,
    document: dict[str, Any] | None = None,
    endpoint: Endpoint = Endpoint.CHAT,
    client: str = "",
    model: str = "m",
    base_url: str | None = None,
    config: dict[str, str] | None = None,
    **fields: Any,
) -> Call:
    """Return a call to a provider of channel type `number`: to its first face, or the best for a client of a dialect."""
    provider = registry.provider(number)
    assert provider is not None
    target = Target(
        channel_id=1,
        provider=provider,
        base_url=provider.base_url if base_url is None else base_url,
        key=Secret("sk-vendor"),
        config=config or {},
    )
    fields.setdefault("asked_model", model)
    fields.setdefault("stream", False)
    fields.setdefault("request_id", "req-1")
    fields.setdefault("created", 1_700_000_000)
    return Call(
        endpoint=endpoint,
        service=provider.service(endpoint, client),
        target=target,
        model=model,
        body=body,
        document=document,
        **fields,
    )


def sent_to_claude(model: str = "claude-sonnet-4-5", **document: Any) -> dict[str, Any]:
    """Return what Anthropic is sent of a chat client's document; without `messages` it says hello."""
    document = {"messages": [{"role": "user", "content": "hi"}], **document}
    return vendor_document(call_to(14, model=model, document=document), document)
