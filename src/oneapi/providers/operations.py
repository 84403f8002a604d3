"""What a channel does to its requests beside what its vendor wants: operations on body and headers, as its operator says.

Read from the `operations` of a channel's `config`, checked when it is saved. They work on the request as the vendor is to
get it, so they are the same for clients of any dialect. None may change what a request costs behind the price that it was
held at: decision 39.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from oneapi.wire.dialect import LIMITS
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.field_names import DECISIVE, folded, meant
from oneapi.wire.openai_envelopes import IMAGE_COUNTS

MOST: Final = 64  # operations of one channel
LONGEST: Final = 16 << 10  # bytes of one operation
_KEYS: Final = frozenset({"in", "do", "name", "value", "to", "when"})
_WHEN: Final = frozenset({"models", "endpoints", "paths", "headers"})
BODY: Final = "body"
HEADER: Final = "header"
WITH_VALUE: Final = ("set", "default", "append")
WITH_TARGET: Final = ("rename", "move")
VERBS: Final = ("set", "default", "append", "delete", *WITH_TARGET)
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}")
_SEGMENTS: Final = re.compile(r"(?:\\.|[^.\\])+")
# Of the connection: whoever makes it says them.
CONNECTION_HEADERS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_KEY_HEADERS: Final = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})
_REFUSED_HEADERS: Final = CONNECTION_HEADERS | {"content-type", "content-encoding", "cookie"}
# By which a vendor is asked for a dearer tier of its service: see `wire.service_tiers`. Sources (read 2026-11-26):
# https://docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo, Claude Code's settings for Amazon Bedrock.
_TIER_HEADERS: Final = frozenset(
    {
        "x-vertex-ai-llm-shared-request-type",
        "x-vertex-ai-llm-request-type",
        "x-amzn-bedrock-service-tier",
        "x-amzn-bedrock-performanceconfig-latency",
    }
)
# What a client's header must not be read for: its own secrets.
_SECRET_HEADERS: Final = _KEY_HEADERS | {"cookie", "proxy-authorization"}
PLACEHOLDER: Final = re.compile(r"\{(api_key|client_header:([^{}]*))\}")
# Decisive names by what an operation may do with them without making a request dearer than what was held for it.
_HARMLESS: Final = frozenset(
    {
        *(
            "reasoning_effort",
            "enable_thinking",
            "output_config",
            "effort",
            "thinking",
            "reasoning",
        ),
        *("tool_choice", "function_call", "voice", "style", "background", "suffix"),
    }
)
_ONLY_LESS: Final = frozenset(
    {
        *("n", "best_of", "candidate_count", "num_return_sequences", "num_generations"),
        *IMAGE_COUNTS,
        *("sequential_image_generation", "sequential_image_generation_options"),
        *("thinking_budget", "prediction", "audio", "modalities", "web_search_options"),
        *("plugins", "mcp_servers", "tools", "functions", "container", "context_management"),
        *("models", "fallbacks", "service_tier", "speed", "inference_geo", "billing_policy"),
        "cache_control",
    }
)
# Writing into a cache is dearer than reading; a hold that the balance just covers has that only if the client asks for it.
_CACHE: Final = "cache_control"
_ONLY_LONGER: Final = frozenset({"messages", "system"})  # texts behind them are held for
_BUDGETS: Final = frozenset({"budgettokens", "maxtokens"})  # folded
_TEXTS: Final = frozenset({"role", "content", "type", "text", "name"})

Document = dict[str, Any]
Path = tuple[str | int, ...]


class OperationError(ValueError):
    """A channel's `config` says something that cannot be: `place` is where, below `config`."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"`{place}` {reason}")
        self.place = place
        self.reason = reason


