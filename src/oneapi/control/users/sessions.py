"""`/api/user/sessions`: where one is signed in, and signing out there."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import delete, select
from typing_extensions import TypedDict

from oneapi.control.answers import Answer, Done, Found, Refusal, Refused, done, found
from oneapi.control.fields import RowId
from oneapi.control.identity import Surroundings, User
from oneapi.store.tables import sessions

router = APIRouter(prefix="/api/user/sessions", tags=["account"])


class SessionView(TypedDict):
    """A session; times in unix seconds, `agent` is what the browser calls itself."""

    id: int
    created_at: int
    seen_at: int
    expires_at: int
    address: str
    agent: str
    is_current: bool


@router.get("", response_model=Found[list[SessionView]] | Refusal)
def own_sessions(person: User, services: Surroundings) -> Answer:
    """List one's sessions, the one used last first."""
    query = select(sessions).where(
        sessions.c.user_id == person.id, sessions.c.expires_at >= services.now()
    )
    query = query.order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    current = person.session.id if person.session is not None else 0
    with services.database.connect() as connection:
        rows = connection.execute(query).mappings()
        return found([_view(dict(row), current) for row in rows])


def _view(row: dict[str, Any], current: int) -> SessionView:
    return {
        "id": row["id"],
        "created_at": row["created_at"],
        "seen_at": row["seen_at"],
        "expires_at": row["expires_at"],
        "address": row["address"],
        "agent": row["agent"],
        "is_current": row["id"] == current,
    }


@router.delete("", response_model=Done | Refusal)
def end_others(person: User, services: Surroundings) -> Answer:
    """End all of one's sessions but this one; with an access token, all."""
    current = person.session.id if person.session is not None else 0
    others = delete(sessions).where(sessions.c.user_id == person.id, sessions.c.id != current)
    with services.database.begin() as connection:
        connection.execute(others)
    return done()


@router.delete("/{session_id:int}", response_model=Done | Refusal)
def end_one(session_id: RowId, person: User, services: Surroundings) -> Answer:
    """End one of one's sessions."""
    own = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == person.id)
    with services.database.begin() as connection:
        if connection.execute(own).rowcount != 1:
            raise Refused("session_missing")
    return done()
