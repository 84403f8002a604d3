"""OpenAI's dialect as vendors speak it: 33 of One API's channel types.

Sources: https://platform.openai.com/docs/api-reference, https://learn.microsoft.com/azure/ai-foundry/openai/reference
(read 2026-11-21). What single vendors do differently is said in their rows (`providers.registry`) and where it
is evened out (`openai_stream`, `openai_usage`, `openai_lowering`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.answers import FIELDS, answer_in, is_transcript
from oneapi.providers.base import Call, Document, Headers, Reply, UpstreamRequest
from oneapi.providers.openai_adapting import adaptation
from oneapi.providers.openai_edits import COMPLETION_LIMIT, Aim, edited, edited_body, quirks_of
from oneapi.providers.openai_lowering import lowered
from oneapi.providers.openai_stream import OpenAIDecoder, reply_of
from oneapi.providers.openai_text import text_tokens
from oneapi.providers.openai_usage import (
    ANSWER,
    Counts,
    usage_of_answer,
    usage_of_speech,
    usage_of_subtitles,
)
from oneapi.providers.openai_watch import OpenAIWatcher
from oneapi.providers.refusals import refusal
from oneapi.providers.secret import Secret
from oneapi.providers.urls import adaptations, url_of
from oneapi.wire.endpoints import Endpoint, spoken_in
from oneapi.wire.usage import Usage

_decode_answer: Final = ANSWER.decode
_UNUSUAL: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_values: Final = msgspec.structs.astuple
_KEPT: Final = 512  # aims of one target
_EMPTY_VECTOR: Final = 80  # bytes within which an embedding may have no vector
NO_HEADERS: Final[Headers] = ()
# A member of an enumeration is looked up in Python each time it is named.
_SPEECH: Final = Endpoint.SPEECH
_EMBEDDINGS: Final = Endpoint.EMBEDDINGS
_LIGHT: Final = frozenset({Endpoint.CHAT, Endpoint.COMPLETIONS, _EMBEDDINGS})


class OpenAIDialect:
    """See `providers.base.Dialect`."""

    name = "openai"
    serves = spoken_in("openai")

    def request(self, call: Call) -> UpstreamRequest:
        """Return the vendor's request; in the fast lane the client's bytes, edited only where they must be."""
        if call.document is None and not call.headers and not call.query:
            return self._plain(call)
        aim = Aim(call, url_of(call), NO_HEADERS)
        if call.document is not None:
            body: Any = msgspec.json.encode(_converted(call, call.document, aim))
            content_type = "application/json"
        else:
            body, content_type = call.body, call.content_type
            if isinstance(body, bytes) and not content_type.startswith("multipart/"):
                body = edited_body(call, body, aim)
        return UpstreamRequest("POST", aim.url, _headers(call, content_type), body)

    def _plain(self, call: Call) -> UpstreamRequest:
        """Return a request of the fast lane whose URL and headers depend on nothing but the target and four words."""
        memo = call.target.memo
        place = (call.endpoint, call.model, call.stream, call.content_type)
        aim: Aim | None = memo.get(place)
        if aim is None or call.adapted:
            aim = Aim(call, url_of(call), _headers(call, call.content_type))
            if not call.adapted:
                if len(memo) >= _KEPT:
                    memo.clear()
                memo[place] = aim
        body = call.body
        if type(body) is bytes and not call.content_type.startswith("multipart/"):
            body = edited_body(call, body, aim)
        return UpstreamRequest("POST", aim.url, aim.headers, body)

    def response(self, call: Call, body: bytes) -> Reply:
        """Return the canonical reply of a whole chat answer."""
        return reply_of(call, body)

    def usage(self, call: Call, body: bytes) -> Usage | None:
        """Return the usage of a whole answer; raise `UpstreamError` for one that is broken or an error."""
        endpoint = call.endpoint
        if endpoint is _SPEECH:
            return usage_of_speech(call)
        if endpoint in _LIGHT:
            try:
                answer = _decode_answer(body)
            except _UNUSUAL:
                pass  # looked at again below
            else:
                counts = answer.usage
                is_vector = endpoint is _EMBEDDINGS
                said = answer.data if is_vector else answer.choices
                if counts is not None and said and answer.error is None:
                    usage = _plain_usage(counts)
                    if usage is not None and (
                        len(memoryview(said[0])) > _EMPTY_VECTOR
                        if is_vector
                        else usage.output_tokens
                    ):
                        return usage
        if is_transcript(endpoint, body):
            return usage_of_subtitles(body)
        return usage_of_answer(call, answer_in(body, FIELDS.get(endpoint, "choices")))

    def output_tokens(self, call: Call, body: bytes) -> int:
        """Estimate the tokens of a whole answer's texts."""
        return text_tokens(call, body)

    def hides_reasoning(self, call: Call) -> bool:
        """Say whether it is one of OpenAI's reasoning models, which the name of their limit tells."""
        return quirks_of(call).limit == COMPLETION_LIMIT

    def stream(self, call: Call) -> OpenAIDecoder:
        """Return the state machine that evens out chunks."""
        return OpenAIDecoder(call)

    def watch(self, call: Call) -> OpenAIWatcher:
        """Return the fast lane's watcher."""
        return OpenAIWatcher(call)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """Return the vendor's refusal as an error."""
        return refusal(status, headers, body)

    def adapt(self, call: Call, error: UpstreamError) -> frozenset[str]:
        """Return what to do otherwise, because the vendor refused something that is ours."""
        return adaptation(call, error)

    def adapted(self, call: Call) -> None:
        """The vendor took an adapted call: so it is sent from now on."""
        target = call.target
        target.observed.refused[call.service, call.model] = adaptations(call)
        target.memo.clear()


