"""`/api/prices`: what the models that somebody may use cost, and what they are."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import Connection, select, true
from typing_extensions import TypedDict

from oneapi.control.answers import (
    Answer,
    Found,
    Refusal,
    Refused,
    as_go,
    found,
    speaks_chinese,
)
from oneapi.control.identity import Language, Role, Surroundings, User
from oneapi.control.status.providers import shown_name
from oneapi.ledger.pricing import NANO, ONE, Price, PriceList
from oneapi.providers import catalogue, models as known_models, registry
from oneapi.providers.models import Model
from oneapi.store.settings import Settings, load
from oneapi.store.tables import abilities, channels

router = APIRouter(prefix="/api", tags=["status"])

_VISITORS: Final = "default"  # the group whose prices they see
_MILLION: Final = 1_000_000
_UNKNOWN: Final = Model()
_TAKEN: Final = ("image", "audio", "video", "file")
_PER_MILLION: Final = frozenset(
    {"input", "output", "cache_read", "cache_write", "cache_write_1h", "audio_input"}
    | {"audio_output", "character"}
)
_OTHERS: Final = ("image", "second", "call")
_SHOWN: Final = ("input", "output", "cache_read", "cache_write", "audio_input", "audio_output")


class PriceView(TypedDict):
    """A model. `prices`: quota by unit, of a million tokens or characters, otherwise of one; before the group's factor.

    Where channels ask for different prices, the dearest. `source`: who named it, `option`, `table` or `default`; `context`
    and `output`: tokens that it reads and gives, 0 where nobody says. `can`: of `image`, `audio`, `video`, `file` (that it
    takes), `tools`, `reasoning`; `retires`: the day from which its vendor serves it no more. `long_from`: from how many
    tokens of input on it costs `long_prices`; 0: never. `groups`: who may use it, for administrators.
    """

    model: str
    vendor: str
    context: int
    output: int
    prices: dict[str, float]
    source: str
    long_from: int
    long_prices: dict[str, float]
    kind: str
    can: list[str]
    retires: str
    groups: list[str]


class PricesView(TypedDict):
    """The models of a group, and the factor that its prices are multiplied with."""

    group: str
    factor: float
    models: list[PriceView]


@router.get("/prices", response_model=Found[PricesView] | Refusal)
def prices(
    person: User,
    services: Surroundings,
    language: Language,
    group: Annotated[str, Query(description="Another group than one's own; administrators.")] = "",
) -> Answer:
    """List the models that one's group may use, with their prices."""
    is_admin = person.role >= Role.ADMIN
    wanted = group if group and is_admin else person.group
    with services.database.connect() as connection:
        groups = _groups(connection) if is_admin else {}
        return found(_prices(connection, load(connection), wanted, language, groups))


@router.get("/prices/public", response_model=Found[PricesView] | Refusal)
def public_prices(services: Surroundings, language: Language) -> Answer:
    """List the models of the group `default` with their prices for anybody, where root has said so."""
    with services.database.connect() as connection:
        settings = load(connection)
        if not settings.flag("PublicPricesEnabled"):
            raise Refused("prices_not_public")
        return found(_prices(connection, settings, _VISITORS, language, {}))


def _prices(
    connection: Connection,
    settings: Settings,
    group: str,
    language: str,
    groups: Mapping[str, set[str]],
) -> PricesView:
    price_list = PriceList.from_settings(settings)
    reader = "zh" if speaks_chinese(language) else "en"
    views = [
        _view(model, ways, price_list, reader, groups.get(model, set()))
        for model, ways in sorted(served_models(connection, group).items())
    ]
    return {"group": group, "factor": as_go(price_list.factor(group) / ONE), "models": views}


def served_models(
    connection: Connection, group: str | None = None
) -> dict[str, set[tuple[str, int]]]:
    """Return the models of a group, each with the vendor's names and channel types that it is served by.

    Without a group: those of all channels, disabled ones too.
    """
    query = (
        select(abilities.c.model, channels.c.type, channels.c.model_mapping)
        .join(channels, channels.c.id == abilities.c.channel_id)
        .distinct()
    )
    if group is not None:
        query = query.where(abilities.c.group == group, abilities.c.enabled == true())
    served: dict[str, set[tuple[str, int]]] = {}
    rows: list[Any] = [tuple(row) for row in connection.execute(query)]
    for model, kind, mapping in rows:
        if model:
            served.setdefault(model, set()).add((_mapped(mapping, model), kind or 0))
    return served


def _groups(connection: Connection) -> dict[str, set[str]]:
    """Return the groups that some enabled channel serves a model to."""
    query = select(abilities.c.model, abilities.c.group).where(abilities.c.enabled == true())
    groups: dict[str, set[str]] = {}
    rows: list[Any] = [tuple(row) for row in connection.execute(query.distinct())]
    for model, group in rows:
        groups.setdefault(model, set()).add(group)
    return groups


def _mapped(mapping: str | None, model: str) -> str:
    if not mapping or mapping == "{}":
        return model
    try:
        names = msgspec.json.decode(mapping, type=dict[str, str])
    except msgspec.MsgspecError:
        return model
    return names.get(model, model)


def _view(
    model: str,
    ways: set[tuple[str, int]],
    price_list: PriceList,
    language: str,
    groups: set[str],
) -> PriceView:
    found_prices = [price_list.price(name, kind) for name, kind in sorted(ways)]
    known = known_models.model(min(ways)[0]) or _UNKNOWN
    longs = [price.long for price in found_prices if price.long is not None]
    return {
        "model": model,
        "vendor": _vendor(catalogue.owner(model) or next(iter(known.vendors), ""), language),
        "context": known.context or 0,
        "output": known.output or 0,
        "prices": dearest(found_prices),
        "source": found_prices[0].source,
        "long_from": min((price.long_from for price in found_prices if price.long), default=0),
        "long_prices": dearest(longs),
        "kind": known.kind,
        "can": _abilities(known),
        "retires": known.retires,
        "groups": sorted(groups),
    }


def _vendor(owner: str, language: str) -> str:
    """Return a model's owner as people write it, where a channel type is the owner's own."""
    return _names(language).get(catalogue.slug_of(owner), owner)


@lru_cache(maxsize=2)
def _names(language: str) -> dict[str, str]:
    return {provider.slug: shown_name(provider, language) for provider in registry.providers()}


def _abilities(known: Model) -> list[str]:
    said = {"tools": known.tools, "reasoning": known.reasoning}
    taken = [part for part in known.takes if part in _TAKEN]
    return taken + [name for name, is_so in said.items() if is_so]


def dearest(found_prices: Sequence[Price]) -> dict[str, float]:
    """Return the units that cost something: of those that cost what plain input or output does, only that one."""
    most = {
        unit: max((getattr(price, unit) for price in found_prices), default=0)
        for unit in (*_SHOWN, "character", *_OTHERS)
    }
    text = {"cache_read": "input", "cache_write": "input", "audio_input": "input"}
    for unit, plain in (text | {"audio_output": "output"}).items():
        if most[unit] == most[plain]:
            most[unit] = 0
    if (
        most["input"] or most["output"]
    ):  # a model of tokens: what it would be asked for otherwise is derived
        most |= dict.fromkeys(("character", "image", "second"), 0)
    return {unit: _quota(unit, nano) for unit, nano in most.items() if nano}


def _quota(unit: str, nano: int) -> float:
    return as_go(nano * (_MILLION if unit in _PER_MILLION else 1) / NANO)
