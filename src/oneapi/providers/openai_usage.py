"""Usage in OpenAI's dialect, with the spellings of the vendors that speak it.

Sources: https://platform.openai.com/docs/api-reference, https://api-docs.deepseek.com/api/create-chat-completion
(`prompt_cache_hit_tokens`), https://openrouter.ai/docs/use-cases/usage-accounting (`cache_write_tokens`),
https://console.groq.com/docs/api-reference (`x_groq.usage`) (read 2026-11-21);
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/grok/capabilities/reasoning (reasoning beside the
completion) (read 2026-11-25); https://docs.litellm.ai/docs/completion/prompt_caching and new-api's `dto.Usage`, as other
gateways speak of what Claude wrote to its cache, and for how long (read 2026-11-26).
"""

import re
from math import isfinite
from typing import Any, Final, cast

import msgspec

from oneapi.providers.answers import is_made
from oneapi.providers.base import Call
from oneapi.wire.canonical import usage_object
from oneapi.wire.endpoints import Answer, Unit, answered_with, charged_by
from oneapi.wire.shapes import objects, section
from oneapi.wire.usage import Usage, counted, odd

IMAGES: Final = charged_by(Unit.IMAGE)
TRANSCRIPTS: Final = answered_with(Answer.TEXT)
_CACHED: Final = (
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "num_cached_tokens",
    "cache_read_input_tokens",
)
_WRITTEN: Final = ("cache_write_tokens", "cached_creation_tokens", "cache_creation_tokens")
_TIMES: Final = re.compile(rb"--> *(?:(\d+):)?(\d+):(\d+)[.,](\d+)")


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    cached_creation_tokens: int | None = None
    cache_creation_tokens: int | None = None


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
    server_tool_use: Any = None
    server_tool_use_details: Any = None
    cache_creation: Any = None
    claude_cache_creation_1_h_tokens: Any = None


class _Answer(msgspec.Struct):
    usage: Counts | None = None
    error: Any = None
    choices: list[msgspec.Raw] | None = None
    data: list[msgspec.Raw] | None = None


ANSWER: Final = msgspec.json.Decoder(_Answer)


class _Speech(msgspec.Struct):
    input: str = ""


_SPEECH = msgspec.json.Decoder(_Speech)


def usage_of(counts: dict[str, Any]) -> Usage:
    """Read a usage object; what is missing is 0. Sound may be counted by its length alone."""
    if counts.get("type") == "duration":
        return _heard(counts.get("seconds"))
    prompt = section(counts.get("prompt_tokens_details") or counts.get("input_tokens_details"))
    prompt = prompt or section(counts.get("input_token_details"))
    answer = section(counts.get("completion_tokens_details") or counts.get("output_tokens_details"))
    given = _first(counts.get("prompt_tokens"), counts.get("input_tokens"))
    made = _first(counts.get("completion_tokens"), counts.get("output_tokens"))
    total = counted(counts.get("total_tokens"))
    cached = _first(prompt.get("cached_tokens"), *(counts.get(name) for name in _CACHED))
    written, longer = _written(counts, prompt)
    heard, spoken = counted(prompt.get("audio_tokens")), counted(answer.get("audio_tokens"))
    thought = counted(answer.get("reasoning_tokens"))
    tools = section(counts.get("server_tool_use") or counts.get("server_tool_use_details"))
    searches = counted(tools.get("web_search_requests"))
    if min(given, made, total, cached, written, longer, heard, spoken, thought, searches) < 0:
        return odd(counts)
    if not given and total > made:
        if not made:
            return Usage(total_tokens=total, searches=searches)
        given = total - made
    given, beside = _beside((given, made, total), thought, cached, written)
    return Usage(
        input_tokens=given,
        output_tokens=made + beside,
        cached_tokens=cached,
        cache_write_tokens=written - longer,
        cache_write_1h_tokens=longer,
        audio_input_tokens=min(heard, given),
        audio_output_tokens=min(spoken, made),
        reasoning_tokens=thought or beside,
        searches=searches,
    )