def _plain_usage(counts: Counts) -> Usage | None:
    """Return what the common shape of a usage object says; `None` if that is not all, or in another spelling."""
    values: tuple[Any, ...] = _values(counts)  # all of them cost as much as two attributes
    asked, answered, total, prompt, answer, written, hit, kept, reused, read, a, b, c, d = values
    given: int = asked or 0
    made: int = answered or 0
    if given <= 0 or made < 0 or written or a or b or c or d:  # tools, lifetimes in a cache
        return None
    if total is not None:
        both: int = total
        if not 0 <= both <= given + made:
            return None
    is_cached = hit or kept or reused or read
    if prompt is None and answer is None:
        return None if is_cached else Usage(given, made)
    usage = _plain_details(given, made, prompt, answer)
    return None if is_cached and usage is not None and not usage.cached_tokens else usage


def _plain_details(given: int, made: int, prompt: Any, answer: Any) -> Usage | None:
    cached = written = heard = thought = spoken = 0
    if prompt is not None:
        read, wrote, sound, created, creation = _values(prompt)
        if (
            created or creation
        ):  # other gateways' words for what was written, which may say for how long
            return None
        cached, written, heard = read or 0, wrote or 0, sound or 0
    if answer is not None:
        thought, spoken = answer.reasoning_tokens or 0, answer.audio_tokens or 0
    parts = cached | written | heard | thought | spoken
    if parts == 0:
        return Usage(given, made)
    if parts < 0 or cached + written > given or heard > given or thought > made or spoken > made:
        return None
    return Usage(given, made, cached, written, 0, heard, spoken, thought)


def _converted(call: Call, document: Document, aim: Aim) -> Document:
    """Return the vendor's document; only a client of another dialect left extra fields in it."""
    fields = lowered(document, aim.quirks) if "anthropic" in document else document
    return edited(call, fields, aim)


def _headers(call: Call, content_type: str) -> Headers:
    provider = call.target.provider
    accept = "text/event-stream" if call.stream else call.headers.get("accept", "application/json")
    auth = call.service.auth or provider.auth
    fixed = _fixed(auth, call.target.key, content_type, accept, provider.headers)
    travelling = tuple(
        (name, value)
        for name, value in call.headers.items()
        if name != "accept" and not name.startswith("anthropic-")
    )
    return fixed + travelling if travelling else fixed


@lru_cache(maxsize=4096)
def _fixed(auth: str, key: Secret, content_type: str, accept: str, more: Headers) -> Headers:
    plain = key.reveal()
    said = ("authorization", f"Bearer {plain}") if auth == "bearer" else (auth, plain)
    return (said, ("content-type", content_type), ("accept", accept), *more)
