"""No decisive name means two things to two readers, however it is spelled and how often it stands there."""

import ast
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.relay import metering
from oneapi.wire import anthropic, dialect, openai_envelopes
from oneapi.wire.anthropic import AnthropicClient
from oneapi.wire.dialect import ClientDialect, StreamOptions
from oneapi.wire.endpoints import PATHS, ROWS, Endpoint
from oneapi.wire.field_names import DECISIVE, plain_fields
from oneapi.wire.openai import OpenAIClient
from oneapi.wire.registry import client_dialect
from tests.architecture.project import SRC, parsed
from tests.providers.exchanges import call_to

OPENAI, ANTHROPIC = OpenAIClient(), AnthropicClient()
REST = '"messages":[{"role":"user","content":"hi"}],"prompt":"x","input":"x","instruction":"x","max_tokens":5'
ENDPOINTS = [
    (client_dialect(path.dialect), path.endpoint)
    for path in PATHS
    if not ROWS[path.endpoint].file_field and "{model}" not in path.path
]
DISGUISED = [
    ('"Model":"b"', "Model"),
    ('"MODEL":"b"', "MODEL"),
    ('"model":"b"', "model"),
    (r'"\u006dodel":"b"', "model"),
    (r'"mode\u006C" : "b"', "model"),
    (r'"model\u0000":"b"', "model\0"),
    ('"ſtream":true', "ſtream"),
    (r'"\u017ftream":true', "ſtream"),
    (r'"max_to\u212aens":9', "max_to\u212aens"),
    ('"max_toKens":9', "max_toKens"),
    ('"maxTokens":9', "maxTokens"),
    ('"Max-Tokens":9', "Max-Tokens"),
    ('"max_tokens":9', "max_tokens"),
    ('"Stream":true', "Stream"),
    ('"Max_Completion_Tokens":1', "Max_Completion_Tokens"),
    ('"N":9', "N"),
    ('"Best_Of":9', "Best_Of"),
    ('"Tools":[]', "Tools"),
    ('"Messages":[]', "Messages"),
    ('"System":"x"', "System"),
    ('"Service_tier":"x"', "Service_tier"),
    ('"unknown":1,"unknown":1', "unknown"),
    (
        '"stream_options":{"include_usage":true,"include_usage":false}',
        "stream_options.include_usage",
    ),
    ('"stream_options":{"Include_Usage":false}', "stream_options.Include_Usage"),
    ('"stream_options":{},"stream_options":null', "stream_options"),
    ('"thinking":{"type":"enabled","Budget_Tokens":9}', "thinking.Budget_Tokens"),
    (r'"thinking":{"type":"enabled","type":"\u0064isabled"}', "thinking.type"),
    ('"reasoning":{"max_tokens":1,"max_tokens":2}', "reasoning.max_tokens"),
    ('"output_config":{"Effort":"max"}', "output_config.Effort"),
]


@pytest.mark.fault("A2", "W21")
@pytest.mark.parametrize(("client", "endpoint"), ENDPOINTS)
@pytest.mark.parametrize(("said", "name"), DISGUISED)
def test_a_name_in_disguise_or_twice_is_refused_by_name(
    client: ClientDialect, endpoint: Endpoint, said: str, name: str
) -> None:
    for body in (
        f'{{"model":"a",{REST},{said}}}',
        f'{{{said},"model":"a",{REST}}}',
        f'{{"model": "a", {REST}, {said}}}',
        f'{{"model":"a",{REST},"user":"{"x" * 5000}",{said}}}\n',
        f'{{"model":"a",{said},"tools":{json.dumps([{"a": "b" * 9}] * 999)},{REST}}}',
    ):
        with pytest.raises(InvalidRequest) as caught:
            client.envelope(body.encode(), endpoint)
        assert caught.value.param == name
        assert caught.value.code == "ambiguous_field"


