"""Lists beyond One API's contract: with `size` a list is sorted, filtered and searched, and answers a total and a cursor.

A `Listing` says what of a table may be asked for; the route asks `wanted_of` for a dependency, and `listed` answers. Without
`size` the dependency yields `None`, and the route answers One API's way. Rows are found by key, not by counting, so that
the thousandth page costs what the first one costs.
"""

import base64
import binascii
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, Any, Final

from fastapi import Query, Request
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
)

from oneapi.control.answers import Answer, bad_field
from oneapi.control.fields import PAGE_SIZE_MAX, comma_list, storable
from oneapi.store.tables.columns import BIGINT_MAX

COUNTED_MAX: Final = 10_000
"""Totals are exact up to here; a larger table is "more than" this."""
_OFFSET_MAX: Final = 100_000

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A condition that an index serves, and the same one for when it had better not (see `_guided`).

    `keeps_order`: what the index finds comes in the order of ids.
    """

    condition: Condition
    by_reading: Condition
    keeps_order: bool


Part = Condition | Indexed
Filter = Callable[[str], Part]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks of a list. `after`: the sorted value and the id of the last row that it has."""

    size: int
    offset: int
    sort: str
    is_descending: bool
    after: tuple[Any, int] | None
    conditions: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be asked of a table: columns to sort by, filters by name, and how a keyword is looked for.

    `usual_sort`: what a query is sorted by that does not say it. `never_null`: columns that might be and never are, so that
    their index serves. `some` rows are soon read and sorted, up to `many` soon counted.
    """

    table: Table
    sorts: tuple[str, ...] = ("id",)
    filters: Mapping[str, Filter] = field(default_factory=dict[str, Filter])
    search: Callable[[str], Sequence[Condition]] | None = None
    usual_sort: Callable[[Mapping[str, str]], str] = lambda _: "id"
    never_null: frozenset[str] = frozenset({"id"})
    some: int = 10_000
    many: int = 50_000

    def key(self, name: str) -> ColumnElement[Any]:
        """Return what is sorted by: rows of One API may hold NULL, which the engines sort differently."""
        column = self.table.c[name]
        if not column.nullable or name in self.never_null:
            return column
        return func.coalesce(column, "" if isinstance(column.type, String) else 0)


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a list, how many there are in all, and where the next ones begin."""

    rows: list[RowMapping]
    total: int
    total_is_exact: bool
    next_cursor: str | None


def equal(column: Column[Any]) -> Filter:
    """Return a filter: the column is one of the values, which are parted by commas."""

    return lambda text: column.in_(_values(column, text))


def _values(column: Column[Any], text: str) -> list[Any]:
    values = comma_list(text)
    if isinstance(column.type, BigInteger):
        return [_whole(column.name, value) for value in values]
    return list(values)


def indexed(column: Column[Any]) -> Filter:
    """Return `equal` for a column of a large table that has an index of its own."""
    return lambda text: among_values(column, _values(column, text))


def among_values(column: Column[Any], values: Sequence[Any]) -> Indexed:
    """Return the condition that such a column is one of the values."""
    zero = "" if isinstance(column.type, String) else 0
    return Indexed(column.in_(values), func.coalesce(column, zero).in_(values), len(values) == 1)


def at_least(column: Column[Any], name: str) -> Filter:
    """Return a filter: the number in the column is not below the value."""
    return lambda text: column >= _whole(name, text)


def at_most(column: Column[Any], name: str) -> Filter:
    """Return a filter: the number in the column is not above the value."""
    return lambda text: column <= _whole(name, text)


def among(column: Column[Any]) -> Filter:
    """Return a filter: the column, a comma list, has one of the values in it."""

    def condition(text: str) -> Condition:
        commas = literal(",").concat(column).concat(",")
        return or_(*(commas.contains(f",{value},", autoescape=True) for value in comma_list(text)))

    return condition


