"""What a chat says about thinking, as each of Claude's generations takes it.

OpenAI's `reasoning_effort` and Anthropic's `thinking` (which chat clients send too) are read as one wish. What the model
refuses is said in its own words, or left out: thinking is a wish, a tool that must be called is not.
Sources: https://platform.claude.com/docs/en/build-with-claude/thinking, …/extended-thinking (limits, forced tools, history,
prefill), …/adaptive-thinking, …/effort (read 2026-11-26); the traits say which model takes what.
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.anthropic_models import Traits
from oneapi.providers.base import Document
from oneapi.wire.anthropic_blocks import THINKING
from oneapi.wire.shapes import objects, section, text

MIN_BUDGET: Final = 1024
_WORDS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_000}
_USUAL_BUDGET: Final = 8192
_EFFORTS: Final = ((4096, "low"), (16_384, "medium"))  # of a budget, where there are no budgets
_SWITCHES_OFF: Final = frozenset({"disabled", "between_tools"})


def think(document: Document, request: Document, traits: Traits) -> None:
    """Add `thinking` and `output_config.effort` to a request that is complete otherwise."""
    thinking = document.get("thinking")
    effort = document.get("reasoning_effort")
    if "anthropic" in document or not traits.is_claude:
        _as_it_is(document, request, thinking, effort)
        return
    if thinking is not None and not isinstance(thinking, dict):
        raise InvalidRequest("`thinking` must be an object", param="thinking")
    wish = section(cast("object", thinking))
    word = effort if isinstance(effort, str) and effort in _WORDS else None
    if not wish and word is None:
        return
    is_off = text(wish.get("type")) in _SWITCHES_OFF or (not wish and word == "none")
    if is_off:
        _switch_off(request, traits, word)
    else:
        _switch_on(request, traits, wish, None if word == "none" else word)


def _as_it_is(document: Document, request: Document, thinking: Any, effort: Any) -> None:
    if thinking is not None:
        request["thinking"] = thinking
    if effort is not None and "anthropic" in document:
        _add_effort(request, effort)


def _add_effort(request: Document, effort: Any) -> None:
    request["output_config"] = {**section(request.get("output_config")), "effort": effort}


def _switch_off(request: Document, traits: Traits, word: str | None) -> None:
    if traits.off:
        request["thinking"] = {"type": traits.off}
        if word not in (None, "none"):
            _add_lowered_effort(request, traits.off_efforts, word)
    elif traits.efforts:
        _add_effort(request, traits.efforts[0])


def _switch_on(request: Document, traits: Traits, wish: Document, word: str | None) -> None:
    if _is_barred(request, traits):
        return
    kind = wish.get("type")
    if "adaptive" not in traits.thinking:
        _give_budget(request, traits, wish, word)
        return
    if kind == "enabled" and kind in traits.thinking and _budget_of(wish) is not None:
        _give_budget(request, traits, wish, word)
    elif kind == "adaptive":
        request["thinking"] = wish
    else:
        display = {} if traits.shows_thinking else {"display": "summarized"}
        request["thinking"] = {"type": "adaptive", **display, **_display(wish)}
        word = word or _word_of(_budget_of(wish))
    if word is not None:
        _add_lowered_effort(request, traits.efforts, word)


def _is_barred(request: Document, traits: Traits) -> bool:
    """Say whether the request cannot be thought about: a tool must be called, or the answer has begun."""
    forced = section(request.get("tool_choice")).get("type") in ("any", "tool")
    messages: list[Document] = request["messages"]
    return (
        not traits.thinking
        or (forced and traits.forced_tools == "unless_thinking")
        or bool(messages and messages[-1]["role"] == "assistant")
    )


def _give_budget(request: Document, traits: Traits, wish: Document, word: str | None) -> None:
    limit = request["max_tokens"]
    wanted = _budget_of(wish)
    if wanted is None:
        wanted = _BUDGETS.get(word or "", _USUAL_BUDGET)
    wanted = max(wanted, MIN_BUDGET)
    budget = min(wanted, limit - 1) if isinstance(limit, int) else wanted
    if budget < MIN_BUDGET or calls_without_thinking(request["messages"]):
        return
    request["thinking"] = {"type": "enabled", "budget_tokens": budget, **_display(wish)}


def _display(wish: Document) -> Document:
    return {"display": wish["display"]} if "display" in wish else {}


def _budget_of(wish: Document) -> int | None:
    budget = wish.get("budget_tokens")
    return budget if isinstance(budget, int) and not isinstance(budget, bool) else None


def _word_of(budget: int | None) -> str | None:
    if budget is None:
        return None
    return next((word for limit, word in _EFFORTS if budget < limit), "high")


def _add_lowered_effort(request: Document, efforts: tuple[str, ...], word: str | None) -> None:
    """Say an effort, or the next lower one that the model knows."""
    place = _WORDS.index(word or "low")
    known = [effort for effort in efforts if _WORDS.index(effort) <= place] or efforts[:1]
    if known:
        _add_effort(request, known[-1])


def is_thinking(request: Document) -> bool:
    """Say whether a request asks for thinking."""
    return section(request.get("thinking")).get("type") in ("enabled", "adaptive")


def calls_without_thinking(messages: list[Document]) -> bool:
    """Say whether the last turn of the assistant calls tools without thinking before them.

    With a budget Anthropic refuses such a turn, and there is none to be had afterwards. Messages in a row are one turn.
    """
    kinds: list[str] = []
    for message in reversed(messages):
        if message["role"] == "assistant":
            said = [text(block.get("type")) for block in objects(message["content"])]
            kinds = [*(said or ["text"]), *kinds]
        elif kinds:
            break
    return "tool_use" in kinds and kinds[0] not in THINKING
