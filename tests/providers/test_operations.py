"""What a channel's operations do to one request, and what is refused of them when the channel is saved."""

import json
from typing import Any

import pytest

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers import registry
from oneapi.providers.adjusting import Adjustments, adjustments_in, check
from oneapi.providers.base import Call, Target, UpstreamRequest
from oneapi.providers.operations import OperationError
from oneapi.providers.secret import Secret
from oneapi.wire.endpoints import Endpoint

BODY = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "hi"}],
    "temperature": 1,
    "max_tokens": 50,
    "metadata": {"a": {"b": 1}},
    "stop": ["x"],
}


def adjusted(*operations: dict[str, Any]) -> Adjustments:
    check({"operations": list(operations)})
    found = adjustments_in({"operations": list(operations)})
    assert found is not None
    return found


def sent(
    *operations: dict[str, Any], body: dict[str, Any] | None = None, number: int = 1, **fields: Any
) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    """Return the vendor's body and headers, and which operations were done."""
    call = addressed(*operations, body=body, number=number, **fields)
    request: UpstreamRequest = registry.dialect_of(call.target, call.service).request(call)
    return json.loads(request.body), dict(request.headers), call.operated


def addressed(
    *operations: dict[str, Any], body: dict[str, Any] | None = None, number: int = 1, **fields: Any
) -> Call:
    provider = registry.provider(number)
    assert provider is not None
    target = Target(
        1, provider, "https://vendor.test", Secret("sk-v"), adjustments=adjusted(*operations)
    )
    given: dict[str, Any] = {"endpoint": Endpoint.CHAT, "stream": False, "model": "gpt-4o"}
    given |= {"asked_model": "gpt-4o", "service": provider.service(Endpoint.CHAT)} | fields
    return Call(target=target, body=json.dumps(BODY if body is None else body).encode(), **given)


def of(do: str, name: str, **said: Any) -> dict[str, Any]:
    return {"in": "body", "do": do, "name": name, **said}


def header(do: str, name: str, **said: Any) -> dict[str, Any]:
    return {"in": "header", "do": do, "name": name, **said}


DONE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # the operation, and what is otherwise in the body (None: not there)
    (of("set", "temperature", value=0.2), {"temperature": 0.2}),
    (of("set", "top_k", value=5), {"top_k": 5}),
    (of("set", "metadata.a.b", value=[1]), {"metadata": {"a": {"b": [1]}}}),
    (of("set", "metadata.c.d", value=2), {"metadata": {"a": {"b": 1}, "c": {"d": 2}}}),
    (of("set", r"a\.b", value=1), {"a.b": 1}),
    (of("set", "stop.0", value="y"), {"stop": ["y"]}),
    (of("set", "stop.-1", value="y"), {"stop": ["y"]}),
    (of("default", "top_p", value=0.5), {"top_p": 0.5}),
    (of("delete", "temperature"), {"temperature": None}),
    (of("delete", "metadata.a"), {"metadata": {}}),
    (of("delete", "stop.0"), {"stop": []}),
    (of("rename", "temperature", to="t"), {"temperature": None, "t": 1}),
    (of("rename", "metadata.a", to="z"), {"metadata": {"z": {"b": 1}}}),
    (
        of("rename", "max_tokens", to="max_completion_tokens"),
        {"max_tokens": None, "max_completion_tokens": 50},
    ),
    (of("move", "temperature", to="options.t"), {"temperature": None, "options": {"t": 1}}),
    (of("move", "metadata.a.b", to="b"), {"metadata": {"a": {}}, "b": 1}),
    (of("move", "metadata.a", to="metadata"), {"metadata": {"b": 1}}),
    (of("append", "stop", value="y"), {"stop": ["x", "y"]}),
    (of("append", "stop", value=["y", "z"]), {"stop": ["x", "y", "z"]}),
    (of("append", "metadata", value={"c": 1}), {"metadata": {"a": {"b": 1}, "c": 1}}),
    (of("append", "tags", value={"c": 1}), {"tags": [{"c": 1}]}),
    (of("append", "user", value="u"), {"user": "u"}),
    (
        of("append", "messages", value={"role": "user", "content": "now"}),
        {"messages": [*BODY["messages"], {"role": "user", "content": "now"}]},  # pyright: ignore[reportGeneralTypeIssues]
    ),
    (of("set", "max_tokens", value=20), {"max_tokens": 20}),
    (of("set", "reasoning_effort", value="low"), {"reasoning_effort": "low"}),
    (of("set", "thinking", value={"type": "disabled"}), {"thinking": {"type": "disabled"}}),
]
UNDONE: list[dict[str, Any]] = [
    of("default", "temperature", value=0.2),
    of("delete", "nothing"),
    of("delete", "metadata.x.y"),
    of("rename", "nothing", to="x"),
    of("set", "temperature.x", value=1),
    of("set", "stop.5", value=1),
    of("set", "temperature", value=1),
    of("move", "temperature", to="stop.x"),
    of("move", "metadata.a", to="stop.7"),
    of("set", "max_tokens", value=1000),
    of("default", "max_completion_tokens", value=1000, when={"models": ["other-*"]}),
]


