"""The recorded exchanges with vendors of OpenAI's dialect: as they are, and for clients of Anthropic's."""

import json
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.anthropic_request import vendor_document
from oneapi.wire.anthropic import message_of_reply
from oneapi.wire.canonical import as_chunks
from oneapi.wire.registry import client_dialect
from oneapi.wire.shapes import objects
from oneapi.wire.sse import EventParser
from tests.providers.assembly import anthropic_message, openai_completion
from tests.providers.exchanges import Exchange, call_to, recorded
from tests.providers.relaying import relayed

OPENAI = registry.dialect("openai")
ANTHROPIC = registry.dialect("anthropic")
OPENAI_CLIENT = client_dialect("openai")
ANTHROPIC_CLIENT = client_dialect("anthropic")
KINDS = (
    "openai/chat",
    "openai/chat_stream",
    "deepseek/chat",
    "groq/chat",
    "mistral/chat",
    "mistral/chat_stream",
    "openrouter/chat",
    "zai/chat",
    "zai/chat_stream",
)
ALL = recorded(*KINDS)
WHOLE = [p for p in ALL if not p.values[0].streamed]
STREAMS = [p for p in ALL if p.values[0].streamed]
REFUSED = [p for status in (404, 429) for p in recorded(*KINDS, status=status)]


def _through(exchange: Exchange, client: Any, **fields: Any) -> bytes:
    call = call_to(1, model=exchange.request["model"], stream=True, **fields)
    parser, decoder, encoder = EventParser(), OPENAI.stream(call), client.stream(call)
    events = [*parser.feed(exchange.body), *parser.finish()]
    out = [encoder.feed(chunk) for event in events for chunk in decoder.feed(event)]
    return b"".join([*out, *map(encoder.feed, decoder.finish()), encoder.finish()])


@pytest.mark.parametrize("exchange", ALL)
def test_nothing_changes_where_nothing_has_to(exchange: Exchange) -> None:
    body = json.dumps(exchange.request).encode()
    call = call_to(1, body, model=exchange.request["model"])
    assert OPENAI.request(call).body is body


@pytest.mark.parametrize("exchange", ALL)
def test_both_lanes_send_the_same(exchange: Exchange) -> None:
    body = json.dumps(exchange.request).encode()
    fields: dict[str, Any] = {
        "model": "other",
        "asked_model": exchange.request["model"],
        "system_prompt": "Be brief.",
        "max_output_tokens": 77,
        "stream": True,
        "shows_usage": False,
    }
    fast = OPENAI.request(call_to(1, body, **fields))
    slow = OPENAI.request(call_to(1, document=OPENAI_CLIENT.to_canonical(body), **fields))
    assert json.loads(fast.body) == json.loads(slow.body)
    assert fast.headers == slow.headers
    assert json.loads(fast.body)["stream_options"]["include_usage"] is True


@pytest.mark.parametrize("exchange", WHOLE)
def test_a_reply_keeps_its_meaning_in_anthropics_form(exchange: Exchange) -> None:
    call = call_to(1)
    reply = OPENAI.response(call, exchange.body)
    rendered = ANTHROPIC_CLIENT.render(reply.document, reply.usage)
    back = ANTHROPIC.response(call_to(14), rendered)
    assert _meaning(back.document) == _meaning(reply.document)
    assert reply.usage == OPENAI.usage(call, exchange.body)
    assert back.usage is not None
    assert reply.usage is not None
    assert back.usage.input_tokens == reply.usage.input_tokens
    assert back.usage.output_tokens == reply.usage.output_tokens
    assert back.usage.cached_tokens == reply.usage.cached_tokens


@pytest.mark.parametrize("exchange", STREAMS)
def test_a_stream_keeps_its_meaning_in_anthropics_form(exchange: Exchange) -> None:
    whole = openai_completion(exchange.body)
    message = anthropic_message(_through(exchange, ANTHROPIC_CLIENT))
    back = ANTHROPIC.response(call_to(14), json.dumps(message).encode())
    assert _meaning(back.document) == _meaning(whole)
    counts = whole["usage"]
    assert back.usage is not None
    assert back.usage.input_tokens == counts["prompt_tokens"]
    assert back.usage.output_tokens == counts["completion_tokens"]


@pytest.mark.parametrize("exchange", STREAMS)
def test_a_stream_says_what_the_whole_reply_says(exchange: Exchange) -> None:
    whole = OPENAI.response(call_to(1), json.dumps(openai_completion(exchange.body)).encode())
    streamed = anthropic_message(_through(exchange, ANTHROPIC_CLIENT))
    assert streamed["content"] == message_of_reply(whole.document, None)["content"]
    assert streamed["stop_reason"] == message_of_reply(whole.document, None)["stop_reason"]


@pytest.mark.parametrize("exchange", STREAMS)
def test_the_slow_lane_streams_what_the_fast_lane_does(exchange: Exchange) -> None:
    slow = openai_completion(_through(exchange, OPENAI_CLIENT, shows_usage=True))
    call = call_to(1, stream=True, shows_usage=True)
    fast = openai_completion(relayed(call, exchange.body).out)
    assert _meaning(slow) == _meaning(fast)
    assert slow["usage"] == fast["usage"]


