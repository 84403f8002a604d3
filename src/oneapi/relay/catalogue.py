"""`GET /v1/models`: what this key may use, in OpenAI's list format with One API's extra fields."""

from typing import Any

from oneapi.errors import NotFound
from oneapi.providers import registry
from oneapi.relay.admission import visible_models
from oneapi.relay.directory import Caller
from oneapi.relay.snapshot import Snapshot

CREATED = 1626777600  # One API's constant


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": CREATED,
        "owned_by": registry.owner(name) or "custom",
        "permission": [
            {
                "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ",
                "object": "model_permission",
                "created": CREATED,
                "allow_create_engine": True,
                "allow_sampling": True,
                "allow_logprobs": True,
                "allow_search_indices": False,
                "allow_view": True,
                "allow_fine_tuning": False,
                "organization": "*",
                "group": None,
                "is_blocking": False,
            }
        ],
        "root": name,
        "parent": None,
    }


def model_list(snapshot: Snapshot, caller: Caller) -> dict[str, Any]:
    """Return the models of a caller, each once."""
    return {"object": "list", "data": [_model(name) for name in visible_models(snapshot, caller)]}


def one_model(snapshot: Snapshot, caller: Caller, name: str) -> dict[str, Any]:
    """Return one model; raise `NotFound` if the caller may not use it."""
    if name not in visible_models(snapshot, caller):
        raise NotFound(f"The model '{name}' does not exist", code="model_not_found", param="model")
    return _model(name)
