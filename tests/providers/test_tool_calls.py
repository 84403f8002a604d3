"""Tool calls of OpenAI-type vendors, in whatever fragments they come: a Messages client gets what the whole answer says."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.wire.registry import client_dialect
from oneapi.wire.sse import Event
from tests.providers.assembly import anthropic_message
from tests.providers.exchanges import call_to

OPENAI = registry.dialect("openai")
ANTHROPIC = client_dialect("anthropic")


def _call(number: int = 8, **fields: Any) -> Call:
    return call_to(
        number, document={"messages": [], "anthropic": {}}, base_url="https://h", **fields
    )


def _streamed(*choices: Any, finish: Any = "tool_calls") -> dict[str, Any]:
    """Return the message that a client puts together from a stream of these choices (or deltas)."""
    call = _call(stream=True)
    decoder, encoder = OPENAI.stream(call), ANTHROPIC.stream(call)
    chunks = [c if "delta" in c or "message" in c else {"delta": c} for c in choices]
    chunks.append({"delta": {}, "finish_reason": finish})
    events = [json.dumps({"id": "x", "choices": [{"index": 0, **c}]}).encode() for c in chunks]
    out = [
        encoder.feed(found) for data in (*events, b"[DONE]") for found in decoder.feed(Event(data))
    ]
    out += [*map(encoder.feed, decoder.finish()), encoder.finish()]
    return anthropic_message(b"".join(out))


def _whole(message: Any, finish: Any = "tool_calls", **more: Any) -> dict[str, Any]:
    """Return the message of a whole answer."""
    choice = {"index": 0, "message": message, "finish_reason": finish, **more}
    body = json.dumps({"id": "x", "choices": [choice]}).encode()
    reply = OPENAI.response(_call(), body)
    return json.loads(ANTHROPIC.render(reply.document, reply.usage))


def _entry(arguments: Any = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments, "name": name}
    return {**more, "function": {k: v for k, v in function.items() if v is not None}}


def _uses(message: dict[str, Any]) -> list[Any]:
    return [(b["id"], b["name"], b["input"]) for b in message["content"] if b["type"] == "tool_use"]


def _calls(*deltas: list[Any], finish: Any = "tool_calls") -> list[Any]:
    return _uses(_streamed(*({"tool_calls": entries} for entries in deltas), finish=finish))


@pytest.mark.fault("W10")
def test_a_new_id_with_a_name_begins_a_new_call_under_the_same_index() -> None:
    assert _calls(
        [_entry('{"a":1}', "get", index=0, id="call_1")],
        [_entry('{"b":2}', "get", index=0, id="call_2")],
    ) == [("call_1", "get", {"a": 1}), ("call_2", "get", {"b": 2})]


@pytest.mark.fault("W10")
def test_an_id_minted_for_every_delta_continues_the_open_call() -> None:
    places: list[Any] = [{"index": 0}, {}]
    for index in places:
        assert _calls(
            [_entry("", "get", id="call_1", **index)],
            [_entry('{"a"', id="call_2", **index)],
            [_entry(":1}", id="call_3", **index)],
        ) == [("call_1", "get", {"a": 1})]


@pytest.mark.fault("W10")
def test_the_same_id_is_the_same_call() -> None:
    names: list[Any] = [{}, {"name": "get"}]
    for name in names:
        assert _calls(
            [_entry('{"a"', "get", id="call_1")], [_entry(":1}", id="call_1", **name)]
        ) == [("call_1", "get", {"a": 1})]


@pytest.mark.fault("W10")
def test_interleaved_calls() -> None:
    assert _calls(
        [_entry("", "get", index=0, id="a")],
        [_entry("", "get", index=1, id="b")],
        [_entry("{}", index=0)],
        [_entry('{"x":1}', index=1)],
    ) == [("a", "get", {}), ("b", "get", {"x": 1})]


@pytest.mark.fault("W10")
def test_name_and_id_in_deltas_of_their_own() -> None:
    assert _calls(
        [{"index": 0, "id": "a"}],
        [_entry(name="get", index=0)],
        [_entry('{"x":', index=0)],
        [_entry("1}", index=0)],
    ) == [("a", "get", {"x": 1})]
    assert _calls([_entry('{"x":1}', index=0, id="a")], [_entry(name="get", index=0)]) == [
        ("a", "get", {"x": 1})
    ]


@pytest.mark.fault("W10", "R6")
def test_calls_without_ids_and_with_the_same_id() -> None:
    entries = [_entry("{}", "get", id=i) for i in (None, "", "a", "a", 7)]
    whole = _uses(_whole({"content": None, "tool_calls": entries}))
    ids = [found[0] for found in whole]
    assert len({*ids, ""}) == 6
    assert ids[2] == "a"
    assert ids[4] == "7"
    numbered = [{**entry, "index": i} for i, entry in enumerate(entries)]
    assert _calls(numbered) == whole
    assert _calls(*([entry] for entry in numbered)) == whole


@pytest.mark.fault("W10")
def test_gemini_sends_every_call_under_index_0_without_ids() -> None:
    entries = [_entry('{"n":1}', "get", index=0, id=""), _entry('{"n":2}', "get", index=0, id="")]
    assert [found[1:] for found in _calls(entries)] == [("get", {"n": 1}), ("get", {"n": 2})]


def test_calls_that_only_their_place_tells_apart() -> None:
    begun = [_entry("", "get"), _entry("", "get")]
    found = _calls(begun, [_entry('{"a"'), _entry('{"b"')], [_entry(":1}"), _entry(":2}")])
    assert [use[1:] for use in found] == [("get", {"a": 1}), ("get", {"b": 2})]
    found = _calls([_entry("{}", "get")], [_entry("{}", "set")], [_entry('{"a":1}', "set")])
    assert [use[1:] for use in found] == [("get", {}), ("set", {}), ("set", {"a": 1})]


def test_arguments_as_objects_and_an_empty_one_that_holds_the_place() -> None:
    assert _calls([_entry({"a": 1}, "get", index=0, id="x")]) == [("x", "get", {"a": 1})]
    assert _calls([_entry({}, "get", index=0, id="x")], [_entry('{"a":1}', index=0)]) == [
        ("x", "get", {"a": 1})
    ]
    assert _calls([_entry("{}", "get", index=0, id="x")], [_entry('{"a":1}', index=0)]) == [
        ("x", "get", {"a": 1})
    ]
    repeated = _entry('{"a":1}', "get", index=0, id="x")
    assert _calls([repeated], [repeated]) == [("x", "get", {"a": 1})]
    assert _uses(_whole({"tool_calls": [_entry({"a": 1}, "get", id="x")]})) == [
        ("x", "get", {"a": 1})
    ]


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    "message",
    [
        {"content": "4", "function_call": {"name": "", "arguments": ""}, "tool_calls": None},
        {"content": "4", "tool_calls": [_entry("", "", id="", type="")]},
        {"content": "4", "tool_calls": []},
        {"content": "4", "function_call": {}},
    ],
)
def test_an_empty_call_is_none(message: Any) -> None:
    expected = [{"type": "text", "text": "4"}]
    whole, streamed = _whole(message, "stop"), _streamed(message, finish="stop")
    assert whole["content"] == streamed["content"] == expected
    assert whole["stop_reason"] == streamed["stop_reason"] == "end_turn"


@pytest.mark.fault("R3")
def test_a_legacy_call_is_a_call_and_nothing_leaks() -> None:
    legacy = {"function_call": {"name": "get", "arguments": '{"a":1}'}}
    whole = _whole({"content": None, **legacy}, "function_call")
    streamed = _streamed(
        {"function_call": {"name": "get", "arguments": ""}},
        {"function_call": {"arguments": '{"a":'}},
        {"function_call": {"name": "", "arguments": "1}"}},
        finish="function_call",
    )
    assert whole["content"] == streamed["content"]
    assert whole["content"][0].keys() == {"type", "id", "name", "input"}
    assert len(whole["content"][0]["id"]) > len("call_")
    entry = _entry("{}", "get", id="a", type="function", x=1, status="done")
    assert _whole({"tool_calls": [entry]})["content"][0].keys() == {"type", "id", "name", "input"}


@pytest.mark.fault("R3")
def test_an_empty_id_of_an_answer_becomes_one() -> None:
    body = {"id": "", "choices": [{"message": {"content": "x"}}]}
    reply = OPENAI.response(_call(), json.dumps(body).encode())
    assert json.loads(ANTHROPIC.render(reply.document, None))["id"] == "msg_req-1"


def test_a_name_that_is_too_long_for_openai_comes_back_as_it_was() -> None:
    name = "mcp__a_server_with_a_very_long_name__" + "x" * 60
    used: Any = {"type": "tool_use", "id": "t", "name": name, "input": {}}
    history: list[Any] = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]},
    ]
    request: dict[str, Any] = {
        "tools": [{"name": name, "input_schema": {}}, {"name": name + "y", "input_schema": {}}],
        "tool_choice": {"type": "tool", "name": name},
    }
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": history, **request}).encode()
    call = call_to(1, document=ANTHROPIC.to_canonical(body), stream=True)
    sent = json.loads(OPENAI.request(call).body)
    short, other = (tool["function"]["name"] for tool in sent["tools"])
    assert short != other
    assert len(short) == len(other) == 64
    assert sent["tool_choice"]["function"]["name"] == short
    assert sent["messages"][1]["tool_calls"][0]["function"]["name"] == short
    delta = {"tool_calls": [_entry("{}", other, index=0, id="a")]}
    answer = {"choices": [{"message": delta, "finish_reason": "tool_calls"}]}
    reply = OPENAI.response(call, json.dumps(answer).encode())
    chunk = json.dumps({"choices": [{"delta": delta, "finish_reason": "tool_calls"}]}).encode()
    (streamed,) = OPENAI.stream(call).feed(Event(chunk))
    for choice, field in (
        (reply.document["choices"][0], "message"),
        (streamed["choices"][0], "delta"),
    ):
        assert choice[field]["tool_calls"][0]["function"]["name"] == name + "y"


# -- why the answer ended -------------------------------------------------------------------------------------------

CALL = {"tool_calls": [_entry("{}", "get", index=0, id="call_1", type="function")]}


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    "finish", ["stop", None, "STOP", "eos", "tool_calls", "function_call", "x"]
)
def test_an_answer_with_a_call_ends_in_it(finish: Any) -> None:
    assert _whole(CALL, finish)["stop_reason"] == "tool_use"
    assert _streamed(CALL, finish=finish or "stop")["stop_reason"] == "tool_use"


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("tool_calls", "end_turn"),
        ("function_call", "end_turn"),
        ("MAX_TOKENS", "max_tokens"),
        ("length", "max_tokens"),
        ("end_turn", "end_turn"),
        ("eos", "end_turn"),
        ("SAFETY", "refusal"),
        ("content_filter", "refusal"),
        ("never heard", "end_turn"),
    ],
)
def test_a_text_alone_does_not_end_in_a_call(finish: str, reason: str) -> None:
    said = {"content": "hi"}
    assert _whole(said, finish)["stop_reason"] == reason
    assert _streamed(said, finish=finish)["stop_reason"] == reason


@pytest.mark.fault("W9")
def test_a_call_that_was_cut_off_was_cut_off() -> None:
    assert _whole(CALL, "length")["stop_reason"] == "max_tokens"
    assert _streamed(CALL, finish="length")["stop_reason"] == "max_tokens"


@pytest.mark.fault("R2")
@pytest.mark.parametrize("said", [154829, "</s>", "", None, ["x"], "stop"])
def test_a_stop_reason_that_is_not_anthropics_is_not_one(said: Any) -> None:
    assert _whole(CALL, stop_reason=said)["stop_reason"] == "tool_use"
    last: Any = {"delta": {}, "finish_reason": "tool_calls", "stop_reason": said}
    assert _streamed(CALL, last, finish=None)["stop_reason"] == "tool_use"
    assert _whole({"content": "x"}, "stop", stop_reason="pause_turn")["stop_reason"] == "pause_turn"


@pytest.mark.fault("W31")
def test_a_message_in_a_stream_is_read_as_a_delta() -> None:
    message = {"role": "assistant", "content": "whole", **CALL}
    streamed = _streamed({"message": message, "finish_reason": "stop"}, finish=None)
    whole = _whole(message, "stop")
    assert (streamed["content"], streamed["stop_reason"]) == (whole["content"], "tool_use")
    assert streamed["content"][0]["text"] == "whole"


@pytest.mark.fault("W25")
def test_reasoning_goes_back_to_a_target_that_has_sent_it() -> None:
    call = _call(8, model="my-model")
    thinking = {"type": "thinking", "thinking": "hmm", "signature": ""}
    used: Any = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    history: list[Any] = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [thinking, used]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "1"}]},
    ]
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": history}).encode()
    document = ANTHROPIC.to_canonical(body)

    def sent() -> Any:
        again = Call(
            call.endpoint,
            call.service,
            call.target,
            "my-model",
            "my-model",
            False,
            body,
            document=document,
        )
        return json.loads(OPENAI.request(again).body)["messages"][1]

    assert "reasoning_content" not in sent()
    answer = {"choices": [{"message": {"content": "x", "reasoning_content": "y"}}]}
    OPENAI.response(call, json.dumps(answer).encode())
    assert sent()["reasoning_content"] == "hmm"


@pytest.mark.fault("R6")
def test_a_signature_of_gemini_survives_the_way_there_and_back() -> None:
    extra = {"google": {"thought_signature": "SIG"}}
    entry = {**CALL["tool_calls"][0], "extra_content": extra}
    for message in (_whole({"tool_calls": [entry]}), _streamed({"tool_calls": [entry]})):
        result = {"type": "tool_result", "tool_use_id": message["content"][0]["id"], "content": "1"}
        history: list[Any] = [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": message["content"]},
            {"role": "user", "content": [result]},
        ]
        body = json.dumps({"model": "m", "max_tokens": 9, "messages": history}).encode()
        call = call_to(51, model="gemini-3-pro", document=ANTHROPIC.to_canonical(body))
        sent = json.loads(OPENAI.request(call).body)["messages"]
        assert sent[1]["tool_calls"][0]["extra_content"] == extra
        assert sent[2]["tool_call_id"] == sent[1]["tool_calls"][0]["id"] == "call_1"


# -- random fragments -----------------------------------------------------------------------------------------------

_values = st.one_of(st.integers(0, 9), st.sampled_from(["", "}", "{", '"', "ä", "{}"]))
_arguments = st.dictionaries(st.sampled_from(["a", "b", "{"]), _values, min_size=1, max_size=3)
_named = st.tuples(st.sampled_from(["get", "set", "get_it"]), _arguments)
STYLES = (
    "reference",
    "interleaved",
    "ids repeated",
    "ids and names repeated",
    "ids minted",
    "no index",
    "no index, ids repeated",
    "all under index 0",
    "name late",
    "name after the arguments",
    "no ids",
    "index is text",
)


@st.composite
def _fragmented(draw: st.DrawFn) -> tuple[list[Any], list[Any], bool]:
    """Return whole entries, the deltas of a stream that says the same, and whether ids are the vendor's."""
    calls = draw(st.lists(_named, min_size=1, max_size=4))
    style = draw(st.sampled_from(STYLES))
    whole: list[Any] = []
    runs: list[list[Any]] = []
    for i, (name, arguments) in enumerate(calls):
        said = json.dumps(arguments)
        cuts = sorted(draw(st.lists(st.integers(0, len(said)), max_size=4)))
        pieces = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
        whole.append(_entry(said, name, id="" if style == "no ids" else f"id_{i}"))
        runs.append(_run(style, i, name, pieces))
    if style == "interleaved":
        fragments: list[Any] = []
        while any(runs):
            run = draw(st.sampled_from([run for run in runs if run]))
            fragments.append(run.pop(0))
        whole.sort(
            key=lambda entry: next(i for i, f in enumerate(fragments) if f.get("id") == entry["id"])
        )
    else:
        fragments = [fragment for run in runs for fragment in run]
    deltas: list[Any] = []
    while fragments:
        size = draw(st.integers(1, 3))
        deltas.append(fragments[:size])
        fragments = fragments[size:]
    return whole, deltas, style != "no ids"


