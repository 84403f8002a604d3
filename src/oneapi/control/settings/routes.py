"""`/api/option`: root reads and changes the settings; what they are stands in the table of `store.settings`."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.fields import Document, Text
from oneapi.control.identity import Language, Root, Surroundings
from oneapi.control.settings.form import FormEntry, form
from oneapi.control.settings.storing import last_changes, store
from oneapi.ledger import adopted
from oneapi.ledger.pricing import chosen_text, default_completion_ratio, default_model_ratio
from oneapi.store import settings

router = APIRouter(prefix="/api/option", tags=["options"])

# One API shows its price table as the value of these; ours stays in charge of models that are not named.
_TABLES: Final[dict[str, tuple[Callable[[], dict[str, float]], str]]] = {
    "ModelRatio": (default_model_ratio, adopted.RATIOS),
    "CompletionRatio": (default_completion_ratio, adopted.COMPLETIONS),
}


class OptionView(TypedDict):
    """A setting and its text."""

    key: str
    value: str


class Option(Document):
    """A setting and its text."""

    key: Annotated[Text, Field(min_length=1, max_length=191)]
    value: Text = ""


@router.get("", response_model=Found[list[OptionView]] | Refusal)
def options_list(_: Root, services: Surroundings) -> Answer:
    """List every setting but the secrets."""
    with services.database.connect() as connection:
        texts = settings.load(connection).visible()
    for name, (table, before) in _TABLES.items():
        texts[name] = _in_force(table(), texts[before], texts[name])
    return found([{"key": name, "value": text} for name, text in sorted(texts.items())])


def _in_force(table: dict[str, float], adopted_text: str, own_text: str) -> str:
    """Return every price that counts, as One API shows it; an own text that is none of ours as it is."""
    try:
        own: Any = json.loads(own_text or "{}")
    except (ValueError, RecursionError):
        return own_text
    if not isinstance(own, dict):
        return own_text
    return json.dumps(table | json.loads(adopted_text or "{}") | own, ensure_ascii=False)


@router.get("/form", response_model=Found[list[FormEntry]] | Refusal)
def settings_form(_: Root, language: Language, services: Surroundings) -> Answer:
    """Describe every setting as a form draws it, in the language of `Accept-Language`."""
    with services.database.connect() as connection:
        present, latest = settings.load(connection), last_changes(connection)
    return found(form(present, language, latest))


@router.put("", response_model=Done | Refusal)
def change(option: Option, root: Root, services: Surroundings) -> Answer:
    """Change a setting; a bad value is refused before it is stored."""
    with services.writing() as connection:
        present = settings.load(connection)
        value = settings.tidied(option.key, option.value)
        try:
            settings.check(option.key, value, present)
        except ValueError as error:
            if option.key == "Theme":
                raise Refused("bad_theme", field=option.key) from error
            raise Refused("bad_option", reason=str(error), field=option.key) from error
        if option.key in _TABLES:
            value = chosen_text(option.key, value, present.text(_TABLES[option.key][1]))
        store(connection, services, root, option.key, present.text(option.key), value)
    return done()
