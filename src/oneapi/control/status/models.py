"""The models that vendors are known for: what the channel form offers, not what this installation serves."""

from functools import cache
from typing import Any, Final

from typing_extensions import TypedDict

from oneapi.providers import catalogue
from oneapi.wire.models import model_object

_PROXY: Final = 43


@cache
def models_by_type() -> dict[str, list[str] | None]:
    """Return the models of every channel type; null for the proxy, which has none by nature."""
    known = {str(number): list(catalogue.models_of(number)) for number in catalogue.channel_types()}
    return known | {str(_PROXY): None}


class ModelList(TypedDict):
    """Models in OpenAI's format."""

    object: str
    data: list[dict[str, Any]]


@cache
def model_list() -> list[dict[str, Any]]:
    """Return every known model once, in OpenAI's format with One API's extra fields."""
    return [model_object(name, owner) for name, owner in catalogue.owners().items()]
