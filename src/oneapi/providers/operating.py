"""Doing a channel's operations on one request: only the fields that they name are opened, the rest travels as it is."""

from typing import Any, Final, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.providers.base import Call, Headers, UpstreamRequest
from oneapi.providers.operations import (
    BODY,
    HEADER,
    PLACEHOLDER,
    Conditions,
    Document,
    Operation,
    Path,
)
from oneapi.wire.decoding import UNDECODABLE, invalid_json, json_value
from oneapi.wire.dialect import LIMITS

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOTHING: Final = object()


def operated(
    request: UpstreamRequest, call: Call, operations: tuple[Operation, ...]
) -> UpstreamRequest:
    """Return the request with what the operations make of it; `call.operated` says which were done."""
    due = [one for one in operations if one.when is None or _holds(one.when, request, call)]
    done: list[str] = []
    body, headers = request.body, request.headers
    of_body = [one for one in due if one.place == BODY]
    if of_body and type(body) is bytes and not call.content_type.startswith("multipart/"):
        body = _operated_body(body, call, of_body, done)
    for operation in due:
        if operation.place == HEADER:
            changed = _operated_headers(headers, call, operation)
            if changed is not None:
                headers = changed
                done.append(operation.label)
    if not done:
        return request
    call.operated = tuple(done)
    return UpstreamRequest(request.method, request.url, headers, body)


def _holds(when: Conditions, request: UpstreamRequest, call: Call) -> bool:
    if when.endpoints and call.endpoint.value not in when.endpoints:
        return False
    if when.models and not any(
        pattern.matches(call.model) or pattern.matches(call.asked_model) for pattern in when.models
    ):
        return False
    if when.paths:
        path = "/" + request.url.partition("://")[2].partition("?")[0].partition("/")[2]
        if not any(pattern.matches(path) for pattern in when.paths):
            return False
    for name, pattern in when.headers:
        sent = call.client_headers.get(name)
        if pattern is None:
            if sent is not None:
                return False
        elif sent is None or not pattern.matches(sent.decode("latin-1")):
            return False
    return True


def _operated_body(body: bytes, call: Call, operations: list[Operation], done: list[str]) -> Any:
    try:
        fields: Document = dict(json_value(body, _FIELDS.decode))
    except UNDECODABLE:  # the vendor may say what is wrong with it
        return body
    before = len(done)
    done += [one.label for one in operations if _operate(fields, call, one)]
    return body if len(done) == before else msgspec.json.encode(fields)


def _operate(fields: Document, call: Call, operation: Operation) -> bool:
    """Do one operation; say whether it changed anything."""
    path, verb = operation.path, operation.verb
    if verb == "delete":
        return _taken(fields, path) is not _NOTHING
    if operation.target:
        value = _taken(fields, path)
        if value is _NOTHING:
            return False
        target = operation.target
        if _put(fields, target, _within(fields, call, target, value)):
            return True
        _put_back(fields, path, value)
        return False
    known = _found(fields, path)
    if verb == "append":
        return _put(fields, path, _appended(known, operation.value))
    if verb == "default" and known is not _NOTHING and known is not None:
        return False
    value = _within(fields, call, path, operation.value)
    return value != known and _put(fields, path, value)


def _within(fields: Document, call: Call, path: Path, value: Any) -> Any:
    """Return a value, if it is a limit no greater than what the request says already, which is what was held for."""
    if path[0] not in LIMITS or len(path) > 1:
        return value
    said = [_found(fields, (name,)) for name in LIMITS]
    bounds = [limit for limit in [*said, call.max_output_tokens, value] if type(limit) is int]
    return min((limit for limit in bounds if limit > 0), default=value)


def _opened(fields: Document, name: str | int) -> Any:
    """Return a field of the body, decoded in place if it was not."""
    if not isinstance(name, str) or name not in fields:
        return _NOTHING
    value = fields[name]
    if isinstance(value, msgspec.Raw):
        value = fields[name] = _decoded(name, bytes(value))
    return value


def _decoded(name: str, text: bytes) -> Any:
    """Return what a field says; raise `InvalidRequest` for what only a reader that overlooks it would not mind."""
    try:
        return json_value(text)
    except UNDECODABLE as error:
        raise InvalidRequest(
            f"`{name}` cannot be read: {invalid_json(error).message}",
            code="invalid_json",
            param=name,
        ) from error


