"""Web pages that Claude cites, for clients of OpenAI's chat: whole and streamed the same."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from oneapi.providers import registry
from oneapi.wire.registry import client_dialect
from oneapi.wire.sse import EventParser
from tests.providers.assembly import openai_completion
from tests.providers.exchanges import call_to

DIALECT, OPENAI = registry.dialect("anthropic"), client_dialect("openai")


def _page(url: str, title: str | None = None) -> dict[str, Any]:
    return {
        "type": "web_search_result_location",
        "url": url,
        "title": title,
        "cited_text": "…",
        "encrypted_index": "e",
    }


BOOK = {"type": "char_location", "document_index": 0, "cited_text": "…", "document_title": "B"}
CONTENT: list[dict[str, Any]] = [
    {"type": "text", "text": "Well. "},
    {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
    {"type": "text", "text": "Ada", "citations": [_page("https://a", "A"), _page("https://b")]},
    {"type": "text", "text": " and "},
    {
        "type": "text",
        "text": "Bo",
        "citations": [BOOK, _page("https://a", "A"), _page("https://a")],
    },
]
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": CONTENT,
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 7},
}


def _cited(start: int, end: int, title: str, url: str) -> dict[str, Any]:
    place = {"start_index": start, "end_index": end, "title": title, "url": url}
    return {"type": "url_citation", "url_citation": place}


EXPECTED = [
    _cited(6, 9, "A", "https://a"),
    _cited(6, 9, "https://b", "https://b"),
    _cited(14, 16, "A", "https://a"),
]


def _events() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}}
    ]
    for i, block in enumerate(CONTENT):
        citations = block.get("citations", [])
        begun: dict[str, Any] = {**block, "text": "", **({"citations": []} if citations else {})}
        pieces: list[dict[str, Any]] = [
            {"type": "citations_delta", "citation": citation} for citation in citations
        ]
        if block["type"] == "text":
            pieces += [{"type": "text_delta", "text": letter} for letter in block["text"]]
        else:
            begun = block
        events.append({"type": "content_block_start", "index": i, "content_block": begun})
        events += [{"type": "content_block_delta", "index": i, "delta": piece} for piece in pieces]
        events.append({"type": "content_block_stop", "index": i})
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        *events,
        {"type": "message_delta", "delta": delta, "usage": MESSAGE["usage"]},
        {"type": "message_stop"},
    ]


@pytest.mark.fault("R6")
def test_cited_pages_are_annotations() -> None:
    reply = DIALECT.response(call_to(14), json.dumps(MESSAGE).encode())
    whole = json.loads(OPENAI.render(reply.document, reply.usage))
    message = whole["choices"][0]["message"]
    assert message["content"] == "Well. Ada and Bo"
    assert message["annotations"] == EXPECTED
    parsed = ChatCompletion.model_validate(whole).choices[0].message.annotations
    assert parsed is not None
    assert [found.url_citation.url for found in parsed] == ["https://a", "https://b", "https://a"]


@pytest.mark.fault("R6")
def test_a_stream_has_the_same_annotations() -> None:
    stream = b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in _events())
    call = call_to(14, stream=True)
    decoder, encoder = DIALECT.stream(call), OPENAI.stream(call)
    chunks = [c for event in EventParser().feed(stream) for c in decoder.feed(event)]
    completion = openai_completion(b"".join([*map(encoder.feed, chunks), encoder.finish()]))
    message = completion["choices"][0]["message"]
    assert [
        {k: v for k, v in found.items() if k != "index"} for found in message["annotations"]
    ] == (EXPECTED)
    assert message["content"] == "Well. Ada and Bo"


def test_an_answer_that_cites_nothing_has_none() -> None:
    message = {
        **MESSAGE,
        "content": [CONTENT[0], {"type": "text", "text": "x", "citations": [BOOK]}],
    }
    reply = DIALECT.response(call_to(14), json.dumps(message).encode())
    assert "annotations" not in reply.document["choices"][0]["message"]