HARMLESS: list[dict[str, Any]] = [
    {"temperature": 0.5, "Foo": 1, "foo": 2},
    {"metadata": {"Model": "x", "model": "y"}},
    {"tools": [{"name": "get", "input_schema": {"properties": {"Model": {}, "model": {}}}}]},
    {"stop": '","model":"b'},
    {"user": '{"model":"b","Model":"c"}'},
    {"stream_options": {"include_usage": True, "include_obfuscation": False}},
    {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    {"stream_options": None, "thinking": None, "a:b": "c:d", "é": "é"},
]


@pytest.mark.parametrize("more", HARMLESS)
@pytest.mark.parametrize("client", [OPENAI, ANTHROPIC])
def test_what_is_said_once_passes_however_it_is_written(
    client: ClientDialect, more: dict[str, Any]
) -> None:
    document = {"model": "a", **json.loads("{" + REST + "}"), **more}
    for text in (
        json.dumps(document),
        json.dumps(document, separators=(",", ":")),
        json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        json.dumps({**document, "messages": [{"role": "user", "content": "x"}] * 500}),
        json.dumps(document).replace('"model"', r'"\u006dodel"', 1),
    ):
        assert client.envelope(text.encode()).model == "a"


def test_usual_bodies_take_the_short_way() -> None:
    document = {"model": "a", "messages": [{"content": "a: b"}], "max_tokens": 5, "zz": [1]}
    document |= {"thinking": {"type": "enabled", "budget_tokens": 9}}
    for text in (json.dumps(document), json.dumps(document, separators=(",", ":"))):
        assert plain_fields(text.encode()) is not None
        assert plain_fields(text.encode() + b"\n") is not None


def test_a_large_document_is_understood_by_its_outside() -> None:
    tools = [{"type": "function", "function": {"name": f"f{n}"}} for n in range(500)]
    options = {"include_usage": True}
    document = {"tools": tools, "messages": tools, "model": "a", "stream": True, "n": 2}
    envelope = OPENAI.envelope(json.dumps({**document, "stream_options": options}).encode())
    assert (envelope.model, envelope.stream, envelope.n) == ("a", True, 2)
    assert envelope.shows_usage
    with pytest.raises(InvalidRequest, match="must be an array"):
        OPENAI.envelope(json.dumps({**document, "messages": {"a": "b" * 9000}}).encode())
    with pytest.raises(InvalidRequest, match="must not be empty"):
        OPENAI.envelope(json.dumps({**document, "messages": []}).encode())


NO_REQUESTS = ("Rates", "Demand", "Ceiling", "PlainEnvelope")  # never read from a document


def _names_read() -> set[str]:
    """Return the names under which a request's fields are decoded, or looked up in an undecoded document."""
    read = {
        field.encode_name
        for module in (dialect, openai_envelopes, anthropic, metering)
        for struct in vars(module).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
        if struct.__module__ == module.__name__ and struct.__name__ not in NO_REQUESTS
        for field in msgspec.structs.fields(struct)
    }
    looked_up = [
        node.slice.value
        for path in ("providers/openai_edits.py", "providers/anthropic.py")
        for node in ast.walk(parsed(SRC / path))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if ast.unparse(node.value) == "fields"
    ]
    assert "model" in looked_up
    return read | {name for name in looked_up if isinstance(name, str)}


def test_what_decides_is_known_to_decide() -> None:
    elsewhere = {
        "include_usage",
        "content",
        "type",
        "max_uses",
    }  # of `stream_options`, messages, parts
    assert "include_usage" in {f.name for f in msgspec.structs.fields(StreamOptions)}
    assert _names_read() - elsewhere <= DECISIVE


# What a request's writer may do to a name, and to the blanks around it.
SAID = {
    "model": st.sampled_from(["cheap", "dear"]),
    "stream": st.booleans(),
    "max_tokens": st.integers(1, 9),
    "max_completion_tokens": st.integers(1, 9),
    "n": st.integers(1, 4),
    "best_of": st.integers(1, 4),
    "temperature": st.integers(0, 1),
    "stream_options": st.deferred(lambda: OPTIONS),
    "thinking": st.deferred(lambda: THINKING),
    "zork": st.deferred(lambda: NESTED),
}
BLANKS = st.sampled_from(["", "", " ", "\n\t"])
FOLDS = {"s": "\u017f", "k": "\u212a"}
NESTED = st.recursive(
    st.sampled_from([1, None, '","Model":"dear', '\\"', "ü"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["model", "Stream", "n"]), inner)
    ),
    max_leaves=5,
)


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """A name, mostly as it is; else with a letter escaped, in another case, or one that folds to it."""
    if draw(st.integers(0, 15)):
        return name
    at = draw(st.integers(0, len(name) - 1))
    letter = name[at]
    options = [
        letter.upper(),
        FOLDS.get(letter, letter),
        f"\\u{ord(letter):04x}",
        f"\\u{ord(letter):04X}",
    ]
    options.append(f"\\u{ord(FOLDS.get(letter, letter.upper())):04x}")
    return name[:at] + draw(st.sampled_from(options)) + name[at + 1 :]