def _inside(holder: Any, name: str | int) -> Any:
    if isinstance(holder, dict) and isinstance(name, str):
        return cast("Document", holder).get(name, _NOTHING)
    if isinstance(holder, list) and isinstance(name, int):
        entries = cast("list[Any]", holder)
        return entries[name] if -len(entries) <= name < len(entries) else _NOTHING
    return _NOTHING


def _found(fields: Document, path: Path) -> Any:
    value = _opened(fields, path[0])
    for name in path[1:]:
        value = _inside(value, name)
    return value


def _taken(fields: Document, path: Path) -> Any:
    """Take a value out; `_NOTHING` if there is none."""
    value = _found(fields, path)
    if value is not _NOTHING:
        holder: Any = fields if len(path) == 1 else _found(fields, path[:-1])
        del holder[path[-1]]
    return value


def _put(fields: Document, path: Path, value: Any) -> bool:
    """Put a value there, in objects that are made where there is nothing; not into what is no object or list."""
    holder = cast("Any", fields)
    for place, name in enumerate(path[:-1]):
        inner = _opened(fields, name) if place == 0 else _inside(holder, name)
        if inner is _NOTHING or inner is None:
            if not isinstance(name, str) or not isinstance(holder, dict):
                return False
            inner = cast("Any", {})
            cast("Document", holder)[name] = inner
        holder = inner
    last = path[-1]
    if isinstance(holder, dict) and isinstance(last, str):
        cast("Document", holder)[last] = value
        return True
    if _inside(holder, last) is _NOTHING:
        return False
    holder[last] = value
    return True


def _put_back(fields: Document, path: Path, value: Any) -> None:
    """Put back what was taken and could not be put anywhere else."""
    last = path[-1]
    holder = _found(fields, path[:-1]) if len(path) > 1 else cast("Any", fields)
    if isinstance(holder, list) and isinstance(last, int):
        entries = cast("list[Any]", holder)
        entries.insert(last if last >= 0 else len(entries) + last + 1, value)
    else:
        cast("dict[Any, Any]", holder)[last] = value


def _appended(known: Any, value: Any) -> Any:
    """Return what is there with a value behind it: in a text, a list or an object; a list of it where there is nothing."""
    if isinstance(known, str) and isinstance(value, str):
        return known + value
    if isinstance(known, dict) and isinstance(value, dict):
        return {**cast("Document", known), **cast("Document", value)}
    if known is _NOTHING or known is None:
        return cast("Any", value if isinstance(value, str | list) else [value])
    before = _listed(known)
    if isinstance(value, str) and any(isinstance(part, dict) for part in before):
        return [*before, {"type": "text", "text": value}]
    return [*before, *_listed(value)]


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _operated_headers(headers: Headers, call: Call, operation: Operation) -> Headers | None:
    """Return the headers with one operation done, `None` if there was nothing to do."""
    name, verb = str(operation.path[0]), operation.verb
    kept = tuple(pair for pair in headers if pair[0].lower() != name)
    sent = [value for pair, value in headers if pair.lower() == name]
    if verb == "delete":
        return kept if sent else None
    if operation.target:
        if not sent:
            return None
        target = str(operation.target[0])
        others = tuple(pair for pair in kept if pair[0].lower() != target)
        return (*others, *((target, value) for value in sent))
    value = _rendered(str(operation.value), call)
    if value is None or (verb == "default" and sent):
        return None
    if verb == "append":
        value = ", ".join([*sent, value])
    return None if sent == [value] else (*kept, (name, value))


def _rendered(text: str, call: Call) -> str | None:
    """Return a header's value with its placeholders filled in; `None` where the client does not send what it reads."""
    missing = False

    def filled(match: Any) -> str:
        nonlocal missing
        read = match[2]
        if read is None:
            return call.target.key.reveal()
        sent = call.client_headers.get(read.strip().lower().encode())
        missing = missing or sent is None
        return "" if sent is None else sent.decode("latin-1")

    if "{" not in text:
        return text
    found = PLACEHOLDER.sub(filled, text)
    return None if missing else found
