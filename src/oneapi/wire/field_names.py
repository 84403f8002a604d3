"""Which names a request says, and how often: a decisive name must not mean two things to two readers.

RFC 8259 §4 leaves repeated names to the reader: Python and JavaScript take the last one, others the first. Go takes `Model`
for `model`, and the last of both (https://github.com/golang/go/issues/43664), in its version 2 without `_` and `-`
(https://go.dev/src/encoding/json/v2/fold.go); the web services of .NET overlook case, protocol buffers take `maxTokens` for
`max_tokens` (https://github.com/awakesecurity/proto3-suite/issues/206; all read 2026-11-26). What would be checked and
charged here by one reading and served by the vendor by another is refused.
"""

import json
from contextlib import suppress
from typing import Any, Final, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.wire.decoding import UNDECODABLE


def _words(text: str) -> list[str]:
    return text.split()


# What decides who may do it, what it costs and what goes upstream: all that the envelopes, `relay.metering` and the edits of
# `providers` read of a request, and what vendors charge by. `tests/wire/test_field_names.py` holds them side by side.
DECISIVE: Final = frozenset(
    _words("""
    model models fallbacks stream stream_options stream_format
    max_tokens max_completion_tokens max_output_tokens max_new_tokens max_tokens_to_sample max_tool_calls
    n_predict num_predict n best_of candidate_count num_return_sequences num_generations
    messages prompt input instruction instructions system suffix echo file image mask
    tools functions tool_choice function_call web_search_options plugins mcp_servers container context_management
    thinking reasoning reasoning_effort thinking_budget enable_thinking output_config effort
    batch_size num_images num_outputs image_num max_images sequential_image_generation sequential_image_generation_options
    size quality style resolution background partial_images frame_count frame_duration_ms seconds duration
    audio modalities prediction voice service_tier speed inference_geo billing_policy svg
    """)
)
# What clients say every day besides. A name that is missing here costs a closer look, nothing else.
_HARMLESS: Final = _words("""
    cache_control chat_template_kwargs chunking_strategy dimensions enable_search encoding_format
    extra_body frequency_penalty include input_fidelity language logit_bias logprobs metadata min_p moderation options
    output_compression output_format parallel_tool_calls presence_penalty prompt_cache_key
    prompt_cache_retention provider repetition_penalty response_format route safety_identifier seed stop stop_sequences
    store temperature timestamp_granularities tool_stream top_k top_logprobs top_p transforms truncation usage user
    verbosity
    """)
# Objects with decisive names of their own.
_INSIDE: Final[dict[str, frozenset[str]]] = {
    "stream_options": frozenset({"include_usage"}),
    "thinking": frozenset({"type", "budget_tokens"}),
    "reasoning": frozenset({"effort", "max_tokens", "enabled"}),
    "output_config": frozenset({"effort"}),
}
_USUAL_INSIDE: Final = frozenset(
    {
        b"null",
        b'{"include_usage":true}',
        b'{"include_usage": true}',
        b'{"include_usage":false}',
        b'{"include_usage": false}',
        b'{"type":"adaptive"}',
        b'{"type":"disabled"}',
    }
)
_SPACED: Final[dict[str, bytes]] = {
    name: f', "{name}": '.encode() for name in (*DECISIVE, *_HARMLESS)
}
_read: Final[Any] = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode
_BLANK: Final = 0x20
_WITHOUT_MARKS: Final = str.maketrans(
    "", "", "_-\u0307"
)  # small, the capital I of Turkish keeps its dot


def folded(name: str) -> str:
    """Return what the most forgiving of readers takes a name for: no case, no marks between words, no more than C sees.

    Case as Unicode folds it, U+017F and U+212A included, as Go does; by capitals first, as Java does.
    """
    return name.partition("\0")[0].upper().casefold().translate(_WITHOUT_MARKS)


_MEANT: Final = {folded(name): name for name in DECISIVE}
_MEANT_INSIDE: Final = {
    outer: {folded(name): name for name in names} for outer, names in _INSIDE.items()
}


def meant(name: str) -> str | None:
    """Return the decisive name that some reader may take a name for, None if there is none."""
    return _MEANT.get(folded(name))


def ambiguous(name: str, why: str) -> InvalidRequest:
    """Return the error for a name that does not mean one thing to everybody."""
    return InvalidRequest(f"`{name}` {why}", code="ambiguous_field", param=name)


def plain_fields(text: bytes) -> dict[str, Any] | None:
    """Return a JSON object's fields, undecoded, if none stands twice and no decisive one in another spelling.

    Written again from what was read of it, such a text is the same. None if that is not cheap to tell: then `check_names`
    can. Raises what decoding raises.
    """
    fields: dict[str, Any] = _read(text)
    at = 0  # of what follows the first name
    for name, value in fields.items():
        if at == 0:
            at = len(name) + 4
        if name not in _SPACED:
            if folded(name) in _MEANT:
                return None
        elif name in _INSIDE and not _is_plain_inside(name, bytes(value)):
            return None
    if text[at] == _BLANK and _spaced(fields) == text[1:-1]:
        return fields
    again = _encode(fields)
    if again == text or _without_blanks(again) == _without_blanks(text):
        return fields
    return None


def _without_blanks(text: bytes) -> bytes:
    return msgspec.json.format(text, indent=-1)


def _is_plain_inside(outer: str, text: bytes) -> bool:
    if text in _USUAL_INSIDE or not text.startswith(b"{"):
        return True
    meant = _MEANT_INSIDE[outer]
    fields: dict[str, Any] = _read(text)
    for name in fields:
        if meant.get(folded(name), name) != name:
            return False
    return _encode(fields) == text or _spaced(fields) == text[1:-1]


def _spaced(fields: dict[str, Any]) -> bytes:
    """Return the inside of the object as Python's json writes it."""
    pieces: list[Any] = []
    for name, value in fields.items():
        pieces.append(_SPACED.get(name) or b", %b: " % _encode(name))
        pieces.append(value)
    return b"".join(pieces)[2:]


def check_names(body: bytes) -> None:
    """Raise `InvalidRequest` for a decisive name in another spelling, and for any name that stands twice.

    Names are compared as Python's json understands them, so that neither escapes nor nesting can hide one.
    """
    with suppress(*UNDECODABLE):  # said by whoever decodes it
        if plain_fields(body) is not None:
            return
    try:
        pairs: Any = json.loads(
            body.decode("utf-8", "replace"), object_pairs_hook=tuple, parse_int=float
        )
    except (ValueError, RecursionError):
        return
    if isinstance(pairs, tuple):
        _check(cast("Any", pairs), _MEANT, "")


def _check(pairs: Any, meant: dict[str, str], path: str) -> None:
    seen: set[str] = set()
    for name, value in pairs:
        known = meant.get(folded(name))
        if known is not None and known != name:
            raise ambiguous(
                path + name, f"is `{path}{known}` to some providers: write `{path}{known}`"
            )
        if name in seen:
            raise ambiguous(
                path + name, "stands twice, and providers differ in which one they take"
            )
        seen.add(name)
        inside = None if path else _MEANT_INSIDE.get(name)
        if inside is not None and isinstance(value, tuple):
            _check(value, inside, f"{name}.")
