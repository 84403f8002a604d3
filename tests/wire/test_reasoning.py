"""Thoughts in the form that a channel wants, the same however the answer is cut."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.wire.anthropic import AnthropicClient
from oneapi.wire.canonical import as_chunks
from oneapi.wire.dialect import ClientDialect
from oneapi.wire.joining import joined
from oneapi.wire.openai import OpenAIClient
from oneapi.wire.reasoning import FORMS, ReasoningEncoder, ReasoningForm, formed
from oneapi.wire.sse import EventParser
from tests.providers.exchanges import call_to

OPENAI, ANTHROPIC = OpenAIClient(), AnthropicClient()
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
# What the vendor said, then what the client gets beside the text, inside it, and without it.
BESIDE: dict[str, Any] = {"reasoning_content": "Hm,\nso.", "content": "Yes."}
TAGGED: dict[str, Any] = {"content": "\n<think>\nHm,\nso.\n</think>\n\nYes."}
INSIDE = "<think>\nHm,\nso.\n</think>\n\nYes."


def reply(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", **message}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice]}


def shown(message: dict[str, Any]) -> tuple[Any, Any]:
    return message.get("reasoning_content"), message.get("content")


WANTED = {
    "reasoning_content": ("Hm,\nso.", "Yes."),
    "think": (None, INSIDE),
    "none": (None, "Yes."),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("said", [BESIDE, TAGGED], ids=["beside", "tagged"])
def test_a_whole_answer_has_its_thoughts_in_one_form(form: str, said: dict[str, Any]) -> None:
    assert shown(formed(reply(said), form)["choices"][0]["message"]) == WANTED[form]


def cut(document: dict[str, Any], sizes: list[int]) -> list[dict[str, Any]]:
    """Cut the texts of a reply's chunks into pieces of these sizes, over and over."""
    found: list[dict[str, Any]] = []
    for chunk in as_chunks(document):
        choice = chunk["choices"][0]
        delta = choice["delta"]
        texts = [name for name in ("reasoning_content", "content") if delta.get(name)]
        rest = {k: v for k, v in delta.items() if k not in texts}
        if rest:
            found.append({**chunk, "choices": [{**choice, "delta": rest}]})
        for name in texts:
            for piece in _pieces(delta[name], sizes):
                found.append({**chunk, "choices": [{**choice, "delta": {name: piece}}]})
        if not delta:
            found.append(chunk)
    return found


def _pieces(said: str, sizes: list[int]) -> list[str]:
    pieces: list[str] = []
    while said:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(said[:size])
        said = said[size:]
    return pieces


MESSAGES = st.sampled_from(
    [
        BESIDE,
        TAGGED,
        {"content": "<think>a</think>"},
        {"content": "<think>a"},
        {"content": "<thinking>a </ b</thinking>c"},
        {"content": "<thought>\n\n a  \n b </thought> \n\n c"},
        {"content": "plain <think>no</think>"},
        {"content": "<thi"},
        {"content": " <b>text"},
        {"content": "<think></think>x"},
        {"reasoning_content": "a", "content": ""},
        {"reasoning_content": "a", "content": None, "tool_calls": [CALL]},
        {"content": "<think>a</think>", "tool_calls": [CALL]},
        {"reasoning_content": "a", "content": "<think>b</think>c"},
    ]
)


