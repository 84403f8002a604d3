"""The recorded exchanges with Anthropic, through the canonical form and back: nothing is lost."""

import json
from typing import Any

import msgspec
import pytest

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.providers.anthropic_request import vendor_document
from oneapi.wire.anthropic_usage import usage_of
from oneapi.wire.canonical import as_chunks
from oneapi.wire.registry import client_dialect
from oneapi.wire.shapes import objects
from oneapi.wire.sse import EventParser
from tests.providers.assembly import anthropic_message, openai_completion
from tests.providers.exchanges import Exchange, call_to, recorded
from tests.providers.relaying import relayed

DIALECT = registry.dialect("anthropic")
CLIENT = client_dialect("anthropic")
OPENAI = client_dialect("openai")
ALL = recorded("anthropic/messages", "anthropic/messages_stream")
WHOLE = recorded("anthropic/messages")
STREAMS = recorded("anthropic/messages_stream")


def _events(stream: bytes) -> list[Any]:
    parser = EventParser()
    return [*parser.feed(stream), *parser.finish()]


def _through(exchange: Exchange, client: Any, **fields: Any) -> bytes:
    call = call_to(14, model=exchange.request["model"], stream=True, **fields)
    decoder, encoder = DIALECT.stream(call), client.stream(call)
    out = [encoder.feed(chunk) for event in _events(exchange.body) for chunk in decoder.feed(event)]
    assert decoder.ended
    return b"".join([*out, *map(encoder.feed, decoder.finish()), encoder.finish()])


@pytest.mark.parametrize("exchange", ALL)
def test_a_request_comes_back_equal(exchange: Exchange) -> None:
    document = CLIENT.to_canonical(json.dumps(exchange.request).encode())
    call = call_to(14, model=exchange.request["model"], document=document)
    assert vendor_document(call, document) == exchange.request


@pytest.mark.parametrize("exchange", ALL)
def test_the_fast_lane_sends_what_the_slow_lane_sends(exchange: Exchange) -> None:
    body = json.dumps(exchange.request).encode()
    fields: dict[str, Any] = {
        "model": "other-model",
        "asked_model": exchange.request["model"],
        "system_prompt": "Be brief.",
        "max_output_tokens": 77,
    }
    fast = DIALECT.request(call_to(14, body, **fields))
    slow = DIALECT.request(call_to(14, body, document=CLIENT.to_canonical(body), **fields))
    assert json.loads(fast.body) == json.loads(slow.body)
    assert fast.headers == slow.headers


@pytest.mark.parametrize("exchange", WHOLE)
def test_a_reply_comes_back_equal(exchange: Exchange) -> None:
    message = json.loads(exchange.body)
    reply = DIALECT.response(call_to(14), exchange.body)
    assert json.loads(CLIENT.render(reply.document, reply.usage)) == message
    assert reply.usage == usage_of(message["usage"])
    assert reply.usage == DIALECT.usage(call_to(14), exchange.body)


@pytest.mark.parametrize("exchange", ALL)
def test_a_whole_reply_can_be_streamed(exchange: Exchange) -> None:
    whole = anthropic_message(exchange.body) if exchange.streamed else json.loads(exchange.body)
    reply = DIALECT.response(call_to(14), msgspec.json.encode(whole))
    encoder = CLIENT.stream(call_to(14, stream=True))
    chunks = as_chunks(reply.document, reply.usage)
    streamed = anthropic_message(b"".join([*map(encoder.feed, chunks), encoder.finish()]))
    assert streamed == whole


@pytest.mark.parametrize("exchange", ALL)
def test_a_request_keeps_its_words_for_other_vendors(exchange: Exchange) -> None:
    document = CLIENT.to_canonical(json.dumps(exchange.request).encode())
    call = call_to(1, model="gpt-5", document=document)
    if _asks_for_claude(exchange.request):
        with pytest.raises(InvalidRequest, match="this provider"):
            registry.dialect("openai").request(call)
        return
    sent = json.loads(registry.dialect("openai").request(call).body)
    asked, said = json.dumps(exchange.request), json.dumps(sent)
    for message in exchange.request["messages"]:
        for block in objects(message["content"]):
            assert json.dumps(block.get("text", ""))[1:-1] in said
            assert str(block.get("id", "")) in said or block["type"] != "tool_use"
    assert "anthropic" not in sent
    assert not any(name in said for name in ("cache_control", "thinking_blocks", "content_blocks"))
    assert asked.count('"tool_result"') == said.count('"tool_call_id"')


