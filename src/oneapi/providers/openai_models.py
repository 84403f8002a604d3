"""What models take differently, by name: many vendors of OpenAI's dialect serve them under the same names.

Sources: https://platform.openai.com/docs/api-reference/chat/create (`reasoning_effort`, `max_completion_tokens`, `stop`),
https://platform.openai.com/docs/guides/reasoning, https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning
(parameters that reasoning models refuse), https://api-docs.deepseek.com/guides/thinking_mode and
https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model (`reasoning_content` has to come back),
https://github.com/mistralai/mistral-common (order of messages, ids of calls), https://ai.google.dev/gemini-api/docs/thought-signatures
(read 2026-11-26).
"""

import re
from functools import lru_cache
from typing import Final

from oneapi.providers.quirks import NO_QUIRKS, Quirks

_NAME: Final = r"(?:^|[/:])"  # of a model, behind the folder that aggregators put before it


def _reasoning(*efforts: str) -> Quirks:
    """OpenAI's reasoning models: another name of the limit, no sampling, their words for effort."""
    return Quirks(limit="max_completion_tokens", samples=False, efforts=efforts)


# Of several patterns the first one that a name matches counts.
MODELS: Final[tuple[tuple[str, Quirks], ...]] = (
    (_NAME + r"gpt-[5-9](\.\d+)?-chat", _reasoning()),
    (_NAME + r"gpt-5-pro", _reasoning("high")),
    (_NAME + r"gpt-5\.[2-5]-pro", _reasoning("medium", "high", "xhigh")),
    (_NAME + r"gpt-5\.1-codex-max", _reasoning("low", "medium", "high", "xhigh")),
    (_NAME + r"gpt-5\.[2-5]-codex", _reasoning("low", "medium", "high", "xhigh")),
    (_NAME + r"(gpt-5(\.1)?-codex|codex)", _reasoning("low", "medium", "high")),
    (_NAME + r"gpt-5\.1", _reasoning("none", "low", "medium", "high")),
    (_NAME + r"gpt-5\.[2-5]", _reasoning("none", "low", "medium", "high", "xhigh")),
    (_NAME + r"gpt-(5\.|[6-9])", _reasoning("none", "low", "medium", "high", "xhigh", "max")),
    (_NAME + r"gpt-5", _reasoning("minimal", "low", "medium", "high")),
    (_NAME + r"o[1-9](-|$)", _reasoning("low", "medium", "high")),
    (_NAME + r"gpt-oss", Quirks(efforts=("low", "medium", "high"))),
    (
        _NAME + r"(deepseek|kimi|moonshot|glm|minimax|mimo|longcat)",
        Quirks(keeps=frozenset({"reasoning_content"})),
    ),
    (
        _NAME
        + r"(mistral|mixtral|ministral|codestral|devstral|magistral|pixtral|voxtral|open-mi[sx]tral)",
        Quirks(bridge="Understood.", call_ids="[A-Za-z0-9]{9}"),
    ),
    (_NAME + r"gemini-[3-9]", Quirks(keeps=frozenset({"extra_content"}), sign_calls=True)),
    (_NAME + r"gemini", Quirks(keeps=frozenset({"extra_content"}))),
)
_COMPILED: Final = tuple((re.compile(pattern, re.IGNORECASE), found) for pattern, found in MODELS)


@lru_cache(maxsize=1024)
def quirks_of_model(name: str) -> Quirks:
    """Return what a model takes differently, by its name."""
    return next((quirks for pattern, quirks in _COMPILED if pattern.search(name)), NO_QUIRKS)
