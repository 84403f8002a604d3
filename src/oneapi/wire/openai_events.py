"""Streams of OpenAI's dialect that are no chunks of choices: images, transcripts, speech, from and to whole answers.

Sources: https://platform.openai.com/docs/api-reference/images-streaming, …/audio/transcript-text-delta-event (read
2026-11-26), and the types of its Python SDK 3.54.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from oneapi.wire.endpoints import ROWS, Endpoint, Unit, charged_by
from oneapi.wire.shapes import objects, text
from oneapi.wire.sse import event_bytes

_IMAGES: Final = charged_by(Unit.IMAGE)
_TRANSCRIPT: Final = ROWS[Endpoint.TRANSCRIPTIONS].events
_SOUND: Final = ROWS[Endpoint.SPEECH].events
_SHARED: Final = ("background", "output_format", "quality", "size")  # said once of all images
_ENTRY: Final = ("b64_json", "url", "revised_prompt")


def events_of_answer(endpoint: Endpoint, document: dict[str, Any]) -> bytes:
    """Return the stream that says a whole answer: each image completed, or the transcript done."""
    counts = {"usage": document["usage"]} if document.get("usage") else {}
    if endpoint not in _IMAGES:
        logprobs = {"logprobs": document["logprobs"]} if "logprobs" in document else {}
        return _event(f"{_TRANSCRIPT}.done", text=text(document.get("text")), **logprobs, **counts)
    kind = f"{ROWS[endpoint].events}.completed"
    shared = {name: document[name] for name in _SHARED if name in document}
    images = objects(document.get("data"))
    last = len(images) - 1
    return b"".join(
        _event(
            kind,
            created_at=document.get("created"),
            **shared,
            **image,
            **(counts if place == last else {}),
        )
        for place, image in enumerate(images)
    )


def _event(kind: str, **fields: Any) -> bytes:
    return event_bytes(msgspec.json.encode({"type": kind, **fields}), kind)


def events_of_sound(sound: bytes) -> bytes:
    """Return the stream that says a whole recording."""
    return _event(f"{_SOUND}.delta", audio=sound) + _event(f"{_SOUND}.done")


def answer_of_events(endpoint: Endpoint, events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the whole answer that a stream has said; it lacks what the stream did not say."""
    if endpoint in _IMAGES:
        return _images(events)
    answer: dict[str, Any] = {}
    said: list[str] = []
    for event in events:
        if event.get("type") == f"{_TRANSCRIPT}.delta":
            said.append(text(event.get("delta")))
        elif event.get("type") == f"{_TRANSCRIPT}.done":
            answer = {name: value for name, value in event.items() if name != "type"}
    return answer or ({"text": "".join(said)} if said else {})


def _images(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    images: list[dict[str, Any]] = []
    for event in events:
        if not text(event.get("type")).endswith(".completed"):
            continue
        images.append({name: event[name] for name in _ENTRY if name in event})
        answer |= {name: event[name] for name in (*_SHARED, "usage") if event.get(name) is not None}
        answer["created"] = event.get("created_at")
    return {**answer, "data": images} if images else {}
