"""Reading and making redemption codes; redeeming is the ledger's."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, or_, select, update

from oneapi.control.answers import Refused
from oneapi.control.fields import Page
from oneapi.control.lists import Listing, contains, equal
from oneapi.control.rows import begins_with, is_row
from oneapi.ledger import Kind, credited
from oneapi.store.enums import LogType, RedemptionStatus
from oneapi.store.tables import logs, redemptions

DEFAULT_QUOTA = 100


def _searched(keyword: str) -> list[ColumnElement[bool]]:
    named = contains(redemptions.c.name)(keyword)
    return [*is_row(redemptions.c.id, keyword), redemptions.c.key == keyword, *named]


CODES = Listing(
    redemptions,
    sorts=("id", "name", "status", "quota", "created_time", "redeemed_time"),
    filters={"status": equal(redemptions.c.status), "name": equal(redemptions.c.name)},
    search=_searched,
)


def page_of_codes(connection: Connection, page: Page) -> list[RowMapping]:
    """Return codes, the latest first."""
    query = select(redemptions).order_by(redemptions.c.id.desc())
    return list(connection.execute(page.of(query)).mappings())


def matching_codes(connection: Connection, page: Page, keyword: str) -> list[RowMapping]:
    """Return codes with that id or whose name begins so."""
    match = or_(*is_row(redemptions.c.id, keyword), begins_with(redemptions.c.name, keyword))
    query = select(redemptions).where(match).order_by(redemptions.c.id.desc())
    return list(connection.execute(page.of(query)).mappings())


def redeemers(log_connection: Connection, codes: Sequence[RowMapping]) -> dict[int, str]:
    """Return the names of those who redeemed these codes, by the code's id; without those whose log row is gone.

    One API's table does not say it; the row of the credit, written in the same second, does.
    """
    times = {row["redeemed_time"] for row in codes if row["redeemed_time"]}
    if not times:
        return {}
    query = select(logs.c.username, logs.c.detail).where(
        logs.c.type == LogType.TOP_UP, logs.c.created_at.in_(times)
    )
    names: dict[int, str] = {}
    rows: list[Any] = [tuple(row) for row in log_connection.execute(query)]
    for name, detail in rows:
        said = credited(detail)
        if said.reason == Kind.REDEMPTION and said.reference.isdecimal():
            names[int(said.reference)] = name or ""
    return names


def code_by_id(connection: Connection, code_id: int) -> RowMapping:
    """Return a code's row, or refuse."""
    query = select(redemptions).where(redemptions.c.id == code_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused("code_missing")
    return row


def insert_codes(connection: Connection, keys: list[str], columns: dict[str, Any]) -> None:
    """Create codes that differ only in their keys."""
    connection.execute(insert(redemptions), [{**columns, "key": key} for key in keys])


def change_code(connection: Connection, code_id: int, columns: dict[str, Any]) -> None:
    """Write the named columns of a code that has not been redeemed yet, or refuse."""
    if not columns:
        return
    unused = redemptions.c.status != RedemptionStatus.USED
    query = update(redemptions).where(redemptions.c.id == code_id, unused).values(columns)
    if connection.execute(query).rowcount == 0:
        code_by_id(connection, code_id)
        raise Refused("code_not_editable")


def delete_code(connection: Connection, code_id: int) -> RowMapping | None:
    """Delete a code; return the row that it had, if it was there."""
    its = redemptions.c.id == code_id
    row = connection.execute(select(redemptions).where(its)).mappings().first()
    connection.execute(delete(redemptions).where(its))
    return row
