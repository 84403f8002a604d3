"""A canonical chat as a request of Anthropic's Messages API.

Sources: https://platform.claude.com/docs/en/api/messages and the types of Anthropic's Python SDK 2.12; …/api/openai-sdk for
what Anthropic itself makes of OpenAI's fields; the types of OpenAI's Python SDK 3.54 (read 2026-11-26).
"""

from typing import Any, Final, cast

from oneapi.errors import InvalidRequest
from oneapi.providers.anthropic_adapting import omit, within
from oneapi.providers.anthropic_fields import unsaid
from oneapi.providers.anthropic_models import Traits, traits_of
from oneapi.providers.anthropic_thinking import is_thinking, think
from oneapi.providers.anthropic_tools import add_search, add_tool_choice, add_tools, answer_by_tool
from oneapi.providers.anthropic_turns import conversation
from oneapi.providers.base import Call, Document
from oneapi.providers.urls import adaptations
from oneapi.wire.dialect import LIMITS
from oneapi.wire.shapes import section
from oneapi.wire.tool_schemas import as_object

MAX_USER: Final = 256  # characters; Anthropic refuses a longer `metadata.user_id`
_LEAST_TOP_P: Final = 0.95  # beside thinking


def vendor_document(call: Call, document: Document) -> Document:
    """Return the Messages request of a canonical chat; raise `InvalidRequest` for what it cannot say."""
    _refuse(document)
    traits = traits_of(call.model)
    is_native = "anthropic" in document
    apart = unsaid()
    request: Document = {k: v for k, v in document.items() if k not in apart and v is not None}
    request["model"] = call.model
    messages = cast("list[Document]", document["messages"])
    request |= conversation(messages, call.system_prompt, is_native=is_native)
    add_tools(document, request)
    add_search(document, request, traits)
    add_tool_choice(document, request, traits)
    adapted = adaptations(call)
    _ends(call, document, request, adapted)
    _output(document, request, has_schemas=_has_schemas(call, traits))
    think(document, request, traits)
    if is_native:
        return {**request, **section(document["anthropic"])}
    if adapted:
        omit(document, request, adapted)
    _sampling(request, traits)
    return request


def _refuse(document: Document) -> None:
    """Refuse what would be another request without it."""
    if document.get("n") not in (None, 1):
        raise InvalidRequest("`n`: this provider gives one answer only", param="n")
    modalities = document.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        raise InvalidRequest("`modalities`: this provider does not speak", param="modalities")
    policy = section(section(document.get("moderation")).get("policy"))
    if any(section(side).get("mode") == "block" for side in policy.values()):
        raise InvalidRequest(
            "`moderation.policy`: this provider blocks nothing by OpenAI's moderation",
            param="moderation.policy",
        )


def _ends(call: Call, document: Document, request: Document, adapted: frozenset[str]) -> None:
    """Say where the answer ends, and for whom it is."""
    limit = document.get("max_completion_tokens")
    limit = document.get("max_tokens") if limit is None else limit
    if call.max_output_tokens is not None:
        limit = within(call.max_output_tokens, adapted)
        for name in LIMITS:
            request.pop(name, None)
    if limit is None or (limit == 0 and "anthropic" not in document):
        limit = within(traits_of(call.model).max_tokens, adapted)
    request["max_tokens"] = limit
    stops = _stops(document)
    if stops is not None:
        request["stop_sequences"] = stops
    user = document.get("user")
    if isinstance(user, str) and ("anthropic" in document or 0 < len(user) <= MAX_USER):
        request["metadata"] = {"user_id": user}


def _stops(document: Document) -> list[str] | None:
    """Return the stop sequences; those without a visible character, which Anthropic refuses, are left out."""
    stop: Any = document.get("stop")
    if stop is None:
        return None
    stops = cast("list[Any]", stop) if isinstance(stop, list) else [stop]
    if "anthropic" in document:
        return stops
    if not all(isinstance(sequence, str) for sequence in stops):
        raise InvalidRequest("`stop` must be a string or an array of strings", param="stop")
    return [sequence for sequence in stops if sequence.strip()] or None


def _output(document: Document, request: Document, *, has_schemas: bool) -> None:
    output = dict(section(document.get("output_config")))
    shape = section(document.get("response_format"))
    if shape.get("type") == "json_schema":
        named = section(shape.get("json_schema"))
        schema = section(named.get("schema"))
        if has_schemas or "anthropic" in document:
            closed = schema if "anthropic" in document else _closed(schema)
            output["format"] = {"type": "json_schema", "schema": closed}
        else:
            answer_by_tool(request, named, as_object(schema))
    if output:
        request["output_config"] = output


def _closed(schema: Any) -> Any:
    """Return a schema whose objects all say that they have no other properties, as Anthropic demands."""
    if isinstance(schema, list):
        return [_closed(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(value) for name, value in cast("Document", schema).items()}
    if found.get("type") == "object" and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


def answers_by_tool(call: Call) -> bool:
    """Say whether the answer comes as a call of `JSON_TOOL`."""
    document = call.document
    if document is None or "anthropic" in document:
        return False
    shape = section(document.get("response_format"))
    return shape.get("type") == "json_schema" and not _has_schemas(call, traits_of(call.model))


def _has_schemas(call: Call, traits: Traits) -> bool:
    """Say whether the answer's schema can be said as such."""
    return traits.schemas and "output_config" not in adaptations(call)


def _sampling(request: Document, traits: Traits) -> None:
    """Leave out what this model, or thinking, refuses: the model's own value is what is left."""
    temperature = request.get("temperature")
    if isinstance(temperature, int | float) and temperature > 1:
        temperature = request["temperature"] = 1.0  # OpenAI's scale ends at 2
    top_p = request.get("top_p")
    if isinstance(top_p, int | float) and top_p >= 1:
        top_p = request.pop("top_p") and None  # says nothing
    dropped: tuple[str, ...] = ()
    if traits.sampling == "none":
        dropped = ("temperature", "top_p", "top_k")
    elif is_thinking(request):
        narrow = isinstance(top_p, int | float) and top_p < _LEAST_TOP_P
        dropped = ("temperature", "top_k", *(("top_p",) if narrow else ()))
    elif traits.sampling == "one" and temperature is not None and top_p is not None:
        dropped = ("temperature",) if temperature == 1 else ("top_p",)  # 1 is what it is anyway
    for name in dropped:
        request.pop(name, None)
