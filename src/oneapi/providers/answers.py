"""Is this an answer? One rule for every endpoint, whole or in a stream: what an answer must hold.

Whatever else comes with a good status (`{}`, an error in disguise, a page, nothing) is an `UpstreamError` in the vendor's
own words: it is charged nothing, and another channel is asked.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.base import Document
from oneapi.providers.refusals import (
    MAX_MESSAGE,
    complaint_of,
    error_inside,
    refusal,
    status_inside,
)
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.endpoints import ROWS, Answer, Endpoint
from oneapi.wire.finish import is_broken_off
from oneapi.wire.shapes import objects, section
from oneapi.wire.sse import BLANK, Event, event_bytes, is_done, is_event_stream

# The field of an answer in OpenAI's dialect without which it is none: a list that is not empty, or a text.
FIELDS: Final = {
    row.endpoint: row.answer.value
    for row in ROWS.values()
    if row.answer not in (Answer.SOUND, Answer.COUNT)
}
_MARK: Final = b"\xef\xbb\xbf"  # the byte order mark that some servers begin with
# What stands beside a vector or a picture.
_ASIDE: Final = frozenset(
    {"content_filter_results", "index", "object", "prompt_filter_results", "revised_prompt", "size"}
)
_PAGE: Final = re.compile(rb"\s*<(?:!|html|\?xml)", re.IGNORECASE)
# A page, or how JSON begins: a text may begin with `<unk>`, `{laughs}` or `[music]`.
_DOCUMENT: Final = re.compile(_PAGE.pattern + rb"|\s*(?:\[\s*)?\{\s*[\"}]", re.IGNORECASE)
_EVENT: Final = re.compile(rb"(?:^|[\r\n]|\xbf)data: ?(?:\{|\[\s*\{|\[DONE\])")
_SHOWN: Final = 200  # characters of a body that is not JSON
_BAD_BODY: Final = "bad_response_body"
_NOT_THE_CLIENTS: Final = frozenset({401, 402, 403, 404, 408, 409, 425, 429})


class UnreadableAnswerError(UpstreamError):
    """The body is no JSON; it may be a stream of events that nobody asked for, see `stream_in`."""

    code = _BAD_BODY


def answer_in(body: bytes, field: str) -> Document:
    """Return a whole answer; raise `UpstreamError` for a body that is none.

    `field` is what it must hold. Beside an answer that says something, an `error` is a remark.
    """
    document = _object_in(body)
    found = document.get(field)
    if objects(found) or (field == "text" and isinstance(found, str)):
        error = _error_beside(document, field) or _says_nothing(document, field)
        if error is not None:
            raise error
        return document
    if field == "content" and isinstance(found, list) and document.get("stop_reason"):
        return document  # Anthropic's model had nothing to add
    raise no_answer(document, f"the provider's answer has no {field}")


def answer_of(endpoint: Endpoint, body: bytes) -> Document:
    """Return a whole answer of an endpoint of OpenAI's dialect; a transcript may be a text or subtitles."""
    if is_transcript(endpoint, body):
        return {"text": body.decode("utf-8", "replace").strip()}
    return answer_in(body, FIELDS[endpoint])


def is_transcript(endpoint: Endpoint, body: bytes) -> bool:
    """Say whether a body is a transcript that is no JSON; a page is none, and events of a transcript are not its text."""
    if FIELDS.get(endpoint) != "text" or not body or _DOCUMENT.match(body):
        return False
    return not is_event_stream(body.lstrip(BLANK)) or _EVENT.search(body) is None


def stream_in(body: bytes) -> bytes | None:
    """Return the events that a body is, whoever asked for them: as they are, or from JSON objects, one a line."""
    body = body.lstrip(BLANK)
    if is_event_stream(body):
        return body
    lines = body.splitlines()
    if len(lines) < 2 or not all(map(_is_object, lines)):
        return None
    return b"".join([event_bytes(line) for line in lines if line])


def _is_object(line: bytes) -> bool:
    if not line.strip():
        return True
    try:
        return isinstance(json_value(line), dict)
    except UNDECODABLE:
        return False


def no_answer(document: Document, otherwise: str) -> UpstreamError:
    """Return the error of a document that is no answer: what its vendor says, `otherwise` where it says nothing."""
    error = error_inside(document)
    if error is not None:
        return error
    complaint = complaint_of(document)
    status = status_inside(document)
    if not complaint.message:
        return UpstreamError(otherwise, code=_BAD_BODY)
    if status is not None and (status >= 500 or status in _NOT_THE_CLIENTS):
        return refusal(status, {}, msgspec.json.encode(document))
    return UpstreamError(
        complaint.message[:MAX_MESSAGE],
        status=status,
        type=complaint.type,
        code=complaint.code,
        param=complaint.param,
        channel_at_fault=status is None,
        body=msgspec.json.encode(document),
    )


