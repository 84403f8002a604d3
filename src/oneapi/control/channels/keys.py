"""What is asked of a channel's key before it is stored."""

from collections.abc import Mapping
from typing import Any

from oneapi.control.answers import bad_field
from oneapi.providers.key_formats import objection


def check_key(channel: Mapping[str, Any]) -> None:
    """Refuse a key that is plainly another vendor's; with a base URL of its own a channel may take any."""
    if channel.get("base_url") or not channel.get("key"):
        return
    reason = objection(int(channel["type"]), channel["key"])
    if reason is not None:
        raise bad_field("key", reason)
