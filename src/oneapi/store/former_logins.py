"""Whose GitHub binding is a login of nothing but digits, as One API wrote it.

Today a binding is GitHub's number of the person. `12345` as a login and as a number are two people, so rows of One API that
look like numbers are noted once, by revision 0008, before the first number is written.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from oneapi.store.tables import installation, users

_PREFIX: Final = "github_login "


def note(connection: Connection, among: Collection[int] | None = None) -> None:
    """Note bindings that look like a number, of all or some accounts; may be repeated until a real number is written."""
    known = set(connection.scalars(select(installation.c.name)))
    bound = select(users.c.id, users.c.github_id).where(users.c.github_id != "")
    rows = [
        {"name": name, "value": row.id}
        for row in connection.execute(bound).all()
        if (among is None or row.id in among)
        and is_number(row.github_id or "")
        and (name := f"{_PREFIX}{row.id}") not in known
    ]
    if rows:
        connection.execute(insert(installation), rows)


def is_number(text: str) -> bool:
    """Tell whether a login could be taken for a number of GitHub's."""
    return text.isascii() and text.isdigit()


def noted(connection: Connection, user_ids: Iterable[int]) -> frozenset[int]:
    """Return which of these accounts hold a login that looks like a number."""
    names = [f"{_PREFIX}{user_id}" for user_id in user_ids]
    query = select(installation.c.value).where(installation.c.name.in_(names))
    return frozenset(connection.scalars(query)) if names else frozenset()


def forget(connection: Connection, user_id: int) -> None:
    """The account holds something else now."""
    connection.execute(delete(installation).where(installation.c.name == f"{_PREFIX}{user_id}"))
