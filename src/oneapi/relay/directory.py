"""Who a key belongs to: keys and their users, looked up once and kept until the change feed says otherwise.

A key that was seen is served from memory, also while the database is away. Unknown keys are remembered for a moment, so that
rubbish does not become queries.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from sqlalchemy import Connection, select

from oneapi.errors import Unavailable
from oneapi.ledger import Payer
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.tables import tokens, users
from oneapi.wire.client_address import Network, networks_of

UNKNOWN_SECONDS = 2.0
MAX_ENTRIES = 100_000
MAX_LOOKUPS = 512  # at a time
LONGEST_CREDENTIAL = 512  # bytes; a key has 48 characters
LOOKUP_SECONDS = 3.0
RETRY_AFTER_SECONDS = 2.0

KEY_ENABLED: Final = 1
USER_ENABLED: Final = 1
NEVER: Final = -1

NOWHERE: Final = networks_of(["::/128"])[0]  # for a network that cannot be read: nobody is in it


class KeyRecord:
    """A key and its user, as admission needs them. `expires_at` is unix seconds, -1 for never."""

    __slots__ = (
        "expires_at",
        "group",
        "key",
        "key_status",
        "models",
        "networks",
        "payer",
        "role",
        "user_status",
    )

    def __init__(
        self,
        key: str,
        payer: Payer,
        key_status: int,
        expires_at: int,
        models: frozenset[str],
        networks: tuple[Network, ...],
        group: str,
        user_status: int,
        role: int,
    ) -> None:
        self.key: Final = key
        self.payer: Final = payer
        self.key_status: Final = key_status
        self.expires_at: Final = expires_at
        self.models: Final = models
        self.networks: Final = networks
        self.group: Final = group
        self.user_status: Final = user_status
        self.role: Final = role


class Caller:
    """Frozen identity of one request. `pinned`: the channel that the key names (administrators only)."""

    __slots__ = ("group", "models", "payer", "pinned", "role")

    def __init__(
        self, payer: Payer, group: str, models: frozenset[str], role: int, pinned: str | None
    ) -> None:
        self.payer: Final = payer
        self.group: Final = group
        self.models: Final = models
        self.role: Final = role
        self.pinned: Final = pinned


class Presented:
    """A credential as a client presents it, resolved. `is_plain`: nothing about it depends on the request."""

    __slots__ = ("caller", "is_plain", "record")

    def __init__(self, record: KeyRecord, caller: Caller, is_plain: bool) -> None:
        self.record: Final = record
        self.caller: Final = caller
        self.is_plain: Final = is_plain


class Directory:
    """The worker's memory of keys; `run` carries a blocking call to a thread.

    `known`: credentials as clients present them; to be read by admission, and always the same dict.
    """

    def __init__(
        self,
        database: Database,
        run: Callable[..., Awaitable[Any]],
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._run = run
        self._clock = clock
        self.known: dict[bytes, Presented] = {}
        self._unknown: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Future[Presented | None]] = {}
        self._generation = 0

    async def find(self, credential: bytes) -> Presented | None:
        """Return what the database holds, `None` for an unknown key; requests for the same key share one query.

        Raises `Unavailable` when the database cannot be asked.
        """
        if len(credential) > LONGEST_CREDENTIAL:
            return None
        until = self._unknown.get(credential)
        if until is not None and self._clock() < until:
            return None
        asking = self._asking.get(credential)
        if asking is None:
            if len(self._asking) >= MAX_LOOKUPS:
                raise _crowded()
            asking = asyncio.ensure_future(self._ask(credential))
            self._asking[credential] = asking
            asking.add_done_callback(lambda _: self._asking.pop(credential, None))
        return await asyncio.shield(asking)

    async def _ask(self, credential: bytes) -> Presented | None:
        generation = self._generation
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await self._run(self._query, credential)
        except (TimeoutError, DatabaseAway) as error:
            raise _away() from error
        if found is None:
            if len(self._unknown) >= MAX_ENTRIES:
                self._unknown.clear()
            self._unknown[credential] = self._clock() + UNKNOWN_SECONDS
        elif generation == self._generation:
            if len(self.known) >= MAX_ENTRIES:
                self.known.clear()
            self.known[credential] = found
        return found

    def _query(self, credential: bytes) -> Presented | None:
        with self._database.connect() as connection:
            return find(connection, plain(credential))

    def forget_key(self, key: str) -> None:
        """A key was changed, made or deleted."""
        self._generation += 1
        self._unknown.clear()
        for credential in [c for c, p in self.known.items() if p.record.key == key]:
            del self.known[credential]

    def forget_user(self, user_id: int) -> None:
        """A user was changed."""
        self._generation += 1
        for credential in [c for c, p in self.known.items() if p.record.payer.user_id == user_id]:
            del self.known[credential]

    def forget_all(self) -> None:
        """Nothing in memory can be trusted any more."""
        self._generation += 1
        self.known.clear()
        self._unknown.clear()


def _crowded() -> Unavailable:
    return Unavailable(
        "too many keys are being looked up at the moment; try again",
        retry_after=RETRY_AFTER_SECONDS,
    )


def _away() -> Unavailable:
    return Unavailable(
        "the database cannot be reached to look this key up; try again",
        retry_after=RETRY_AFTER_SECONDS,
    )


def plain(credential: bytes) -> str:
    """Return the key in a header's value, with or without `Bearer`, which may stand there twice."""
    text = credential.decode("latin-1").strip()
    while text[:7].lower() == "bearer ":
        text = text[7:].strip()
    return text