def contains(*columns: Column[Any]) -> Callable[[str], list[Condition]]:
    """Return a search: a column holds the keyword somewhere, in whatever case."""

    def conditions(keyword: str) -> list[Condition]:
        lowered = keyword.lower()
        found = [func.lower(column).contains(lowered, autoescape=True) for column in columns]
        # Of other letters SQLite, and PostgreSQL in some locales, knows no case.
        if not keyword.isascii():
            spellings = dict.fromkeys((keyword, keyword.upper(), keyword.title()))
            spellings.pop(lowered, None)
            found += [
                column.contains(spelt, autoescape=True) for column in columns for spelt in spellings
            ]
        return found

    return conditions


def _whole(name: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise bad_field(name, "must be a whole number") from None
    return max(-BIGINT_MAX, min(BIGINT_MAX, number))


def _text(name: str, text: str) -> str:
    try:
        return storable(text)
    except ValueError as error:
        raise bad_field(name, str(error)) from None


def wanted_of(listing: Listing) -> Callable[..., Awaitable[Wanted | None]]:
    """Return the dependency that reads a list's query; it refuses with the field that is wrong."""

    async def wanted(request: Request, **_: Any) -> Wanted | None:
        query = request.query_params
        if "size" not in query:
            return None
        return wanted_in(listing, query)

    names = {
        "size": f"Rows, 1 to {PAGE_SIZE_MAX}; without it the list is One API's, ten rows a page.",
        "cursor": "Where to go on: `next_cursor` of the answer before.",
        "sort": f"One of {', '.join(f'`{name}`' for name in listing.sorts)}.",
        "order": "`asc` or `desc`, beside `sort`.",
        **({"keyword": "Looked for in what names a row."} if listing.search else {}),
        **dict.fromkeys(listing.filters, "Filter; several values by comma."),
    }
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, Query(description=text)],
        )
        for name, text in names.items()
    ]
    first = inspect.Parameter(
        "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request
    )
    wanted.__signature__ = inspect.Signature([first, *parameters])
    return wanted


def wanted_in(listing: Listing, query: Mapping[str, str]) -> Wanted:
    """Return what a query with a `size` asks for; refuses with the field that is wrong."""
    size = _whole("size", query["size"])
    if not 1 <= size <= PAGE_SIZE_MAX:
        raise bad_field("size", f"must be 1 to {PAGE_SIZE_MAX}")
    sort = query.get("sort") or listing.usual_sort(query)
    if sort not in listing.sorts:
        raise bad_field("sort", f"must be one of {', '.join(listing.sorts)}")
    order = query.get("order") or "desc"
    if order not in ("asc", "desc"):
        raise bad_field("order", "must be asc or desc")
    offset = max(0, _whole("p", query.get("p") or "0")) * size
    if offset > _OFFSET_MAX:
        raise bad_field("p", "is too far; go on with `cursor`")
    cursor = query.get("cursor")
    return Wanted(
        size,
        0 if cursor else offset,
        sort,
        order == "desc",
        _read_cursor(cursor, listing.table.c[sort], order) if cursor else None,
        _conditions(listing, query),
    )


def _conditions(listing: Listing, query: Mapping[str, str]) -> tuple[Part, ...]:
    found: list[Part] = [
        condition(_text(name, text))
        for name, condition in listing.filters.items()
        if (text := query.get(name))
    ]
    keyword = _text("keyword", query.get("keyword") or "").strip()
    if keyword and listing.search is not None:
        found.append(or_(*listing.search(keyword)))
    return tuple(found)


def slice_of(connection: Connection, listing: Listing, wanted: Wanted, *conditions: Part) -> Slice:
    """Return the rows that are wanted among those that fulfil the conditions, and count them all."""
    table = listing.table
    parts = (*conditions, *wanted.conditions)
    to_find, to_count = _guided(connection, listing, wanted, parts)
    query = _sorted(select(table).where(*to_find), listing, wanted)
    rows = list(connection.execute(query.limit(wanted.size + 1)).mappings())
    has_more = len(rows) > wanted.size
    if has_more or wanted.after or wanted.offset:
        total = _count(connection, select(table.c.id).where(*to_count), COUNTED_MAX + 1)
    else:
        total = len(rows)
    rows = rows[: wanted.size]
    return Slice(
        rows,
        min(total, COUNTED_MAX),
        total <= COUNTED_MAX,
        _cursor(rows[-1], table.c[wanted.sort], wanted) if has_more else None,
    )


