"""Models that a request names beside its own: the vendor would use them, whatever the key allows and whatever was priced.

`models` is OpenRouter's, `fallbacks` Anthropic's (https://openrouter.ai/docs/features/model-routing, types of Anthropic's
SDK). Tools that the vendor runs may ask another model for advice, or several: Anthropic's advisor, OpenRouter's advisor and
fusion (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool,
https://openrouter.ai/docs/guides/features/server-tools; all read 2026-11-26).
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


class _Equipment(msgspec.Struct):
    tools: Any = None
    plugins: Any = None


_read: Final = msgspec.json.Decoder(_Equipment).decode


def check_other_models(envelope: Envelope, body: bytes | Sized) -> None:
    """Raise `InvalidRequest` naming the field by which a request asks for another model than its own."""
    for name, named in (("models", envelope.models), ("fallbacks", envelope.fallbacks)):
        if named:
            raise _refusal(name)
    if not isinstance(body, bytes) or not _may_ask_others(body):
        return
    try:
        equipment = _read(body)
    except UNDECODABLE:
        return
    for name, kind in (("tools", "type"), ("plugins", "id")):
        for number, entry in enumerate(objects(getattr(equipment, name))):
            if _asks_others(entry, text(entry.get(kind)), envelope.model):
                raise _refusal(f"{name}[{number}]")


def _may_ask_others(body: bytes) -> bool:
    """Say whether a body may have what `check_other_models` looks for; most have not, however long they are."""
    if not (b"tools" in body or b"plugins" in body or b"\\u00" in body):
        return False
    words = (word.encode() for word in _ASKING_OTHERS)
    return body.count(b"odel") > 1 or b"\\u00" in body or any(word in body for word in words)


def _asks_others(entry: dict[str, Any], kind: str, model: str) -> bool:
    if "type" in entry and not is_providers(kind):
        return False
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
