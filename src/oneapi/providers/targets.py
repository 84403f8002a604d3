"""From an operator's channel to a `Target`: what One API's columns mean to the vendor that they are for."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from oneapi.providers import registry
from oneapi.providers.base import Target
from oneapi.providers.secret import Secret

# One API keeps some settings in `other`; they count when `config` does not say them (spec: channels.other).
_OTHER_MEANS: Final = {
    3: "api_version",
    18: "api_version",
    24: "api_version",
    21: "library_id",
    17: "plugin",
}


def target_of(row: Mapping[Any, Any]) -> Target | None:
    """Return what a channel's row (`id`, `type`, `key`, `base_url`, `other`, `config`) points at.

    `None` for channel types that are not served.
    """
    provider = registry.provider(int(row["type"]))
    if provider is None:
        return None
    config = strings(row["config"])
    meaning = _OTHER_MEANS.get(provider.type)
    if meaning and row["other"]:
        config = {meaning: row["other"]} | config
    return Target(
        channel_id=int(row["id"]),
        provider=provider,
        base_url=(row["base_url"] or provider.base_url).rstrip("/"),
        key=Secret(row["key"] or ""),
        config=config,
    )


def strings(text: str | None) -> dict[str, str]:
    """Read a JSON object of strings; what adopted databases hold besides is passed over, as One API does."""
    try:
        document: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    pairs = cast("dict[str, Any]", document).items()
    return {name: value for name, value in pairs if isinstance(value, str) and value}
