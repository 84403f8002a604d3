"""`/api/redemption`: administrators make and keep redemption codes."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy import RowMapping
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Rows, bad_field, done, found
from oneapi.control.audit.trail import Deed, record
from oneapi.control.context import Services
from oneapi.control.fields import FoundPage, Paged, QueryText, RowId
from oneapi.control.identity import Admin, Surroundings
from oneapi.control.lists import Wanted, listed, slice_of, wanted_of
from oneapi.control.redemptions.documents import CodeDocument
from oneapi.control.redemptions.queries import (
    CODES,
    DEFAULT_QUOTA,
    change_code,
    code_by_id,
    delete_code,
    insert_codes,
    matching_codes,
    page_of_codes,
    redeemers,
)
from oneapi.store.enums import RedemptionStatus

router = APIRouter(prefix="/api/redemption", tags=["redemption codes"])


class CodeView(TypedDict):
    """A redemption code; `user_id` made it, `count` is always 0, `redeemed_by`: a name, blank where it is not known."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    quota: int
    created_time: int
    redeemed_time: int
    redeemed_by: str
    count: int


@router.get("", response_model=Rows[CodeView] | Refusal)
def codes(
    _: Admin,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(CODES))],
    services: Surroundings,
) -> Answer:
    """List codes, the latest first."""
    with services.database.connect() as connection:
        if wanted is None:
            return found(_views(services, page_of_codes(connection, page)))
        found_rows = slice_of(connection, CODES, wanted)
    return listed(found_rows, _views(services, found_rows.rows))


@router.get("/search", response_model=Rows[CodeView] | Refusal)
def search(_: Admin, page: FoundPage, services: Surroundings, keyword: QueryText = "") -> Answer:
    """Find codes by id or the beginning of the name."""
    with services.database.connect() as connection:
        rows = matching_codes(connection, page, keyword)
    return found(_views(services, rows))


@router.get("/{code_id:int}", response_model=Found[CodeView] | Refusal)
def code(code_id: RowId, _: Admin, services: Surroundings) -> Answer:
    """Show one code."""
    with services.database.connect() as connection:
        row = code_by_id(connection, code_id)
    return found(_views(services, [row])[0])


@router.post("", response_model=Found[list[str]] | Refusal)
def create(document: CodeDocument, admin: Admin, services: Surroundings) -> Answer:
    """Make codes; answers them all."""
    document.check_name()
    document.check_count()
    keys = [services.new_id() for _ in range(document.count or 0)]
    columns = {
        "user_id": admin.id,
        "name": document.name,
        "quota": document.quota or DEFAULT_QUOTA,
        "status": RedemptionStatus.ENABLED,
        "created_time": services.now(),
    }
    with services.database.begin() as connection:
        insert_codes(connection, keys, columns)
        made = {"name": document.name, "quota": columns["quota"], "count": len(keys)}
        deed = Deed("code", "create", subject=document.name or "", after=made)
        record(connection, admin, services.now(), deed)
    return found(keys)


@router.put("", response_model=Found[CodeView] | Refusal)
def change(
    document: CodeDocument,
    admin: Admin,
    services: Surroundings,
    status_only: Annotated[str | None, Query()] = None,
) -> Answer:
    """Change a code that nobody has redeemed: only its status with `status_only`, else name and quota."""
    with services.database.begin() as connection:
        row = code_by_id(connection, document.id)
        columns = _status(document) if status_only else _columns(document)
        change_code(connection, document.id, columns)
        deed = Deed("code", "change", document.id, row["name"] or "", dict(row), columns)
        record(connection, admin, services.now(), deed)
        return found(_view(code_by_id(connection, document.id)))


def _status(document: CodeDocument) -> dict[str, Any]:
    if document.status == RedemptionStatus.USED:
        raise bad_field("status", "a code becomes used only by being redeemed")
    return {"status": document.status} if document.status else {}


def _columns(document: CodeDocument) -> dict[str, Any]:
    if document.name is not None:
        document.check_name()
    return {name: value for name, value in document.given().items() if name in ("name", "quota")}


@router.delete("/{code_id:int}", response_model=Done | Refusal)
def remove(code_id: RowId, admin: Admin, services: Surroundings) -> Answer:
    """Delete a code."""
    with services.database.begin() as connection:
        row = delete_code(connection, code_id)
        if row is not None:
            deed = Deed("code", "delete", code_id, row["name"] or "", before=_view(row))
            record(connection, admin, services.now(), deed)
    return done()


def _views(services: Services, rows: Sequence[RowMapping]) -> list[CodeView]:
    with services.log_database.connect() as connection:
        names = redeemers(connection, rows)
    return [_view(row, names.get(row["id"], "")) for row in rows]


def _view(row: RowMapping, redeemed_by: str = "") -> CodeView:
    return {
        "id": row["id"],
        "user_id": row["user_id"] or 0,
        "key": row["key"] or "",
        "status": row["status"] or 0,
        "name": row["name"] or "",
        "quota": row["quota"] or 0,
        "created_time": row["created_time"] or 0,
        "redeemed_time": row["redeemed_time"] or 0,
        "redeemed_by": redeemed_by,
        "count": 0,
    }
