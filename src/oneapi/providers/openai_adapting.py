"""What a vendor refused of what is ours, read from its refusal, whatever its words.

Only what the gateway added or put into OpenAI's words itself counts: a refusal of what the client said is its own error.
A wrong guess costs one request: it is remembered only when the vendor takes the call without it. Refusals look like
`Unrecognized request argument supplied: stream_options`, `{"type": "extra_forbidden", "loc": ["body", "stream_options"]}`,
`Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.`
"""

import re
from collections.abc import Iterator
from typing import Final

from oneapi.errors import UpstreamError
from oneapi.providers.base import Call
from oneapi.providers.openai_edits import COMPLETION_LIMIT, LIMIT, Aim, limit_name
from oneapi.providers.openai_lowering import HINTS
from oneapi.providers.openai_messages import NEEDS_REASONING
from oneapi.providers.quirks import NO_FIELDS, Quirks
from oneapi.providers.refused_names import names, refusal_text
from oneapi.providers.urls import OTHER_SPELLING, adaptations
from oneapi.wire.endpoints import CHUNKED, Endpoint
from oneapi.wire.shapes import objects

MOST: Final = 8  # what one call does otherwise
_AGAIN: Final = frozenset({408, 425, 429})  # about time, not about fields
_NAMES: Final = (LIMIT, COMPLETION_LIMIT)
_USAGE: Final = "stream_options"
_REASONING: Final = "reasoning_content"
_SUBFIELD: Final = re.compile(r"include_?usage", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.-])\d{3,}(?![\w-])")


def adaptation(call: Call, error: UpstreamError) -> frozenset[str]:
    """Return what the call has to do otherwise to be taken, empty when nothing of ours is at fault."""
    if error.auth_failed or error.status in _AGAIN:
        return NO_FIELDS
    before = adaptations(call)
    if error.code == "DeploymentNotFound" and "." in call.model:
        return NO_FIELDS if OTHER_SPELLING in before else call.adapted | {OTHER_SPELLING}
    if call.endpoint not in CHUNKED or not error.said:
        return NO_FIELDS
    said = refusal_text(error.said)
    quirks = Aim(call, "", ()).quirks
    found = frozenset(_refused(call, quirks, said)) - before
    return call.adapted | found if found and len(before | found) <= MOST else NO_FIELDS


def _refused(call: Call, quirks: Quirks, said: str) -> Iterator[str]:
    """Yield what of ours a refusal names, as adaptations."""
    if _adds_usage(call) and (names(_USAGE, said) or _SUBFIELD.search(said)):
        yield _USAGE
    if call.document is not None:
        yield from (name for name in HINTS if names(name, said))
        if names(_REASONING, said):
            yield _reasoning(call, quirks)
    yield from _limits(call, quirks, said)


def _adds_usage(call: Call) -> bool:
    """Say whether the wish for usage is ours and not the client's."""
    if not call.stream:
        return False
    body = call.body
    said = call.has_stream_options and isinstance(body, bytes) and b'"stream_options"' in body
    return not said


def _reasoning(call: Call, quirks: Quirks) -> str:
    """It is either missing or not wanted: what was not sent is missing."""
    messages = objects((call.document or {}).get("messages"))
    calls = [m for m in messages if m["role"] == "assistant" and m.get("tool_calls")]
    has_all = _REASONING in quirks.keeps and all(m.get(_REASONING) for m in calls)
    return (
        _REASONING if has_all or not calls or NEEDS_REASONING in quirks.omits else NEEDS_REASONING
    )


def _limits(call: Call, quirks: Quirks, said: str) -> Iterator[str]:
    """Yield the names of the limit that must not be used: the one that was, or both when the vendor has a lower one."""
    imposed = call.max_output_tokens
    limit: object = imposed if imposed is not None else (call.document or {}).get("max_tokens")
    if not isinstance(limit, int):
        return
    name = limit_name(quirks) if call.endpoint is Endpoint.CHAT else LIMIT
    if not name or not names(name, said):
        return
    if any(int(number) < limit for number in _NUMBER.findall(said)):
        yield from (
            _NAMES if imposed is not None else ()
        )  # a client's own number is the client's error
    elif not quirks.omits & set(_NAMES) and call.endpoint is Endpoint.CHAT:
        yield name
