"""Anthropic's Messages API as a vendor: One API's channel type 14.

Sources: https://platform.claude.com/docs/en/api/messages, …/api/versioning, …/api/beta-headers, …/api/errors and the types
of its Python SDK 2.12 (read 2026-11-21).
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.answers import answer_in
from oneapi.providers.anthropic_adapting import refused_of_ours, remembered, within
from oneapi.providers.anthropic_repairs import (
    MOST,
    UNTHOUGHT,
    adaptation,
    needs_repair,
    repair,
    unthought,
)
from oneapi.providers.anthropic_request import vendor_document
from oneapi.providers.anthropic_stream import AnthropicDecoder, reply_of
from oneapi.providers.anthropic_watch import AnthropicWatcher
from oneapi.providers.base import Call, Document, Headers, Reply, UpstreamRequest
from oneapi.providers.quirks import NO_FIELDS
from oneapi.providers.refusals import refusal
from oneapi.providers.urls import adaptations, url_of
from oneapi.wire.anthropic_blocks import message_of
from oneapi.wire.anthropic_usage import usage_of
from oneapi.wire.canonical import text_of
from oneapi.wire.decoding import UNDECODABLE, invalid_json, json_value
from oneapi.wire.dialect import LIMITS
from oneapi.wire.endpoints import spoken_in
from oneapi.wire.shapes import objects, section
from oneapi.wire.textmeter import estimate_text
from oneapi.wire.usage import Usage

VERSION: Final = "2023-06-01"
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Answer(msgspec.Struct):
    usage: dict[str, Any]
    content: list[msgspec.Raw]
    error: Any = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


class AnthropicDialect:
    """See `providers.base.Dialect`."""

    name = "anthropic"
    serves = spoken_in("anthropic")

    def request(self, call: Call) -> UpstreamRequest:
        """Return the vendor's request; in the fast lane the client's bytes, edited only where they must be."""
        url, document = url_of(call), call.document
        if document is None:
            return UpstreamRequest("POST", url, _headers(call), _edited_body(call))
        if UNTHOUGHT in call.adapted:
            document = unthought(document)
        body = msgspec.json.encode(vendor_document(call, document))
        return UpstreamRequest("POST", url, _headers(call), body)

    def response(self, call: Call, body: bytes) -> Reply:
        """Return the canonical reply of a whole message."""
        return reply_of(call, body)

    def usage(self, call: Call, body: bytes) -> Usage | None:
        """Return the usage of a whole message; raise `UpstreamError` for one that is broken or an error."""
        try:
            answer = _ANSWER.decode(body)
        except UNDECODABLE:
            pass  # something unusual, looked at again below
        else:
            if answer.content and answer.usage and answer.error is None:
                return usage_of(answer.usage)
        counts = section(answer_in(body, "content").get("usage"))
        return usage_of(counts) if counts else None

    def output_tokens(self, call: Call, body: bytes) -> int:
        """Estimate the tokens of a whole message's texts, thoughts and calls."""
        try:
            blocks = objects(section(json_value(body)).get("content"))
        except UNDECODABLE:
            return 0
        message = message_of(blocks, is_reply=True)
        return estimate_text(text_of({"choices": [{"message": message}]}))

    def hides_reasoning(self, call: Call) -> bool:
        """Thinking is shown unless the client wants it left out; what then is counted is learned."""
        return False

    def stream(self, call: Call) -> AnthropicDecoder:
        """Return the state machine that turns events into canonical chunks."""
        return AnthropicDecoder(call)

    def watch(self, call: Call) -> AnthropicWatcher:
        """Return the fast lane's watcher."""
        return AnthropicWatcher(call)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """Return the vendor's refusal as an error."""
        return refusal(status, headers, body)

    def adapt(self, call: Call, error: UpstreamError) -> frozenset[str]:
        """Return how to go on without what is ours, or with a history whose faults the client cannot know."""
        found = adaptation(call, error)
        if found:
            return found
        ours = refused_of_ours(call, error)
        return call.adapted | ours if ours and len(call.adapted | ours) <= MOST else NO_FIELDS

    def adapted(self, call: Call) -> None:
        """Remember what of ours the vendor does not take; the next history is another one."""
        found = remembered(adaptations(call))
        if found:
            call.target.observed.refused[call.service, call.model] = found


def _edited_body(call: Call) -> bytes:
    body = cast("bytes", call.body)
    is_mapped = call.model != call.asked_model
    has_edits = is_mapped or call.max_output_tokens is not None or call.system_prompt is not None
    may_be_broken = bool(call.adapted) or needs_repair(body, call)
    if not has_edits and not may_be_broken:
        return body
    try:
        fields: Document = dict(json_value(body, _FIELDS.decode))
    except UNDECODABLE as error:
        raise invalid_json(error) from error
    is_repaired = may_be_broken and repair(fields, call)
    if not has_edits and not is_repaired:
        return body
    fields["model"] = call.model
    if call.max_output_tokens is not None:
        limit = within(call.max_output_tokens, adaptations(call))
        fields = {name: value for name, value in fields.items() if name not in LIMITS}
        fields["max_tokens"] = limit
    if call.system_prompt is not None:
        fields["system"] = call.system_prompt
    return msgspec.json.encode(fields)


def _headers(call: Call) -> Headers:
    """Return the headers; the client's `anthropic-version` and `anthropic-beta` travel as they are."""
    travelling = tuple(
        (name, value)
        for name, value in call.headers.items()
        if name != "accept" and not name.startswith("openai-")
    )
    version = () if "anthropic-version" in call.headers else (("anthropic-version", VERSION),)
    auth = call.service.auth or call.target.provider.auth
    key = call.target.key.reveal()
    return (
        ("authorization", f"Bearer {key}") if auth == "bearer" else (auth, key),
        ("content-type", "application/json"),
        ("accept", "text/event-stream" if call.stream else "application/json"),
        *version,
        *call.target.provider.headers,
        *travelling,
    )
