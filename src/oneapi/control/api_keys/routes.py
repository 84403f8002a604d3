"""`/api/token`: everybody keeps their own keys; here a key is shown in full, as One API's clients need it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from oneapi.control.answers import (
    Answer,
    Done,
    Found,
    Refusal,
    Refused,
    Rows,
    bad_field,
    done,
    found,
)
from oneapi.control.api_keys.documents import KeyDocument
from oneapi.control.api_keys.queries import (
    KEYS,
    NEVER,
    change_key,
    delete_key,
    insert_key,
    key_by_id,
    matching_keys,
    page_of_keys,
)
from oneapi.control.api_keys.views import KeyView, key_views
from oneapi.control.fields import QUOTA_MAX, FoundPage, Paged, QueryText, RowId
from oneapi.control.identity import Surroundings, User
from oneapi.control.lists import Wanted, listed, slice_of, wanted_of
from oneapi.ledger import set_key_quota
from oneapi.store.enums import KeyStatus
from oneapi.store.tables import tokens

router = APIRouter(prefix="/api/token", tags=["tokens"])


@router.get("", response_model=Rows[KeyView] | Refusal)
def keys(
    user: User,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(KEYS))],
    services: Surroundings,
    order: QueryText = "",
) -> Answer:
    """List one's keys."""
    with services.database.connect() as connection:
        if wanted is not None:
            found_rows = slice_of(connection, KEYS, wanted, tokens.c.user_id == user.id)
            return listed(found_rows, key_views(connection, found_rows.rows))
        return found(key_views(connection, page_of_keys(connection, user.id, page, order)))


@router.get("/search", response_model=Rows[KeyView] | Refusal)
def search(user: User, page: FoundPage, services: Surroundings, keyword: QueryText = "") -> Answer:
    """Find one's keys by the beginning of their name."""
    with services.database.connect() as connection:
        return found(key_views(connection, matching_keys(connection, user.id, page, keyword)))


@router.get("/{key_id:int}", response_model=Found[KeyView] | Refusal)
def key(key_id: RowId, user: User, services: Surroundings) -> Answer:
    """Show one key."""
    with services.database.connect() as connection:
        return found(_view(connection, user.id, key_id))


@router.post("", response_model=Found[KeyView] | Refusal)
def create(document: KeyDocument, user: User, services: Surroundings) -> Answer:
    """Make a key."""
    document.check()
    is_unlimited = document.unlimited_quota or False
    remain_quota = document.remain_quota or 0
    _check_limit(remain_quota, is_unlimited)
    columns = {
        "name": document.name or "",
        "expired_time": document.expired_time or NEVER,
        "remain_quota": remain_quota,
        "unlimited_quota": is_unlimited,
        "models": document.models,
        "subnet": document.subnet or "",
    }
    with services.writing() as connection:
        key_id = insert_key(connection, services, user.id, columns)
        return found(_view(connection, user.id, key_id))


@router.put("", response_model=Found[KeyView] | Refusal)
def change(
    document: KeyDocument,
    user: User,
    services: Surroundings,
    status_only: Annotated[str | None, Query()] = None,
) -> Answer:
    """Change a key: only its status with `status_only`, else everything but its status."""
    with services.writing() as connection:
        row = key_by_id(connection, user.id, document.id)
        shown = _view(connection, user.id, document.id)
        columns = _status(document, row["status"]) if status_only else _columns(document)
        if document.status == KeyStatus.ENABLED:
            _refuse_useless(row["status"], {**shown, **columns}, services.now())
        limit = columns.pop("remain_quota", shown["remain_quota"])
        is_unlimited = columns.get("unlimited_quota", shown["unlimited_quota"])
        if columns:
            change_key(connection, row, columns, services.now())
        if limit != shown["remain_quota"] or is_unlimited < shown["unlimited_quota"]:
            _check_limit(limit, is_unlimited)
        if limit != shown["remain_quota"]:
            set_key_quota(connection, document.id, max(0, limit))
        return found(_view(connection, user.id, document.id))


def _check_limit(remain_quota: int, is_unlimited: bool) -> None:
    if remain_quota < 0 and not is_unlimited:
        raise bad_field("remain_quota", "must not be negative")
    if abs(remain_quota) > QUOTA_MAX:
        raise bad_field("remain_quota", f"must not be more than {QUOTA_MAX}")


def _status(document: KeyDocument, present: int) -> dict[str, Any]:
    if not document.status or document.status == present:
        return {}
    if document.status not in (KeyStatus.ENABLED, KeyStatus.DISABLED):
        raise bad_field("status", "must be 1 (enabled) or 2 (disabled)")
    return {"status": document.status}


def _columns(document: KeyDocument) -> dict[str, Any]:
    document.check()
    sent = document.model_dump(exclude_unset=True, exclude={"id", "status"})
    columns = {name: value for name, value in sent.items() if value is not None}
    if "models" in sent:
        columns["models"] = document.models
    if columns.get("expired_time") == 0:
        columns["expired_time"] = NEVER
    return columns


def _refuse_useless(status: int, will_be: dict[str, Any], now: int) -> None:
    """Refuse to enable a key that the next request would find expired or exhausted again."""
    expires_at = will_be["expired_time"]
    if status == KeyStatus.EXPIRED and expires_at != NEVER and expires_at <= now:
        raise Refused("key_expired", field="expired_time")
    is_spent = will_be["remain_quota"] <= 0 and not will_be["unlimited_quota"]
    if status == KeyStatus.EXHAUSTED and is_spent:
        raise Refused("key_exhausted", field="remain_quota")


@router.delete("/{key_id:int}", response_model=Done | Refusal)
def remove(key_id: RowId, user: User, services: Surroundings) -> Answer:
    """Delete a key for good."""
    with services.writing() as connection:
        delete_key(connection, key_by_id(connection, user.id, key_id), services.now())
    return done()


def _view(connection: Connection, user_id: int, key_id: int) -> KeyView:
    return key_views(connection, [key_by_id(connection, user_id, key_id)])[0]