def document_in(event: Event) -> Document | None:
    """Return the JSON object of an event, `None` for one that holds none and so says nothing.

    Raises `UpstreamError` for an event named `error` that is no JSON.
    """
    try:
        found: Any = json_value(event.data)
    except UNDECODABLE:
        found = None
    if isinstance(found, list):  # Gemini's OpenAI endpoint wraps its errors in an array
        found = next(iter(cast("list[Any]", found)), None)
    if isinstance(found, dict):
        return cast("Document", found)
    if event.name == "error":
        text = event.data.decode("utf-8", "replace").strip()[:MAX_MESSAGE]
        raise UpstreamError(text or "the provider's stream ended in an error")
    return None


def documents_in(events: Iterable[Event]) -> Iterator[Document]:
    """Yield the JSON objects of some events up to their end mark; raise `UpstreamError` for an error among them."""
    for event in events:
        if is_done(event.data):
            return
        document = document_in(event)
        if document is None:
            continue
        error = error_inside(document)
        if error is not None:
            raise error
        yield document


def event_error(document: Document, name: str) -> UpstreamError | None:
    """Return the error that an event of a stream is which holds no part of an answer; `None`: it says nothing."""
    if name != "error" and not complaint_of(document).message:
        return None
    return no_answer(document, "the provider's stream ended in an error")


def no_sound(body: bytes) -> UpstreamError | None:
    """Return the error of what should have been sound and is a document, a page or nothing; `None` for sound."""
    if not body.strip():
        return UpstreamError("the provider's answer is empty", code=_BAD_BODY)
    if _PAGE.match(body):
        return UpstreamError("the provider's answer is a page, not sound", code=_BAD_BODY)
    try:
        found: Any = json_value(body)
    except UNDECODABLE:
        return None
    document = cast("Document", found) if isinstance(found, dict) else {}
    return no_answer(document, "the provider's answer is JSON, not sound")


def _object_in(body: bytes) -> Document:
    try:
        decoded: Any = json_value(body.removeprefix(_MARK))
    except UNDECODABLE as error:
        raise UnreadableAnswerError(_what_else(body)) from error
    if isinstance(decoded, dict):
        return cast("Document", decoded)
    # Gemini's OpenAI endpoint wraps its errors in an array.
    nothing: Document = {}
    first = next(iter(objects(decoded)), nothing)
    raise no_answer(first, "the provider's answer is not a JSON object")


def _what_else(body: bytes) -> str:
    """Say what a body is that is not JSON."""
    text = body.strip()
    if not text:
        return "the provider's answer is empty"
    if text.startswith((b"{", b"[", b"<", b'"')):
        return "the provider's answer is not JSON"
    shown = text[: 4 * _SHOWN].decode("utf-8", "replace")[:_SHOWN]
    return f"the provider's answer is not JSON: {shown!r}"


def _error_beside(document: Document, field: str) -> UpstreamError | None:
    """Return the error that stands beside an answer, or in its first choice, unless something is said there."""
    choices = objects(document.get("choices")) if field == "choices" else []
    error = error_inside(document)
    if error is None and choices:
        error = error_inside(choices[0])
    if error is None or any(map(_says_something, choices)) or (field != "choices"):
        return None
    return error


def _says_nothing(document: Document, field: str) -> UpstreamError | None:
    """Return the error of choices or blocks of which none says anything, or why there is nothing to say."""
    if field == "choices":
        is_answer = any(map(_is_answer, objects(document["choices"])))
    elif field == "data":
        found = objects(document["data"])
        is_answer = any(map(is_made, found))
        document = document if error_inside(document) else found[0]
    elif field == "content":
        blocks = objects(document["content"])
        is_answer = bool(document.get("stop_reason")) or any(block.get("type") for block in blocks)
    else:
        is_answer = True
    return None if is_answer else no_answer(document, f"the provider's answer has empty {field}")


def is_made(entry: object) -> bool:
    """Say whether an entry of `data` is a vector or a picture, not the place of one that was not made, or why."""
    if not isinstance(entry, dict):
        return bool(entry)
    found = cast("Document", entry)
    if error_inside(found) is not None:
        return False
    return any(value for name, value in found.items() if name not in _ASIDE)


def _is_answer(choice: Document) -> bool:
    ended = choice.get("finish_reason")
    return _says_something(choice) or (bool(ended) and not is_broken_off(ended))


def _says_something(choice: Document) -> bool:
    said = section(choice.get("message")) or section(choice.get("delta"))
    if not said and "text" in choice:
        return True  # of a completion, which may be empty
    return bool(choice.get("text")) or any(
        any(section(value).values()) if section(value) else value
        for name, value in said.items()
        if name != "role"
    )
