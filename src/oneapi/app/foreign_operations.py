"""What channels of one-hub and new-api do to their requests, as a channel's `config` says it here.

Pure. Sources: github.com/QuantumNous/new-api, `relay/common/override.go` (`param_override`: an object of values to be set,
or `operations` of path, mode, value, keep_origin, from, to, conditions and logic), `dto/channel_settings.go`, and
`service/error.go` (`status_code_mapping`); github.com/MartialBE/one-hub, `MergeCustomParams` (`custom_parameter`)
(read 2026-11-26).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from oneapi.providers.adjusting import OPERATIONS, REASONING, check
from oneapi.providers.operations import OperationError
from oneapi.providers.statuses import STATUS_MAPPING
from oneapi.providers.targets import ALLOWS_TIERS

Made = dict[str, Any]
Note = Callable[[str], None]

_MODES: Final = {"set": "set", "delete": "delete", "append": "append", "move": "move"}
_HEADER_MODES: Final = {"set_header": "set", "delete_header": "delete", "move_header": "rename"}
_MODELS: Final = frozenset({"model", "original_model", "upstream_model"})
_MATCHES: Final = {"full": "{}", "prefix": "{}*", "suffix": "*{}", "contains": "*{}*"}
_HUB_SWITCHES: Final = frozenset({"stream", "overwrite", "per_model", "pre_add", "remove_params"})
_REFUSED: Final = "operations on requests that are not taken here"


def config_of(row: Mapping[str, Any], note: Note) -> str:
    """Return the `config` of a channel; `note` is told what of its row has no place in it."""
    setting, others = json_object(row.get("setting")), json_object(row.get("settings"))
    found: Made = {}
    wanted = [*_of_parameters(row, note), *_of_headers(row, note), *_of_hub(row)]
    operations = [one for one in wanted if _is_taken({OPERATIONS: [one]}, note)]
    if operations:
        found[OPERATIONS] = operations
    statuses = {
        status: str(other)
        for status, other in json_object(row.get("status_code_mapping")).items()
        if str(other) != status and _is_taken({STATUS_MAPPING: {status: str(other)}}, note)
    }
    if statuses:
        found[STATUS_MAPPING] = statuses
    if setting.get("thinking_to_content") is True:
        found[REASONING] = "think"
    if others.get(ALLOWS_TIERS) is True:
        found[ALLOWS_TIERS] = True
    proxy = setting.get("proxy") or row.get("proxy")
    if isinstance(proxy, str) and proxy.startswith(("http://", "https://", "socks5://")):
        found["proxy"] = proxy
    return json.dumps(found, ensure_ascii=False) if found else ""


def _is_taken(config: Made, note: Note) -> bool:
    try:
        check(config)
    except OperationError as error:
        note(f"{_REFUSED} ({error.reason})")
        return False
    return True


def _of_parameters(row: Mapping[str, Any], note: Note) -> Iterator[Made]:
    """Yield what new-api's `param_override` does."""
    said = json_object(row.get("param_override"))
    if not isinstance(said.get("operations"), list):
        yield from (_body("set", _exact(name), value=value) for name, value in said.items())
        return
    for entry in cast("list[Any]", said["operations"]):
        operation = json_object(entry)
        when = _when(operation)
        made = list(_of_operation(operation))
        if when is None or not made:
            note(f"{_REFUSED} (`{operation.get('mode')}` or its conditions)")
            continue
        yield from ({**one, **({"when": when} if when else {})} for one in made)


def _of_operation(said: Made) -> Iterator[Made]:
    mode, path = str(said.get("mode")), said.get("path")
    if mode in _MODES:
        verb = "default" if mode == "set" and said.get("keep_origin") is True else _MODES[mode]
        if verb == "move":
            yield _body("move", said.get("from"), to=said.get("to"))
        elif verb == "delete":
            yield _body("delete", path)
        else:
            yield _body(verb, path, value=said.get("value"))
    elif mode in _HEADER_MODES:
        verb = _HEADER_MODES[mode]
        if verb == "rename":
            yield _header("rename", said.get("from"), to=said.get("to"))
        elif verb == "delete":
            yield _header("delete", path)
        else:
            yield _header("set", path, value=said.get("value"))
    elif mode == "pass_headers" and isinstance(said.get("value"), list):
        for name in cast("list[Any]", said["value"]):
            yield _header("set", name, value=f"{{client_header:{name}}}")


def _when(said: Made) -> Made | None:
    """Return an operation's conditions, `None` where they cannot be said here: only one of several models can."""
    conditions = [json_object(one) for one in cast("list[Any]", said.get("conditions") or [])]
    if not conditions:
        return {}
    if len(conditions) > 1 and said.get("logic") == "AND":
        return None
    models: list[str] = []
    for one in conditions:
        pattern = _MATCHES.get(str(one.get("mode") or "full"))
        value = one.get("value")
        if one.get("path") not in _MODELS or pattern is None or one.get("invert") is True:
            return None
        if not isinstance(value, str) or not value:
            return None
        models.append(pattern.format(value))
    return {"models": models}


def _of_headers(row: Mapping[str, Any], note: Note) -> Iterator[Made]:
    """Yield what new-api's `header_override` and one-hub's `model_headers` set."""
    for column in ("header_override", "model_headers"):
        for name, value in json_object(row.get(column)).items():
            if name == "*" or name.startswith(("re:", "regex:")):
                note(f"{_REFUSED} (a pattern of headers)")
            else:
                yield _header("set", name, value=value)


def _of_hub(row: Mapping[str, Any]) -> Iterator[Made]:
    """Yield what one-hub's `custom_parameter` adds: in place of what the client says only if it is to overwrite that."""
    said = json_object(row.get("custom_parameter"))
    verb = "set" if said.get("overwrite") is True else "default"
    if said.get("per_model") is not True:
        yield from _of_hub_values(said, verb)
        return
    for model, values in said.items():
        for one in _of_hub_values(json_object(values), verb):
            yield {**one, "when": {"models": [model]}}


def _of_hub_values(said: Made, verb: str) -> Iterator[Made]:
    for name in cast("list[Any]", said.get("remove_params") or []):
        yield _body("delete", name)
    for name, value in said.items():
        if name not in _HUB_SWITCHES:
            yield _body(verb, _exact(name), value=value)


def _exact(name: str) -> str:
    """Return the path of a field whose name may have dots in it."""
    return name.replace("\\", "\\\\").replace(".", "\\.")


def _body(verb: str, name: Any, **said: Any) -> Made:
    return {"in": "body", "do": verb, "name": name, **said}


def _header(verb: str, name: Any, **said: Any) -> Made:
    return {"in": "header", "do": verb, "name": name, **said}


def json_object(value: Any) -> Made:
    """Read a JSON object from a text, bytes or what a driver has read already; nothing else is one."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            return {}
    return cast("Made", value) if isinstance(value, dict) else {}