def _guided(
    connection: Connection, listing: Listing, wanted: Wanted, parts: Sequence[Part]
) -> tuple[list[Condition], list[Condition]]:
    """Return the conditions to find rows by, and those to count them by.

    Without statistics SQLite takes the index of whatever is asked for: of a model that half of all rows have, it sorts half
    the table. So it is asked first how many there are: few are read and sorted, many are met soon in the wanted order.
    """
    known = [part for part in parts if isinstance(part, Indexed)]
    whole = [part.condition if isinstance(part, Indexed) else part for part in parts]
    is_direct = len(parts) == 1 and wanted.sort == "id"
    if connection.dialect.name != "sqlite" or not known or is_direct:
        return whole, whole
    counts = [
        (_count(connection, select(1).where(one.condition), listing.many + 1), one) for one in known
    ]
    fewest, chosen = min(counts, key=lambda pair: pair[0])
    by_index = [_by(part, chosen) for part in parts]
    by_reading = [_by(part, None) for part in parts]
    finds_by_index = fewest <= listing.some or (chosen.keeps_order and wanted.sort == "id")
    to_find = by_index if finds_by_index else by_reading
    return to_find, by_index if fewest <= listing.many else by_reading


def _by(part: Part, chosen: Indexed | None) -> Condition:
    if not isinstance(part, Indexed):
        return part
    return part.condition if part is chosen else part.by_reading


def _count(connection: Connection, query: Select[Any], most: int) -> int:
    counted = query.limit(most).subquery()
    return int(connection.scalar(select(func.count()).select_from(counted)) or 0)


def _sorted(query: Select[Any], listing: Listing, wanted: Wanted) -> Select[Any]:
    row_id = listing.table.c.id
    key = listing.key(wanted.sort)
    if wanted.after is not None:
        value, last = wanted.after
        if wanted.sort == "id":
            query = query.where(row_id < last if wanted.is_descending else row_id > last)
        else:
            beyond = key < value if wanted.is_descending else key > value
            behind = row_id < last if wanted.is_descending else row_id > last
            # Said twice: engines find the place in an index by a bound, and not by an alternative.
            bound = key <= value if wanted.is_descending else key >= value
            query = query.where(bound, or_(beyond, and_(key == value, behind)))
    if wanted.offset:
        query = query.offset(wanted.offset)
    if wanted.sort == "id":
        return query.order_by(row_id.desc() if wanted.is_descending else row_id)
    if wanted.is_descending:
        return query.order_by(key.desc(), row_id.desc())
    return query.order_by(key, row_id)


def _cursor(row: RowMapping, column: Column[Any], wanted: Wanted) -> str:
    value = row[wanted.sort]
    if isinstance(column.type, String):
        value = value or ""
    elif not isinstance(value, int | float):
        value = float(value or 0)
    order = "desc" if wanted.is_descending else "asc"
    text = json.dumps([wanted.sort, order, value, row["id"]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, column: Column[Any], order: str) -> tuple[Any, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        its_sort, its_order, value, row_id = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise bad_field("cursor", "is not one of ours") from None
    if (its_sort, its_order) != (column.name, order):
        raise bad_field("cursor", "belongs to another `sort` or `order`")
    if not _is_like(value, column) or not _is_whole(row_id):
        raise bad_field("cursor", "is not one of ours")
    return value, row_id


def _is_like(value: Any, column: Column[Any]) -> bool:
    """Say whether all three engines can compare a column with a value, which a client may have made up."""
    if isinstance(column.type, String):
        return isinstance(value, str) and _text("cursor", value) == value
    return _is_whole(value) or (isinstance(value, float) and isfinite(value))


def _is_whole(value: Any) -> bool:
    return type(value) is int and abs(value) <= BIGINT_MAX


def listed(found: Slice, views: list[Any]) -> Answer:
    """Answer rows with their total and where the next ones begin."""
    return Answer(
        {
            "success": True,
            "message": "",
            "data": views,
            "total": found.total,
            "total_is_exact": found.total_is_exact,
            "next_cursor": found.next_cursor,
        }
    )
