"""An outside that was read before is what reading it anew says, whatever stands between."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.wire.anthropic import AnthropicClient
from oneapi.wire.dialect import ClientDialect, Envelope, PlainEnvelope
from oneapi.wire.hollow import LARGE
from oneapi.wire.openai import OpenAIClient
from oneapi.wire.outsides import MOST, Outsides

OPENAI, ANTHROPIC = OpenAIClient(), AnthropicClient()
HELLO = '[{"role":"user","content":"hi"}]'
# What may stand where the messages were, so that the text begins and ends as before.
BETWEEN = (
    HELLO,
    '[{"role":"user","content":"' + "x" * 2 * LARGE + '"}]',
    ' [ {"role": "user", "content": "\\"messages\\":[]"} ] ',
    '[{"role":"user","content":"],\\"model\\":\\"dear\\""}]',
    "[]",
    "[1]",
    '"text"',
    "[{}",
    '[{}],"model":"dear","stop":["a"]',
    '[{}],"tools":[{"type":"function"}]',
    '[{}],"messages":[{}]',
    '[{}],"max_tokens":999,"stop":["a"]',
    '[{}],"Model":"dear","stop":[]',
    '[{}],"n":5,"stop":[ ]',
    '[{"a":[1,2,{"b":[]}]}]',
    '[{"content":"\ud83d\\ude00"}]',
)
BEFORE = (
    '{"model":"cheap",',
    '{"model": "cheap", ',
    '{ "model" : "cheap" , ',
    '{"x":{"messages":[1]},"model":"cheap",',
    '{"a\\"messages":[1],"model":"cheap",',
    '{"model":"cheap","user":"\\"messages\\":[",',
    "{",
)
BEHIND = (
    '"max_tokens":5}',
    '"max_tokens": 5, "stream": true, "stream_options": {"include_usage": true}}',
    '"max_tokens":5,"model":"cheap","temperature":0.5,"n":2}',
    '"max_tokens":5,"thinking":{"type":"enabled","budget_tokens":9}}',
    '"max_tokens":5,"max_completion_tokens":7}',
    '"max_tokens":5,"x":{"messages":[1]}}',
    '"model":"other","max_tokens":5}',
)


def said(client: ClientDialect, body: bytes) -> Any:
    """Return what an envelope says, or the error."""
    try:
        envelope = client.envelope(body)
    except InvalidRequest as error:
        return re.sub(r"byte \d+", "", str(error))
    asked = [
        getattr(envelope, name)
        for name in (*Envelope.__struct_fields__, "stream", "answers", "output_limit")
    ]
    return [*asked, envelope.shows_usage]


def anew(client: ClientDialect, body: bytes) -> Any:
    """Return the same from a text that no other text begins like."""
    different = body.replace(b"{", b'{"seed":%d,' % abs(hash(body)), 1).replace(b",}", b"}")
    return said(client, different)


@pytest.mark.parametrize("client", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("behind", BEHIND)
def test_what_stands_between_changes_nothing_else(
    client: ClientDialect, before: str, behind: str
) -> None:
    for between in (HELLO, HELLO, *BETWEEN):  # twice, so that it is remembered
        body = f'{before}"messages":{between},{behind}'.encode("utf-8", "surrogatepass")
        assert said(client, body) == anew(client, body), body


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.just("messages"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["messages", "model", "n", "stop"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.lists(st.lists(JSON, max_size=3), min_size=1, max_size=4), JSON, st.booleans())
def test_of_random_messages(several: list[list[Any]], last: Any, is_compact: bool) -> None:
    separators = (",", ":") if is_compact else (", ", ": ")
    for messages in several:
        document = {"model": "m", "messages": messages, "max_tokens": 3, "metadata": last}
        body = json.dumps(document, separators=separators).encode()
        assert said(OPENAI, body) == anew(OPENAI, body)


def test_plain_outsides_are_remembered_and_others_are_not() -> None:
    plain = b'{"model":"m","messages":[{}],"max_tokens":4,"n":2}'
    first, second = OPENAI.envelope(plain), OPENAI.envelope(plain.replace(b"{}", b'{"a":1}'))
    assert isinstance(second, PlainEnvelope)
    assert (second.bound, second.model) == (8, first.model)
    thinking = plain.replace(b'"n":2', b'"thinking":{"type":"enabled"}')
    OPENAI.envelope(thinking)
    assert not isinstance(OPENAI.envelope(thinking), PlainEnvelope)


def test_few_and_short_ones_are_kept() -> None:
    decoder = msgspec.json.Decoder(Envelope)
    outsides = Outsides(decoder.decode, frozenset({"model"}))
    body = b'{"messages":[{}],"model":"%b"}'
    outsides.read(body % (b"x" * MOST))
    assert not isinstance(outsides.read(body % (b"x" * MOST)), PlainEnvelope)
    for number in range(3 * MOST):
        outsides.read(body % b"%d" % number)
    assert not isinstance(outsides.read(body % b"0"), PlainEnvelope)
    assert isinstance(outsides.read(body % b"0"), PlainEnvelope)
