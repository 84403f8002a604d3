"""The schema of a tool's parameters as OpenAI takes it: an object, its properties said, no alternatives at the top.

Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas and the refusals
"object schema missing properties", "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at
the top level" (read 2026-11-26).
"""

from typing import Final

from oneapi.providers.base import Document
from oneapi.wire.shapes import section
from oneapi.wire.tool_schemas import CHOICES, as_object

_REFUSED: Final = (*CHOICES, "$ref", "enum", "not")


def object_schema(schema: object) -> Document:
    """Return the schema of an object that allows whatever the given one allows; the same where it is one already."""
    found = as_object(section(schema), _REFUSED)
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        return found
    return {**found, "type": "object", "properties": {}}
