"""From an operator's channel to a `Target`: what One API's columns mean to the vendor that they are for."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from oneapi.providers import registry
from oneapi.providers.adjusting import OPERATIONS, adjustments_in
from oneapi.providers.base import GUARDED, Target
from oneapi.providers.operations import HEADER
from oneapi.providers.secret import Secret
from oneapi.providers.urls import filled

# One API keeps some settings in `other`; they count when `config` does not say them (spec: channels.other).
_OTHER_MEANS: Final = {
    3: "api_version",
    18: "api_version",
    24: "api_version",
    21: "library_id",
    17: "plugin",
    37: "user_id",  # of imported channels; One API's say it in their config
}
# Of what One API keeps in `config`: keys of AWS and Google.
_SECRETS: Final = frozenset({"ak", "sk", "vertex_ai_adc"})
_CREDENTIAL: Final = re.compile(r"auth|cookie|key|passw|secret|token", re.IGNORECASE)
STARS: Final = "***"
"""What a secret is shown as."""
_PASSWORD: Final = re.compile(r"(//[^:/@]*:)[^@/]*@")
# In a channel's `config`: clients may pick tiers of the vendor's service, of which not every price is known.
ALLOWS_TIERS: Final = "allow_service_tier"


def target_of(row: Mapping[Any, Any]) -> Target | None:
    """Return what a channel's row (`id`, `type`, `key`, `base_url`, `other`, `config`, `guarded`) points at.

    A guarded one's `proxy` begins with `GUARDED`. `None` for channel types that are not served.
    """
    provider = registry.provider(int(row["type"]))
    if provider is None:
        return None
    config = _config(row["config"])
    meaning = _OTHER_MEANS.get(provider.type)
    if meaning and row["other"]:
        config = {meaning: row["other"]} | config
    if row.get("guarded"):
        config = config | {"proxy": GUARDED + config.get("proxy", "")}
    return Target(
        channel_id=int(row["id"]),
        provider=provider,
        base_url=filled(row["base_url"] or "", provider.base_url, config).rstrip("/"),
        key=Secret(row["key"] or ""),
        config=config,
        adjustments=adjustments_in(_object(row["config"])),
    )


def _config(text: str | None) -> dict[str, str]:
    """Read a channel's config: strings, and its one switch as "true"."""
    allows = _object(text).get(ALLOWS_TIERS) is True
    return strings(text) | ({ALLOWS_TIERS: "true"} if allows else {})


def strings(text: str | None) -> dict[str, str]:
    """Read a JSON object of strings; what adopted databases hold besides is passed over, as One API does."""
    pairs = _object(text).items()
    return {name: value for name, value in pairs if isinstance(value, str) and value}


def _object(text: str | None) -> dict[str, Any]:
    try:
        document: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def without_secrets(text: str | None, *, every_header: bool = False) -> str:
    """Return a config as it may be shown: with stars for keys, passwords of proxies, and what headers for such hold."""
    config = _object(text)
    for name in _SECRETS & config.keys():
        config[name] = STARS
    if isinstance(proxy := config.get("proxy"), str):
        config["proxy"] = _PASSWORD.sub(rf"\1{STARS}@", proxy)
    for operation in _header_operations(config):
        if every_header or _CREDENTIAL.search(str(operation.get("name"))):
            operation["value"] = STARS
    return text or "" if config == _object(text) else json.dumps(config, ensure_ascii=False)


def with_secrets(text: str, before: str | None) -> str:
    """Return a config that was shown and comes back, with what is behind its stars; raises `ValueError` if nothing is."""
    config, known = _object(text), _object(before)
    for name in _SECRETS & config.keys():
        if config[name] == STARS:
            config[name] = _behind(name, known.get(name))
    proxy, old = config.get("proxy"), known.get("proxy")
    if isinstance(proxy, str) and f":{STARS}@" in proxy:
        is_same = isinstance(old, str) and _PASSWORD.sub(rf"\1{STARS}@", old) == proxy
        config["proxy"] = _behind("proxy", old if is_same else None)
    values = [(_place(one), one["value"]) for one in _header_operations(known)]
    for operation in _header_operations(config):
        if operation["value"] == STARS:
            place = _place(operation)
            found = next((pair for pair in values if pair[0] == place), None)
            operation["value"] = _behind(OPERATIONS, found and found[1])
            values.remove(cast("tuple[Any, Any]", found))
    return text if config == _object(text) else json.dumps(config, ensure_ascii=False)


def _header_operations(config: dict[str, Any]) -> list[dict[str, Any]]:
    listed = config.get(OPERATIONS)
    entries = cast("list[Any]", listed) if isinstance(listed, list) else []
    found = [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]
    return [entry for entry in found if entry.get("in") == HEADER and "value" in entry]


def _place(operation: dict[str, Any]) -> str:
    """Return what makes two operations the same one, whatever their values."""
    return json.dumps({**operation, "value": ""}, sort_keys=True)


def _behind(name: str, secret: Any) -> Any:
    if secret is None:
        raise ValueError(f"its `{name}` has {STARS} in place of a secret: name the secret")
    return secret
