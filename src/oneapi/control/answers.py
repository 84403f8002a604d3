"""The envelope `{"success", "message", "data"}`, the refusals that fill it, and both as models for the API's description.

A business error is HTTP 200 with `success: false`, as One API's clients expect; the sentences are in `locales/`.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Generic, Literal, TypeVar

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from oneapi.control.reasons import in_chinese
from oneapi.errors import GatewayError

_encoder = msgspec.json.Encoder()
T = TypeVar("T")


class Refusal(BaseModel):
    """It was not done: why in words, in a stable code, and at which field; `reason` is what is wrong with that field."""

    success: Literal[False]
    message: str
    code: str | None = None
    field: str | None = None
    reason: str | None = None


class Done(BaseModel):
    """It was done."""

    success: Literal[True]
    message: str


class Found(BaseModel, Generic[T]):
    """It was done, and this came of it."""

    success: Literal[True]
    message: str
    data: T


class Rows(BaseModel, Generic[T]):
    """Rows of a list; what follows `data` only with `size`."""

    success: Literal[True]
    message: str
    data: list[T]
    total: int | None = None
    total_is_exact: bool | None = None
    next_cursor: str | None = None


class Answer(Response):
    """A JSON answer, encoded once and directly."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode `content`."""
        return _encoder.encode(content)


def done(message: str = "") -> Answer:
    """Answer success without data."""
    return Answer({"success": True, "message": message})


def found(content: Any, message: str = "") -> Answer:
    """Answer success with data."""
    return Answer({"success": True, "message": message, "data": content})


def refused(
    message: str, status: int = 200, *, code: str = "", field: str = "", reason: str = ""
) -> Answer:
    """Answer that it was not done, and why; `code` is stable, `field` the path of what is wrong, `reason` why that is."""
    content: dict[str, object] = {"success": False, "message": message}
    if code:
        content["code"] = code
    if field:
        content["field"] = field
    if field and reason:
        content["reason"] = reason
    return Answer(content, status_code=status)


@cache
def _sentences(language: str) -> dict[str, str]:
    text = files("oneapi.control").joinpath("locales", f"{language}.toml").read_text("utf-8")
    return {key: str(sentence) for key, sentence in tomllib.loads(text).items()}


def speaks_chinese(accept_language: str) -> bool:
    """Say whether a client wants Chinese, by One API's rule."""
    return accept_language.strip().lower().startswith("zh")


def sentence(key: str, accept_language: str, **values: object) -> str:
    """Return the sentence in the client's language; what English lacks stays as One API has it."""
    template = None if speaks_chinese(accept_language) else _sentences("en").get(key)
    return (template or _sentences("zh")[key]).format(**values)


def in_language(reason: str, accept_language: str) -> str:
    """Return why something is wrong in the client's language."""
    return in_chinese(reason) if speaks_chinese(accept_language) else reason


def as_go(number: float) -> float:
    """Return the number as Go prints it: without a fraction where there is none."""
    return int(number) if number == int(number) else number


class Refused(GatewayError):
    """A request that was understood and is not carried out.

    `key` names the sentence, and is the `code` of the answer; `values` fill the sentence, and `field` among them is also
    the answer's `field`.
    """

    status = 200

    def __init__(self, key: str, *, status: int = 200, **values: object) -> None:
        super().__init__(key, status=status)
        self.key = key
        self.values = values


def bad_field(field: str, reason: str) -> Refused:
    """Return the refusal that names the field that is wrong."""
    return Refused("bad_field", field=field, reason=reason)
