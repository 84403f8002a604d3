"""What Anthropic refuses and OpenAI does not, in chats that go to Claude: mended, and nothing else is touched."""

from typing import Any

import pytest

from oneapi.errors import InvalidRequest
from tests.providers.anthropic_rules import MODELS, violations
from tests.providers.exchanges import sent_to_claude

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
TOOL = {"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}
MARK = {"cache_control": {"type": "ephemeral"}}


def _call(call_id: Any, name: str = "get") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def _result(call_id: Any, content: Any = "1", **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def _sent(model: str = "claude-sonnet-4-5", **document: Any) -> dict[str, Any]:
    sent = sent_to_claude(model, **document)
    assert violations(sent) == []
    return sent


# -- empty and blank texts -------------------------------------------------------------------------------------

BLANK: list[tuple[list[Any], list[Any]]] = [
    ([_user([_text(""), PICTURE])], [("user", ["image"])]),
    ([_user(""), _user("hi")], [("user", "hi")]),
    ([_user(" \n"), _assistant("yo"), _user("hi")], [("assistant", "yo"), ("user", "hi")]),
    ([_user("hi"), _assistant("  "), _user("so?")], [("user", "hi"), ("user", "so?")]),
    ([_user("hi"), _assistant([_text("")]), _user("so?")], [("user", "hi"), ("user", "so?")]),
    ([_user("hi"), _assistant(None), _user("so?")], [("user", "hi"), ("user", "so?")]),
    ([_user([_text("a"), _text("\t")])], [("user", ["text"])]),
    (
        [
            _user("hi"),
            _assistant([_text(" \n")], tool_calls=[_call("t1")]),
            _result("t1", [_text("")]),
        ],
        [("user", "hi"), ("assistant", ["tool_use"]), ("user", ["tool_result"])],
    ),
    (
        [_user("hi"), _assistant(" \n", tool_calls=[_call("t1")]), _result("t1", ""), _user("")],
        [("user", "hi"), ("assistant", ["tool_use"]), ("user", ["tool_result"])],
    ),
]


def _shape(content: Any) -> Any:
    return content if isinstance(content, str) else [block["type"] for block in content]


@pytest.mark.fault("W16")
@pytest.mark.parametrize(("messages", "shape"), BLANK)
def test_blank_texts_are_left_out_and_messages_that_become_empty(
    messages: list[Any], shape: list[Any]
) -> None:
    sent = _sent(messages=messages)
    assert [(m["role"], _shape(m["content"])) for m in sent["messages"]] == shape


@pytest.mark.fault("W16")
@pytest.mark.parametrize("content", ["", " ", [], [_text("")], [_text(" "), _text("\n")], None])
def test_a_blank_system_prompt_is_left_out(content: Any) -> None:
    sent = _sent(messages=[{"role": "system", "content": content}, _user("hi")])
    assert "system" not in sent


@pytest.mark.fault("W16")
def test_a_blank_part_of_a_system_prompt_is_left_out() -> None:
    system = {"role": "system", "content": [_text(""), _text("S"), _text("", **MARK)]}
    assert _sent(messages=[system, _user("hi")])["system"] == [_text("S", **MARK)]


@pytest.mark.fault("W16")
@pytest.mark.parametrize("content", ["Sure: ", [_text("Sure: \n")], [PICTURE | _text("Sure:\t")]])
def test_an_answer_that_has_begun_does_not_end_in_white_space(content: Any) -> None:
    last = _sent(messages=[_user("hi"), _assistant(content)])["messages"][-1]["content"]
    assert (last if isinstance(last, str) else last[-1]["text"]) == "Sure:"


@pytest.mark.fault("W16")
@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([_user("")], "messages"),
        ([{"role": "system", "content": " "}, _user([])], "messages"),
        ([_user("hi"), _assistant("yo"), _user(" ")], "messages[2].content"),
    ],
)
def test_where_nothing_is_left_to_answer_the_field_is_named(
    messages: list[Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sent_to_claude(messages=messages)
    assert caught.value.param == param


@pytest.mark.fault("W16")
@pytest.mark.parametrize(
    "messages",
    [
        [_user([_text("a"), _text("", **MARK)])],
        [_user([_text("a"), _text(" "), _text("", **MARK)])],
        [_user("a"), _assistant([_text("", **MARK)])],
        [_user("a"), _user([_text(" ", **MARK)])],
    ],
)
def test_the_cache_mark_of_a_blank_text_goes_to_what_is_before_it(messages: list[Any]) -> None:
    assert _sent(messages=messages)["messages"] == [_user([_text("a", **MARK)])]


@pytest.mark.fault("W16")
def test_a_cache_mark_that_stands_there_already_is_kept() -> None:
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    content = [_text("a", **hour), _text("", **MARK)]
    assert _sent(messages=[_user(content)])["messages"] == [_user([_text("a", **hour)])]
    assert _sent(messages=[_user([_text("", **MARK), PICTURE])])["messages"]


@pytest.mark.fault("W34")
def test_of_system_prompts_alone_the_last_is_what_is_asked() -> None:
    system = [{"role": role, "content": role} for role in ("system", "developer")]
    sent = _sent(messages=system)
    assert (sent["system"], sent["messages"]) == ("system", [_user("developer")])
    sent = _sent(messages=[system[0], _user(""), _assistant(" ")])
    assert "system" not in sent
    assert sent["messages"] == [_user("system")]


# -- sampling, thinking, effort --------------------------------------------------------------------------------

SAMPLED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("claude-sonnet-4-5", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    ("claude-sonnet-4-5", {"temperature": 0.5, "top_p": 1}, {"temperature": 0.5}),
    ("claude-sonnet-4-5", {"temperature": 1, "top_p": 0.9}, {"top_p": 0.9}),
    ("claude-sonnet-4-5", {"temperature": 1, "top_p": 1.0}, {"temperature": 1}),
    ("claude-sonnet-4-5", {"top_p": 0.9, "top_k": 5}, {"top_p": 0.9, "top_k": 5}),
    ("claude-opus-4-1", {"temperature": 0, "top_p": 0.9}, {"temperature": 0}),
    ("claude-sonnet-4-6", {"temperature": 2, "top_p": 0.9}, {"top_p": 0.9}),
    (
        "claude-sonnet-4-20250514",
        {"temperature": 0.5, "top_p": 0.9, "top_k": 5},
        {"temperature": 0.5, "top_p": 0.9, "top_k": 5},
    ),
    ("claude-opus-4-7", {"temperature": 1, "top_p": 0.9, "top_k": 5}, {}),
    ("claude-haiku-5-5", {"temperature": 0.2}, {}),
]


@pytest.mark.fault("W17")
@pytest.mark.parametrize(("model", "given", "said"), SAMPLED)
def test_of_temperature_and_top_p_one_is_said(
    model: str, given: dict[str, Any], said: dict[str, Any]
) -> None:
    sent = _sent(model, **given)
    assert {n: sent[n] for n in ("temperature", "top_p", "top_k") if n in sent} == said


BUDGET = {"type": "enabled", "budget_tokens": 2000}


@pytest.mark.fault("W17", "R6")
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("claude-sonnet-4-5", {"thinking": BUDGET}),
        ("claude-sonnet-4-5", {"reasoning_effort": "low"}),
        ("claude-sonnet-4-6", {"thinking": {"type": "adaptive"}}),
        ("claude-sonnet-4-6", {"thinking": BUDGET}),
        ("claude-sonnet-4-6", {"reasoning_effort": "high"}),
    ],
)
def test_beside_thinking_there_is_no_sampling(model: str, asked: dict[str, Any]) -> None:
    sampling = {"temperature": 0.2, "top_p": 0.9, "top_k": 5}
    sent = _sent(model, **asked, **sampling)
    assert "thinking" in sent
    assert not sent.keys() & sampling
    assert _sent(model, **asked, top_p=0.97)["top_p"] == 0.97


