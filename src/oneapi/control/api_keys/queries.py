"""Reading and changing keys, apart from their limits: those are the ledger's."""

from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.fields import Page
from oneapi.control.lists import Listing, contains, equal
from oneapi.control.rows import begins_with, inserted_id
from oneapi.store import changes
from oneapi.store.enums import KeyStatus
from oneapi.store.tables import tokens

KEY_LENGTH = 48
NEVER = -1
KEYS = Listing(
    tokens,
    sorts=(
        "id",
        "name",
        "status",
        "remain_quota",
        "used_quota",
        "created_time",
        "accessed_time",
        "expired_time",
    ),
    filters={"status": equal(tokens.c.status)},
    search=contains(tokens.c.name),
)


def page_of_keys(connection: Connection, user_id: int, page: Page, order: str) -> list[RowMapping]:
    """Return a user's keys."""
    latest = tokens.c.id.desc()
    orders: dict[str, tuple[Any, ...]] = {
        "remain_quota": (tokens.c.unlimited_quota.desc(), tokens.c.remain_quota.desc(), latest),
        "used_quota": (tokens.c.used_quota.desc(), latest),
    }
    query = select(tokens).where(tokens.c.user_id == user_id)
    query = query.order_by(*orders.get(order, (latest,)))
    return list(connection.execute(page.of(query)).mappings())


def matching_keys(
    connection: Connection, user_id: int, page: Page, keyword: str
) -> list[RowMapping]:
    """Return a user's keys whose name begins so."""
    query = select(tokens).where(tokens.c.user_id == user_id, begins_with(tokens.c.name, keyword))
    return list(connection.execute(page.of(query.order_by(tokens.c.id.desc()))).mappings())


def key_by_id(connection: Connection, user_id: int, key_id: int) -> RowMapping:
    """Return a key of the user, or refuse."""
    query = select(tokens).where(tokens.c.id == key_id, tokens.c.user_id == user_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused("key_missing")
    return row


def insert_key(
    connection: Connection, services: Services, user_id: int, columns: dict[str, Any]
) -> int:
    """Create a key; return its id. Published too: the relay remembers for a moment that a key is unknown."""
    now = services.now()
    key = services.random_text(KEY_LENGTH)
    values = {
        "user_id": user_id,
        "key": key,
        "status": KeyStatus.ENABLED,
        "created_time": now,
        "accessed_time": now,
        **columns,
    }
    changes.publish(connection, "tokens", key, now)
    return inserted_id(connection, insert(tokens).values(values))


def insert_default_key(connection: Connection, services: Services, user_id: int) -> int:
    """Create the key that every new user gets: without limits."""
    columns = {
        "name": "default",
        "expired_time": NEVER,
        "remain_quota": -1,
        "unlimited_quota": True,
    }
    return insert_key(connection, services, user_id, columns)


def change_key(connection: Connection, row: RowMapping, columns: dict[str, Any], now: int) -> None:
    """Write the named columns of a key, and tell the relay."""
    connection.execute(update(tokens).where(tokens.c.id == row["id"]).values(columns))
    changes.publish(connection, "tokens", row["key"], now)


def delete_key(connection: Connection, row: RowMapping, now: int) -> None:
    """Delete a key for good."""
    connection.execute(delete(tokens).where(tokens.c.id == row["id"]))
    changes.publish(connection, "tokens", row["key"], now)
