"""The schema of a tool's parameters as OpenAI takes it: an object, its properties said, no alternatives at the top.

Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas and the refusals
"object schema missing properties", "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at
the top level" (read 2026-11-26). Anthropic refuses alternatives at the top, too.
"""

from typing import Any, Final, cast

from oneapi.providers.base import Document
from oneapi.wire.shapes import objects, section

_ALTERNATIVES: Final = ("anyOf", "oneOf")
_FOREIGN: Final = frozenset({"$ref", "allOf", "anyOf", "enum", "not", "oneOf"})
_DEPTH: Final = 8  # of references to references


def object_schema(schema: object) -> Document:
    """Return the schema of an object that allows whatever the given one allows; the same where it is one already."""
    found = section(schema)
    says_properties = isinstance(found.get("properties"), dict)
    if says_properties and found.get("type") == "object" and not found.keys() & _FOREIGN:
        return found
    merged = _merged(found, found, _DEPTH)
    plain = {name: value for name, value in found.items() if name not in _FOREIGN}
    plain["type"] = "object"
    plain["properties"] = merged[0]
    if merged[1]:
        plain["required"] = merged[1]
    else:
        plain.pop("required", None)
    return plain


def _merged(schema: Document, root: Document, depth: int) -> tuple[Document, list[Any]]:
    """Return all properties that a schema and its alternatives name, and those that every alternative requires."""
    properties: Document = dict(section(schema.get("properties")))
    required = _names(schema.get("required"))
    if depth == 0:
        return properties, required
    parts = objects(schema.get("allOf"))
    target = _target(schema.get("$ref"), root)
    for part in [*parts, *([target] if target else [])]:
        more, needed = _merged(part, root, depth - 1)
        properties = {**more, **properties}
        required += [name for name in needed if name not in required]
    for name in _ALTERNATIVES:
        found = [_merged(one, root, depth - 1) for one in objects(schema.get(name))]
        for more, _ in found:
            properties = {**more, **properties}
        if found:
            common = set(found[0][1]).intersection(*(needed for _, needed in found))
            required += [n for n in found[0][1] if n in common and n not in required]
    return properties, required


def _names(value: object) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else []


def _target(reference: object, root: Document) -> Document:
    """Return what a reference inside the schema refers to, an empty one for any other."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return {}
    found: object = root
    for name in reference[2:].split("/"):
        found = section(found).get(name)
    return section(found)
