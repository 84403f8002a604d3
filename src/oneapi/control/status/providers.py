"""The vendors as the channel form needs them: rows of the registry, so that no page knows one by name."""

from functools import cache
from typing import Final

from typing_extensions import TypedDict

from oneapi.providers import catalogue
from oneapi.providers.base import Endpoint, Provider
from oneapi.providers.registry import providers
from oneapi.providers.targets import ALLOWS_TIERS
from oneapi.wire.service_tiers import TIER_FIELDS

_CHAT: Final = Endpoint.CHAT


class FieldView(TypedDict):
    """A field that a vendor's channels have beside those of all; kept in the channel's `config`."""

    name: str
    label: str
    kind: str
    required: bool
    help: str
    default: str
    options: list[str]


class ProviderView(TypedDict):
    """A vendor. `endpoint_preview`: what a chat calls, with `{base_url}` in it; blank where chats are not served."""

    type: int
    slug: str
    name: str
    base_url: str
    base_url_required: bool
    endpoint_preview: str
    key_format: str
    key_hint: str
    key_url: str
    fields: list[FieldView]
    models: list[str]
    lists_models: bool
    has_balance: bool
    is_in_china: bool
    endpoints: list[str]
    notes: str


_TIERS: Final[FieldView] = {
    "name": ALLOWS_TIERS,
    "label": "Clients pick the service tier",
    "kind": "bool",
    "required": False,
    "help": "Pass on "
    + ", ".join(f"`{name}`" for name in TIER_FIELDS)
    + ". The vendor then charges you for the tier that a"
    " client picked, while the client is charged the model's price as it is set here.",
    "default": "false",
    "options": [],
}


@cache
def provider_views() -> list[ProviderView]:
    """Return every vendor that a channel can be made for, by number."""
    return [_view(provider) for provider in sorted(providers(), key=lambda row: row.type)]


def _view(provider: Provider) -> ProviderView:
    chat = provider.paths.get(_CHAT, "")
    return {
        "type": provider.type,
        "slug": provider.slug,
        "name": provider.name,
        "base_url": provider.base_url,
        "base_url_required": not provider.base_url,
        "endpoint_preview": chat.replace("{base}", "{base_url}"),
        "key_format": "",
        "key_hint": "",
        "key_url": "",
        "fields": [_TIERS] if provider.paths else [],
        "models": list(catalogue.models_of(provider.type)),
        "lists_models": bool(provider.paths),
        "has_balance": provider.balance is not None,
        "is_in_china": False,
        "endpoints": sorted(endpoint.value for endpoint in provider.paths),
        "notes": provider.notes,
    }
