"""Which words of a vendor are a refusal of what is ours, and which are not."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.registry import client_dialect
from tests.providers.exchanges import call_to

OPENAI = registry.dialect("openai")
BODY = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'


def _chat(number: int = 8, body: bytes = BODY, **fields: Any) -> Call:
    given_fields: dict[str, Any] = {
        "stream": True,
        "has_stream_options": False,
        "shows_usage": False,
    } | fields
    return call_to(number, body, base_url="https://h", **given_fields)


def _messages(number: int = 1, model: str = "m", **request: Any) -> Call:
    history: Any = request.pop("messages", [{"role": "user", "content": "hi"}])
    body = json.dumps({"model": "m", "max_tokens": 50, "messages": history, **request}).encode()
    document = client_dialect("anthropic").to_canonical(body)
    return _chat(number, body, document=document, model=model)


def _adapted(call: Call, message: str, status: int = 400, **error: Any) -> set[str]:
    body = json.dumps({"error": {"message": message, **error}}).encode()
    return set(OPENAI.adapt(call, OPENAI.error(status, {}, body)))


@pytest.mark.fault("W1")
@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("the prompt is too long", 400),
        ("my_stream_options_2 is odd", 400),
        ("stream_options: wait", 429),
        ("stream_options", 401),
        ("your key may not use stream_options", 402),
    ],
)
def test_what_is_no_refusal_of_ours(message: str, status: int) -> None:
    assert _adapted(_chat(), message, status) == set()


@pytest.mark.fault("W1")
def test_what_a_validator_repeats_of_the_request_does_not_count() -> None:
    echo: Any = {"type": "missing", "loc": ["body", "messages", 0], "input": {"stream_options": {}}}
    body = json.dumps({"detail": [echo]}).encode()
    assert OPENAI.adapt(_chat(), OPENAI.error(422, {}, body)) == set()


@pytest.mark.fault("W1")
def test_an_ordinary_word_counts_only_in_quotes() -> None:
    call = _messages(metadata={"user_id": "u"})
    assert _adapted(call, "the user must speak first") == set()
    assert _adapted(call, "Unknown parameter: 'user'.") == {"user"}
    assert _adapted(call, "unsupported", param="user") == {"user"}


@pytest.mark.fault("W1")
def test_other_endpoints_have_nothing_of_ours() -> None:
    call = _chat(endpoint=Endpoint.EMBEDDINGS)
    assert _adapted(call, "stream_options max_tokens") == set()


@pytest.mark.fault("W15")
def test_a_limit_goes_from_one_name_to_the_other_and_no_further() -> None:
    first = _chat(max_output_tokens=4096, model="gpt-5")
    assert _adapted(first, "unknown 'max_completion_tokens'") == {"max_completion_tokens"}
    second = _chat(
        max_output_tokens=4096, model="gpt-5", adapted=frozenset({"max_completion_tokens"})
    )
    assert json.loads(OPENAI.request(second).body)["max_tokens"] == 4096
    assert _adapted(second, "unknown 'max_tokens'") == set()
    assert _adapted(second, "max_tokens must be below 4096, at most 2048") == {
        "max_completion_tokens",
        "max_tokens",
    }
    assert _adapted(_chat(max_output_tokens=64), "gpt-4-0613 has no 'max_tokens'") == {"max_tokens"}


@pytest.mark.fault("W15")
def test_the_number_of_a_messages_client_is_its_own() -> None:
    call = _messages()
    assert _adapted(call, "Unsupported parameter: 'max_tokens'") == {"max_tokens"}
    assert _adapted(_messages(max_tokens=99_999), "max_tokens is at most 16384") == set()


@pytest.mark.fault("W25")
def test_reasoning_is_added_where_it_is_missing_and_left_out_where_it_is_refused() -> None:
    used: Any = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    thought = {"type": "thinking", "thinking": "hmm", "signature": ""}

    def history(*blocks: Any) -> list[Any]:
        said = {"role": "assistant", "content": list(blocks)}
        result = {"type": "tool_result", "tool_use_id": "t", "content": "1"}
        return [{"role": "user", "content": "go"}, said, {"role": "user", "content": [result]}]

    missing = "thinking is enabled but reasoning_content is missing in assistant tool call message"
    call = _messages(8, "my-kimi", messages=history(used))
    again = _adapted(call, missing)
    assert again == {"+reasoning_content"}
    call = _messages(8, "my-kimi", messages=history(thought, used))
    assert _adapted(call, missing) == {"+reasoning_content"}
    for found, said in ((history(used), " "), (history(thought, used), "hmm")):
        document = _messages(8, "my-kimi", messages=found).document
        call = _chat(8, document=document, model="my-kimi", adapted=frozenset(again))
        sent = json.loads(OPENAI.request(call).body)["messages"][1]
        assert sent["reasoning_content"] == said
    call = _messages(8, "kimi-k2", messages=history(thought, used))
    refused = _adapted(call, "property 'reasoning_content' is unsupported")
    assert refused == {"reasoning_content"}
    call = _chat(8, document=call.document, model="kimi-k2", adapted=frozenset(refused))
    assert b"reasoning_content" not in OPENAI.request(call).body


_words = st.sampled_from(
    [
        "stream_options",
        "max_tokens",
        "user",
        "thinking",
        "reasoning_content",
        "DeploymentNotFound",
        "1",
    ]
)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _words, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["error", "message", "code", "detail", "loc", "param"]), inner
        ),
    ),
    max_leaves=12,
)


@pytest.mark.fault("W1")
@given(
    body=st.one_of(_json.map(lambda found: json.dumps(found).encode()), st.binary(max_size=40)),
    status=st.sampled_from([400, 404, 422, 500, 503]),
    imposed=st.sampled_from([None, 4096]),
)
def test_any_refusal_ends_in_a_bounded_number_of_requests(
    body: bytes, status: int, imposed: int | None
) -> None:
    for make in (_chat, _messages):
        call = make()
        tries = 0
        adapted: frozenset[str] = frozenset()
        while True:
            call = _chat(
                3, document=call.document, model="a.b", max_output_tokens=imposed, adapted=adapted
            )
            OPENAI.request(call)
            adapted = OPENAI.adapt(call, OPENAI.error(status, {}, body))
            if not adapted:
                break
            assert adapted > call.adapted
            tries += 1
        assert tries <= 8
