"""Why an answer ended: the words of vendors by their meaning, and Anthropic's word for it, which follows what was said.

Sources: https://platform.openai.com/docs/api-reference/chat/object, https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons,
https://ai.google.dev/api/generate-content#FinishReason, https://docs.bigmodel.cn (`sensitive`), https://docs.mistral.ai/api
(`model_length`, `error`), https://api-docs.deepseek.com/api/create-chat-completion (`insufficient_system_resource`),
https://docs.z.ai/api-reference/llm/chat-completion (`network_error`),
https://huggingface.co/docs/text-generation-inference (`eos_token`) (read 2026-11-26).
"""

from typing import Any, Final

from oneapi.wire.shapes import text

# Anthropic's own word -> OpenAI's.
FINISH: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "pause_turn": "stop",
    "model_context_window_exceeded": "length",
}
# OpenAI's word -> Anthropic's.
STOP: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
# Other spellings, in lower case -> OpenAI's word. Whatever is not here ended by itself.
_MEANINGS: Final = {
    **{word: word for word in STOP},
    **FINISH,
    "function_call": "tool_calls",
    "tool_call": "tool_calls",
    "tool_calls_done": "tool_calls",
    "malformed_function_call": "tool_calls",
    "max_output_tokens": "length",
    "max_new_tokens": "length",
    "max_length": "length",
    "model_length": "length",
    "token_limit": "length",
    "blocklist": "content_filter",
    "content_filtered": "content_filter",
    "content_policy": "content_filter",
    "language": "content_filter",
    "prohibited_content": "content_filter",
    "recitation": "content_filter",
    "safety": "content_filter",
    "sensitive": "content_filter",
    "spii": "content_filter",
}
# What says that the vendor could not go on: no end of an answer.
_BROKEN: Final = frozenset({"abort", "error", "insufficient_system_resource", "network_error"})


def is_broken_off(word: object) -> bool:
    """Say whether a vendor's word means that it failed amid the answer."""
    return isinstance(word, str) and word.lower() in _BROKEN


def finish_of(word: object) -> str:
    """Return OpenAI's word for a vendor's."""
    return _MEANINGS.get(text(word).strip().lower(), "stop")


def stop_reason(choice: dict[str, Any], *, calls_tools: bool) -> str:
    """Return Anthropic's word for why a choice ended.

    Only its own words count where a choice has a `stop_reason` (vLLM says a token's id there). Whether a tool is called is
    decided by the answer's blocks: agents look for a call where there is none, and stop in the middle of one, otherwise.
    """
    own = text(choice.get("stop_reason"))
    reason = own if own in FINISH else STOP[finish_of(choice.get("finish_reason"))]
    if reason == "end_turn" and calls_tools:
        return "tool_use"
    if reason == "tool_use" and not calls_tools:
        return "end_turn"
    return reason