@st.composite
def objects(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]], must: str = "") -> str:
    """An object's text: some fields in any order, now and then one twice, with blanks anywhere."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=6, unique=draw(st.booleans())))
    members = [must] if must else []
    for name in names:
        value = draw(fields[name])
        text = (
            value
            if name in ("stream_options", "thinking")
            else json.dumps(value, ensure_ascii=draw(st.booleans()))
        )
        blanks = [draw(BLANKS) for _ in range(4)]
        members.append(
            f'{blanks[0]}"{draw(spelled(name))}"{blanks[1]}:{blanks[2]}{text}{blanks[3]}'
        )
    return "{" + ",".join(draw(st.permutations(members))) + "}"


OPTIONS = objects({"include_usage": st.booleans()})
THINKING = objects(
    {"type": st.sampled_from(["enabled", "disabled"]), "budget_tokens": st.integers(1, 9)}
)
MUST = f'"model":"cheap",{REST}'
READ = ("model", "stream", "max_tokens", "max_completion_tokens", "n", "best_of", "messages")


def _readings(pairs: Any, name: str) -> set[str]:
    """Return what readers of four kinds find under a name: first or last one, exactly or as Go folds."""
    exact = [value for key, value in pairs if key == name]
    alike = [value for key, value in pairs if _as_go(key) == name]
    found = (exact[:1], exact[-1:], alike[:1], alike[-1:])
    return {json.dumps(values) for values in found}


def _as_go(name: str) -> str:
    """Fold as `encoding/json` does: ASCII letters, and the two others that fold to one."""
    return name.replace("\u017f", "s").replace("\u212a", "k").lower()


def _disputed(body: bytes) -> list[str]:
    """Return the decisive names that not all readers of a body read alike."""
    pairs: Any = json.loads(body, object_pairs_hook=tuple)
    outside = [name for name in READ if len(_readings(pairs, name)) > 1]
    values: dict[str, Any] = dict(pairs)
    inside = [
        f"{outer}.{name}"
        for outer, names in (
            ("stream_options", ("include_usage",)),
            ("thinking", ("type", "budget_tokens")),
        )
        if isinstance(values.get(outer), tuple)
        for name in names
        if len(_readings(values[outer], name)) > 1
    ]
    return outside + inside


@pytest.mark.fault("A2", "W21")
@pytest.mark.parametrize(("client", "endpoint"), ENDPOINTS)
@given(objects(SAID, MUST))
def test_all_readers_agree_on_what_is_not_refused(
    client: ClientDialect, endpoint: Endpoint, text: str
) -> None:
    body = text.encode()
    try:
        envelope = client.envelope(body, endpoint)
    except InvalidRequest:
        return
    assert _disputed(body) == []
    values: dict[str, Any] = json.loads(body)
    assert envelope.model == values["model"]
    assert envelope.max_tokens == values.get("max_tokens")
    assert (envelope.n or 1) == values.get("n", 1)


@pytest.mark.fault("A2")
@given(objects(SAID, MUST), st.booleans(), st.booleans(), st.sampled_from([None, "be brief"]))
def test_what_is_sent_says_nothing_twice(
    text: str, is_mapped: bool, is_limited: bool, prompt: str | None
) -> None:
    body = text.encode()
    try:
        envelope = OPENAI.envelope(body)
    except InvalidRequest:
        return
    call = call_to(
        1,
        body,
        model="b" if is_mapped else envelope.model,
        asked_model=envelope.model,
        stream=envelope.stream,
        shows_usage=envelope.shows_usage,
        has_stream_options=envelope.stream_options is not msgspec.UNSET,
        max_output_tokens=3 if is_limited else None,
        system_prompt=prompt,
    )
    sent = registry.dialect("openai").request(call).body
    assert _disputed(sent) == []
    names = [name for name, _ in json.loads(sent, object_pairs_hook=tuple)]
    assert len(names) == len(set(names))