def _run(style: str, i: int, name: str, pieces: list[str]) -> list[Any]:
    """Return the fragments of one call."""
    index: Any = {"index": str(i) if style == "index is text" else i}
    if style.startswith("no index"):
        index = {}
    elif style == "all under index 0":
        index = {"index": 0}
    ids: Any = {} if style == "no ids" else {"id": f"id_{i}"}
    again: Any = ids if "repeated" in style else {}
    names: Any = {"name": name} if style == "ids and names repeated" else {}
    if style == "name late":
        return [{**index, **ids}, _entry(name=name, **index), *(_entry(p, **index) for p in pieces)]
    if style == "name after the arguments":
        return [{**index, **ids}, *(_entry(p, **index) for p in pieces), _entry(name=name, **index)]
    run = [_entry("", name, **index, **ids)]
    for n, piece in enumerate(pieces):
        minted: Any = {"id": f"minted_{i}_{n}"} if style == "ids minted" else again
        run.append(_entry(piece, **names, **index, **minted))
    return run


@pytest.mark.fault("W10")
@given(found=_fragmented(), said=st.sampled_from(["", "hi"]), other=st.booleans())
def test_any_fragments_are_put_together_as_the_whole_answer(
    found: tuple[list[Any], list[Any], bool], said: str, other: bool
) -> None:
    whole, deltas, _ = found
    chunks: list[Any] = [{"content": said}, *({"tool_calls": entries} for entries in deltas)]
    if other:  # a second choice that this client never sees
        chunks.insert(1, {"index": 1, "delta": {"tool_calls": [_entry('{"z', "other", index=0)]}})
    streamed = _streamed(*chunks)
    expected = _whole({"content": said, "tool_calls": whole})
    assert streamed["content"] == expected["content"]
    assert streamed["stop_reason"] == expected["stop_reason"] == "tool_use"


