"""A tool's JSON schema as vendors take it: an object on its outside.

MCP servers write schemas without a `type`, or with a choice between several sets of arguments at the top. Anthropic refuses
these ("input_schema does not support oneOf, allOf, or anyOf at the top level"), and OpenAI does too. Sources: the types of
Anthropic's Python SDK 2.12 and the vendor's refusals; https://developers.openai.com/api/docs/guides/function-calling
(read 2026-11-26).
"""

from collections.abc import Collection
from typing import Any, Final, cast

from oneapi.wire.shapes import objects, section, text

Schema = dict[str, Any]
CHOICES: Final = ("anyOf", "oneOf", "allOf")
_MAX_SCHEMAS: Final = 200  # looked at, for one tool


def as_object(schema: Schema, refused: Collection[str] = CHOICES) -> Schema:
    """Return a schema whose top level is a plain object without the refused keywords: the same one when it is that already.

    Choices at the top become one set of arguments: all their properties, and as required what every case requires.
    That takes more than was meant; whoever runs the tool checks it anyway.
    """
    kind: Any = schema.get("type")
    if kind is None or (isinstance(kind, list) and "object" in kind):
        schema = {"type": "object", **{k: v for k, v in schema.items() if k != "type"}}
    if not any(name in schema for name in refused):
        return schema
    properties, required = _Reader(schema).arguments(schema)
    rest = {k: v for k, v in schema.items() if k not in (*refused, "properties", "required")}
    needed = [name for name in dict.fromkeys(required) if name in properties]
    return {**rest, "properties": properties, **({"required": needed} if needed else {})}


class _Reader:
    """Reads what a schema says of its arguments, through choices and references, which may go round in circles."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _MAX_SCHEMAS

    def arguments(self, schema: Schema) -> tuple[Schema, list[str]]:
        """Return all properties of a schema and its choices, and what is required in every case."""
        self._left -= 1
        if self._left < 0:
            return {}, []
        properties: Schema = {}
        required = _names(schema.get("required"))
        if "$ref" in schema:
            properties, needed = self.arguments(self._referred(text(schema["$ref"])))
            required += needed
        for name in CHOICES:
            cases = [self.arguments(case) for case in objects(schema.get(name))]
            for argument in dict.fromkeys(argument for found, _ in cases for argument in found):
                said = [found[argument] for found, _ in cases if argument in found]
                if argument in properties:
                    said.append(properties[argument])
                properties[argument] = _said_by(name, said)
            required += _required_by(name, [needed for _, needed in cases])
        return {**properties, **section(schema.get("properties"))}, required

    def _referred(self, reference: str) -> Schema:
        """Return what `#/$defs/…` stands for, nothing for what stands elsewhere."""
        found = self._root
        for name in reference.removeprefix("#/").split("/"):
            found = section(found.get(name.replace("~1", "/").replace("~0", "~")))
        return found


def _said_by(name: str, schemas: list[Any]) -> Any:
    """Return what a choice says of one argument: inside an argument, choices may stand."""
    distinct = [found for i, found in enumerate(schemas) if found not in schemas[:i]]
    if len(distinct) == 1:
        return distinct[0]
    return {"allOf" if name == "allOf" else "anyOf": distinct}


def _required_by(name: str, cases: list[list[str]]) -> list[str]:
    if not cases:
        return []
    if name == "allOf":
        return [field for fields in cases for field in fields]
    return [field for field in cases[0] if all(field in fields for fields in cases)]


def _names(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [name for name in cast("list[object]", value) if isinstance(name, str)]