@given(said=MESSAGES, form=st.sampled_from(FORMS), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_a_stream_says_what_the_whole_answer_says(
    said: dict[str, Any], form: str, sizes: list[int]
) -> None:
    document = reply(said)
    whole = formed(document, form)["choices"][0]["message"]
    making = ReasoningForm(form)
    chunks = [one for chunk in cut(document, sizes) for one in making.feed(chunk)]
    message = joined(chunks + making.finish())["choices"][0]["message"]
    assert [text or "" for text in shown(message)] == [text or "" for text in shown(whole)]
    assert message.get("tool_calls") == whole.get("tool_calls")


def printed(client: ClientDialect, document: dict[str, Any], form: str, size: int) -> list[Any]:
    encoder = ReasoningEncoder(client.stream(call_to(1)), form)
    out = b"".join(encoder.feed(chunk) for chunk in cut(document, [size])) + encoder.finish()
    events = EventParser().feed(out)
    return [json.loads(event.data) for event in events if event.data != b"[DONE]"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("said", [BESIDE, TAGGED], ids=["beside", "tagged"])
def test_a_messages_client_gets_blocks(form: str, size: int, said: dict[str, Any]) -> None:
    blocks: dict[int, list[str]] = {}
    for found in printed(ANTHROPIC, reply(said), form, size):
        if found["type"] == "content_block_start":
            blocks[found["index"]] = [found["content_block"]["type"], ""]
        if found["type"] == "content_block_delta":
            delta = found["delta"]
            blocks[found["index"]][1] += delta.get("text") or delta.get("thinking") or ""
    thought, text = WANTED[form]
    thinking = [["thinking", thought]] if thought else []
    assert list(blocks.values()) == [*thinking, ["text", text]]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_left_out_counts_as_output(form: str) -> None:
    document = reply({"reasoning_content": "many words " * 50, "content": "Yes."})
    encoder = ReasoningEncoder(OPENAI.stream(call_to(1)), form)
    plain = OPENAI.stream(call_to(1))
    for chunk in cut(document, [5]):
        encoder.feed(chunk)
        plain.feed(chunk)
    assert encoder.output_tokens == plain.output_tokens > 100


ORDERED: dict[str, Any] = {
    "content": "One.Two.",
    "reasoning_content": "ab",
    "thinking_blocks": [
        {"type": "thinking", "thinking": "a", "signature": "s"},
        {"type": "thinking", "thinking": "b", "signature": "t"},
    ],
    "content_blocks": [
        {"type": "thinking"},
        {"type": "text", "length": 4},
        {"type": "web_search_tool_result", "tool_use_id": "w", "content": []},
        {"type": "thinking"},
        {"type": "text", "length": 4, "citations": [{"type": "x"}]},
    ],
}


def test_blocks_stay_in_their_order() -> None:
    inside = json.loads(ANTHROPIC.render(formed(reply(ORDERED), "think"), None))["content"]
    assert [block.get("text", block["type"]) for block in inside] == [
        "<think>\na\n</think>\n\n",
        "One.",
        "web_search_tool_result",
        "<think>\nb\n</think>\n\n",
        "Two.",
    ]
    without = json.loads(ANTHROPIC.render(formed(reply(ORDERED), "none"), None))["content"]
    assert [block.get("text", block["type"]) for block in without] == [
        "One.",
        "web_search_tool_result",
        "Two.",
    ]
    assert without[-1]["citations"] == [{"type": "x"}]


@pytest.mark.parametrize("form", ["think", "none"])
def test_a_streams_blocks_stay_in_their_order(form: str) -> None:
    found = printed(ANTHROPIC, reply(ORDERED), form, 2)
    begun = [one["content_block"]["type"] for one in found if one["type"] == "content_block_start"]
    rest = ["text", "web_search_tool_result"]
    assert begun == (["text", *rest, "text", "text"] if form == "think" else [*rest, "text"])
    assert [one["index"] for one in found if one["type"] == "content_block_start"] == list(
        range(len(begun))
    )
    said = "".join(o["delta"].get("text", "") for o in found if o["type"] == "content_block_delta")
    assert ("<think>\na\n</think>\n\nOne." in said) is (form == "think")
    assert any(
        one["delta"]["type"] == "citations_delta"
        for one in found
        if "delta" in one and "index" in one
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["<think>a\n\n", "<think>a</thi", "<thi"])
def test_what_is_kept_back_comes_before_the_tool_that_is_called(form: str, text: str) -> None:
    making = ReasoningForm(form)
    deltas = [{"content": text}, {"tool_calls": [{"index": 0, "function": {"name": "f"}}]}]
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    made = [one for chunk in chunks for one in making.feed(chunk)] + making.finish()
    found = [one["choices"][0]["delta"] for one in made if one["choices"]]
    assert "tool_calls" in found[-1]
    said = "".join(delta.get("content") or "" for delta in found)
    thought = "".join(delta.get("reasoning_content") or "" for delta in found)
    whole = formed({"choices": [{"message": {"content": text}}]}, form)["choices"][0]["message"]
    assert (said, thought) == (whole["content"] or "", whole.get("reasoning_content") or "")
