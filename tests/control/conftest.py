"""An installation to administer: root, an administrator and two users, behind the ASGI application."""

import itertools
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import bcrypt
import pytest
from sqlalchemy import Table, insert, select

from oneapi.control.app import create_app
from oneapi.control.context import RateLimits, Services
from oneapi.control.rows import inserted_id
from oneapi.providers.base import UpstreamRequest
from oneapi.store.database import Database
from oneapi.store.rate_limit import Limit
from oneapi.store.tables import changes, users
from oneapi.upstream import UpstreamClient
from oneapi.upstream.asking import WholeAnswer, asking
from oneapi.upstream.mail import Mail
from tests.control.browser import Browser
from tests.engines import Engines
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from tests.control.scene import Scene

PASSWORD = "correct horse"
# Cost 4: the lowest, so that a hundred tests do not take minutes.
PASSWORD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
DEFAULT_HASH = bcrypt.hashpw(b"123456", bcrypt.gensalt(4)).decode()
NOW = 1_700_000_000
ROOT, ADMIN, ALICE, BOB = 1, 2, 3, 4


class Randomness:
    """Ids that differ and repeat with every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return f"{next(self._numbers):032x}"

    def random_text(self, length: int) -> str:
        number, digits = next(self._numbers), ""
        alphabet = string.digits + string.ascii_letters
        while number:
            number, digit = divmod(number, len(alphabet))
            digits = alphabet[digit] + digits
        return digits.rjust(length, "0")


async def ask_vendor(request: UpstreamRequest, proxy: str | None) -> WholeAnswer:
    """Ask a vendor with a client of its own: every browser has another event loop."""
    client = UpstreamClient()
    try:
        return await asking(client)(request, proxy)
    finally:
        await client.aclose()


class World:
    """The installation of one test."""

    def __init__(self, database: Database, /, **changes: Any) -> None:
        self.database = database
        self.clock = FakeClock(NOW)
        self.nudges: list[float] = []
        self.pauses: list[float] = []
        self.mails: list[Mail] = []
        randomness = Randomness()
        surroundings: dict[str, Any] = {
            "database": database,
            "log_database": database,
            "clock": self.clock,
            "new_id": randomness.new_id,
            "random_text": randomness.random_text,
            "session_secret": "a secret of this test",
            "version": "1.2.3",
            "started_at": NOW - 5,
            "nudge": lambda: self.nudges.append(self.clock()),
            "ask": ask_vendor,
            "test_prompt": "Who are you?",
            "pause": self.pauses.append,
            "post_mail": self.mails.append,
            "rate_limits": RateLimits(Limit(0, 180), Limit(0, 1200), Limit(0, 1200)),
        }
        self.services = Services(**(surroundings | changes))
        self.app = create_app(self.services)
        self._stack = ExitStack()

    def visitor(self, address: str = "127.0.0.1", **headers: str) -> Browser:
        """Somebody who has not signed in."""
        return self._stack.enter_context(Browser(self.app, address, headers))

    def by_access_token(self, user_id: int) -> Browser:
        """Somebody whose script uses their access token."""
        return self.visitor(authorization=f"Bearer {access_token(user_id)}")

    @property
    def root(self) -> Browser:
        return self.by_access_token(ROOT)

    @property
    def admin(self) -> Browser:
        return self.by_access_token(ADMIN)

    @property
    def alice(self) -> Browser:
        return self.by_access_token(ALICE)

    @property
    def bob(self) -> Browser:
        return self.by_access_token(BOB)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Return a table's rows in the order of their first column."""
        with self.database.connect() as connection:
            query = select(table).order_by(table.primary_key.columns.values()[0])
            return [dict(row) for row in connection.execute(query).mappings()]

    def row(self, table: Table, row_id: int) -> dict[str, Any]:
        return next(row for row in self.rows(table) if row["id"] == row_id)

    def put(self, table: Table, **values: Any) -> int:
        """Insert a row as something else than the management plane would; return its id."""
        with self.database.begin() as connection:
            return inserted_id(connection, insert(table).values(values))

    def add(self, table: Table, **values: Any) -> None:
        """Insert a row that has no number."""
        with self.database.begin() as connection:
            connection.execute(insert(table).values(values))

    def published(self, topic: str) -> list[str]:
        """Return what was told to the relay."""
        return [row["ref"] for row in self.rows(changes) if row["topic"] == topic]

    def close(self) -> None:
        self._stack.close()


def access_token(user_id: int) -> str:
    return f"{user_id:x}".rjust(32, "a")


def settle_in(database: Database) -> None:
    """Fill an empty database with the four people."""
    people = [
        {"username": "root", "role": 100, "display_name": "Root User"},
        {"username": "admin", "role": 10, "display_name": "Admin"},
        {"username": "alice", "role": 1, "display_name": "Alice"},
        {"username": "bob", "role": 1, "display_name": "Bob"},
    ]
    with database.begin() as connection:
        # Without ids: PostgreSQL's sequence would not hear of them. They become 1, 2, 3, 4.
        for user_id, person in enumerate(people, start=1):
            secrets = {
                "password": PASSWORD_HASH,
                "access_token": access_token(user_id),
                "aff_code": f"aff{user_id}",
                "email": f"{person['username']}@example.com",
                "group": "default",
                "quota": 1000,
            }
            connection.execute(insert(users).values(person | secrets))


@pytest.fixture
def worlds(sqlite_database: Database) -> Iterator[Callable[..., World]]:
    """Makes worlds with other surroundings, all on the same SQLite database."""
    settle_in(sqlite_database)
    made: list[World] = []

    def make(**changes: Any) -> World:
        made.append(World(sqlite_database, **changes))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(worlds: Callable[..., World]) -> World:
    """An installation on SQLite, for tests to which the engine is all one."""
    return worlds()


@pytest.fixture
def everywhere(database: Database) -> Iterator[World]:
    """An installation on each of the three engines in turn."""
    settle_in(database)
    made = World(database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def scene(engines: Engines) -> "Iterator[Scene]":
    """A furnished installation, put back after each request."""
    from tests.control.scene import SESSION_SECRET, Scene, vendor  # which needs what is above

    engine = engines.engine("sqlite")
    opened = engine.open(name := engine.create_migrated())
    settle_in(opened)
    made = World(opened, ask=vendor, session_secret=SESSION_SECRET)
    yield Scene(made)
    made.close()
    opened.close()
    engine.drop(name)
