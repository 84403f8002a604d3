"""What is charged: the vendor's usage where it can be believed, an estimate where not; and what is held covers it."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.ledger import Payer
from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import ONE, Price
from oneapi.providers import registry
from oneapi.providers.openai_usage import usage_of
from oneapi.relay.billable import Sent, billable_usage
from oneapi.relay.ceiling import ASSUMED_CAP
from oneapi.relay.directory import Caller
from oneapi.relay.drafting import drafted, priced, tightened
from oneapi.relay.exchange import Request
from oneapi.relay.job import Job
from oneapi.relay.pricing import Pricing, price_of
from oneapi.relay.routes import resolve
from oneapi.wire.dialect import LIMITS
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.usage import Usage
from tests.relay.test_routing import channel, snapshot
from tests.sources import needs_sources

BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
PROMPT = 7  # what `BODY` is estimated to be
WINDOW = 10_000


def sent(endpoint: Endpoint = Endpoint.CHAT, body: bytes = BODY, **said: Any) -> Sent:
    return Sent(endpoint, body, "m", **({"window": WINDOW} | said))


def billed(reported: Usage | None, delivered: int = 5, *, whole: bool = True, **said: Any) -> Usage:
    return billable_usage(sent(**said), reported, delivered, is_whole=whole)


ESTIMATE = Usage(PROMPT, 5, estimated=True)
CHAT: list[tuple[str, Usage | None, Usage]] = [
    ("believable", Usage(100, 50), Usage(100, 50)),
    ("absent", None, ESTIMATE),
    ("zero", Usage(), ESTIMATE),
    ("unreadable", Usage(oddity="-1"), ESTIMATE),
    ("negative", Usage(100, -1), ESTIMATE),
    ("not a number", Usage("100", 5), ESTIMATE),
    ("no output beside text", Usage(100), Usage(100, 5, estimated=True)),
    ("no input", Usage(0, 50), Usage(PROMPT, 50, estimated=True)),
    ("no input but a cache", Usage(90, 50, 90), Usage(90, 50, 90)),
    ("a total only", Usage(total_tokens=1500), Usage(PROMPT, 1500 - PROMPT, estimated=True)),
    ("a total of little", Usage(total_tokens=3), Usage(3, 5, estimated=True)),
    ("a full window", Usage(WINDOW, WINDOW), Usage(WINDOW, WINDOW)),
    ("above the window", Usage(WINDOW + 1, 5), ESTIMATE),
    ("output above it", Usage(5, WINDOW + 1), ESTIMATE),
    ("a total above it", Usage(total_tokens=WINDOW + 1), ESTIMATE),
    ("searches", Usage(2 * WINDOW, 5, searches=1), Usage(2 * WINDOW, 5, searches=1)),
    ("more than searches explain", Usage(2 * WINDOW + 1, 5, searches=1), ESTIMATE),
    ("more searches than anybody makes", Usage(100, 50, searches=101), ESTIMATE),
]


@pytest.mark.fault("A6", "R1", "W3", "W4", "W23")
@pytest.mark.parametrize(("reported", "usage"), [row[1:] for row in CHAT], ids=[r[0] for r in CHAT])
def test_what_a_whole_chat_is_charged(reported: Usage | None, usage: Usage) -> None:
    assert billed(reported) == usage


def test_an_oddity_is_kept_with_the_estimate() -> None:
    assert billed(Usage(oddity="prompt_tokens: -1")).oddity == "prompt_tokens: -1"
    assert billed(Usage(100, 10**9)).oddity == "Usage(input_tokens=100, output_tokens=1000000000)"
    assert billed(Usage(-1, 2)).oddity == "Usage(input_tokens=-1, output_tokens=2)"
    assert billed(Usage(total_tokens=10**9)).oddity == "Usage(total_tokens=1000000000)"
    assert billed(Usage(100, 50)).oddity == billed(None).oddity == ""


@pytest.mark.parametrize(
    ("reported", "delivered", "usage"),
    [
        (None, 5, ESTIMATE),
        (Usage(100, 1), 5, Usage(100, 5, estimated=True)),  # Anthropic's first event
        (Usage(100, 7), 5, Usage(100, 7)),
        (Usage(100, 1), 0, Usage(100, 1)),
    ],
)
def test_a_broken_answer_costs_at_least_what_was_delivered(
    reported: Usage | None, delivered: int, usage: Usage
) -> None:
    assert billed(reported, delivered, whole=False) == usage


@pytest.mark.fault("R1")
def test_rounds_of_the_vendors_tools_and_answers_multiply_what_is_believed() -> None:
    tools = {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 20}]}
    searching = json.dumps({**json.loads(BODY), **tools}).encode()

    assert billed(Usage(21 * WINDOW, 5), body=searching) == Usage(21 * WINDOW, 5)
    assert billed(Usage(22 * WINDOW, 5), body=searching).estimated
    assert billed(Usage(5, 3 * WINDOW), answers=3) == Usage(5, 3 * WINDOW)
    assert billed(Usage(5, 2 * WINDOW), limit=2 * WINDOW) == Usage(5, 2 * WINDOW)


def test_a_prompt_of_so_many_bytes_is_believed_whatever_our_table_says() -> None:
    long = json.dumps({"messages": [{"role": "user", "content": "7" * 3 * WINDOW}]}).encode()

    assert billed(Usage(3 * WINDOW, 5), body=long) == Usage(3 * WINDOW, 5)


@pytest.mark.fault("W2", "W4", "A6")
@pytest.mark.parametrize(
    ("endpoint", "body", "delivered", "usage"),
    [
        (Endpoint.EMBEDDINGS, b'{"input":"12345678"}', 0, Usage(3)),
        (Endpoint.MODERATIONS, b'{"input":"12345678"}', 0, Usage(3)),
        (Endpoint.COMPLETIONS, b'{"prompt":"12345678"}', 5, Usage(3, 5)),
        (Endpoint.IMAGES, b'{"prompt":"x"}', 0, Usage(images=2)),
        (Endpoint.TRANSCRIPTIONS, b"x" * 90, 30, Usage(seconds=10.0)),
        (Endpoint.TRANSCRIPTIONS, b"x" * 90, 0, Usage(seconds=1.0)),
        (Endpoint.SPEECH, b'{"input":"hello"}', 0, Usage(characters=5)),
    ],
)
@pytest.mark.parametrize("reported", [None, Usage(), Usage(oddity="?"), Usage(-1)], ids=str)
def test_every_endpoint_is_estimated_in_its_own_unit(
    endpoint: Endpoint, body: bytes, delivered: int, usage: Usage, reported: Usage | None
) -> None:
    found = billed(reported, delivered, endpoint=endpoint, body=body, answers=2)

    assert found.estimated
    assert found == Usage(**usage.counts(), estimated=True)


def test_a_total_of_what_has_no_output_is_input() -> None:
    assert billed(Usage(total_tokens=7), endpoint=Endpoint.EMBEDDINGS) == Usage(7)


def test_a_recording_is_not_longer_than_its_bytes_allow() -> None:
    assert billed(Usage(seconds=90.0), endpoint=Endpoint.TRANSCRIPTIONS) == Usage(seconds=90.0)
    assert billed(Usage(seconds=1e6), endpoint=Endpoint.TRANSCRIPTIONS).estimated


@pytest.mark.fault("W2", "W23")
def test_an_embedding_that_reports_output_only_is_estimated() -> None:
    body = b'{"model":"m","input":"what is it"}'
    usage = billed(Usage(0, 9), endpoint=Endpoint.EMBEDDINGS, body=body)
    assert usage == Usage(3, estimated=True)


numbers = st.one_of(
    st.none(),
    st.integers(-3, 20_000),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=2),
)
details = st.dictionaries(
    st.sampled_from(("cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens")),
    numbers,
)
usage_objects = st.dictionaries(
    st.sampled_from(
        (
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "input_tokens",
            "output_tokens",
            "prompt_cache_hit_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        )
    ),
    numbers,
) | st.fixed_dictionaries(
    {"prompt_tokens": numbers, "completion_tokens": numbers},
    optional={
        "prompt_tokens_details": details | numbers,
        "completion_tokens_details": details | numbers,
        "total_tokens": numbers,
    },
)
PRICE = Price(input=10**9, output=4 * 10**9, cache_read=10**8, cache_write=2 * 10**9)


@pytest.mark.fault("A6")
@given(usage_objects, st.integers(0, 1000), st.booleans(), st.sampled_from(list(Endpoint)))
def test_whatever_a_vendor_reports_something_believable_is_charged(
    counts: dict[str, Any], delivered: int, whole: bool, endpoint: Endpoint
) -> None:
    body = b'{"input":"hi","prompt":"hi","messages":[{"role":"user","content":"hi"}]}'

    usage = billed(usage_of(counts), delivered, whole=whole, endpoint=endpoint, body=body)

    said = usage.counts()
    assert min(said.values()) >= 0
    assert not usage.oddity or usage.estimated
    assert usage.says_something
    assert usage.input_tokens <= WINDOW
    assert 0 <= charge(usage, PRICE, ONE) < 10**7


class Obedient:
    """A vendor that does what the sent body says, and uses all that it allows."""

    def __init__(self, job: Job) -> None:
        channel = job.snapshot.channels[1]
        call = job.call(channel, channel.offer(job.asked).service, None)
        dialect = registry.dialect(call.service.dialect)
        self.sent: dict[str, Any] = json.loads(dialect.request(call).body)

    @property
    def limit(self) -> int:
        """Every word is obeyed; if there are several, the largest; if none says anything, the model's cap."""
        said = [self.sent[name] for name in LIMITS if self.sent.get(name)]
        return max(said, default=ASSUMED_CAP)