@pytest.mark.parametrize("exchange", STREAMS)
def test_a_stream_comes_back_equal(exchange: Exchange) -> None:
    assert anthropic_message(_through(exchange, CLIENT)) == anthropic_message(exchange.body)


@pytest.mark.parametrize("exchange", STREAMS)
def test_a_stream_says_what_the_whole_reply_says(exchange: Exchange) -> None:
    message = anthropic_message(exchange.body)
    call = call_to(14, model=exchange.request["model"])
    whole = DIALECT.response(call, msgspec.json.encode(message)).document
    streamed = openai_completion(_through(exchange, OPENAI, shows_usage=True))
    assert _without_indexes(streamed["choices"][0]) == _plain(whole["choices"][0])
    assert streamed["usage"] == whole["usage"]


@pytest.mark.parametrize("exchange", STREAMS)
def test_what_an_openai_client_merged_comes_back_to_the_vendor(exchange: Exchange) -> None:
    message = openai_completion(_through(exchange, OPENAI))["choices"][0]["message"]
    document = {"messages": [{"role": "user", "content": "hi"}, message]}
    call = call_to(14, model=exchange.request["model"], document=document)
    sent = vendor_document(call, document)["messages"][1]["content"]
    assert _in_blocks(sent) == anthropic_message(exchange.body)["content"]


@pytest.mark.parametrize("exchange", WHOLE)
def test_a_reply_in_an_openai_clients_history_comes_back_to_the_vendor(exchange: Exchange) -> None:
    reply = DIALECT.response(call_to(14), exchange.body).document
    message = reply["choices"][0]["message"]
    document = {"messages": [{"role": "user", "content": "hi"}, message]}
    sent = vendor_document(call_to(14, document=document), document)["messages"][1]["content"]
    assert _in_blocks(sent) == json.loads(exchange.body)["content"]


@pytest.mark.parametrize("exchange", STREAMS)
def test_the_fast_lane_sees_the_same_usage_and_end(exchange: Exchange) -> None:
    call = call_to(14, stream=True)
    passed, converted = relayed(call, exchange.body), relayed(call, exchange.body, client="openai")
    assert passed.out == exchange.body
    assert passed.failure is None
    assert passed.usage == converted.usage
    assert passed.output_tokens > 0


def _asks_for_claude(request: dict[str, Any]) -> bool:
    """Say whether a request needs what only Anthropic's servers have: tools that run there, files that lie there."""
    blocks = [b["type"] for m in request["messages"] for b in objects(m["content"])]
    kinds = [str(tool.get("type", "")) for tool in request.get("tools", ())]
    remote = [kind for kind in kinds if kind and not kind.startswith("tool_search_tool_")]
    return bool(remote) or "mcp_servers" in request or "container_upload" in blocks


def _in_blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _plain(choice: dict[str, Any]) -> dict[str, Any]:
    return _normal(json.loads(json.dumps(choice)))


def _without_indexes(choice: dict[str, Any]) -> dict[str, Any]:
    """Drop what only merging needs."""
    message = choice["message"]
    for name in ("tool_calls", "thinking_blocks", "content_blocks", "annotations"):
        for entry in message.get(name, ()):
            del entry["index"]
            for citation in entry.get("citations") or ():
                citation.pop("index", None)
            if isinstance(entry.get("partial_json"), str):
                entry["input"] = json.loads(entry.pop("partial_json"))
    return _normal(choice)


def _normal(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice["message"]
    message["content"] = message.get("content") or ""
    for call in message.get("tool_calls", ()):  # white space in arguments is the vendor's
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return choice
