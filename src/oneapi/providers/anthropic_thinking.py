"""OpenAI's `reasoning_effort` as Anthropic's thinking, for models that think.

Sources: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (limits, forced tools, history),
…/adaptive-thinking, …/effort (read 2026-11-21).
"""

from typing import Final

from oneapi.providers.anthropic_models import Traits
from oneapi.providers.base import Document
from oneapi.wire.shapes import objects, section

_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_000}
_EFFORTS: Final = {"minimal": "low"}
MIN_BUDGET: Final = 1024


def think(document: Document, request: Document, traits: Traits) -> None:
    """Add `thinking` and `output_config.effort` to the request.

    A client that states Anthropic's `thinking` itself gets exactly that. From `reasoning_effort` alone, thinking is only
    switched on where the request can have it.
    """
    thinking = document.get("thinking")
    effort = document.get("reasoning_effort")
    if thinking is not None:
        request["thinking"] = thinking
    if effort is None:
        return
    if "anthropic" in document:
        request["output_config"] = {**section(request.get("output_config")), "effort": effort}
        return
    if thinking is not None or not isinstance(effort, str):
        return
    if effort == "none":
        if traits.thinking != "none" and traits.can_stop_thinking:
            request["thinking"] = {"type": "disabled"}
    elif traits.thinking == "adaptive":
        display = {} if traits.shows_thinking else {"display": "summarized"}
        request["thinking"] = {"type": "adaptive", **display}
        output = section(request.get("output_config"))
        request["output_config"] = {**output, "effort": _EFFORTS.get(effort, effort)}
    elif traits.thinking == "budget":
        _budget(request, effort)


def _budget(request: Document, effort: str) -> None:
    limit = request["max_tokens"]
    forced = section(request.get("tool_choice")).get("type") in ("any", "tool")
    budget = min(_BUDGETS.get(effort, 8192), limit - 1 if isinstance(limit, int) else 0)
    if forced or budget < MIN_BUDGET or _calls_without_thinking(request["messages"]):
        return
    request["thinking"] = {"type": "enabled", "budget_tokens": budget}
    for name in ("temperature", "top_p", "top_k"):
        request.pop(name, None)  # refused together with thinking


def _calls_without_thinking(messages: list[Document]) -> bool:
    """Say whether a tool loop is going on whose thinking the client did not keep: it cannot be thought about."""
    for message in reversed(messages):
        if message["role"] != "assistant":
            continue
        kinds = [block.get("type") for block in objects(message["content"])]
        return "tool_use" in kinds and kinds[0] not in ("thinking", "redacted_thinking")
    return False