THOUGHT: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("claude-sonnet-4-5", {"thinking": BUDGET}, BUDGET, None),
    ("claude-sonnet-4-5", {"thinking": {"type": "adaptive"}}, 8192, None),
    ("claude-sonnet-4-5", {"thinking": BUDGET, "max_tokens": 1500}, 1499, None),
    ("claude-sonnet-4-5", {"thinking": BUDGET, "max_tokens": 1000}, None, None),
    ("claude-3-haiku-20240307", {"thinking": BUDGET, "reasoning_effort": "high"}, None, None),
    ("claude-sonnet-4-6", {"thinking": BUDGET}, BUDGET, None),
    ("claude-sonnet-4-6", {"reasoning_effort": "xhigh"}, {"type": "adaptive"}, "high"),
    ("claude-sonnet-4-6", {"reasoning_effort": "max"}, {"type": "adaptive"}, "max"),
    ("claude-sonnet-5", {"thinking": BUDGET}, "shown", "low"),
    ("claude-sonnet-5", {"thinking": {"type": "disabled"}}, {"type": "disabled"}, None),
    (
        "claude-haiku-5-5",
        {"thinking": {"type": "disabled"}, "reasoning_effort": "max"},
        {"type": "disabled"},
        "high",
    ),
    ("claude-sonnet-5-5", {"thinking": {"type": "disabled"}}, {"type": "between_tools"}, None),
    ("claude-sonnet-5-5", {"reasoning_effort": "none"}, {"type": "between_tools"}, None),
    ("claude-opus-5-5", {"thinking": {"type": "disabled"}}, None, "low"),
    ("claude-opus-5-5", {"reasoning_effort": "none"}, None, "low"),
    ("claude-opus-5-5", {"thinking": {"type": "enabled"}}, "shown", None),
    ("claude-opus-5-5", {"thinking": {}}, None, None),
    ("claude-opus-4-7", {"thinking": {"type": "adaptive"}}, {"type": "adaptive"}, None),
]


