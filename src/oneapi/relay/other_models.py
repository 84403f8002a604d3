"""Models that a request names beside its own: the vendor would use them, whatever the key allows and whatever was priced.

`models` is OpenRouter's, `fallbacks` Anthropic's (https://openrouter.ai/docs/features/model-routing, types of Anthropic's
SDK). Tools that the vendor runs may ask another model for advice, or several: Anthropic's advisor, OpenRouter's advisor and
fusion (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool,
https://openrouter.ai/docs/guides/features/server-tools). A picture may be redrawn by a model of its own,
`svg.model` (types of OpenAI's SDK 3.54; all read 2026-11-26).
"""

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.relay.metering import Sized, is_providers
from oneapi.wire.decoding import UNDECODABLE
from oneapi.wire.dialect import Envelope
from oneapi.wire.field_names import folded
from oneapi.wire.shapes import objects, text

_ASKING_OTHERS: Final = (
    "advisor",
    "fusion",
    "subagent",
)  # in the type of a tool, the id of a plugin


class _Named(msgspec.Struct):
    type: Any = None


class _Equipment(msgspec.Struct):
    tools: list[_Named] = []
    plugins: Any = None


_read: Final = msgspec.json.Decoder(_Equipment).decode
_read_closely: Final = msgspec.json.Decoder(dict[str, Any]).decode


def check_other_models(envelope: Envelope, body: bytes | Sized) -> None:
    """Raise `InvalidRequest` naming the field by which a request asks for another model than its own."""
    for name, named in (("models", envelope.models), ("fallbacks", envelope.fallbacks)):
        if named:
            raise _refusal(name)
    if any(name != envelope.model for name in _models_in(getattr(envelope, "svg", None))):
        raise _refusal("svg.model")
    if not isinstance(body, bytes) or not _has_equipment(body):
        return
    try:
        fields = _read_closely(body)
    except UNDECODABLE:
        return
    for number, tool in enumerate(objects(fields.get("tools"))):
        kind = tool.get("type")
        if is_providers(kind) and _asks_others(tool, text(kind), envelope.model):
            raise _refusal(f"tools[{number}]")
    for number, plugin in enumerate(objects(fields.get("plugins"))):
        if _asks_others(plugin, text(plugin.get("id")), envelope.model):
            raise _refusal(f"plugins[{number}]")


def _has_equipment(body: bytes) -> bool:
    """Say whether a request has tools that the vendor runs; those of nearly all are the client's."""
    if not (b"tools" in body or b"plugins" in body or b"\\u00" in body):
        return False
    try:
        equipment = _read(body)
    except msgspec.ValidationError:
        return True  # some tool is no object
    except UNDECODABLE:
        return False
    return bool(equipment.plugins) or any(is_providers(tool.type) for tool in equipment.tools)


def _asks_others(entry: dict[str, Any], kind: str, model: str) -> bool:
    named = list(_models_in(entry))
    if any(name != model for name in named):
        return True
    return not named and any(word in kind for word in _ASKING_OTHERS)


def _models_in(value: Any) -> Iterator[str]:
    """Yield the models that an object names, at any depth."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _models_in(item)
    elif isinstance(value, dict):
        for name, held in cast("dict[str, Any]", value).items():
            if folded(name).endswith(("model", "models")):
                yield from _texts(held)
            else:
                yield from _models_in(held)


def _texts(value: Any) -> Iterator[str]:
    for item in cast("list[Any]", value) if isinstance(value, list) else (value,):
        if isinstance(item, str) and item:
            yield item


def _refusal(field: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{field}` is not supported: it asks for other models, and the request is served and charged as `model` alone;"
        " channels of the same model and their mapping are what the gateway falls back on",
        param=field,
    )
