"""Recorded exchanges and small builders for the tests of dialects."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.anthropic_request import vendor_document
from oneapi.providers.base import Call, Endpoint, Target
from oneapi.providers.secret import Secret
from tests.fixtures_path import RECORDED


@dataclass(frozen=True)
class Exchange:
    """One recorded exchange with a vendor."""

    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: bytes
    streamed: bool


def recorded(*kinds: str, status: int = 200) -> list[Any]:
    """Return the recorded exchanges of some kinds (`anthropic/messages`, …) as pytest parameters."""
    if RECORDED is None:
        return []
    found: list[Any] = []
    for kind in kinds:
        for path in sorted((RECORDED / kind).glob("*.json")):
            exchange = _read(path)
            if exchange.status == status:
                found.append(pytest.param(exchange, id=f"{kind}/{path.stem}"))
    return found


def _read(path: Path) -> Exchange:
    document = json.loads(path.read_text("utf-8"))
    response = document["response"]
    body = response["body"]
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Exchange(
        request=document["request"]["json"],
        status=response["status"],
        headers={name.lower(): str(value) for name, value in response["headers"].items()},
        body=data,
        streamed="event-stream" in response["content_type"],
    )


def call_to(
    number: int,
    body: bytes = b"{}",
    *,
    document: dict[str, Any] | None = None,
    endpoint: Endpoint = Endpoint.CHAT,
    model: str = "m",
    base_url: str | None = None,
    config: dict[str, str] | None = None,
    **fields: Any,
) -> Call:
    """Return a call to a provider of channel type `number`."""
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
        endpoint=endpoint, target=target, model=model, body=body, document=document, **fields
    )


def sent_to_claude(model: str = "claude-sonnet-4-5", **document: Any) -> dict[str, Any]:
    """Return what Anthropic is sent of a chat client's document; without `messages` it says hello."""
    document = {"messages": [{"role": "user", "content": "hi"}], **document}
    return vendor_document(call_to(14, model=model, document=document), document)
