"""The first run: the root account, and the keys that the environment asks for.

Nothing happens when there is any user. Several nodes may try at once; one of them does it.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from oneapi.store.changes import publish
from oneapi.store.database import Database
from oneapi.store.enums import KeyStatus, Role, UserStatus
from oneapi.store.tables import channels, installation, logs, options, tokens, users

# One API's: "Root User" begins with a thousand million dollars.
ROOT_QUOTA = 500_000_000_000_000
ROOT_NAME = "root"
FIRST_PASSWORD = "123456"  # noqa: S105 - public: works only until it is changed
FIRST_HOUR_SECONDS = 3600
_MADE_AT = "made_at"
_BCRYPT_COST = 10


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What `bootstrap` did; all false and 0 when there were users already."""

    root_id: int = 0
    made_root: bool = False
    made_api_key: bool = False


def root_api_key(text: str, name: str = "INITIAL_ROOT_TOKEN") -> str:
    """Return the key as stored, without `sk-`; raises `ValueError` with one sentence."""
    key = text.strip().removeprefix("sk-")
    if not re.fullmatch(r"[0-9A-Za-z_-]{0,48}", key):
        raise ValueError(
            f"{name} must be at most 48 characters from 0-9, A-Z, a-z, `_` and `-`, after `sk-`"
        )
    return key


def root_access_token(text: str, name: str = "INITIAL_ROOT_ACCESS_TOKEN") -> str:
    """Return the access token; raises `ValueError` with one sentence."""
    stripped = text.strip()
    if not re.fullmatch(r"[!-~]{0,32}", stripped):
        raise ValueError(f"{name} must be at most 32 visible ASCII characters")
    return stripped


def has_first_password(database: Database) -> bool:
    """Say whether root still signs in with the published password; takes some 60 ms of a core."""
    import bcrypt  # as for the first run: a process that need not hash does not load it

    query = select(users.c.password).where(users.c.username == ROOT_NAME)
    with database.connect() as connection:
        stored = connection.scalar(query) or ""
    try:
        return bcrypt.checkpw(FIRST_PASSWORD.encode(), stored.encode())
    except ValueError:  # an account without a password, or a hash of another kind
        return False


def is_first_hour(connection: Connection, now: float) -> bool:
    """Say whether this database was made, by us, less than an hour ago; one that was adopted never was."""
    query = select(installation.c.value).where(installation.c.name == _MADE_AT)
    made_at = connection.scalar(query)
    return made_at is not None and 0 <= now - made_at < FIRST_HOUR_SECONDS


def bootstrap(
    database: Database,
    *,
    now: int,
    fresh_access_token: str,
    initial_root_token: str = "",
    initial_root_access_token: str = "",
    initial_root_password: str = "",
) -> FirstRun:
    """Create root and its first key when there is no user; write down when, if there is nothing else either.

    `fresh_access_token` (32 characters) is root's when the environment names none.
    """
    key = root_api_key(initial_root_token)
    access_token = root_access_token(initial_root_access_token) or fresh_access_token
    with database.connect() as connection:
        if connection.scalar(_any_user()) is not None:
            return FirstRun()
    password = _hashed(initial_root_password or FIRST_PASSWORD)
    with database.exclusively("first run") as connection:
        if connection.scalar(_any_user()) is not None:
            return FirstRun()
        _note_beginning(database, connection, now)
        root = users.insert().values(
            username=ROOT_NAME,
            password=password,
            display_name="Root User",
            role=Role.ROOT,
            status=UserStatus.ENABLED,
            access_token=access_token,
            quota=ROOT_QUOTA,
            aff_code="",
        )
        inserted = connection.execute(root).inserted_primary_key
        root_id = int(inserted[0]) if inserted else 0
        publish(connection, "users", root_id, now)
        if key:
            connection.execute(tokens.insert().values(_first_key(root_id, key, now)))
            publish(connection, "tokens", key, now)
    return FirstRun(root_id=root_id, made_root=True, made_api_key=bool(key))


def _any_user() -> Select[tuple[int]]:
    return select(users.c.id).limit(1)


def _first_key(root_id: int, key: str, now: int) -> dict[str, Any]:
    return {
        "user_id": root_id,
        "key": key,
        "status": KeyStatus.ENABLED,
        "name": "Initial Root Token",
        "created_time": now,
        "accessed_time": now,
        "expired_time": -1,
        "remain_quota": ROOT_QUOTA,
        "unlimited_quota": True,
    }


def _note_beginning(database: Database, connection: Connection, now: int) -> None:
    """Write down when this database was made, unless somebody has run it before, although it has no user."""
    used = (channels, tokens, options, logs)
    if not any(connection.execute(select(table).limit(1)).first() for table in used):
        # Root deleted by hand does not begin another hour.
        made = {"name": _MADE_AT, "value": now}
        connection.execute(database.insert_ignore(installation), made)


def _hashed(password: str) -> str:
    import bcrypt  # only a first run needs it

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_COST)).decode()
