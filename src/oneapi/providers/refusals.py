"""A vendor's refusal as an `UpstreamError`: whose fault it is, whether another channel may do better, and when.

Bodies may be JSON of any of the usual shapes, HTML, or nothing. Messages are never searched for words: users can make
vendors echo theirs; only codes, types and the beginning of a few fixed sentences count.
Sources: https://platform.openai.com/docs/guides/error-codes, https://platform.claude.com/docs/en/api/errors,
https://platform.claude.com/docs/en/api/rate-limits (read 2026-11-21); https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
(`RetryInfo`), https://openrouter.ai/docs/api/reference/errors-and-debugging (`metadata.raw`) (read 2026-11-26).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import msgspec

from oneapi.errors import UpstreamError
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.vendor_ids import LONGEST, request_id_in

_SHOWN_LOCATION: Final = 300  # characters; a query may hold a secret
_SHOWN_WORDS: Final = 500  # characters of a body that is no JSON
_LIST: Final = re.compile(rb"\[\s*[\[{\"]")
MAX_MESSAGE: Final = 2000  # characters of a vendor's message that are passed on
_KEY_CODES: Final = frozenset(
    {
        *("invalid_api_key", "account_deactivated", "insufficient_quota", "billing_not_active"),
        *("authentication_error", "invalid_authentication", "invalid_authentication_error"),
        *("incorrect_api_key", "billing_error", "permission_error", "organization_deactivated"),
        *("organization_on_hold_error", "access_terminated", "UNAUTHENTICATED"),
    }
)
_KEY_SENTENCES: Final = re.compile(
    r"(incorrect api key|invalid api key|api key not valid|api key expired|your credit balance is too low"
    r"|this organization has been disabled|you exceeded your current quota)",
    re.IGNORECASE,
)
# Google's word for a limit per minute or day; its sentence is that of OpenAI for an account without money.
_SPENT_FOR_NOW: Final = "RESOURCE_EXHAUSTED"
_MODEL_CODES: Final = frozenset({"model_not_found", "model_not_available", "DeploymentNotFound"})
_CLIENT_CODES: Final = frozenset(
    {
        "context_length_exceeded",
        "content_policy_violation",
        "content_filter",
        "string_above_max_length",
    }
)
_AGAIN: Final = frozenset({408, 409, 425, 429})
_STATUS_OF_TYPE: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_MESSAGE_NAMES: Final = (
    *("message", "msg", "detail", "error_msg", "status_msg", "err", "errorMessage", "errors"),
    "error",
)


class Complaint(msgspec.Struct, frozen=True):
    """What a vendor says is wrong."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
    """Return a vendor's answer that is no result as an error."""
    document = _decoded(body)
    complaint = complaint_of(document)
    kinds = {complaint.type, complaint.code}
    key_refused = _refuses_key(status, complaint)
    client_fault = not key_refused and _is_client_fault(status, kinds)
    retryable = not client_fault
    message = complaint.message or _words_in(body) or _unsaid(status, headers)
    return UpstreamError(
        message[:MAX_MESSAGE],
        status=status if 400 <= status <= 599 else 502,
        type=complaint.type or UpstreamError.type,
        code=complaint.code or (None if complaint.message else UpstreamError.code),
        param=complaint.param,
        retry_after=_first(retry_after(status, headers), wait_said(document)),
        retryable=retryable,
        channel_at_fault=retryable,
        auth_failed=key_refused,
        body=body if document is not None else None,
        request_id=request_id_in(headers) or request_id_said(document),
        said=body,
        vendor_status=status,
    )


def request_id_said(document: dict[str, Any] | None) -> str:
    """Return the id under which the vendor knows a request, as the body of its error says it."""
    found = (document or {}).get("request_id")
    return found[:LONGEST] if isinstance(found, str) and found.isprintable() else ""


