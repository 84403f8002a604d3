"""`/api/user/{id}/tokens`: a user's keys as administrators see them. What a key is made of is its owner's alone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, RowMapping
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Refusal, Refused, Rows, found
from oneapi.control.api_keys.queries import KEYS, page_of_keys
from oneapi.control.api_keys.views import KeyView, key_views
from oneapi.control.fields import Paged, RowId
from oneapi.control.identity import Admin, Surroundings
from oneapi.control.lists import Wanted, listed, slice_of, wanted_of
from oneapi.control.users.queries import user_by_id
from oneapi.store.tables import tokens

router = APIRouter(prefix="/api/user", tags=["users"])

_TAIL = 4
_TAILED_FROM = (
    16  # characters: a key that is shorter was chosen by somebody, and its end is much of it
)


class UsersKeyView(TypedDict):
    """A key of somebody's, without itself: `tail` is its last four characters, `expired_time` is -1 for never."""

    id: int
    tail: str
    status: int
    name: str
    created_time: int
    accessed_time: int
    expired_time: int
    remain_quota: int
    unlimited_quota: bool
    used_quota: int
    models: str | None
    subnet: str | None


@router.get("/{user_id:int}/tokens", response_model=Rows[UsersKeyView] | Refusal)
def keys_of(
    user_id: RowId,
    admin: Admin,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(KEYS))],
    services: Surroundings,
) -> Answer:
    """List a user's keys."""
    with services.database.connect() as connection:
        if not admin.outranks(user_by_id(connection, user_id)["role"]):
            raise Refused("user_level_hidden")
        if wanted is not None:
            part = slice_of(connection, KEYS, wanted, tokens.c.user_id == user_id)
            return listed(part, _views(connection, part.rows))
        return found(_views(connection, page_of_keys(connection, user_id, page, "")))


def _views(connection: Connection, rows: list[RowMapping]) -> list[dict[str, Any]]:
    return [_without_key(view) for view in key_views(connection, rows)]


def _without_key(view: KeyView) -> dict[str, Any]:
    hidden = {name: value for name, value in view.items() if name not in ("key", "user_id")}
    key = view["key"]
    return {**hidden, "tail": key[-_TAIL:] if len(key) >= _TAILED_FROM else ""}
