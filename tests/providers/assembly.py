"""Streams put together again, the way clients do it: what a stream says must be what a whole answer says."""

import json
from typing import Any

from openai.lib.streaming._deltas import accumulate_delta

from oneapi.wire.sse import EventParser


def anthropic_message(stream: bytes) -> dict[str, Any]:
    """Return the message of an Anthropic stream."""
    message: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for event in EventParser().feed(stream):
        found = json.loads(event.data)
        assert event.name == found["type"]
        match found["type"]:
            case "message_start":
                message = found["message"]
            case "content_block_start":
                assert found["index"] == len(message["content"])
                message["content"].append(found["content_block"])
            case "content_block_delta":
                _delta(message["content"][found["index"]], found["delta"], inputs, found["index"])
            case "message_delta":
                message |= found["delta"]
                message["usage"] |= found["usage"]
            case "content_block_stop" | "message_stop" | "ping":
                pass
            case other:
                raise AssertionError(f"unexpected event {other}")
    for index, text in inputs.items():
        message["content"][index]["input"] = json.loads(text or "{}")
    return message


def _delta(
    block: dict[str, Any], delta: dict[str, Any], inputs: dict[int, str], index: int
) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            inputs[index] = inputs.get(index, "") + delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case other:
            raise AssertionError(f"unexpected delta {other}")


def _plain(delta: dict[str, Any]) -> dict[str, Any]:
    """Write Mistral's content in parts as others write it."""
    if not isinstance(delta.get("content"), list):
        return delta
    parts = delta["content"]
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    thought = [p["text"] for part in parts if part["type"] == "thinking" for p in part["thinking"]]
    return {**delta, "content": text, "reasoning_content": "".join(thought)}


def openai_completion(stream: bytes) -> dict[str, Any]:
    """Return the completion of an OpenAI stream, merged by the OpenAI SDK's own rules."""
    completion: dict[str, Any] = {}
    message: dict[object, object] = {}
    choice: dict[str, Any] = {}
    for event in EventParser().feed(stream):
        if event.data == b"[DONE]":
            break
        chunk = json.loads(event.data)
        for found in chunk.pop("choices"):
            delta: Any = _plain(found.pop("delta"))
            message = accumulate_delta(message, delta)
            choice |= {k: v for k, v in found.items() if v is not None}
        usage = chunk.get("usage")
        completion |= {k: v for k, v in chunk.items() if v is not None}
        if usage:
            completion["usage"] = usage
    completion["choices"] = [{**choice, "message": message}]
    return completion