def _words_in(body: bytes) -> str:
    """Return what a body says in plain words; nothing for documents, pages and what is no text."""
    try:
        found: Any = json_value(body)
    except UNDECODABLE:
        begin = body.lstrip()
        if begin.startswith((b"<", b"{", b'"')) or _LIST.match(begin):
            return ""
        found = body.decode("utf-8", "replace")
    if isinstance(found, list):
        found = next(iter(cast("list[Any]", found)), None)
    if not isinstance(found, str) or "\ufffd" in found[:_SHOWN_WORDS]:
        return ""
    words = " ".join(found.split())[:_SHOWN_WORDS].strip()
    return words if words.isprintable() else ""


def _unsaid(status: int, headers: Mapping[str, str]) -> str:
    """Return what there is to say of an answer whose body says nothing."""
    location = headers.get("location", "").partition("?")[0][:_SHOWN_LOCATION]
    if 300 <= status < 400 and location:
        return (
            f"the provider redirects to {location!r} (HTTP status {status}), which is not followed"
        )
    return f"the provider answered with HTTP status {status}"


def error_inside(document: object) -> UpstreamError | None:
    """Return the error that a good status hides, in a body or in an event of a stream; `None` if there is none."""
    if not isinstance(document, dict):
        return None
    found = cast("dict[str, Any]", document)
    error = found.get("error")
    if not error or (isinstance(error, dict) and not any(cast("dict[str, Any]", error).values())):
        return None  # others write an empty one
    complaint = complaint_of(found)
    status = status_inside(found)
    if status is None:
        status = _STATUS_OF_TYPE.get(complaint.type or "", 0)
        status = status or _STATUS_OF_TYPE.get(complaint.code or "", 502)
    return refusal(status, {}, msgspec.json.encode(document))


def status_inside(document: dict[str, Any]) -> int | None:
    """Return the HTTP status that an error names itself, in its object or beside it."""
    for place in (document.get("error"), document):
        if not isinstance(place, dict):
            continue
        for name in ("code", "status", "status_code", "statusCode"):
            number = cast("dict[str, Any]", place).get(name)
            if isinstance(number, str) and number.isascii() and number.isdecimal():
                number = int(number[:4])
            if isinstance(number, int) and 400 <= number <= 599:
                return number
    return None


def _refuses_key(status: int, complaint: Complaint) -> bool:
    if status in {401, 402}:
        return True
    if status not in {400, 403, 429} or complaint.type == _SPENT_FOR_NOW:
        return False
    if complaint.code in _KEY_CODES or (status != 400 and complaint.type in _KEY_CODES):
        return True
    return _KEY_SENTENCES.match(complaint.message) is not None


def _is_client_fault(status: int, kinds: set[str | None]) -> bool:
    if not 400 <= status < 500 or status in _AGAIN:
        return False
    if kinds & _CLIENT_CODES:
        return True
    # A channel that lists a model, or a base URL, that its vendor does not know is the operator's doing.
    return status not in {401, 402, 403, 404} and not kinds & _MODEL_CODES


def _decoded(body: bytes) -> dict[str, Any] | None:
    if not body:
        return None
    try:
        decoded: Any = json_value(body)
    except UNDECODABLE:
        return None
    if (
        isinstance(decoded, list) and decoded
    ):  # Gemini's OpenAI endpoint wraps its errors in an array
        decoded = cast("list[Any]", decoded)[0]
    return cast("dict[str, Any]", decoded) if isinstance(decoded, dict) else None


def complaint_of(document: dict[str, Any] | None) -> Complaint:
    """Read the usual shapes: `error` an object or a text, or the message at the top."""
    if document is None:
        return Complaint()
    error = document.get("error")
    if isinstance(error, dict):
        found = cast("dict[str, Any]", error)
        return Complaint(
            message=_message_of_error(found),
            type=_text(found.get("type")) or _text(found.get("status")),
            code=_text(found.get("code")),
            param=_text(found.get("param")),
        )
    inner = document.get("base_resp")  # MiniMax; 0 is its code for success
    if isinstance(inner, dict) and cast("dict[str, Any]", inner).get("status_code"):
        document = cast("dict[str, Any]", inner)
    codes = (document.get(name) for name in ("code", "error_code", "status_code"))
    return Complaint(
        message=_message(document),
        type=_text(document.get("type")),
        code=next(filter(None, map(_text, codes)), None),
    )


