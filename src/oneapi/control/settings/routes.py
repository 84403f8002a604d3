"""`/api/option`: root reads and changes the settings; what they are stands in the table of `store.settings`."""

import json
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.fields import Document, Text
from oneapi.control.identity import Language, Root, Surroundings
from oneapi.control.settings.form import FormEntry, form
from oneapi.ledger import adopted
from oneapi.ledger.pricing import default_completion_ratio, default_model_ratio
from oneapi.store import changes, settings
from oneapi.store.tables import options

router = APIRouter(prefix="/api/option", tags=["options"])

# One API shows its price table as the value of these; empty, ours stays in charge of models that are not named.
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
        texts[name] = texts[name] or json.dumps(table() | json.loads(texts[before] or "{}"))
    return found([{"key": name, "value": text} for name, text in sorted(texts.items())])


@router.get("/form", response_model=Found[list[FormEntry]] | Refusal)
def settings_form(_: Root, language: Language, services: Surroundings) -> Answer:
    """Describe every setting as a form draws it, in the language of `Accept-Language`."""
    with services.database.connect() as connection:
        return found(form(settings.load(connection), language))


@router.put("", response_model=Done | Refusal)
def change(option: Option, _: Root, services: Surroundings) -> Answer:
    """Change a setting; a bad value is refused before it is stored."""
    with services.writing() as connection:
        try:
            settings.check(option.key, option.value, settings.load(connection))
        except ValueError as error:
            if option.key == "Theme":
                raise Refused("bad_theme") from error
            raise Refused("bad_option", reason=str(error), field=option.key) from error
        upsert = services.database.upsert(options, ["key"], ["value"])
        connection.execute(upsert.values(key=option.key, value=option.value))
        changes.publish(connection, "settings", option.key, services.now())
    return done()
