"""Counts: Anthropic's usage object, OpenAI's, and `Usage`.

Anthropic's `input_tokens` excludes what was read from and written to the cache; OpenAI's and ours include it. Its counts
leave out what a context was compacted with and what another call of the model advised: `iterations` has them.
Sources: https://platform.claude.com/docs/en/api/messages and the types of its Python SDK 2.12 (read 2026-11-21);
…/build-with-claude/compaction and …/agents-and-tools/tool-use/advisor-tool on usage and billing (read 2026-11-26).
"""

from typing import Any, cast

from oneapi.wire.shapes import section
from oneapi.wire.usage import Usage, counted, odd

_OPENAI_NAMES = frozenset(
    {
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
    }
)


def usage_of(counts: dict[str, Any]) -> Usage:
    """Read Anthropic's usage object: its own counts, or the sum of its iterations where that is more."""
    said = _counts(counts)
    iterations = counts.get("iterations")
    if not isinstance(iterations, list) or said.oddity:
        return said
    each = [_counts(section(iteration)) for iteration in cast("list[object]", iterations)]
    if any(usage.oddity for usage in each):
        return odd(counts)
    made = sum(usage.output_tokens for usage in each)
    given = sum(usage.input_tokens for usage in each)
    if given + made <= said.input_tokens + said.output_tokens:
        return said
    return Usage(
        input_tokens=given,
        output_tokens=made,
        cached_tokens=sum(usage.cached_tokens for usage in each),
        cache_write_tokens=sum(usage.cache_write_tokens for usage in each),
        cache_write_1h_tokens=sum(usage.cache_write_1h_tokens for usage in each),
        reasoning_tokens=min(said.reasoning_tokens, made),
        searches=said.searches,
    )


def _counts(counts: dict[str, Any]) -> Usage:
    lifetimes = section(counts.get("cache_creation"))
    plain = counted(counts.get("input_tokens"))
    made = counted(counts.get("output_tokens"))
    cached = counted(counts.get("cache_read_input_tokens"))
    written = counted(counts.get("cache_creation_input_tokens"))
    written_1h = counted(lifetimes.get("ephemeral_1h_input_tokens"))
    written_5m = counted(lifetimes.get("ephemeral_5m_input_tokens"))
    thought = counted(section(counts.get("output_tokens_details")).get("thinking_tokens"))
    searches = counted(section(counts.get("server_tool_use")).get("web_search_requests"))
    if min(plain, made, cached, written, written_1h, written_5m, thought, searches) < 0:
        return odd(counts)
    written = max(written, written_1h + written_5m)
    return Usage(
        input_tokens=plain + cached + written,
        output_tokens=made,
        cached_tokens=cached,
        cache_write_tokens=written - written_1h,
        cache_write_1h_tokens=written_1h,
        reasoning_tokens=thought,
        searches=searches,
    )


def canonical_counts(counts: dict[str, Any], usage: Usage) -> dict[str, Any] | None:
    """Return OpenAI's usage object for Anthropic's, which is kept beside it; `None` for one that says nothing."""
    if not usage.input_tokens and not usage.output_tokens:
        return None
    prompt, completion = usage.input_tokens, usage.output_tokens
    written = usage.cache_write_tokens + usage.cache_write_1h_tokens
    said: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if usage.cached_tokens or written:
        said["prompt_tokens_details"] = {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": written,
        }
    if usage.reasoning_tokens:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    own = {k: v for k, v in counts.items() if k not in {"input_tokens", "output_tokens"}}
    return {**own, **said}


def anthropic_counts(counts: dict[str, Any]) -> dict[str, Any]:
    """Return Anthropic's usage object for a canonical one."""
    own = {k: v for k, v in counts.items() if k not in _OPENAI_NAMES}
    prompt = section(counts.get("prompt_tokens_details"))
    completion = section(counts.get("completion_tokens_details"))
    if own.get("cache_read_input_tokens") is None and "cached_tokens" in prompt:
        own["cache_read_input_tokens"] = counted(prompt["cached_tokens"])
        written = counted(prompt.get("cache_write_tokens"))
        own["cache_creation_input_tokens"] = own.get("cache_creation_input_tokens") or written
    thought = counted(completion.get("reasoning_tokens"))
    if thought and "output_tokens_details" not in own:
        own["output_tokens_details"] = {"thinking_tokens": thought}
    own.pop("input_tokens", None)
    aside = usage_of(own).input_tokens
    return {
        "input_tokens": max(counted(counts.get("prompt_tokens")) - aside, 0),
        **own,
        "output_tokens": counted(counts.get("completion_tokens")),
    }


def anthropic_counts_of(usage: Usage) -> dict[str, Any]:
    """Return Anthropic's usage object for what was charged."""
    written = usage.cache_write_tokens + usage.cache_write_1h_tokens
    counts: dict[str, Any] = {
        "input_tokens": usage.input_tokens - usage.cached_tokens - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_write_1h_tokens:
        counts["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens,
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        }
    return counts
