"""Usage in OpenAI's dialect, with the spellings of the vendors that speak it.

Sources: https://platform.openai.com/docs/api-reference, https://api-docs.deepseek.com/api/create-chat-completion
(`prompt_cache_hit_tokens`), https://openrouter.ai/docs/use-cases/usage-accounting (`cache_write_tokens`),
https://console.groq.com/docs/api-reference (`x_groq.usage`) (read 2026-11-21);
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/grok/capabilities/reasoning (reasoning beside the
completion) (read 2026-11-25).
"""

import re
from typing import Any, Final, cast

import msgspec

from oneapi.providers.base import Call, Endpoint
from oneapi.wire.canonical import usage_object
from oneapi.wire.shapes import count, section
from oneapi.wire.usage import Usage

IMAGES: Final = frozenset({Endpoint.IMAGES, Endpoint.IMAGE_EDITS, Endpoint.IMAGE_VARIATIONS})
TRANSCRIPTS: Final = frozenset({Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS})
_TIMES: Final = re.compile(rb"--> *(?:(\d+):)?(\d+):(\d+)[.,](\d+)")


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class _AnswerDetails(msgspec.Struct):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class Counts(msgspec.Struct):
    """The common shape of a usage object, decoded by type; `usage_of` reads all others."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _AnswerDetails | None = None
    cache_creation_input_tokens: Any = None
    prompt_cache_hit_tokens: Any = None
    cached_tokens: Any = None
    num_cached_tokens: Any = None
    cache_read_input_tokens: Any = None


class _Answer(msgspec.Struct):
    usage: Counts | None = None
    error: Any = None


ANSWER: Final = msgspec.json.Decoder(_Answer)


class _Speech(msgspec.Struct):
    input: str = ""


_SPEECH = msgspec.json.Decoder(_Speech)


def usage_of(counts: dict[str, Any]) -> Usage:
    """Read a usage object; what is missing is 0."""
    prompt = section(counts.get("prompt_tokens_details") or counts.get("input_tokens_details"))
    prompt = prompt or section(counts.get("input_token_details"))
    answer = section(counts.get("completion_tokens_details") or counts.get("output_tokens_details"))
    output = count(counts.get("completion_tokens", counts.get("output_tokens")))
    total = count(counts.get("total_tokens"))
    said = counts.get("prompt_tokens", counts.get("input_tokens"))
    given = count(said) if said is not None else max(0, total - output)
    cached = (
        count(prompt.get("cached_tokens"))
        or count(counts.get("prompt_cache_hit_tokens"))
        or count(counts.get("cached_tokens"))
        or count(counts.get("num_cached_tokens"))
        or count(counts.get("cache_read_input_tokens"))
    )
    written = count(prompt.get("cache_write_tokens"))
    written = written or count(counts.get("cache_creation_input_tokens"))
    reasoning = count(answer.get("reasoning_tokens"))
    rest = total - given - max(output, 0) if given > 0 else 0
    beside = _beside(rest, reasoning, cached, written)
    return Usage(
        input_tokens=given,
        output_tokens=output + beside,
        cached_tokens=cached,
        cache_write_tokens=written,
        audio_input_tokens=count(prompt.get("audio_tokens")),
        audio_output_tokens=count(answer.get("audio_tokens")),
        reasoning_tokens=reasoning or beside,
    )


def _beside(rest: int, reasoning: int, cached: int, written: int) -> int:
    """Return the output that a vendor counts in the total only: xAI's reasoning, Gemini's thoughts.

    A rest that the cache explains is input which the vendor left out of the prompt.
    """
    is_thought = rest == reasoning if reasoning else rest not in {cached, written, cached + written}
    return rest if rest > 0 and is_thought else 0


def canonical_counts(counts: dict[str, Any], usage: Usage) -> dict[str, Any]:
    """Return the usage object with the canonical names filled in, beside the vendor's own."""
    said = usage_object(usage)
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = {**section(counts.get(name)), **section(said.get(name))}
        if details:
            said[name] = details
    if counts.get("total_tokens") is not None:
        said["total_tokens"] = counts["total_tokens"]
    return {**counts, **said}


def usage_of_answer(call: Call, document: dict[str, Any]) -> Usage | None:
    """Return the usage of a whole JSON answer of any endpoint, `None` if it says none."""
    counts = section(document.get("usage") or section(document.get("x_groq")).get("usage"))
    if call.endpoint in TRANSCRIPTS:
        return _transcript(document, counts)
    if counts:
        return usage_of(counts)
    if call.endpoint in IMAGES:
        images = document.get("data")
        return Usage(images=len(cast("list[Any]", images))) if isinstance(images, list) else None
    return None


def _transcript(document: dict[str, Any], counts: dict[str, Any]) -> Usage | None:
    seconds = (
        counts.get("seconds") if counts.get("type") == "duration" else document.get("duration")
    )
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return Usage(seconds=float(seconds))
    return usage_of(counts) if counts else None


def usage_of_subtitles(body: bytes) -> Usage | None:
    """Return the length of what SRT or WebVTT subtitles cover."""
    found = _TIMES.findall(body)
    if not found:
        return None
    hours, minutes, seconds, fraction = found[-1]
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return Usage(seconds=whole + int(fraction) / 10 ** len(fraction))


def usage_of_speech(call: Call) -> Usage | None:
    """Return the characters that a speech request wants spoken."""
    if not isinstance(call.body, bytes):
        return None
    return Usage(characters=len(_SPEECH.decode(call.body).input))
