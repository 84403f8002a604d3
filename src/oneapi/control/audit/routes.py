"""`/api/audit`: administrators see what was changed; what settings held is root's to see."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from sqlalchemy import ColumnElement, RowMapping, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Refusal, Rows, found
from oneapi.control.fields import Paged
from oneapi.control.identity import Admin, Person, Surroundings
from oneapi.control.lists import (
    Listing,
    Wanted,
    at_least,
    at_most,
    contains,
    equal,
    listed,
    slice_of,
    wanted_of,
)
from oneapi.store.enums import Role
from oneapi.store.tables import audit

router = APIRouter(prefix="/api/audit", tags=["audit"])

AUDIT = Listing(
    audit,
    sorts=("id", "at"),
    filters={
        "id": equal(audit.c.id),
        "user_id": equal(audit.c.user_id),
        "kind": equal(audit.c.kind),
        "action": equal(audit.c.action),
        "subject_id": equal(audit.c.subject_id),
        "since": at_least(audit.c.at, "since"),
        "until": at_most(audit.c.at, "until"),
    },
    search=contains(audit.c.username, audit.c.subject, audit.c.address),
)


class DeedView(TypedDict):
    """A change: `at` in unix seconds, `means` is `session` or `access_token`; secrets are stars in `before` and `after`."""

    id: int
    at: int
    user_id: int
    username: str
    address: str
    means: str
    kind: str
    action: str
    subject_id: int
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


@router.get("", response_model=Rows[DeedView] | Refusal)
def deeds(
    person: Admin,
    page: Paged,
    wanted: Annotated[Wanted | None, Depends(wanted_of(AUDIT))],
    services: Surroundings,
) -> Answer:
    """List what administrators have changed, the latest first."""
    visible = _visible(person)
    with services.database.connect() as connection:
        if wanted is not None:
            rows = slice_of(connection, AUDIT, wanted, *visible)
            return listed(rows, [_view(row) for row in rows.rows])
        query = page.of(select(audit).where(*visible).order_by(audit.c.id.desc()))
        return found([_view(row) for row in connection.execute(query).mappings()])


def _visible(person: Person) -> list[ColumnElement[bool]]:
    return [] if person.role >= Role.ROOT else [audit.c.kind != "option"]


def _view(row: RowMapping) -> DeedView:
    return {
        "id": row["id"],
        "at": row["at"],
        "user_id": row["user_id"],
        "username": row["username"],
        "address": row["address"],
        "means": row["means"],
        "kind": row["kind"],
        "action": row["action"],
        "subject_id": row["subject_id"],
        "subject": row["subject"],
        "before": msgspec.json.decode(row["before"]),
        "after": msgspec.json.decode(row["after"]),
    }