@pytest.mark.parametrize(("operation", "otherwise"), DONE, ids=lambda said: json.dumps(said)[:60])
def test_an_operation_changes_what_it_names_and_nothing_else(
    operation: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    body, _, done = sent(operation)
    wanted = {n: v for n, v in (BODY | otherwise).items() if v is not None}
    assert (body, len(done)) == (wanted, 1)


@pytest.mark.parametrize("operation", UNDONE, ids=lambda said: json.dumps(said)[:60])
def test_where_there_is_nothing_to_do_the_body_is_sent_as_it_came(
    operation: dict[str, Any],
) -> None:
    call = addressed(operation)
    request = registry.dialect_of(call.target, call.service).request(call)
    assert request.body is call.body
    assert call.operated == ()


def test_what_is_not_named_stays_as_it_was_written() -> None:
    call = addressed(of("set", "top_k", value=5))
    body = b'{"model":"gpt-4o", "seed" : 12345678901234567890123, "x":1.50,"messages":[ ]}'
    given = Call(Endpoint.CHAT, call.service, call.target, "gpt-4o", "gpt-4o", False, body)
    request = registry.dialect_of(call.target, call.service).request(given)
    assert request.body == (
        b'{"model":"gpt-4o","seed":12345678901234567890123,"x":1.50,"messages":[ ],"top_k":5}'
    )


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"models": ["gpt-*"]}, True),
    ({"models": ["claude-*", "*4o"]}, True),
    ({"models": ["mapped"]}, True),
    ({"models": ["gpt"]}, False),
    ({"endpoints": ["chat"]}, True),
    ({"endpoints": ["embeddings"]}, False),
    ({"paths": ["*/chat/completions"]}, True),
    ({"paths": ["/v2/*"]}, False),
    ({"headers": {"X-App": "cur*"}}, True),
    ({"headers": {"x-app": "other"}}, False),
    ({"headers": {"x-none": None}}, True),
    ({"headers": {"x-app": None}}, False),
    ({"headers": {"x-none": "*"}}, False),
    ({"models": ["gpt-*"], "endpoints": ["embeddings"]}, False),
]


@pytest.mark.parametrize(("when", "holds"), CONDITIONS, ids=str)
def test_an_operation_is_done_when_all_its_conditions_hold(
    when: dict[str, Any], holds: bool
) -> None:
    operation = of("set", "top_k", value=5, when=when)
    _, _, done = sent(operation, model="mapped", client_headers={b"x-app": b"Cursor"})
    assert bool(done) is holds


HEADERS: list[tuple[dict[str, Any], dict[str, str | None]]] = [
    (header("set", "X-Title", value="one"), {"x-title": "one"}),
    (header("set", "accept", value="text/plain"), {"accept": "text/plain"}),
    (header("default", "x-a", value="b"), {"x-a": "b"}),
    (header("delete", "accept"), {"accept": None}),
    (header("rename", "accept", to="x-accept"), {"accept": None, "x-accept": "application/json"}),
    (header("append", "openai-beta", value="two"), {"openai-beta": "one, two"}),
    (header("set", "x-key", value="k {api_key}"), {"x-key": "k sk-v"}),
    (header("set", "x-app", value="{client_header:X-App}!"), {"x-app": "Cursor!"}),
    (header("set", "x-app", value="{client_header:X-None}"), {"x-app": None}),
]


@pytest.mark.parametrize(("operation", "wanted"), HEADERS, ids=lambda said: json.dumps(said)[:60])
def test_headers_are_operated_on(operation: dict[str, Any], wanted: dict[str, str | None]) -> None:
    given: dict[str, Any] = {
        "headers": {"openai-beta": "one"},
        "client_headers": {b"x-app": b"Cursor"},
    }
    _, headers, _ = sent(operation, **given)
    assert {name: headers.get(name) for name in wanted} == wanted
    assert headers["authorization"] == "Bearer sk-v"


