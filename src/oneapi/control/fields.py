"""Field types of request documents and queries, shared by all resources.

Whole numbers fit the database's bigint; texts hold nothing that one of the three databases refuses.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from sqlalchemy import Select

from oneapi.store.tables.columns import BIGINT_MAX

# JavaScript counts exactly up to here, and no balance comes near it.
QUOTA_MAX = 2**53 - 1
_TEXT_BYTES_MAX = 65_535  # of MySQL's TEXT
PAGE_SIZE = 10
PAGE_SIZE_MAX = 100
FOUND_MAX = (
    20_000  # a search without a page answers at most so many: One API's scripts take it for all
)


def storable(text: str) -> str:
    """Return a text that all three databases take; raises `ValueError` for any other."""
    if "\x00" in text:
        raise ValueError("must not contain a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half of a pair, which JSON can write as \\ud800
        raise ValueError("must be valid Unicode") from error
    return text


def _in_64k(text: str) -> str:
    if len(text.encode()) > _TEXT_BYTES_MAX:
        raise ValueError(f"must not be longer than {_TEXT_BYTES_MAX} bytes")
    return text


def _no_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004 - Pydantic wants a ValueError
    return value


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not contain line breaks or other characters that cannot be seen")
    return text


def _group(text: str) -> str:
    if "," in text:
        raise ValueError("must be one group, without a comma")
    return text.strip()


def _lenient(value: Any) -> int:
    """Read a query number as One API does: what is not a number counts as 0."""
    try:
        number = int(str(value))
    except ValueError:
        return 0
    return max(-BIGINT_MAX, min(BIGINT_MAX, number))


def comma_list(text: str) -> list[str]:
    """Return the parts of a comma list: trimmed, none empty, none twice, in their order."""
    return list(dict.fromkeys(part for item in text.split(",") if (part := item.strip())))


def typed_list(text: str) -> list[str]:
    """Return the parts of a list that a person typed: its commas may be Chinese ones."""
    return comma_list(text.replace("，", ","))


Text = Annotated[str, AfterValidator(storable)]
LongText = Annotated[Text, AfterValidator(_in_64k)]
Line = Annotated[Text, AfterValidator(_one_line)]
GroupName = Annotated[Line, AfterValidator(_group), Field(max_length=32)]
Number = Annotated[int, BeforeValidator(_no_flag)]
Whole = Annotated[Number, Field(ge=-BIGINT_MAX, le=BIGINT_MAX)]
Quota = Annotated[Number, Field(ge=0, le=QUOTA_MAX)]
RowId = Annotated[int, Path(ge=0, le=BIGINT_MAX)]
QueryNumber = Annotated[int, BeforeValidator(_lenient), Query()]
QueryText = Annotated[Text, Query()]


class Document(BaseModel):
    """A request's JSON object; fields that are absent or null are None, unknown ones are ignored."""

    def given(self) -> dict[str, Any]:
        """Return the fields that the client sent with a value."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list."""

    offset: int
    size: int

    def of(self, query: Select[Any]) -> Select[Any]:
        """Cut the query down to this page."""
        return query.offset(self.offset).limit(self.size)


_PageNumber = Annotated[QueryNumber, Query(description="The page, from 0.")]
_PageSize = Annotated[QueryNumber, Query(description=f"Rows of a page, at most {PAGE_SIZE_MAX}.")]


def _page(p: _PageNumber = 0, page_size: _PageSize = PAGE_SIZE) -> Page:
    size = min(page_size, PAGE_SIZE_MAX) if page_size > 0 else PAGE_SIZE
    return Page(offset=min(max(p, 0), BIGINT_MAX // PAGE_SIZE_MAX) * size, size=size)


def _found_page(
    p: Annotated[
        str | None, Query(description="The page, from 0; without it all is answered.")
    ] = None,
    page_size: _PageSize = PAGE_SIZE,
) -> Page:
    return Page(0, FOUND_MAX) if p is None else _page(_lenient(p), page_size)


Paged = Annotated[Page, Depends(_page)]
FoundPage = Annotated[Page, Depends(_found_page)]