@pytest.mark.fault("R6")
@pytest.mark.parametrize(("model", "asked", "thinking", "effort"), THOUGHT)
def test_thinking_is_asked_for_in_the_words_of_the_model(
    model: str, asked: dict[str, Any], thinking: Any, effort: str | None
) -> None:
    sent = _sent(model, **asked)
    if isinstance(thinking, int):
        thinking = {"type": "enabled", "budget_tokens": thinking}
    elif thinking == "shown":
        thinking = {"type": "adaptive", "display": "summarized"}
    assert sent.get("thinking") == thinking
    assert sent.get("output_config", {}).get("effort") == effort


@pytest.mark.fault("R6")
@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-sonnet-4-6", "claude-opus-4-7"])
def test_a_tool_that_must_be_called_goes_before_thinking(model: str) -> None:
    sent = _sent(model, tools=[TOOL], tool_choice="required", thinking=BUDGET)
    assert "thinking" not in sent
    assert sent["tool_choice"] == {"type": "any"}


def test_an_answer_that_has_begun_is_not_thought_about() -> None:
    messages = [_user("hi"), _assistant("Sure:")]
    assert "thinking" not in _sent(messages=messages, thinking=BUDGET)


def test_a_model_that_cannot_be_made_to_call_a_tool_is_not_asked_to() -> None:
    with pytest.raises(InvalidRequest, match="cannot be made to call") as caught:
        sent_to_claude("claude-opus-5-5", tools=[TOOL], tool_choice="required")
    assert caught.value.param == "tool_choice"
    assert _sent("claude-opus-5-5", tools=[TOOL], tool_choice="auto")["tools"]


# -- tool ids --------------------------------------------------------------------------------------------------


def _loop(*ids: Any) -> list[Any]:
    calls = [_call(call_id) for call_id in ids]
    results = [_result(call_id, str(i)) for i, call_id in enumerate(ids)]
    return [_user("go"), _assistant(None, tool_calls=calls), *results]


def _ids(sent: dict[str, Any]) -> tuple[list[str], list[str]]:
    blocks = [b for m in sent["messages"] if isinstance(m["content"], list) for b in m["content"]]
    calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
    return calls, [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]