def job_of(document: dict[str, Any], kind: str) -> Job:
    one = channel(1, kind=14) if kind == "anthropic" else channel(1)
    state = snapshot(one)
    parts = cast("Any", SimpleNamespace(snapshot=state, pricing=Pricing()))
    path = "/v1/messages" if kind == "anthropic" else "/v1/chat/completions"
    body = json.dumps(document).encode()
    request = Request("POST", path, "", {}, "127.0.0.1", body, "id", 0.0, 0)
    caller = Caller(Payer(1, 1, False, "u", "k"), "default", frozenset(), 1, None)
    responder = cast("Any", None)
    job = drafted(parts, request, responder, resolve("POST", path), caller)
    priced(job, 10**9)
    return job


words: st.SearchStrategy[str] = st.sampled_from(list[str](LIMITS))
named: st.SearchStrategy[Any] = st.none() | st.integers(0, 50_000)
limits = st.dictionaries(words, named, max_size=3).map(lambda found: {"max_tokens": 9} | found)


def texts(size: int) -> st.SearchStrategy[Any]:
    return st.text(max_size=size)


def chat_of(named: dict[str, Any], more: dict[str, Any], content: Any) -> dict[str, Any]:
    return named | more | {"messages": [{"content": content}]}


parts: st.SearchStrategy[Any] = st.fixed_dictionaries({"type": st.just("text"), "text": texts(99)})
requests = st.builds(
    chat_of,
    limits,
    st.fixed_dictionaries(
        {"model": st.just("m")},
        optional={
            "n": st.integers(1, 5),
            "best_of": st.integers(1, 9),
            "thinking": st.fixed_dictionaries({"budget_tokens": st.integers(0, 60_000)}),
            "thinking_budget": st.integers(0, 9_000),
            "tools": st.just([{"type": "function", "function": {"name": "f"}}]),
        },
    ),
    texts(300) | st.lists(parts, max_size=3),
)


@needs_sources
@pytest.mark.fault("A1")
@settings(deadline=None)
@given(requests, st.sampled_from(("openai", "anthropic")), st.floats(0, 1), st.floats(0, 1))
def test_who_obeys_what_was_sent_never_costs_more_than_was_held(
    document: dict[str, Any], kind: str, read: float, made: float
) -> None:
    if kind == "anthropic":
        document = {"max_tokens": 7} | {k: v for k, v in document.items() if v is not None}
    try:
        job = job_of(document, kind)
    except InvalidRequest:
        return
    vendor = Obedient(job)
    beside = job.envelope.output_beside
    most_made = vendor.limit * job.envelope.answers + beside
    text = json.dumps(document["messages"], ensure_ascii=False).encode()
    usage = Usage(int(len(text) * read), int(most_made * made))

    price = price_of(job.snapshot, job.snapshot.channels[1], job.envelope, job.endpoint)
    owed = charge(usage, price, ONE)

    assert owed <= job.ceiling
    held = job.ceiling
    tightened(job, 0)
    assert job.ceiling <= held
