"""Refusals: whose fault, whether elsewhere, when again."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.refusals import error_inside, refusal, retry_after

DATE = "Sat, 21 Nov 2026 10:00:00 GMT"


def _body(**error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


FAULTS: list[tuple[int, bytes, tuple[bool, bool, bool]]] = [
    # status, body, (retryable, channel at fault, key refused)
    (400, _body(message="bad", type="invalid_request_error"), (False, False, False)),
    (400, _body(message="long", code="context_length_exceeded"), (False, False, False)),
    (400, _body(message="Incorrect API key provided: xai-1", code="x"), (True, True, True)),
    (
        400,
        _body(message="API key not valid. Please pass …", status="INVALID_ARGUMENT"),
        (True, True, True),
    ),
    (400, _body(message="you wrote: incorrect api key"), (False, False, False)),
    (401, _body(message="no", code="invalid_api_key"), (True, True, True)),
    (401, b"", (True, True, True)),
    (402, _body(message="Insufficient Balance"), (True, True, True)),
    (
        403,
        _body(message="region", code="unsupported_country_region_territory"),
        (True, True, False),
    ),
    (403, _body(message="x", type="permission_error"), (True, True, True)),
    (404, _body(message="x", code="model_not_found"), (True, True, False)),
    (413, _body(message="x", type="request_too_large"), (False, False, False)),
    (422, b'{"detail":[{"loc":["body"],"msg":"field required"}]}', (False, False, False)),
    (429, _body(message="slow down", type="rate_limit_error"), (True, True, False)),
    (429, _body(message="quota", code="insufficient_quota"), (True, True, True)),
    (429, _body(message="You exceeded your current quota, please"), (True, True, True)),
    (500, _body(message="x", type="server_error"), (True, True, False)),
    (502, b"<html><body>Bad Gateway</body></html>", (True, True, False)),
    (529, _body(message="Overloaded", type="overloaded_error"), (True, True, False)),
    (302, b"", (True, True, False)),
]


@pytest.mark.parametrize(("status", "body", "facts"), FAULTS)
def test_whose_fault_it_is(status: int, body: bytes, facts: tuple[bool, bool, bool]) -> None:
    for name in ("openai", "anthropic"):
        error = registry.dialect(name).error(status, {}, body)
        assert (error.retryable, error.channel_at_fault, error.auth_failed) == facts
        assert error.status == (status if status >= 400 else 502)


MESSAGES: list[tuple[bytes, str]] = [
    (_body(message="m"), "m"),
    (b'{"error":"just a text"}', "just a text"),
    (b'{"message":"at the top"}', "at the top"),
    (b'{"detail":"fastapi"}', "fastapi"),
    (b'{"code":110,"msg":"baidu"}', "baidu"),
    (b'[{"error":{"code":400,"message":"gemini"}}]', "gemini"),
    (b'{"type":"error","error":{"type":"x","message":"anthropic"}}', "anthropic"),
    (b"", "the provider answered with HTTP status 500"),
    (b"<html>no</html>", "the provider answered with HTTP status 500"),
    (b"[]", "the provider answered with HTTP status 500"),
    (b'{"error":{}}', "the provider answered with HTTP status 500"),
]


PLAIN: list[tuple[bytes, str]] = [
    (b"Too many requests, slow down\n", "Too many requests, slow down"),
    (b'"prompt is too long"', "prompt is too long"),
    (b'["prompt is too long"]', "prompt is too long"),
    (b'[{"msg":"prompt is too long"}]', "prompt is too long"),
    (b"upstream connect error or disconnect", "upstream connect error or disconnect"),
    ("提示过长".encode(), "提示过长"),
    (b"word " * 1000, ("word " * 100)[:500].strip()),
    (b"a\r\n\tb", "a b"),
]  # fmt: skip
NO_WORDS = [
    b"<p>no</p>",
    b" <!doctype html>",
    b"\xff\xfe\x00",
    b"\x1f\x8b\x08\x00",
    b'{"error":',
    b"7",
    b"null",
    b" \n",
]


@pytest.mark.fault("W12")
@pytest.mark.parametrize(("body", "message"), PLAIN)
def test_a_vendors_plain_words_are_told(body: bytes, message: str) -> None:
    for name in ("openai", "anthropic"):
        assert registry.dialect(name).error(400, {}, body).message == message


@pytest.mark.fault("W12")
@pytest.mark.parametrize("body", NO_WORDS)
def test_what_is_not_words_is_not_told(body: bytes) -> None:
    assert refusal(500, {}, body).message == "the provider answered with HTTP status 500"


@pytest.mark.fault("W12", "R7")
@pytest.mark.parametrize("value", ["1e300", "1795755555", "1795755555000", "9" * 400])
def test_a_point_in_time_is_no_time_to_wait(value: str) -> None:
    assert refusal(429, {"retry-after": value}, b"").retry_after is None
    assert refusal(429, {"retry-after-ms": value + "000"}, b"").retry_after is None


@pytest.mark.parametrize(("body", "message"), MESSAGES)
def test_the_message_is_found(body: bytes, message: str) -> None:
    assert refusal(500, {}, body).message == message


BEHIND: list[tuple[Any, str]] = [
    # OpenRouter, https://openrouter.ai/docs/api/reference/errors-and-debugging (read 2026-11-26)
    ({"raw": "prompt is too long", "provider_name": "X"}, "Provider returned error: prompt is too long"),
    ({"raw": '{"error":{"message":"too long"}}'}, "Provider returned error: too long"),
    ({"raw": {"error": {"message": "too long"}}}, "Provider returned error: too long"),
    ({"raw": '{"a":1}'}, 'Provider returned error: {"a":1}'),
    ({"raw": "error"}, "Provider returned error"),
    ({"raw": None}, "Provider returned error"),
    ([1], "Provider returned error"),
]  # fmt: skip


@pytest.mark.fault("W12")
@pytest.mark.parametrize(("metadata", "message"), BEHIND)
def test_what_the_vendor_behind_an_aggregator_said_is_in_the_message(
    metadata: Any, message: str
) -> None:
    body = _body(code=400, message="Provider returned error", metadata=metadata)
    assert refusal(400, {}, body).message == message
    found = error_inside(json.loads(body))
    assert found is not None
    assert found.message == message


# https://ai.google.dev/gemini-api/docs/rate-limits and google/rpc/error_details.proto (read 2026-11-26)
GOOGLE: dict[str, Any] = {
    "code": 429,
    "message": "You exceeded your current quota, please check your plan and billing details.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{}]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45.837906927s"},
    ],
}


@pytest.mark.fault("W12")
@pytest.mark.parametrize("document", [{"error": GOOGLE}, [{"error": GOOGLE}]])
def test_googles_limit_a_minute_is_no_refused_key(document: Any) -> None:
    body = json.dumps(document).encode()
    error = refusal(429, {}, body)
    assert (error.retryable, error.auth_failed) == (True, False)
    assert error.retry_after == pytest.approx(45.837906927)
    assert refusal(429, {"retry-after": "7"}, body).retry_after == 7


@pytest.mark.parametrize("delay", ["-3s", "s", "1e9s", "3m", "9" * 400 + "s", 7, None])
def test_a_wait_that_is_none_is_not_believed(delay: Any) -> None:
    assert (
        refusal(429, {}, _body(message="x", details=[{"retryDelay": delay}, 1])).retry_after is None
    )


def test_openais_words_are_kept() -> None:
    error = refusal(400, {}, _body(message="m", type="t", code="c", param="p"))
    assert (error.type, error.code, error.param) == ("t", "c", "p")
    assert error.body is not None
    assert refusal(500, {}, b"<html>").body is None


def test_a_long_message_is_cut() -> None:
    assert len(refusal(400, {}, _body(message="x" * 100_000)).message) == 2000


WAITS: list[tuple[int, dict[str, str], float | None]] = [
    (429, {}, None),
    (429, {"retry-after": "7"}, 7),
    (503, {"retry-after": "0.5"}, 0.5),
    (429, {"retry-after": "-3"}, 0),
    (429, {"retry-after": "soon"}, None),
    (429, {"retry-after": "nan"}, None),
    (429, {"retry-after": "9", "retry-after-ms": "1500"}, 1.5),
    (429, {"retry-after": "Sat, 21 Nov 2026 10:01:30 GMT", "date": DATE}, 90),
    (429, {"retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": DATE}, 0),
    (429, {"retry-after": "Sat, 21 Nov 2026 10:01:30 GMT"}, None),
    (429, {"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
    (
        429,
        {
            "x-ratelimit-reset-requests": "6m0s",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-tokens": "20ms",
            "x-ratelimit-remaining-tokens": "100",
        },
        360,
    ),
    (429, {"anthropic-ratelimit-requests-reset": "2026-11-21T10:00:42Z", "date": DATE}, 42),
    (429, {"anthropic-ratelimit-requests-reset": "2026-11-21T10:00:42Z"}, None),
    (429, {"x-ratelimit-reset": "1795255242000"}, None),
    (500, {"x-ratelimit-reset-requests": "6m0s"}, None),
]


@pytest.mark.parametrize(("status", "headers", "seconds"), WAITS)
def test_when_to_come_again(status: int, headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(status, headers) == pytest.approx(seconds)


def test_errors_inside_a_good_answer() -> None:
    assert error_inside({"choices": [], "error": None}) is None
    assert error_inside([1]) is None
    found = error_inside({"error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert isinstance(found, UpstreamError)
    assert (found.status, found.retryable, found.message) == (529, True, "Overloaded")
    found = error_inside({"error": {"code": 400, "message": "no"}})
    assert found is not None
    assert (found.status, found.retryable) == (400, False)
    found = error_inside({"error": "broken"})
    assert found is not None
    assert (found.status, found.message) == (502, "broken")


@given(
    st.integers(100, 700),
    st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text()),
    st.binary(),
)
def test_rubbish_is_an_upstream_error(status: int, headers: dict[str, str], body: bytes) -> None:
    error = refusal(status, headers, body)
    assert 400 <= error.status <= 599
    assert error.message
