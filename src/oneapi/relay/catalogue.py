"""`GET /v1/models`: what this key may use, in OpenAI's list format with One API's extra fields."""

from typing import Any

from oneapi.errors import NotFound
from oneapi.providers import registry
from oneapi.relay.admission import visible_models
from oneapi.relay.directory import Caller
from oneapi.relay.snapshot import Snapshot
from oneapi.wire.models import model_object


def _model(name: str) -> dict[str, Any]:
    return model_object(name, registry.owner(name) or "custom")


def model_list(snapshot: Snapshot, caller: Caller) -> dict[str, Any]:
    """Return the models of a caller, each once."""
    return {"object": "list", "data": [_model(name) for name in visible_models(snapshot, caller)]}


def one_model(snapshot: Snapshot, caller: Caller, name: str) -> dict[str, Any]:
    """Return one model; raise `NotFound` if the caller may not use it."""
    if name not in visible_models(snapshot, caller):
        raise NotFound(f"The model '{name}' does not exist", code="model_not_found", param="model")
    return _model(name)