def find(connection: Connection, credential: str) -> Presented | None:
    """Resolve `sk-<key>` or `sk-<key>-<channel>`; keys may contain `-` themselves, the longest known one wins.

    Programs that put `sk-` before what they are given make it stand twice.
    """
    once = credential.removeprefix("sk-")
    bare = once.removeprefix("sk-")
    before, _, suffix = bare.rpartition("-")
    spellings = [credential, once, bare] + ([before] if before else [])
    rows = connection.execute(
        select(
            tokens,
            users.c.username,
            users.c.status.label("user_status"),
            users.c.role,
            users.c.group,
        )
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.key.in_(spellings))
    ).mappings()
    records = {record.key: record for record in map(_record, rows)}
    for spelling in spellings:
        found = records.get(spelling)
        if found is not None:
            return _presented(found, suffix if spelling == before and before != bare else None)
    return None


def _presented(record: KeyRecord, pinned: str | None) -> Presented:
    is_plain = (
        record.key_status == KEY_ENABLED
        and record.user_status == USER_ENABLED
        and record.expires_at == NEVER
        and not record.networks
        and pinned is None
    )
    caller = Caller(record.payer, record.group, record.models, record.role, pinned)
    return Presented(record, caller, is_plain)


def _record(row: Any) -> KeyRecord:
    limited = not row["unlimited_quota"]
    return KeyRecord(
        key=row["key"].rstrip(),
        payer=Payer(
            user_id=int(row["user_id"]),
            key_id=int(row["id"]),
            key_limited=limited,
            username=row["username"] or "",
            key_name=row["name"] or "",
        ),
        key_status=int(row["status"]),
        expires_at=int(row["expired_time"]),
        models=frozenset(m.strip() for m in (row["models"] or "").split(",") if m.strip()),
        networks=_networks(row["subnet"]),
        group=row["group"] or "default",
        user_status=int(row["user_status"]),
        role=int(row["role"]),
    )


def _networks(text: str | None) -> tuple[Network, ...]:
    return tuple(_network(name) for name in (text or "").split(",") if name.strip())


def _network(name: str) -> Network:
    try:
        return networks_of([name.strip()])[0]
    except ValueError:
        return NOWHERE