def _written(counts: dict[str, Any], prompt: dict[str, Any]) -> tuple[int, int]:
    """Return how much was written to the cache in all, and of it for an hour; -1 where that is no count."""
    written = _first(
        *(prompt.get(name) for name in _WRITTEN), counts.get("cache_creation_input_tokens")
    )
    lifetimes = section(counts.get("cache_creation") or prompt.get("cache_creation_token_details"))
    hour = _first(
        lifetimes.get("ephemeral_1h_input_tokens"), counts.get("claude_cache_creation_1_h_tokens")
    )
    minutes = _first(
        lifetimes.get("ephemeral_5m_input_tokens"), counts.get("claude_cache_creation_5_m_tokens")
    )
    if min(written, hour, minutes) < 0:
        return -1, -1
    return max(written, hour + minutes), hour


def _first(*values: object) -> int:
    """Return the first count that is not 0."""
    return next((found for value in values if (found := counted(value))), 0)


def _beside(
    counts: tuple[int, int, int], thought: int, cached: int, written: int
) -> tuple[int, int]:
    """Return the whole input, and the output that the vendor counts in the total only.

    Some vendors leave what the cache held out of the prompt: then it does not fit in, or the total says so. What else only
    the total counts are thoughts: xAI's, Gemini's.
    """
    given, made, total = counts
    of_cache = {cached, written, cached + written}
    rest = total - given - made
    if cached + written > given:
        return given + cached + written, 0
    if rest > 0 and rest in of_cache and rest != thought:
        return given + rest, 0
    if rest > 0 and given > 0 and (not thought or rest == thought):
        return given, rest
    return given, thought if thought > made and not total else 0


def canonical_counts(counts: dict[str, Any], usage: Usage) -> dict[str, Any] | None:
    """Return the usage object with the canonical names filled in, beside the vendor's own; `None` if it says nothing."""
    if not usage.input_tokens and not usage.output_tokens:
        return None
    said = usage_object(usage)
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = {**section(counts.get(name)), **section(said.get(name))}
        if details:
            said[name] = details
    said["total_tokens"] = max(said["total_tokens"], counted(counts.get("total_tokens")))
    return {**counts, **said}


def counts_in(document: dict[str, Any]) -> dict[str, Any]:
    """Return the usage object of a whole answer, in whatever place a vendor has it: Groq's own, or in a choice."""
    counts = section(document.get("usage"))
    counts = counts or section(section(document.get("x_groq")).get("usage"))
    for choice in () if counts else objects(document.get("choices")):
        counts = counts or section(choice.get("usage"))
    return counts


def usage_of_answer(call: Call, document: dict[str, Any]) -> Usage | None:
    """Return the usage of a whole JSON answer of any endpoint, `None` if it says none.

    What a model spends that writes a picture as SVG is counted beside the picture: `svg_usage` of OpenAI's SDK 3.54.
    """
    counts = counts_in(document)
    if call.endpoint in TRANSCRIPTS:
        return _transcript(document, counts)
    usage = usage_of(counts) if counts else None
    images = document.get("data") if call.endpoint in IMAGES else None
    if not isinstance(images, list):
        return usage
    said = {} if usage is None else usage.counts()
    said["images"] = sum(map(is_made, cast("list[Any]", images)))
    written = section(document.get("svg_usage"))
    if written and usage is not None:
        author = usage_of(written)
        if author.oddity:
            return author
        for name in ("input_tokens", "output_tokens"):
            said[name] = said.get(name, 0) + getattr(author, name)
    return Usage(**said, total_tokens=0 if usage is None else usage.total_tokens)


def _transcript(document: dict[str, Any], counts: dict[str, Any]) -> Usage | None:
    said = document.get("duration")
    if counts.get("type") != "duration" and _seconds(said) is not None:
        return _heard(said)
    if counts:
        return usage_of(counts)
    ends = [
        seconds
        for name in ("segments", "words")
        for part in objects(document.get(name))
        if (seconds := _seconds(part.get("end"))) is not None
    ]
    return _heard(max(ends)) if ends else None


def _heard(said: object) -> Usage:
    """Return the usage of so many seconds of sound."""
    seconds = _seconds(said)
    if seconds is not None and seconds >= 0:
        return Usage(seconds=seconds)
    return odd({"duration": said})


def _seconds(said: object) -> float | None:
    """Return a length, `None` for what is none.

    vLLM says it as a text: `TranscriptionResponseVerbose.duration` in its `vllm/entrypoints/openai` (read 2026-11-27).
    """
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        seconds = float(said)
    except (ValueError, OverflowError):
        return None
    return seconds if isfinite(seconds) else None


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
