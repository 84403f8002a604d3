"""What real vendors reported is charged as they reported it, however unusual; and what they delivered is estimated well."""

import json
import statistics
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.providers.models import limits
from oneapi.relay.billable import Sent, billable_usage
from oneapi.relay.ceiling import ASSUMED_WINDOW
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.usage import Usage
from tests.providers.exchanges import Exchange, call_to, recorded
from tests.providers.relaying import translation

VENDORS = (
    *("openai", "deepseek", "groq", "mistral", "openrouter", "huggingface"),
    *("crusoe", "cerebras", "snowflake", "ollama", "gemini", "bedrock-mantle"),
)
OPENAI = recorded(*(f"{vendor}/{kind}" for vendor in VENDORS for kind in ("chat", "chat_stream")))
ANTHROPIC = recorded("anthropic/messages", "anthropic/messages_stream")

# Calls of tools have a frame in the vendor's own language, and reasoning may be hidden: neither can be seen.
NOT_TEXT = (b"tool_use", b"arguments", b"thinking", b'"reasoning')


def asked(exchange: Exchange, kind: int) -> Call:
    body = json.dumps(exchange.request).encode()
    model = exchange.request.get("model", "m")
    return call_to(kind, body, model=model, stream=exchange.streamed)


def seen(exchange: Exchange, call: Call) -> tuple[Usage | None, int]:
    """Return what was reported and about what was delivered."""
    dialect = registry.dialect(call.service.dialect)
    if not exchange.streamed:
        return dialect.usage(call, exchange.body), dialect.output_tokens(call, exchange.body)
    running = translation(call)
    running.feed(exchange.body)
    running.finish()
    return running.usage, running.output_tokens


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    ("kind", "found"), [pair for pair in ((1, OPENAI), (14, ANTHROPIC)) if pair[1]]
)
def test_what_vendors_have_reported_is_believed(kind: int, found: list[Any]) -> None:
    exchanges = [param.values[0] for param in found if param.values[0].request]
    errors: list[float] = []
    for exchange in exchanges:
        call = asked(exchange, kind)
        reported, delivered = seen(exchange, call)
        if reported is None or not reported.input_tokens:
            continue
        window = limits(call.model).context or ASSUMED_WINDOW
        sent = Sent(Endpoint.CHAT, call.body, call.model, window)
        assert billable_usage(sent, reported, delivered, is_whole=True) is reported
        if reported.output_tokens > 50 and not any(mark in exchange.body for mark in NOT_TEXT):
            errors.append(abs(delivered - reported.output_tokens) / reported.output_tokens)
    assert not errors or statistics.median(errors) < 0.25