REFUSED: list[tuple[Any, str]] = [
    ({"not": "a list"}, "operations"),
    (["x"], "operations[0]"),
    ([of("set", "a", value=1), of("put", "a")], "operations[1].do"),
    ([{"in": "url", "do": "set", "name": "a", "value": 1}], "operations[0].in"),
    ([of("set", "a")], "operations[0].value"),
    ([of("delete", "a", value=1)], "operations[0].value"),
    ([of("rename", "a")], "operations[0].to"),
    ([of("rename", "a", to="b.c")], "operations[0].to"),
    ([of("rename", "a", to="a")], "operations[0].to"),
    ([of("set", "a..b", value=1)], "operations[0].name"),
    ([of("set", "", value=1)], "operations[0].name"),
    ([of("set", "a", value=1, whenn={})], "operations[0].whenn"),
    ([of("set", "a", value=1, when={"model": ["x"]})], "operations[0].when.model"),
    ([of("set", "a", value=1, when={"models": "x"})], "operations[0].when.models"),
    ([of("set", "a", value=1, when={"endpoints": ["chats"]})], "operations[0].when.endpoints"),
    ([of("set", "a", value=1, when={"headers": {"a b": "x"}})], "operations[0].when.headers"),
    ([of("set", "a", value="x" * 20_000)], "operations[0]"),
    ([of("set", "a", value=1)] * 65, "operations"),
    ([header("set", "Authorization", value="x")], "operations[0].name"),
    ([header("delete", "x-api-key")], "operations[0].name"),
    ([header("rename", "x-a", to="Host")], "operations[0].to"),
    ([header("set", "X-Amzn-Bedrock-Service-Tier", value="priority")], "operations[0].name"),
    (
        [header("rename", "x-a", to="X-Vertex-AI-LLM-Shared-Request-Type")],
        "operations[0].to",
    ),
    *[
        ([header("set", name, value="x")], "operations[0].name")
        for name in ("host", "content-length", "transfer-encoding", "connection", "upgrade")
    ],
    ([header("set", "content-type", value="x")], "operations[0].name"),
    ([header("set", "a b", value="x")], "operations[0].name"),
    ([header("set", "x-a\r\nx-b", value="x")], "operations[0].name"),
    ([header("set", "x-a", value="b\r\nx-c: d")], "operations[0].value"),
    ([header("set", "x-a", value="b\0")], "operations[0].value"),
    ([header("set", "x-a", value="价")], "operations[0].value"),
    ([header("set", "x-a", value=5)], "operations[0].value"),
    ([header("set", "x-a", value="{client_header:authorization}")], "operations[0].value"),
    ([header("set", "x-a", value="{client_header:}")], "operations[0].value"),
]
DEARER: list[dict[str, Any]] = [
    *[of("set", name, value="gpt-5") for name in ("model", "stream", "models", "service_tier")],
    *[of("delete", name) for name in ("model", "stream", "stream_options", "max_tokens")],
    of("set", "Model", value="gpt-5"),
    of("set", "maxTokens", value=5),
    of("rename", "temperature", to="model"),
    of("move", "metadata.m", to="model"),
    of("rename", "max_tokens", to="limit"),
    of("rename", "seed", to="max_tokens"),
    of("move", "max_tokens", to="options.max_tokens"),
    of("set", "max_tokens", value="many"),
    of("set", "max_tokens", value=-1),
    of("set", "stream_options.include_usage", value=False),
    *[of("set", name, value=9) for name in ("n", "best_of", "candidate_count", "thinking_budget")],
    *[of("set", name, value=9) for name in ("batch_size", "num_images", "max_images")],
    of("set", "sequential_image_generation", value="auto"),
    of("set", "thinking", value={"type": "enabled", "budget_tokens": 9}),
    of("set", "thinking.budget_tokens", value=9),
    of("set", "reasoning.max_tokens", value=9),
    of("append", "tools", value={"type": "web_search"}),
    of("set", "web_search_options", value={}),
    of("set", "messages", value=[]),
    of("delete", "messages"),
    of("set", "messages.0.content", value="x"),
    of("append", "messages", value={"role": "user", "content": [{"type": "image_url"}]}),
    of("append", "prompt", value="x"),
    of("set", "size", value="4096x4096"),
    of("set", "quality", value="hd"),
    of("set", "inference_geo", value="us"),
    of("set", "cache_control", value={"type": "ephemeral", "ttl": "1h"}),
    of("set", "cache_control.ttl", value="1h"),
    of("set", "cacheControl", value={"type": "ephemeral"}),
    of("move", "metadata.c", to="cache_control"),
]


@pytest.mark.parametrize(("said", "place"), REFUSED, ids=lambda said: str(said)[:60])
def test_what_cannot_be_is_refused_with_its_place(said: Any, place: str) -> None:
    with pytest.raises(OperationError) as refused:
        check({"operations": said})
    assert refused.value.place == place


@pytest.mark.parametrize("operation", DEARER, ids=lambda said: json.dumps(said)[:60])
def test_what_could_make_a_request_dearer_than_its_hold_is_refused(
    operation: dict[str, Any],
) -> None:
    with pytest.raises(OperationError):
        check({"operations": [operation]})


