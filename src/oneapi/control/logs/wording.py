"""A log row's content in its reader's language.

The column holds One API's Chinese text, for a way back and for its clients. What we wrote says in `detail` what happened,
and is worded anew for whoever reads another language; old rows stay as they are.
"""

import json
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, cast

from fastapi import Depends
from sqlalchemy import RowMapping

from oneapi.control.identity import Language, Surroundings
from oneapi.store.money import money
from oneapi.store.settings import Settings, load

Worded = Callable[[RowMapping], str]


def _wording(services: Surroundings, language: Language) -> Worded:
    language = language.strip().lower()
    if not language or language.startswith("zh"):
        return as_stored
    with services.database.connect() as connection:
        settings = load(connection)
    return lambda row: in_english(row, settings)


Wording = Annotated[Worded, Depends(_wording)]


def as_stored(row: RowMapping) -> str:
    """Return the content as it is in the row."""
    return row["content"] or ""


def in_english(row: RowMapping, settings: Settings) -> str:
    """Return the content in English, if the row says what happened."""
    stored = as_stored(row)
    try:
        detail: Any = json.loads(row["detail"] or "null")
    except ValueError:
        return stored
    if not isinstance(detail, dict):
        return stored
    said = cast("dict[str, Any]", detail)
    template = _templates().get(_event(said))
    if template is None:
        return stored
    amounts = {
        name: money(settings, said[name])
        for name in ("credited", "from", "to")
        if isinstance(said.get(name), int)
    }
    ratios = stored.partition("：")[2]
    try:
        return template.format(**{**said, **amounts, "ratios": ratios})
    except (KeyError, IndexError):
        return stored


def _event(said: dict[str, Any]) -> str:
    """Return which of our events a row is of; none for an administrator's own words."""
    if "price" in said:
        return "charge"
    if "failure" in said:
        return "failure"
    if "test" in said:
        return f"test_{said['test']}"
    if "channel_state" in said:
        return f"channel_{said['channel_state']}_{said.get('why')}"
    if said.get("remark"):
        return ""
    return "balance_set" if "from" in said else str(said.get("reason") or "")


@cache
def _templates() -> dict[str, str]:
    text = files("oneapi.control").joinpath("locales", "logs.toml").read_text("utf-8")
    return {name: str(template) for name, template in tomllib.loads(text).items()}