@pytest.mark.fault("W18")
@pytest.mark.parametrize(
    "call_id", ["functions.get:0", "Bash:0", "ä", "a b", "x" * 65, "", None, "call|fc_1", 7]
)
def test_an_odd_id_is_rewritten_the_same_way_in_both_places(call_id: Any) -> None:
    sent = _sent(messages=_loop(call_id))
    calls, results = _ids(sent)
    assert calls == results
    assert sent == _sent(messages=_loop(call_id))


@pytest.mark.fault("W18")
@pytest.mark.parametrize("call_id", ["call_1", "toolu_01A", "chatcmpl-tool-9f", "x" * 64])
def test_a_good_id_is_left_alone(call_id: str) -> None:
    assert _ids(_sent(messages=_loop(call_id))) == ([call_id], [call_id])


@pytest.mark.fault("W18")
def test_ids_that_would_look_alike_stay_apart() -> None:
    calls, results = _ids(_sent(messages=_loop("f.x:0", "f_x_0", "f:x:0", "f.x.0")))
    assert calls == results
    assert len({*calls}) == 4
    assert calls[1] == "f_x_0"


@pytest.mark.fault("W18")
@pytest.mark.parametrize("same", ["call_0", "", "f:0"])
def test_the_same_id_in_every_turn_becomes_several(same: str) -> None:
    turns = [*_loop(same), *_loop(same)[1:], *_loop(same, same)[1:]]
    sent = _sent(messages=turns)
    calls, results = _ids(sent)
    assert calls == results
    assert len({*calls}) == 4
    shorter = _sent(messages=turns[:5])["messages"]
    assert sent["messages"][: len(shorter)] == shorter


@pytest.mark.fault("W18")
def test_calls_of_two_messages_in_a_row_keep_their_results() -> None:
    messages = [
        _user("go"),
        _assistant(None, tool_calls=[_call("a:1")]),
        _assistant("", tool_calls=[_call("b:1")]),
        _result("a:1"),
        _result("b:1"),
    ]
    calls, results = _ids(_sent(messages=messages))
    assert calls == results


def test_results_stand_first_in_the_turn_that_answers() -> None:
    calls = _assistant(None, tool_calls=[_call("a"), _call("b")])
    messages = [_user("go"), calls, _user("by the way"), _result("a"), _user("and"), _result("b")]
    sent = _sent(messages=messages)["messages"]
    kinds = [block["type"] for block in sent[2]["content"]]
    assert kinds == ["tool_result", "tool_result", "text"]
    assert sent[3] == _user("and")


def test_images_of_the_assistant_are_shown_by_the_user() -> None:
    calls = {"tool_calls": [_call("a")]}
    messages = [
        _user("draw"),
        _assistant([_text("here"), PICTURE], **calls),
        _result("a"),
        _assistant([PICTURE]),
        _user("bluer"),
    ]
    sent = _sent(messages=messages)["messages"]
    assert [(m["role"], _shape(m["content"])) for m in sent] == [
        ("user", "draw"),
        ("assistant", ["text", "tool_use"]),
        ("user", ["tool_result"]),
        ("user", ["image", "image", "text"]),
    ]


def test_a_system_prompt_that_is_no_text_is_named() -> None:
    with pytest.raises(InvalidRequest, match="is text, not 'image'") as caught:
        sent_to_claude(messages=[{"role": "system", "content": [_text(""), PICTURE]}, _user("hi")])
    assert caught.value.param == "messages[0].content[1]"


def test_a_result_that_failed_says_something() -> None:
    messages = [*_loop("a")[:2], _result("a", "", is_error=True)]
    block = _sent(messages=messages)["messages"][2]["content"][0]
    assert block["content"] == "The tool failed."


def test_an_empty_legacy_call_is_none() -> None:
    call = {"name": "", "arguments": ""}
    messages = [_user("hi"), _assistant("4", function_call=call), _user("so?")]
    assert _sent(messages=messages)["messages"][1] == _assistant("4")


# -- stop, fields of others, tools -----------------------------------------------------------------------------


