"""The models that vendors are known for: what the channel form offers, not what this installation serves."""

from functools import cache
from typing import Any, Final

from oneapi.providers import catalogue

_PROXY: Final = 43
_CREATED: Final = 1626777600  # One API's constant


@cache
def models_by_type() -> dict[str, list[str] | None]:
    """Return the models of every channel type; null for the proxy, which has none by nature."""
    known = {str(number): list(catalogue.models_of(number)) for number in catalogue.channel_types()}
    return known | {str(_PROXY): None}


@cache
def model_list() -> list[dict[str, Any]]:
    """Return every known model once, in OpenAI's format with One API's extra fields."""
    return [_model(name, owner) for name, owner in catalogue.owners().items()]


def _model(name: str, owner: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": _CREATED,
        "owned_by": owner,
        "permission": [
            {
                "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ",
                "object": "model_permission",
                "created": _CREATED,
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
