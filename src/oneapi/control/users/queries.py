"""Reading and changing users, apart from their money: that is the ledger's."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from oneapi.control.answers import Refused, bad_field
from oneapi.control.api_keys.queries import insert_default_key
from oneapi.control.context import Services
from oneapi.control.fields import Page
from oneapi.control.lists import Listing, contains, equal
from oneapi.control.rows import begins_with, inserted_id, is_row
from oneapi.ledger import Kind, credited
from oneapi.store import changes
from oneapi.store.enums import LogType, Role, UserStatus
from oneapi.store.tables import abilities, logs, sessions, users

_ORDERS = {
    "quota": users.c.quota,
    "used_quota": users.c.used_quota,
    "request_count": users.c.request_count,
}


def _searched(keyword: str) -> list[ColumnElement[bool]]:
    named = contains(users.c.username, users.c.display_name, users.c.email)
    return [*is_row(users.c.id, keyword), *named(keyword)]


USERS = Listing(
    users,
    sorts=("id", "username", "quota", "used_quota", "request_count", "role", "status", "group"),
    filters={
        "status": equal(users.c.status),
        "role": equal(users.c.role),
        "group": equal(users.c.group),
        "inviter_id": equal(users.c.inviter_id),
    },
    search=_searched,
)
USERNAME_MAX = 12
_AFF_CODE_LENGTHS = (4, 4, 4, 4, 6, 8, 16)


def page_of_users(connection: Connection, page: Page, order: str) -> list[RowMapping]:
    """Return users that are not deleted."""
    column = _ORDERS.get(order)
    latest = users.c.id.desc()
    query = select(users).where(users.c.status != UserStatus.DELETED)
    query = query.order_by(latest) if column is None else query.order_by(column.desc(), latest)
    return list(connection.execute(page.of(query)).mappings())


def matching_users(connection: Connection, page: Page, keyword: str) -> list[RowMapping]:
    """Return users, deleted ones too, with that id or whose name or e-mail address begins so."""
    prefixes = [
        begins_with(column, keyword)
        for column in (users.c.username, users.c.email, users.c.display_name)
    ]
    query = select(users).where(or_(*is_row(users.c.id, keyword), *prefixes))
    return list(connection.execute(page.of(query.order_by(users.c.id.desc()))).mappings())


def user_by_id(connection: Connection, user_id: int) -> RowMapping:
    """Return a user's row, or refuse."""
    return _only(connection, select(users).where(users.c.id == user_id))


def user_by_name(connection: Connection, username: str) -> RowMapping:
    """Return a user's row, or refuse."""
    return _only(connection, select(users).where(users.c.username == username))


def _only(connection: Connection, query: Select[Any]) -> RowMapping:
    row = connection.execute(query).mappings().first()
    if row is None:
        raise Refused("user_missing")
    return row


def insert_user(
    connection: Connection, services: Services, username: str, password_hash: str, **more: str | int
) -> int:
    """Create a common user with nothing on the account and One API's default key; return the id.

    `more` are columns such as `display_name`, `email`, `inviter_id`.
    """
    user_id = inserted_id(
        connection,
        insert(users).values(
            username=username,
            password=password_hash,
            role=Role.COMMON,
            status=UserStatus.ENABLED,
            access_token=services.new_id(),
            aff_code=unused_aff_code(connection, services.random_text),
            group="default",
            **{"display_name": username} | more,
        ),
    )
    insert_default_key(connection, services, user_id)
    return user_id


def unused_aff_code(connection: Connection, random_text: Callable[[int], str]) -> str:
    """Return an invitation code that nobody has: four characters, longer when four are crowded."""
    for length in _AFF_CODE_LENGTHS:
        code = random_text(length)
        query = select(users.c.id).where(users.c.aff_code == code)
        if connection.execute(query).first() is None:
            return code
    return random_text(32)


def check_new_name(old: str | None, new: str | None) -> None:
    """Refuse a new name that is too long or cannot be seen; one that an identity provider gave may stay."""
    if not new or new == old:
        return
    if len(new) > USERNAME_MAX:
        raise bad_field("username", f"must not have more than {USERNAME_MAX} characters")
    if not new.isprintable():
        raise bad_field("username", "must not contain characters that cannot be seen")


def change_user(connection: Connection, user_id: int, values: dict[str, Any], now: int) -> None:
    """Write the named columns only, and tell the relay; sessions end with the password and with the account."""
    if values:
        if "password" in values or values.get("status") == UserStatus.DELETED:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
        connection.execute(update(users).where(users.c.id == user_id).values(values))
        changes.publish(connection, "users", str(user_id), now)


def delete_user(connection: Connection, services: Services, user_id: int) -> None:
    """Delete softly, as One API does: the row stays, its name becomes free."""
    values = {"status": UserStatus.DELETED, "username": f"deleted_{services.new_id()}"}
    change_user(connection, user_id, values, services.now())


def models_of_group(connection: Connection, group: str) -> list[str]:
    """Return the models that some enabled channel serves to the group, sorted."""
    query = (
        select(abilities.c.model)
        .where(abilities.c.group == group, abilities.c.enabled == true())
        .distinct()
    )
    return sorted(model for model in connection.execute(query).scalars() if model)


def count_invited(connection: Connection, user_id: int) -> int:
    """Count those whom somebody has invited; closed accounts too."""
    query = select(func.count()).select_from(users).where(users.c.inviter_id == user_id)
    return int(connection.scalar(query) or 0)


def brought_by_invitation(log_connection: Connection, user_id: int) -> int:
    """Add up what somebody was given for those whom they invited, by the log."""
    query = select(logs.c.detail).where(logs.c.user_id == user_id, logs.c.type == LogType.SYSTEM)
    said = map(credited, log_connection.scalars(query))
    return sum(one.credited for one in said if one.reason == Kind.INVITER)