@pytest.mark.fault("W27")
@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("END", ["END"]),
        ("", None),
        ([], None),
        ([""], None),
        (["\n"], None),
        (["\n", "END"], ["END"]),
        (["", "END", " ", "\n\nHuman:"], ["END", "\n\nHuman:"]),
        (["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_stops_without_a_visible_character_are_left_out(stop: Any, said: Any) -> None:
    assert _sent(stop=stop).get("stop_sequences") == said


@pytest.mark.fault("W35", "R6")
@pytest.mark.parametrize(
    "field",
    [
        *("enable_thinking", "chat_template_kwargs", "extra_body", "min_p", "repetition_penalty"),
        *("top_a", "provider", "transforms", "models", "route"),
        *("plugins", "usage", "reasoning", "think", "options"),
        *("keep_alive", "guided_json", "ignore_eos", "thinking_budget", "enable_search"),
        *(
            "moderation",
            "prompt_cache_options",
            "prompt_cache_retention",
            "prompt_cache_key",
            "stream_options",
        ),
        *("store", "seed", "logit_bias", "n", "verbosity"),
        *("prediction", "parallel_tool_calls", "safe_prompt", "search_parameters", "format"),
        "structured_outputs",
    ],
)
def test_fields_that_anthropic_does_not_know_stay_here(field: str) -> None:
    value: Any = 1 if field == "n" else {"a": 1}
    assert _sent(**{field: value}) == _sent()


def test_a_field_that_nobody_knows_yet_travels() -> None:
    assert sent_to_claude(inference_geo="us")["inference_geo"] == "us"


@pytest.mark.fault("R6")
def test_moderation_that_shall_block_is_not_left_out_in_silence() -> None:
    policy = {"input": {"mode": "block"}}
    with pytest.raises(InvalidRequest) as caught:
        sent_to_claude(moderation={"model": "omni-moderation-latest", "policy": policy})
    assert caught.value.param == "moderation.policy"


@pytest.mark.fault("W35", "R6")
def test_what_stands_beside_a_part_or_a_call_stays_here() -> None:
    point = {"prompt_cache_breakpoint": {"mode": "explicit"}, "id": "p1", **MARK}
    extra = {"extra_content": {"google": {"thought_signature": "s"}}, "index": 0}
    messages = [
        _user([{**_text("a"), **point}, {**PICTURE, **point}]),
        _assistant("b", tool_calls=[{**_call("t"), **extra}], reasoning_content="hm", refusal=None),
        _result("t", [{**_text("1"), "annotations": []}], status="completed", id="m3"),
    ]
    sent = _sent(messages=messages, tools=[{**TOOL, "id": "x"}])
    assert [block.keys() for block in sent["messages"][0]["content"]] == [
        {"type", "text", "cache_control"},
        {"type", "source", "cache_control"},
    ]
    assert sent["messages"][1]["content"][1].keys() == {"type", "id", "name", "input"}
    assert sent["messages"][2]["content"][0].keys() == {"type", "tool_use_id", "content"}


@pytest.mark.fault("R6")
@pytest.mark.parametrize(("mode", "said"), [("auto", "auto"), ("required", "any")])
def test_allowed_tools_are_the_only_ones_said(mode: str, said: str) -> None:
    other = {"type": "function", "function": {"name": "set"}}
    allowed = [{"type": "function", "function": {"name": "get"}}]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": allowed}}
    sent = _sent(tools=[other, TOOL], tool_choice=choice)
    assert [tool["name"] for tool in sent["tools"]] == ["get"]
    assert sent["tool_choice"] == {"type": said}


@pytest.mark.fault("R6")
@pytest.mark.parametrize(
    ("allowed", "param"),
    [
        ({}, "tool_choice.allowed_tools.tools"),
        ({"mode": "maybe"}, "tool_choice.allowed_tools.mode"),
        ({"tools": [{"function": {"name": "x"}}]}, "tool_choice.allowed_tools.tools[0]"),
    ],
)
def test_allowed_tools_that_are_none_are_named(allowed: dict[str, Any], param: str) -> None:
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    with pytest.raises(InvalidRequest) as caught:
        sent_to_claude(tools=[TOOL], tool_choice=choice)
    assert caught.value.param == param


@pytest.mark.fault("R6")
def test_a_search_of_the_web_is_anthropics_own() -> None:
    place = {"type": "approximate", "approximate": {"city": "Ulm", "country": None}}
    sent = _sent(web_search_options={"search_context_size": "low", "user_location": place})
    assert sent["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "user_location": {"type": "approximate", "city": "Ulm"},
        }
    ]
    assert len(_sent(web_search_options={}, tools=[TOOL])["tools"]) == 2
    with pytest.raises(InvalidRequest, match="does not search") as caught:
        sent_to_claude("claude-3-haiku-20240307", web_search_options={})
    assert caught.value.param == "web_search_options"


SCHEMAS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "object"}, {"type": "object"}),
    ({}, {"type": "object"}),
    ({"type": ["object", "null"]}, {"type": "object"}),
    (
        {
            "type": "object",
            "properties": {"a": {}, "b": {}},
            "required": ["c", "a"],
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]},
    ),
    (
        {
            "oneOf": [
                {"type": "object", "properties": {"k": {"const": 1}, "x": {}}, "required": ["k"]},
                {"$ref": "#/$defs/B"},
                {"type": "null"},
            ],
            "$defs": {"B": {"properties": {"k": {"const": 2}, "y": {}}, "required": ["k", "y"]}},
        },
        {
            "type": "object",
            "$defs": {"B": {"properties": {"k": {"const": 2}, "y": {}}, "required": ["k", "y"]}},
            "properties": {"k": {"anyOf": [{"const": 1}, {"const": 2}]}, "x": {}, "y": {}},
        },
    ),
    (
        {
            "allOf": [
                {"properties": {"a": {}}, "required": ["a"]},
                {"anyOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}}]},
            ]
        },
        {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["a"]},
    ),
    ({"anyOf": [{"$ref": "#"}]}, {"type": "object", "properties": {}}),
]


