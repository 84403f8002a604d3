"""Whatever a chat client sends that OpenAI takes: what goes to Claude breaks no rule of Anthropic, and loses no word."""

from typing import Any, cast

from hypothesis import given, settings, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.wire.shapes import objects, section
from tests.providers.anthropic_rules import MODELS, violations
from tests.providers.exchanges import sent_to_claude

MAX_EXAMPLES = 150
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

WORDS: Any = st.sampled_from(["", " ", "\n", "hi", "what now ", " so\n", "\u200b", "ä", "."])
MARKS: Any = st.sampled_from([{}, {}, {}, {"prompt_cache_breakpoint": {"mode": "explicit"}}])


def _part(kind: str, name: str, value: Any, more: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, name: value, **more}


URLS: Any = st.sampled_from(
    [
        *(
            f"{head}{PNG}"
            for head in ("data:image/png;base64,", "data:image/jpg;base64,", "DATA:;BASE64, ")
        ),
        *("https://h/a.png", "HTTP://h/b.pdf?x"),
    ]
)
TEXTS: Any = st.builds(_part, st.just("text"), st.just("text"), WORDS, MARKS)
IMAGES: Any = st.builds(_part, st.just("image_url"), st.just("image_url"), URLS, MARKS)
PARTS: Any = st.lists(TEXTS | IMAGES, max_size=3)
SAID: Any = st.none() | WORDS | st.lists(TEXTS, max_size=3)
IDS: Any = st.sampled_from(["call_0", "functions.get:0", "", "ä:1", "x" * 70, "functions_get_0"])
THOUGHTS: Any = st.sampled_from(
    [
        {},
        {},
        {"reasoning_content": "hm"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": ""}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "d"}]},
    ]
)
NAMES: Any = st.sampled_from(["get", "set"])
ARGUMENTS: Any = st.sampled_from(["{}", "", '{"a": 1}', "[1]", "not json"])


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, "extra_content": {"x": 1}}


@st.composite
def _loops(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A turn that calls tools, and the results, as OpenAI wants them: each id once."""
    ids = draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    calls = [_call(call_id, draw(NAMES), draw(ARGUMENTS)) for call_id in ids]
    results = [
        {"role": "tool", "tool_call_id": call_id, "content": draw(WORDS | PARTS)} for call_id in ids
    ]
    message = {"role": "assistant", "content": draw(SAID), "tool_calls": calls, **draw(THOUGHTS)}
    return [message, *draw(st.permutations(results))]


def _message(role: str, content: Any, more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content, **more}]


TURNS: Any = st.one_of(
    st.builds(_message, st.just("user"), WORDS | PARTS, st.just({})),
    st.builds(
        _message, st.sampled_from(["system", "developer"]), WORDS | st.lists(TEXTS), st.just({})
    ),
    st.builds(_message, st.just("assistant"), SAID | PARTS, THOUGHTS),
    _loops(),
)
HISTORIES: Any = st.lists(TURNS, min_size=1, max_size=6).map(
    lambda turns: [m for turn in turns for m in turn]
)
TOOLS: Any = [
    {"type": "function", "function": {"name": "get", "parameters": {"anyOf": [{"required": []}]}}},
    {"type": "function", "function": {"name": "set", "description": "sets"}},
]
EFFORTS: Any = st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
FIELDS: Any = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0, 0.3, 1, 2]),
        "top_p": st.sampled_from([0.1, 0.96, 1]),
        "top_k": st.just(5),
        "max_tokens": st.sampled_from([1, 1024, 1025, 5000]),
        "stop": st.sampled_from(["", "END", ["\n"], ["\n", "END"], []]),
        "reasoning_effort": EFFORTS,
        "thinking": st.sampled_from(
            [
                {"type": "enabled", "budget_tokens": 2000},
                {"type": "enabled", "budget_tokens": 5},
                {"type": "enabled"},
                {"type": "adaptive"},
                {"type": "disabled"},
                {},
            ]
        ),
        "tools": st.just(TOOLS),
        "tool_choice": st.sampled_from(
            [
                *("auto", "none", "required"),
                {"type": "function", "function": {"name": "get"}},
                {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "required", "tools": TOOLS[:1]},
                },
            ]
        ),
        "parallel_tool_calls": st.booleans(),
        "response_format": st.sampled_from(
            [
                {"type": "text"},
                {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
            ]
        ),
        "user": st.sampled_from(["", "u1", "u" * 300]),
        "enable_thinking": st.booleans(),
        "web_search_options": st.just({}),
        "moderation": st.just({"model": "omni-moderation-latest"}),
    },
)


def _refusals(sent: dict[str, Any], history: list[Any]) -> list[str]:
    """Return what Anthropic would refuse, except an answer that the client itself has begun."""
    begun = next(m for m in reversed(history) if m["role"] not in ("system", "developer"))
    found = violations(sent)
    if begun["role"] == "assistant":
        found = [rule for rule in found if "prefill" not in rule]
    return found


@settings(max_examples=MAX_EXAMPLES)
@given(st.sampled_from([*MODELS]), HISTORIES, FIELDS)
def test_what_is_sent_breaks_no_rule(
    model: str, history: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    try:
        sent = sent_to_claude(model, messages=history, **fields)
    except InvalidRequest:
        return
    if any(m["role"] not in ("system", "developer") for m in history):
        assert _refusals(sent, history) == []
    else:
        assert violations(sent) == []


@settings(max_examples=MAX_EXAMPLES)
@given(HISTORIES)
def test_no_word_is_lost(history: list[dict[str, Any]]) -> None:
    try:
        sent = sent_to_claude(messages=history)
    except InvalidRequest:
        return
    assert sorted(_words(sent)) == sorted(word for m in history for word in _words(m))


def _words(found: Any) -> list[str]:
    """Return every text that says something, without the white space at the end."""
    match found:
        case {"type": "text", "text": said}:
            return _words(said)
        case dict():
            held = section(cast("object", found))
            parts = [held.get(name) for name in ("system", "messages", "content")]
            return [word for part in parts for word in _words(part)]
        case list():
            return [word for item in objects(cast("object", found)) for word in _words(item)]
        case str() if found.strip():
            return [found.rstrip()]
        case _:
            return []
