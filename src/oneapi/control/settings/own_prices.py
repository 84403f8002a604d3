"""`/api/prices/own`: what root has said of the models' prices, beside the catalogue, and how that is changed.

The prices stay One API's options (`ModelRatio` and its neighbours); here single entries of them are set and removed, so
that two people who change two models do not take each other's back.
"""

import json
from typing import Annotated, Any, Final, Literal, cast, get_args

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, as_go, done, found
from oneapi.control.fields import Document, Text
from oneapi.control.identity import Root, Surroundings
from oneapi.control.settings.storing import store
from oneapi.control.status.prices import dearest, served_models
from oneapi.ledger import adopted, catalogue
from oneapi.ledger.pricing import PriceList
from oneapi.store import settings
from oneapi.store.settings import lenient_ratios
from oneapi.store.settings_table import RATIO_LIMIT

router = APIRouter(prefix="/api/prices", tags=["options"])

# What prices a model, and what an adopted database had priced it at.
_OwnOption = Literal[
    "ModelRatio",
    "CompletionRatio",
    "CacheRatio",
    "CacheWriteRatio",
    "AudioRatio",
    "ModelPrice",
]
_OWN: Final[tuple[_OwnOption, ...]] = get_args(_OwnOption)
_ADOPTED: Final = (adopted.RATIOS, adopted.COMPLETIONS)
PriceOption = Literal[_OwnOption, "AdoptedModelRatio", "AdoptedCompletionRatio"]
_CHANGED_MAX: Final = 10_000


class PriceEntry(Document):
    """An entry of an option: `name` is a model, or `model(channel type)`; without `value` it is removed."""

    option: PriceOption
    name: Annotated[Text, Field(min_length=1, max_length=255)]
    value: Annotated[float | None, Field(ge=0, le=RATIO_LIMIT, allow_inf_nan=False)] = None


class PriceEntries(Document):
    """Entries that are changed together."""

    entries: Annotated[list[PriceEntry], Field(max_length=_CHANGED_MAX)]


class OwnEntry(TypedDict):
    """An entry of an option that prices a model."""

    option: str
    name: str
    value: float


class OwnPrice(TypedDict):
    """A model by its vendor's name. `now` and `catalogue`: quota by unit, as in `/api/prices`; empty where nobody says.

    `origin`: who named what is in force: `own`, `adopted` (One API's, from before), `table` or `default`. `entries`: of the
    options, what prices this model. `source` and `date`: where the catalogue's price was read, and when.
    """

    model: str
    is_served: bool
    origin: str
    now: dict[str, float]
    catalogue: dict[str, float]
    source: str
    date: str
    entries: list[OwnEntry]


@router.get("/own", response_model=Found[list[OwnPrice]] | Refusal)
def own_prices(_: Root, services: Surroundings) -> Answer:
    """List the models that channels serve and those that have a price of the operator's, beside the catalogue."""
    with services.database.connect() as connection:
        texts = settings.load(connection).texts
        ways = [way for named in served_models(connection).values() for way in named]
    kinds: dict[str, set[int]] = {}
    for name, kind in ways:
        kinds.setdefault(name, set()).add(kind)
    named = _entries(texts)
    chosen = set(adopted.own_names(texts))
    chosen |= {name for name, kept in named.items() if any(e["option"] in _OWN[1:] for e in kept)}
    lists = (
        PriceList(texts),
        PriceList({name: text for name, text in texts.items() if name not in _ADOPTED}),
        PriceList({}),
    )
    return found(
        [
            _view(model, kinds.get(model, set()), lists, named.get(model, []))
            for model in sorted({*kinds, *chosen})
        ]
    )


def _entries(texts: Any) -> dict[str, list[OwnEntry]]:
    """Return what the options say, by model."""
    named: dict[str, list[OwnEntry]] = {}
    for option in (*_OWN, *_ADOPTED):
        for name, value in lenient_ratios(texts.get(option, "")).items():
            entry: OwnEntry = {"option": option, "name": name, "value": as_go(float(value))}
            named.setdefault(adopted.bare_name(name), []).append(entry)
    return named


def _view(
    model: str,
    kinds: set[int],
    lists: tuple[PriceList, PriceList, PriceList],
    entries: list[OwnEntry],
) -> OwnPrice:
    now, own, table = ([one.price(model, kind) for kind in sorted(kinds) or (0,)] for one in lists)
    origin = now[0].source
    if origin == "option":
        origin = "own" if any(price.source == "option" for price in own) else "adopted"
    source = catalogue.source(model)
    known = [price for price in table if price.source == "table"]
    return {
        "model": model,
        "is_served": bool(kinds),
        "origin": origin,
        "now": dearest(now),
        "catalogue": dearest(known),
        "source": source.source if source else "",
        "date": source.date if source else "",
        "entries": entries,
    }


@router.put("/own", response_model=Done | Refusal)
def change_prices(wanted: PriceEntries, root: Root, services: Surroundings) -> Answer:
    """Set and remove entries of the options that price models, all together or none."""
    with services.writing() as connection:
        present = settings.load(connection)
        for option in (*_OWN, *_ADOPTED):
            entries = [entry for entry in wanted.entries if entry.option == option]
            before = present.text(option)
            after = _changed(option, before, entries) if entries else before
            if after != before:
                store(connection, services, root, option, before, after)
    return done()


def _changed(option: str, text: str, entries: list[PriceEntry]) -> str:
    """Return an option with these entries; what else it holds stays as it is, slips of One API's included."""
    try:
        held: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        reason = f"`{option}` holds no JSON object: mend it first"
        raise Refused("bad_option", reason=reason, field=option)
    ratios = dict(cast("dict[str, Any]", held))
    for entry in entries:
        ratios.pop(entry.name, None)
        if entry.value is not None:
            ratios[entry.name] = as_go(entry.value)
    return text if ratios == held else json.dumps(ratios, ensure_ascii=False)