@pytest.mark.fault("also: top-level anyOf")
@pytest.mark.parametrize(("schema", "said"), SCHEMAS)
def test_choices_at_the_top_of_a_schema_become_one_object(
    schema: dict[str, Any], said: dict[str, Any]
) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    assert _sent(tools=[tool])["tools"][0]["input_schema"] == said


def test_a_schema_that_goes_round_in_circles_is_read_once() -> None:
    names = [f"d{i}" for i in range(9)]
    definitions = {
        name: {"anyOf": [{"$ref": f"#/$defs/{after}"} for after in names]} for name in names
    }
    schema: dict[str, Any] = {"anyOf": [{"$ref": "#/$defs/d0"}], "$defs": definitions}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    assert _sent(tools=[tool])["tools"][0]["input_schema"]["properties"] == {}


@pytest.mark.fault("also: top-level anyOf")
def test_a_schema_that_stands_in_for_an_answer_is_an_object_too() -> None:
    schema: dict[str, Any] = {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}
    shape: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    sent = _sent("claude-sonnet-4-20250514", response_format=shape)
    assert sent["tools"][0]["input_schema"]["properties"].keys() == {"a", "b"}


@pytest.mark.fault("also: first message")
def test_a_conversation_may_begin_with_the_assistant() -> None:
    """Anthropic takes it since December 2024: anthropics/anthropic-sdk-typescript#622 (read 2026-11-26)."""
    messages = [_assistant("How can I help?"), _user("hi")]
    assert _sent(messages=messages)["messages"] == messages


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_sent_what_it_takes(model: str) -> None:
    search: dict[str, Any] = (
        {"web_search_options": {}} if model != "claude-3-haiku-20240307" else {}
    )
    sent = _sent(
        model,
        messages=_loop("a:1"),
        tools=[TOOL],
        **search,
        reasoning_effort="max",
        temperature=0.1,
        top_p=0.5,
        stop=["\n"],
        user="u" * 300,
    )
    assert "metadata" not in sent