def _message_of_error(error: dict[str, Any]) -> str:
    """Return an error's message, with what the vendor behind an aggregator said (OpenRouter: `metadata.raw`)."""
    message = _message(error)
    metadata = error.get("metadata")
    raw: Any = cast("dict[str, Any]", metadata).get("raw") if isinstance(metadata, dict) else None
    if isinstance(raw, str):
        raw = complaint_of(_decoded(raw.encode("utf-8", "replace"))).message or raw.strip()
    elif isinstance(raw, dict):
        raw = complaint_of(cast("dict[str, Any]", raw)).message
    if not isinstance(raw, str) or not raw or raw in message:
        return message
    return f"{message}: {raw}" if message else raw


def _message(document: dict[str, Any]) -> str:
    for name in _MESSAGE_NAMES:
        value = document.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list | dict) and value:  # FastAPI's list of what is wrong
            return msgspec.json.encode(value).decode()
    return ""


def _text(value: object) -> str | None:
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


# -- when again -----------------------------------------------------------------------------------------------

_LONGEST: Final = 1e8  # seconds: three years, and what is more is a point in time
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_DURATION: Final = re.compile(r"\d{1,9}(\.\d{1,9})?s")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the vendor asks us to wait, `None` if it does not say."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _span_of(milliseconds / 1000)
    named = headers.get("retry-after")
    if named is not None:
        return _wait(named, headers)
    return _reset(headers) if status == 429 else None


def wait_said(document: dict[str, Any] | None) -> float | None:
    """Return how many seconds an error's body asks us to wait: Google's `RetryInfo`, which comes without a header."""
    error = (document or {}).get("error")
    details: object = (
        cast("dict[str, Any]", error).get("details") if isinstance(error, dict) else None
    )
    for detail in cast("list[object]", details) if isinstance(details, list) else ():
        delay: Any = (
            cast("dict[str, Any]", detail).get("retryDelay") if isinstance(detail, dict) else None
        )
        if isinstance(delay, str) and _DURATION.fullmatch(delay):
            return _span_of(float(delay[:-1]))
    return None


def _first(*seconds: float | None) -> float | None:
    return next((found for found in seconds if found is not None), None)


def _wait(value: str, headers: Mapping[str, str]) -> float | None:
    seconds = _number(value)
    if seconds is not None:
        return _span_of(seconds)
    until, now = _http_date(value), _http_date(headers.get("date"))
    return _span_of((until - now).total_seconds()) if until and now else None


def _span_of(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds < _LONGEST else None


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return when the limits that are used up are reset: OpenAI's and Anthropic's headers."""
    spent: list[float] = []
    known: list[float] = []
    for name, value in headers.items():
        if "ratelimit" not in name or "reset" not in name:
            continue
        seconds = _span(value, headers)
        if seconds is None:
            continue
        known.append(seconds)
        left = name.replace("reset", "remaining")
        if headers.get(left, "").strip() == "0":
            spent.append(seconds)
    return max(spent) if spent else min(known, default=None)


def _span(value: str, headers: Mapping[str, str]) -> float | None:
    """Read `1s`, `6m0s`, `20ms`, `2026-11-21T10:00:00Z` or a number of seconds."""
    text = value.strip()
    number = _number(text)
    if number is not None:
        return (
            number if 0 <= number < 86_400 else None
        )  # larger ones are points in time of unknown unit
    parts = _SPAN.findall(text)
    if parts and "".join(amount + unit for amount, unit in parts) == text:
        return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    now = _http_date(headers.get("date"))
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return None
    if now is None:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < float("inf") else None


def _http_date(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