def test_a_limit_is_never_raised() -> None:
    operations = [
        of("set", "max_tokens", value=999),
        of("rename", "max_tokens", to="max_completion_tokens"),
    ]
    body, _, done = sent(*operations)
    assert (body["max_completion_tokens"], "max_tokens" in body, len(done)) == (50, False, 1)
    unlimited = {name: value for name, value in BODY.items() if name != "max_tokens"}
    assert sent(operations[0], body=unlimited)[0]["max_tokens"] == 999
    imposed, _, _ = sent(operations[0], body=unlimited, max_output_tokens=70)
    assert imposed["max_tokens"] == 70


def test_what_stands_in_the_database_and_cannot_be_read_is_said_and_not_overlooked() -> None:
    found = adjustments_in({"operations": [of("set", "model", value="x")]})
    call = addressed(of("set", "a", value=1))
    target = Target(1, call.target.provider, "https://v.test", Secret("k"), adjustments=found)
    broken = Call(Endpoint.CHAT, call.service, target, "m", "m", False, b"{}")
    with pytest.raises(UpstreamError, match=r"operations\[0\]\.name") as refused:
        registry.dialect_of(target, broken.service).request(broken)
    assert refused.value.code == "channel_misconfigured"


def test_a_channel_without_operations_speaks_the_dialect_itself() -> None:
    provider = registry.provider(1)
    assert provider is not None
    assert adjustments_in({"proxy": "http://x", "operations": []}) is None
    target = Target(1, provider, "https://v.test", Secret("k"))
    service = provider.service(Endpoint.CHAT)
    assert registry.dialect_of(target, service) is registry.dialect("openai")


PATTERNS: list[tuple[str, str, bool]] = [
    ("a", "A", True),
    ("a", "ab", False),
    ("*", "", True),
    ("", "", True),
    ("a*", "Abc", True),
    ("*c", "abc", True),
    ("a*a", "a", False),
    ("ab*ba", "aba", False),
    ("ab*ba", "abBA", True),
    ("*b*c*", "xbxcx", True),
    ("*c*b*", "xbxcx", False),
    ("a*b*b", "ab", False),
    ("a.c", "abc", False),
    ("a*c", "a\nc", True),
    ("**", "x", True),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), PATTERNS)
def test_a_star_stands_for_anything(pattern: str, text: str, matches: bool) -> None:
    operation = of("set", "top_k", value=5, when={"headers": {"x-app": pattern}})
    _, _, done = sent(operation, client_headers={b"x-app": text.encode()})
    assert bool(done) is matches


def test_a_hostile_header_is_matched_in_no_time() -> None:
    # Read as a regular expression, this takes longer than any test may: minutes for 14 kB.
    hostile = b"cline" * 6000 + b"code" * 6000
    operation = of("set", "top_k", value=5, when={"headers": {"x-app": "*cline*code*x*y*z*"}})
    assert sent(operation, client_headers={b"x-app": hostile})[2] == ()


def test_a_field_that_cannot_be_opened_is_the_clients_mistake() -> None:
    call = addressed(of("set", "metadata.b", value=1))
    body = b'{"model":"gpt-4o","messages":[],"metadata":{"a":1e999}}'
    given = Call(Endpoint.CHAT, call.service, call.target, "gpt-4o", "gpt-4o", False, body)
    with pytest.raises(InvalidRequest, match="out of range") as refused:
        registry.dialect_of(call.target, call.service).request(given)
    assert refused.value.param == "metadata"


def test_a_field_that_go_reads_is_opened_as_go_reads_it() -> None:
    call = addressed(of("append", "messages", value={"role": "user", "content": "x"}))
    body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"\xff"}]}'
    given = Call(Endpoint.CHAT, call.service, call.target, "gpt-4o", "gpt-4o", False, body)
    request = registry.dialect_of(call.target, call.service).request(given)
    assert json.loads(request.body)["messages"][0]["content"] == "\ufffd"


WINDOWS: list[tuple[dict[str, Any], int]] = [
    (header("set", "anthropic-beta", value="context-1m-2025-08-07"), 1_000_000),
    (header("append", "anthropic-beta", value="{client_header:x-betas}"), 1_000_000),
    (header("set", "anthropic-beta", value="context-{client_header:x-a}-2025-08-07"), 1_000_000),
    (header("set", "anthropic-beta", value="effort-2025-11-24"), 0),
    (header("set", "x-key", value="{api_key}"), 0),
]


@pytest.mark.parametrize(("operation", "window"), WINDOWS, ids=lambda said: str(said)[:70])
def test_a_longer_window_is_held_for_where_a_header_may_open_it(
    operation: dict[str, Any], window: int
) -> None:
    assert adjusted(operation).window == window


def test_the_marks_of_a_cache_may_be_deleted() -> None:
    body = BODY | {"cache_control": {"type": "ephemeral"}}
    assert sent(of("delete", "cache_control"), body=body)[0] == BODY
