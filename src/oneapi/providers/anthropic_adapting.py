"""What a server of Anthropic's dialect refused of what we said ourselves for a chat client: left out, and remembered.

Ours are the words that OpenAI's fields became and the limit of a client that named none. Not every server that speaks the
dialect knows them, and our table may be older than a model. What the client said in Anthropic's own words is its own.
Sources: the vendor's refusals ("max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for …",
"output_config: Extra inputs are not permitted", "thinking.type: Input should be …") (read 2026-11-26).
"""

import re
from collections.abc import Iterator
from typing import Final

from oneapi.errors import UpstreamError
from oneapi.providers.anthropic_models import traits_of
from oneapi.providers.base import Call, Document
from oneapi.providers.quirks import NO_FIELDS
from oneapi.providers.refused_names import names, refusal_text
from oneapi.providers.urls import adaptations
from oneapi.wire.dialect import LIMITS
from oneapi.wire.shapes import section

PARALLEL: Final = "disable_parallel_tool_use"
_OUTPUT: Final = "output_config"
_LIMIT: Final = "max_tokens"
_LIMIT_OF: Final = _LIMIT + "="  # and the vendor's greatest number behind it
_HINTS: Final = ("thinking", _OUTPUT, PARALLEL, "metadata")
_LEAST: Final = 1024  # tokens that are believed to be a model's limit
_NUMBER: Final = re.compile(r"(?<![\w.-])\d{4,9}(?![\w-])")
_AGAIN: Final = frozenset({408, 425, 429})  # about time, not about fields


def refused_of_ours(call: Call, error: UpstreamError) -> frozenset[str]:
    """Return what of ours a refusal names, as adaptations that have not been tried."""
    if error.auth_failed or error.status in _AGAIN or not error.said:
        return NO_FIELDS
    said = refusal_text(error.said)
    return frozenset(_refused(call, said)) - adaptations(call)


def _refused(call: Call, said: str) -> Iterator[str]:
    document = call.document
    if document is not None and "anthropic" not in document:
        for name in _HINTS:
            is_its_own = name == "thinking" and document.get(name) is not None
            if not is_its_own and names(name, said):
                yield name
    sent = _own_limit(call)
    if sent and names(_LIMIT, said):
        greatest = max((n for n in map(int, _NUMBER.findall(said)) if n < sent), default=0)
        if greatest >= _LEAST:
            yield f"{_LIMIT_OF}{greatest}"


def _own_limit(call: Call) -> int:
    """Return the limit that we said, 0 if it is the client's own."""
    document = call.document
    imposed = call.max_output_tokens
    if imposed is None and document is not None and all(document.get(n) is None for n in LIMITS):
        imposed = traits_of(call.model).max_tokens
    return within(imposed, adaptations(call)) if imposed else 0


def remembered(adapted: frozenset[str]) -> frozenset[str]:
    """Return the adaptations that hold for every call; the others are about one history."""
    return frozenset(name for name in adapted if name in _HINTS or name.startswith(_LIMIT_OF))


def within(limit: int, adapted: frozenset[str]) -> int:
    """Return a limit of ours that is no greater than what the vendor takes."""
    known = [int(name[len(_LIMIT_OF) :]) for name in adapted if name.startswith(_LIMIT_OF)]
    return min([limit, *known])


def omit(document: Document, request: Document, adapted: frozenset[str]) -> None:
    """Leave out of a request what of ours the vendor has refused."""
    if "thinking" in adapted and document.get("thinking") is None:
        request.pop("thinking", None)
    for name in (_OUTPUT, "metadata"):
        if name in adapted:
            request.pop(name, None)
    if PARALLEL in adapted and PARALLEL in section(request.get("tool_choice")):
        choice = {k: v for k, v in request["tool_choice"].items() if k != PARALLEL}
        request["tool_choice"] = choice
