"""The vendors as the channel form needs them: rows of the registry, so that no page knows one by name."""

from functools import cache
from typing import Final

from typing_extensions import TypedDict

from oneapi.control.answers import sentence, speaks_chinese
from oneapi.providers import catalogue
from oneapi.providers.provider import Provider
from oneapi.providers.registry import providers
from oneapi.providers.targets import ALLOWS_TIERS
from oneapi.providers.vendor_rows import About, Field, descriptions
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.service_tiers import TIER_FIELDS

_CHAT: Final = Endpoint.CHAT
_UNKNOWN: Final = About(home="", source="", charged_by=())


class FieldView(TypedDict):
    """A field that a vendor's channels have beside those of all; kept in the channel's `config`, but for `other`."""

    name: str
    label: str
    kind: str
    required: bool
    help: str
    default: str
    options: list[str]


class ProviderView(TypedDict):
    """A vendor. `endpoint_preview`: what a chat calls, with `{base_url}` in it; blank where chats are not served.

    `kind`: `lab`, `cloud`, `gateway`, `plan` or `local`. `usage`: when a stream tells it, `asked` or `always`, blank when
    nobody says; `counts`: what of it is told apart. `source` is the page that this was read in: the vendor's own, on
    the day `checked`; a third party's where that is blank.
    """

    type: int
    slug: str
    name: str
    icon: str
    kind: str
    home: str
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
    charged_by: list[str]
    usage: str
    counts: list[str]
    notes: str
    source: str
    checked: str


def _tiers(language: str) -> FieldView:
    names = ("、" if language == "zh" else ", ").join(f"`{name}`" for name in TIER_FIELDS)
    return {
        "name": ALLOWS_TIERS,
        "label": sentence("service_tiers", language),
        "kind": "bool",
        "required": False,
        "help": sentence("service_tiers_help", language, fields=names),
        "default": "false",
        "options": [],
    }


def provider_views(accept_language: str) -> list[ProviderView]:
    """Return every vendor that a channel can be made for, by number, in the reader's language."""
    return _views("zh" if speaks_chinese(accept_language) else "en")


@cache
def _views(language: str) -> list[ProviderView]:
    return [_view(provider, language) for provider in sorted(providers(), key=lambda row: row.type)]


def shown_name(provider: Provider, language: str) -> str:
    """Return what readers of a language call a vendor."""
    about = descriptions().get(provider.type, _UNKNOWN)
    return (language == "zh" and about.name_zh) or provider.name


def _view(provider: Provider, language: str) -> ProviderView:
    chat = provider.services[_CHAT][0].path if _CHAT in provider.services else ""
    about = descriptions().get(provider.type, _UNKNOWN)
    own = [_field(field, language) for field in about.fields]
    return {
        "type": provider.type,
        "slug": provider.slug,
        "name": shown_name(provider, language),
        "icon": about.icon,
        "kind": about.kind,
        "home": about.home,
        "base_url": provider.base_url,
        "base_url_required": not provider.base_url,
        "endpoint_preview": chat.replace("{base}", "{base_url}"),
        "key_format": about.key_format,
        "key_hint": about.key_hint,
        "key_url": about.key_url,
        "fields": [*own, _tiers(language)] if provider.services else own,
        "models": list(catalogue.models_of(provider.type, provider.slug)),
        "lists_models": bool(provider.services) and about.lists_models,
        "has_balance": provider.balance is not None,
        "is_in_china": about.in_china,
        "endpoints": sorted(endpoint.value for endpoint in provider.services),
        "charged_by": list(about.charged_by),
        "usage": about.usage,
        "counts": list(about.counts),
        "notes": (language == "zh" and about.notes_zh) or provider.notes,
        "source": about.source,
        "checked": about.checked,
    }


def _field(field: Field, language: str) -> FieldView:
    return {
        "name": field.name,
        "label": field.label["zh" if language == "zh" else "en"],
        "kind": "text",
        "required": field.required,
        "help": "",
        "default": field.default,
        "options": [],
    }
