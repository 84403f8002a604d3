"""`GET /v1/models`: what this key may use, in OpenAI's list format with One API's extra fields, or in Anthropic's pages."""

from typing import Any, Final
from urllib.parse import parse_qs

from oneapi.errors import InvalidRequest, NotFound
from oneapi.providers import registry
from oneapi.providers.models import Model, model
from oneapi.relay.admission import visible_models
from oneapi.relay.directory import Caller
from oneapi.relay.snapshot import Snapshot
from oneapi.wire.models import anthropic_model, model_object

_USUAL_PAGE: Final = 20
_LARGEST_PAGE: Final = 1000


def _model(name: str, dialect: str) -> dict[str, Any]:
    known = model(name) or Model()
    if dialect == "anthropic":
        retires_at = f"{known.retires}T00:00:00Z" if known.retires else None
        return anthropic_model(name, known.context, known.output, retires_at)
    return model_object(name, registry.owner(name) or "custom", known.context, known.output)


def model_list(snapshot: Snapshot, caller: Caller) -> dict[str, Any]:
    """Return the models of a caller, each once."""
    names = visible_models(snapshot, caller)
    return {"object": "list", "data": [_model(name, "openai") for name in names]}


def one_model(snapshot: Snapshot, caller: Caller, name: str, dialect: str) -> dict[str, Any]:
    """Return one model; raise `NotFound` if the caller may not use it."""
    if name not in visible_models(snapshot, caller):
        raise NotFound(f"The model '{name}' does not exist", code="model_not_found", param="model")
    return _model(name, dialect)


def model_page(snapshot: Snapshot, caller: Caller, query: str) -> dict[str, Any]:
    """Return a page of Anthropic's list; raise `InvalidRequest` naming what of the query is wrong.

    Source: https://platform.claude.com/docs/en/api/models/list (read 2026-11-26).
    """
    asked = parse_qs(query, keep_blank_values=True)
    lifecycles = [value for name in ("lifecycle", "lifecycle[]") for value in asked.get(name, ())]
    is_wanted = not lifecycles or "active" in lifecycles
    names = visible_models(snapshot, caller) if is_wanted else []
    size = _page_size(asked)
    after, before = _place(asked, "after_id", names), _place(asked, "before_id", names)
    if before is not None and after is not None:
        raise InvalidRequest("`after_id` and `before_id` exclude each other", param="before_id")
    if before is not None:
        page = names[max(0, before - size) : before]
        has_more = before > size
    else:
        begin = 0 if after is None else after + 1
        page = names[begin : begin + size]
        has_more = len(names) > begin + size
    return {
        "data": [_model(name, "anthropic") for name in page],
        "has_more": has_more,
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }


def _page_size(asked: dict[str, list[str]]) -> int:
    said = asked.get("limit", [""])[-1]
    if not said:
        return _USUAL_PAGE
    if not said.isascii() or not said.isdecimal() or not 1 <= int(said[:9]) <= _LARGEST_PAGE:
        raise InvalidRequest(
            f"`limit` must be a whole number from 1 to {_LARGEST_PAGE}", param="limit"
        )
    return int(said)


def _place(asked: dict[str, list[str]], name: str, names: list[str]) -> int | None:
    said = asked.get(name, [""])[-1]
    if not said:
        return None
    if said not in names:
        raise InvalidRequest(f"`{name}`: there is no model {said!r} in this list", param=name)
    return names.index(said)