@pytest.mark.fault("W10", "W20")
def test_half_a_character_in_the_arguments_does_not_hide_that_they_are_whole() -> None:
    broken = '{"a":"\\ud83d"}'
    calls = _calls(*([_entry(broken, "get", index=0)] for _ in range(2)))
    assert [(name, found) for _, name, found in calls] == [("get", {"a": "\ufffd"})] * 2


@pytest.mark.fault("R3")
def test_arguments_that_are_null_are_none() -> None:
    assert _calls([_entry("null", "get", index=0, id="x")]) == [("x", "get", {})]
    assert _uses(_whole({"tool_calls": [_entry("null", "get", id="x")]})) == [("x", "get", {})]
    split = [[_entry('{"a":', "get", index=0, id="x")], [_entry("null", index=0)]]
    assert _calls(*split, [_entry("}", index=0)]) == [("x", "get", {"a": None})]


@pytest.mark.fault("W10", "W31")
@pytest.mark.parametrize("index", [None, "0", 0])
def test_a_choice_without_a_number_is_the_answer(index: Any) -> None:
    message = _streamed({"index": index, "delta": {"content": "hi"}})
    assert [block["text"] for block in message["content"]] == ["hi"]


DETAILS = [{"type": "reasoning.text", "format": "MiniMax-response-v1", "index": 0, "text": "hm"}]


@pytest.mark.fault("W2", "W25")
def test_thoughts_that_only_details_say_are_thoughts() -> None:
    said = {"content": "hi", "reasoning_details": DETAILS}
    thinking = {"type": "thinking", "thinking": "hm", "signature": ""}
    for message in (_whole(said), _streamed(said)):
        assert [block["type"] for block in message["content"]] == ["thinking", "text"]
        assert message["content"][0] == thinking


@pytest.mark.fault("R3")
def test_a_whole_answer_without_id_or_model_has_those_of_its_request() -> None:
    choice = {"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}
    reply = OPENAI.response(_call(model="gpt-9"), json.dumps({"choices": [choice]}).encode())
    assert json.loads(ANTHROPIC.render(reply.document, reply.usage))["model"] == "gpt-9"
    body = json.dumps({"content": [{"type": "text", "text": "hi"}]}).encode()
    call = call_to(14, document={"messages": []})
    reply = registry.dialect("anthropic").response(call, body)
    assert reply.document["id"] == "chatcmpl-req-1"
