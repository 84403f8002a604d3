"""The vendors that are data and nothing else: the rows of `rows/*.json`, read when a channel first needs one.

A row is one object. What a request needs becomes a `Provider`; what is there for people only (`about`) is read by the form
of channels, the page of vendors and the check of keys, and by nobody else: neither costs a worker anything until then.
"""

from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal

import msgspec

from oneapi.providers.balance_row import Balance, Figure
from oneapi.providers.base import Headers
from oneapi.providers.provider import Provider, Services
from oneapi.providers.quirks import NO_QUIRKS, Quirks
from oneapi.providers.services import faces, served, served_at
from oneapi.wire.endpoints import Endpoint

_DESCRIBED: Final = "registry.json"  # what the rows of `registry` are for people


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a vendor's channels say beside the key: `name` in their config (`other`: in the column of that name).

    The label is in both languages; `default` is what counts where nothing is said.
    """

    name: str
    label: dict[Literal["en", "zh"], str]
    required: bool = False
    default: str = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What people are told of a vendor.

    `name_zh`: what Chinese readers call it, blank where that is its name; `notes_zh`: the row's notes for them.
    `kind`: `lab` makes models, `cloud` serves those of others, `gateway` passes on to vendors, `plan` sells a subscription,
    `local` is a server of one's own. `key_format`: a pattern that every key of the vendor matches as a whole, blank when
    nobody says. `key_marks`: how keys begin that nobody else gives out. `usage`: when a stream reports it, `asked` (with
    `stream_options`) or `always`, blank when nobody says; `counts`: what is counted beside input and output.
    `source` is the page that the row is from: the vendor's own, read on the day `checked`; without a day only a third
    party's was to be had, and it is that.
    """

    home: str
    source: str
    name_zh: str = ""
    notes_zh: str = ""
    checked: str = ""
    kind: Literal["lab", "cloud", "gateway", "plan", "local"] = "cloud"
    in_china: bool = False
    icon: str = ""
    key_url: str = ""
    key_hint: str = ""
    key_format: str = ""
    key_marks: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    usage: Literal["", "asked", "always"] = ""
    counts: tuple[Literal["cached", "reasoning"], ...] = ()
    charged_by: tuple[
        Literal["tokens", "images", "seconds", "characters", "searches", "requests", "time"], ...
    ] = ("tokens",)
    lists_models: bool = True


class _Face(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the same vendor speaks another dialect, on the same host and with the same key; `auth`: "" for the row's.

    `source`, `checked`: as in `About`, "" for the row's.
    """

    dialect: Literal["openai", "anthropic"]
    prefix: str = ""
    endpoints: tuple[Endpoint, ...] = (Endpoint.CHAT,)
    auth: str = ""
    source: str = ""
    checked: str = ""


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`prefix` stands between the base URL and an endpoint's own path; `paths` are those of endpoints that lie elsewhere.

    `faces`: the vendor's further ones; clients get the one of their own dialect, those of another the row's first.
    """

    type: int
    slug: str
    name: str
    about: msgspec.Raw
    base_url: str = ""
    prefix: str = ""
    dialect: Literal["openai", "anthropic"] = "openai"
    endpoints: tuple[Endpoint, ...] = (Endpoint.CHAT,)
    paths: dict[Endpoint, str] = {}
    faces: tuple[_Face, ...] = ()
    auth: str = "bearer"
    headers: Headers = ()
    quirks: Quirks = NO_QUIRKS
    balance: Figure | None = None
    notes: str = ""


class _Described(msgspec.Struct, frozen=True):
    type: int
    about: About


def _files() -> list[Traversable]:
    found = resources.files("oneapi.providers").joinpath("rows").iterdir()
    return sorted((file for file in found if file.name.endswith(".json")), key=lambda f: f.name)


@lru_cache(maxsize=1)
def vendor_rows() -> dict[int, Provider]:
    """Return the rows by channel type."""
    found: dict[int, Provider] = {}
    for file in _files():
        if file.name != _DESCRIBED:
            rows = msgspec.json.decode(file.read_bytes(), type=list[_Row])
            found |= {row.type: _provider(row) for row in rows}
    return found


def _provider(row: _Row) -> Provider:
    services: Services = served(row.prefix, *row.endpoints, dialect=row.dialect)
    if row.paths:
        services = {**services, **served_at(row.paths, row.dialect)}
    others = [
        served(face.prefix, *face.endpoints, dialect=face.dialect, auth=face.auth)
        for face in row.faces
    ]
    more: dict[str, Any] = {"notes": row.notes}
    if row.balance is not None:
        more["balance"] = Balance(row.balance)
    return Provider(
        row.type,
        row.slug,
        row.name,
        row.base_url,
        faces(services, *others) if others else services,
        auth=row.auth,
        headers=row.headers,
        quirks=row.quirks,
        **more,
    )


@lru_cache(maxsize=1)
def descriptions() -> dict[int, About]:
    """Return what people are told of each vendor, by channel type; those of `registry` too."""
    return {
        row.type: row.about
        for file in _files()
        for row in msgspec.json.decode(file.read_bytes(), type=list[_Described])
    }
