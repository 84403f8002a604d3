"""A tool's JSON schema as vendors take it: an object on its outside.

MCP servers write schemas without a `type`, or with a choice between several sets of arguments at the top. Anthropic refuses
these ("input_schema does not support oneOf, allOf, or anyOf at the top level"), and OpenAI does too. Sources: the types of
Anthropic's Python SDK 2.12 and the vendor's refusals; https://developers.openai.com/api/docs/guides/function-calling
(read 2026-11-26).
"""

from typing import Any, Final, cast

from oneapi.wire.shapes import objects, section, text

Schema = dict[str, Any]
CHOICES: Final = ("anyOf", "oneOf", "allOf")
_MAX_DEPTH: Final = 8  # of choices within choices and of references to references


def as_object(schema: Schema) -> Schema:
    """Return a schema whose top level is a plain object: the same one when it is that already.

    Choices at the top become one set of arguments: all their properties, and as required what every case requires.
    That takes more than was meant; whoever runs the tool checks it anyway.
    """
    kind: Any = schema.get("type")
    if kind is None or (isinstance(kind, list) and "object" in kind):
        schema = {"type": "object", **{k: v for k, v in schema.items() if k != "type"}}
    if not any(name in schema for name in CHOICES):
        return schema
    properties, required = _arguments(schema, schema, 0)
    rest = {k: v for k, v in schema.items() if k not in (*CHOICES, "properties", "required")}
    needed = [name for name in dict.fromkeys(required) if name in properties]
    return {**rest, "properties": properties, **({"required": needed} if needed else {})}


def _arguments(schema: Schema, root: Schema, depth: int) -> tuple[Schema, list[str]]:
    """Return all properties of a schema and its choices, and what is required in every case."""
    if depth > _MAX_DEPTH:
        return {}, []
    if "$ref" in schema:
        return _arguments(_referred(text(schema["$ref"]), root), root, depth + 1)
    own = section(schema.get("properties"))
    properties: Schema = {}
    required = _names(schema.get("required"))
    for name in CHOICES:
        cases = [_arguments(case, root, depth + 1) for case in objects(schema.get(name))]
        for argument in dict.fromkeys(argument for found, _ in cases for argument in found):
            said = [found[argument] for found, _ in cases if argument in found]
            if argument in properties:
                said.append(properties[argument])
            properties[argument] = _said_by(name, said)
        required += _required_by(name, [needed for _, needed in cases])
    return {**properties, **own}, required


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


def _referred(reference: str, root: Schema) -> Schema:
    """Return what `#/$defs/…` stands for, nothing for what stands elsewhere."""
    found = root
    for name in reference.removeprefix("#/").split("/"):
        found = section(found.get(name.replace("~1", "/").replace("~0", "~")))
    return found


def _names(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [name for name in cast("list[object]", value) if isinstance(name, str)]