@pytest.mark.parametrize("exchange", WHOLE)
def test_a_whole_reply_can_be_streamed(exchange: Exchange) -> None:
    reply = OPENAI.response(call_to(1), exchange.body)
    encoder = ANTHROPIC_CLIENT.stream(call_to(1, stream=True))
    chunks = as_chunks(reply.document, reply.usage)
    streamed = anthropic_message(b"".join([*map(encoder.feed, chunks), encoder.finish()]))
    whole = message_of_reply(reply.document, reply.usage)
    assert streamed == whole


@pytest.mark.parametrize("exchange", ALL)
def test_a_request_keeps_its_meaning_in_anthropics_form(exchange: Exchange) -> None:
    request = {**exchange.request, "model": "claude-sonnet-4-5"}
    asks_for_more = {"audio", "input_audio", "video_url", "document_url"} & _kinds(request)
    if asks_for_more:  # Anthropic hears and sees no such thing: refused, see test_anthropic_request
        return
    call = call_to(14, model="claude-sonnet-4-5", document=request)
    sent = vendor_document(call, request)
    back = ANTHROPIC_CLIENT.to_canonical(json.dumps(sent).encode())
    assert _conversation(back) == _conversation(request)
    assert _functions(back) == _functions(request)


@pytest.mark.parametrize("exchange", STREAMS)
def test_the_watcher_sees_what_the_decoder_sees(exchange: Exchange) -> None:
    call = call_to(1, stream=True)
    pieces = [exchange.body[i : i + 100] for i in range(0, len(exchange.body), 100)]
    passed, converted = relayed(call, *pieces), relayed(call, *pieces, client="anthropic")
    assert passed.out == exchange.body
    assert passed.failure is None
    assert passed.usage == converted.usage
    assert passed.output_tokens > 0


@pytest.mark.parametrize("exchange", STREAMS)
def test_usage_is_hidden_from_clients_that_did_not_ask(exchange: Exchange) -> None:
    found = relayed(call_to(1, stream=True, shows_usage=False), exchange.body)
    events = EventParser().feed(found.out)
    chunks = [json.loads(event.data) for event in events if event.data != b"[DONE]"]
    assert all(chunk["choices"] for chunk in chunks)
    assert found.usage is not None


@pytest.mark.parametrize("exchange", REFUSED)
def test_recorded_refusals_are_understood(exchange: Exchange) -> None:
    error = OPENAI.error(exchange.status, exchange.headers, exchange.body)
    assert error.status == exchange.status
    assert error.message
    assert error.retryable
    assert not error.auth_failed


@pytest.mark.parametrize("exchange", recorded("openai/embed"))
def test_the_usage_of_recorded_embeddings(exchange: Exchange) -> None:
    usage = OPENAI.usage(call_to(1, endpoint=registry.Endpoint.EMBEDDINGS), exchange.body)
    assert usage is not None
    assert usage.input_tokens == json.loads(exchange.body)["usage"]["prompt_tokens"]


def _meaning(document: dict[str, Any]) -> dict[str, Any]:
    choice = document["choices"][0]
    message = choice["message"]
    content = message.get("content") or ""
    return {
        "content": content,
        "reasoning": message.get("reasoning_content") or message.get("reasoning") or "",
        "refusal": message.get("refusal") or None,
        "finish": choice["finish_reason"],
        "calls": [
            (
                call["id"],
                call["function"]["name"],
                json.loads(call["function"].get("arguments") or "{}"),
            )
            for call in message.get("tool_calls") or ()
        ],
    }


def _kinds(request: dict[str, Any]) -> set[str]:
    contents = [objects(message.get("content")) for message in request["messages"]]
    return {part["type"] for content in contents for part in content}


def _functions(request: dict[str, Any]) -> list[Any]:
    functions = [dict(t["function"]) for t in request.get("tools", ()) if "function" in t]
    for function in functions:
        function.setdefault("parameters", {"type": "object", "properties": {}})
    return [{k: v for k, v in f.items() if v is not None} for f in functions]


def _conversation(request: dict[str, Any]) -> list[Any]:
    """Return who says what, without the forms it can take."""
    said: list[Any] = []
    for message in request["messages"]:
        content = message.get("content")
        text = content if isinstance(content, str) else _text(content or [])
        calls = [
            (c["id"], c["function"]["name"], json.loads(c["function"]["arguments"]))
            for c in message.get("tool_calls") or ()
        ]
        role = "system" if message["role"] == "developer" else message["role"]
        said.append((role, text, message.get("tool_call_id"), calls))
    systems = [item for item in said if item[0] == "system"]
    together: list[Any] = [("system", "".join(s[1] for s in systems), None, [])] if systems else []
    return together + [item for item in said if item[0] != "system"]


def _text(parts: list[dict[str, Any]]) -> str:
    return "".join(part.get("text", "") for part in parts)
