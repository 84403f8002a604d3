"""How a setting is stored: its row, who did it, and the news for everybody who keeps a copy; and who did it last."""

from typing import Any, cast

import msgspec
from sqlalchemy import Connection, func, select
from typing_extensions import TypedDict

from oneapi.control.audit.trail import Deed, record
from oneapi.control.context import Services
from oneapi.control.identity import Person
from oneapi.store import changes
from oneapi.store.tables import audit, options


def store(
    connection: Connection, services: Services, person: Person, key: str, before: str, after: str
) -> None:
    """Store a checked value in the transaction of the request."""
    upsert = services.database.upsert(options, ["key"], ["value"])
    connection.execute(upsert.values(key=key, value=after))
    deed = Deed("option", "change", subject=key, before={"value": before}, after={"value": after})
    record(connection, person, services.now(), deed)
    changes.publish(connection, "settings", key, services.now())


class LastChange(TypedDict):
    """Who changed a setting last: `at` in unix seconds, `before` what it was (stars where that is secret)."""

    at: int
    by: str
    before: str


def last_changes(connection: Connection) -> dict[str, LastChange]:
    """Return the last change of each setting that somebody has changed."""
    latest = select(func.max(audit.c.id)).where(audit.c.kind == "option").group_by(audit.c.subject)
    query = select(audit.c.subject, audit.c.at, audit.c.username, audit.c.before)
    return {
        row.subject: {"at": row.at, "by": row.username, "before": _value(row.before)}
        for row in connection.execute(query.where(audit.c.id.in_(latest)))
    }


def _value(before: str) -> str:
    held: Any = msgspec.json.decode(before)
    return str(cast("dict[str, Any]", held).get("value", "")) if isinstance(held, dict) else ""