class Pattern(NamedTuple):
    """A text in which `*` stands for anything; case does not count. `parts`: what stands between the stars.

    Not a regular expression: with several stars, those take minutes over what a hostile client can put into a header.
    """

    parts: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Say whether the whole of a text is so; takes time in proportion to its length."""
        said = text.casefold()
        first, last = self.parts[0], self.parts[-1]
        if len(self.parts) == 1:
            return said == first
        at, end = len(first), len(said) - len(last)
        if at > end or not said.startswith(first) or not said.endswith(last):
            return False
        for part in self.parts[1:-1]:
            at = said.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True


class Conditions(NamedTuple):
    """When an operation is done: each that is said must hold, of several of a kind one."""

    models: tuple[Pattern, ...] = ()
    endpoints: frozenset[str] = frozenset()
    paths: tuple[Pattern, ...] = ()
    headers: tuple[tuple[bytes, Pattern | None], ...] = ()  # None: the client must not send it


class Operation(NamedTuple):
    """One operation; `path` and `target` are names in a body, or a single one of a header."""

    place: str
    verb: str
    path: Path
    value: Any
    target: Path
    when: Conditions | None
    label: str


def operations_in(said: Any) -> tuple[Operation, ...]:
    """Return the operations that a config says; raise `OperationError` for what is wrong with one."""
    if said is None:
        return ()
    if not isinstance(said, list):
        raise OperationError("operations", "must be a list")
    entries = cast("list[Any]", said)
    if len(entries) > MOST:
        raise OperationError("operations", f"must not have more than {MOST} entries")
    return tuple(_operation(entry, f"operations[{index}]") for index, entry in enumerate(entries))


def _operation(said: Any, place: str) -> Operation:
    document = _object(said, place)
    unknown = next((name for name in document if name not in _KEYS), None)
    if unknown is not None:
        raise OperationError(f"{place}.{unknown}", f"is none of {', '.join(sorted(_KEYS))}")
    if len(msgspec.json.encode(document)) > LONGEST:
        raise OperationError(place, f"must not be longer than {LONGEST} bytes")
    where, verb = document.get("in", BODY), document.get("do")
    if where not in (BODY, HEADER):
        raise OperationError(f"{place}.in", f"must be `{BODY}` or `{HEADER}`")
    if verb not in VERBS:
        raise OperationError(f"{place}.do", f"must be one of {', '.join(VERBS)}")
    if (verb in WITH_VALUE) != ("value" in document):
        needed = "is needed" if verb in WITH_VALUE else "is not used"
        raise OperationError(f"{place}.value", f"{needed} with `{verb}`")
    if (verb in WITH_TARGET) != ("to" in document):
        needed = "is needed" if verb in WITH_TARGET else "is not used"
        raise OperationError(f"{place}.to", f"{needed} with `{verb}`")
    build = _of_body if where == BODY else _of_header
    found = build(document, str(verb), place)
    return found._replace(when=_conditions(document.get("when"), f"{place}.when"))


def _of_header(document: Document, verb: str, place: str) -> Operation:
    name = _header_name(document.get("name"), f"{place}.name")
    target = _header_name(document["to"], f"{place}.to") if verb in WITH_TARGET else ""
    value = document.get("value")
    if verb in WITH_VALUE:
        _check_header_value(value, f"{place}.value")
    label = f"{verb} header {name}" + (f" → {target}" if target else "")
    return Operation(HEADER, verb, (name,), value, (target,) if target else (), None, label)


def _header_name(said: Any, place: str) -> str:
    if not isinstance(said, str) or not _HEADER_NAME.fullmatch(said):
        raise OperationError(place, "must be the name of a header")
    name = said.lower()
    if name in _KEY_HEADERS:
        raise OperationError(place, f"must not be `{said}`: the channel's key is sent there")
    if name in _REFUSED_HEADERS:
        raise OperationError(place, f"must not be `{said}`, which belongs to the connection")
    if name in _TIER_HEADERS:
        raise OperationError(place, f"must not be `{said}`: a tier is dearer than what was held")
    return name


def _check_header_value(value: Any, place: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise OperationError(place, "must be a text")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise OperationError(place, "must consist of characters of ISO 8859-1") from error
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise OperationError(place, "must not contain line breaks and the like")
    for match in PLACEHOLDER.finditer(value):
        read = match[2]
        if read is None:
            continue
        if not _HEADER_NAME.fullmatch(read.strip()):
            raise OperationError(place, f"reads `{match[0]}`, which names no header")
        if read.strip().lower() in _SECRET_HEADERS:
            raise OperationError(place, f"must not read a client's `{read.strip()}`")


def _of_body(document: Document, verb: str, place: str) -> Operation:
    name = document.get("name")
    path = _path(name, f"{place}.name")
    target: Path = ()
    if verb == "rename":
        target = (*path[:-1], _segment(document["to"], f"{place}.to"))
    elif verb == "move":
        target = _path(document["to"], f"{place}.to")
    if target and target == path:
        raise OperationError(f"{place}.to", "must be another name")
    value = document.get("value")
    _check_price(verb, path, target, value, place)
    shown = f" → {document['to']}" if target else ""
    return Operation(BODY, verb, path, value, target, None, f"{verb} {name}{shown}")


def _path(said: Any, place: str) -> Path:
    """Read a path: names separated by dots (`\\.` is a dot in a name), numbers for places in lists."""
    if not isinstance(said, str) or not said or len(said) > 256:
        raise OperationError(place, "must name a field, `a.b` for one inside another")
    parts = _SEGMENTS.findall(said)
    if ".".join(parts) != said or not said.isprintable():
        raise OperationError(place, "has an empty name between its dots")
    names = [re.sub(r"\\(.)", r"\1", part) for part in parts]
    return (names[0], *[int(n) if re.fullmatch(r"-?\d{1,4}", n) else n for n in names[1:]])


def _segment(said: Any, place: str) -> str | int:
    path = _path(said, place)
    if len(path) != 1:
        raise OperationError(place, "must be a name, without dots; use `move`")
    return path[0]


def _check_price(verb: str, path: Path, target: Path, value: Any, place: str) -> None:
    """Refuse what would make a request dearer than what is held for it, or something else: decision 39."""
    _check_name(str(path[0]), f"{place}.name")
    if target:
        _check_name(str(target[0]), f"{place}.to")
        is_limit = path[0] in LIMITS and len(path) == 1
        if is_limit and target[0] in LIMITS and len(target) == 1:
            return
    for name, which in ((path[0], "name"), (target[0] if target else "", "to")):
        if (name not in DECISIVE and name != _CACHE) or (name in _HARMLESS and not target):
            continue
        if which == "name" and _may(verb, str(name), len(path), value):
            continue
        raise OperationError(f"{place}.{which}", f"must not {_said(verb, str(name))}")
    if path[0] in _HARMLESS and (_has_budget(value) or folded(str(path[-1])) in _BUDGETS):
        raise OperationError(f"{place}.value", "must not name a number of tokens")


def _check_name(name: str, place: str) -> None:
    known = _CACHE if folded(name) == folded(_CACHE) else meant(name)
    if known is not None and known != name:
        raise OperationError(place, f"is `{known}` to some vendors: write `{known}`")


def _may(verb: str, name: str, depth: int, value: Any) -> bool:
    """Say whether an operation on a decisive name leaves a request as dear as it was held, or makes it cheaper."""
    if name in LIMITS:  # never above what is held: see `operating`
        return verb in ("set", "default") and depth == 1 and _is_count(value)
    if name in _ONLY_LESS:
        return verb == "delete" and depth == 1
    if name in _ONLY_LONGER:
        return verb == "append" and depth == 1 and _is_text(value)
    return False


def _said(verb: str, name: str) -> str:
    if name in LIMITS:
        return f"{verb} `{name}`: it bounds what a request costs, and may be set to a number or renamed"
    if name in _ONLY_LESS:
        return (
            f"{verb} `{name}`, only delete it: it makes a request dearer than what is held for it"
        )
    if name in _ONLY_LONGER:
        return f"{verb} `{name}`, only append texts: nothing else is held for"
    return f"{verb} `{name}`: it decides what a request is and what it costs"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 1_073_741_823


def _has_budget(value: Any) -> bool:
    return isinstance(value, dict) and any(
        folded(name) in _BUDGETS for name in cast("Document", value)
    )


def _is_text(value: Any) -> bool:
    """Say whether a value holds nothing but texts: a picture costs more than its bytes tell."""
    if isinstance(value, list):
        return all(_is_text(part) for part in cast("list[Any]", value))
    if not isinstance(value, dict):
        return isinstance(value, str)
    part = cast("Document", value)
    return (
        part.get("type", "text") == "text"
        and part.keys() <= _TEXTS
        and all(_is_text(inner) for inner in part.values())
    )


def _conditions(said: Any, place: str) -> Conditions | None:
    if said is None:
        return None
    document = _object(said, place)
    unknown = next((name for name in document if name not in _WHEN), None)
    if unknown is not None:
        raise OperationError(f"{place}.{unknown}", f"is none of {', '.join(sorted(_WHEN))}")
    endpoints = _strings(document.get("endpoints"), f"{place}.endpoints")
    known = {endpoint.value for endpoint in Endpoint}
    for endpoint in endpoints:
        if endpoint not in known:
            raise OperationError(
                f"{place}.endpoints",
                f"has {endpoint!r}, which is none of {', '.join(sorted(known))}",
            )
    headers = _object(document.get("headers") or {}, f"{place}.headers")
    found = Conditions(
        tuple(map(_pattern, _strings(document.get("models"), f"{place}.models"))),
        frozenset(endpoints),
        tuple(map(_pattern, _strings(document.get("paths"), f"{place}.paths"))),
        tuple(_header_condition(n, v, f"{place}.headers") for n, v in headers.items()),
    )
    return found if any(found) else None


def _header_condition(name: str, value: Any, place: str) -> tuple[bytes, Pattern | None]:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _SECRET_HEADERS:
        raise OperationError(
            place, f"has {name!r}, which is no name of a header that may be asked for"
        )
    if value is not None and not isinstance(value, str):
        raise OperationError(
            f"{place}.{name}", "must be a text, or null where the header is not to be there"
        )
    return name.lower().encode(), None if value is None else _pattern(value)


def _strings(said: Any, place: str) -> list[str]:
    if said is None:
        return []
    entries = cast("list[Any]", said) if isinstance(said, list) else None
    if entries is None or not all(isinstance(entry, str) and entry for entry in entries):
        raise OperationError(place, "must be a list of texts")
    return cast("list[str]", entries)


def _pattern(text: str) -> Pattern:
    return Pattern(tuple(text.casefold().split("*")))


def _object(said: Any, place: str) -> Document:
    if not isinstance(said, Mapping):
        raise OperationError(place, "must be an object")
    return dict(cast("Mapping[str, Any]", said))
