"""A furnished installation for the tests that ask everything: a row of each kind at least, and secrets to be found."""

import json
from typing import Any, NamedTuple

from sqlalchemy import String, cast as as_type, delete, insert

from oneapi.control.sign_in.codes import Purpose, issue, subject_of
from oneapi.providers.base import UpstreamRequest
from oneapi.store.tables import (
    abilities,
    channels,
    job_items,
    jobs,
    logs,
    metadata,
    options,
    redemptions,
    sessions,
    tokens,
    users,
)
from oneapi.upstream.asking import WholeAnswer
from tests.control.browser import Asked, Browser, Reply
from tests.control.conftest import (
    ADMIN,
    ALICE,
    BOB,
    DEFAULT_HASH,
    NOW,
    PASSWORD,
    PASSWORD_HASH,
    ROOT,
    World,
    access_token,
)
from tests.control.matrix import CODE, SPENT_CODE

Document = dict[str, Any]
NEW_ROOT, DISABLED, DELETED = 5, 6, 7


class Role(NamedTuple):
    """Somebody who asks: by a session, by an access token, or by nothing."""

    name: str
    user_id: int
    level: int
    by_session: bool


NOBODY = Role("nobody", 0, 0, False)
DEFAULT_PASSWORD = Role("root with the default password", NEW_ROOT, 1, True)
PEOPLE = (
    NOBODY,
    DEFAULT_PASSWORD,
    Role("user", ALICE, 2, True),
    Role("admin", ADMIN, 3, True),
    Role("root", ROOT, 4, True),
    Role("user's script", ALICE, 2, False),
    Role("admin's script", ADMIN, 3, False),
    Role("root's script", ROOT, 4, False),
)
# What stands in the database and is nobody's business, or that of a few.
VENDOR_KEY, OTHER_VENDOR_KEY = "sk-the-vendors-key", "sk-another-vendors-key"
CONFIG_SECRET, PROXY_PASSWORD = "the-clouds-secret", "the-proxys-password"
OPTION_SECRET, SESSION_SECRET = "the-mail-servers-password", "a secret of this test"
CHANNEL_NAME, CHANNEL_URL, VENDOR_WORDS = (
    "secret vendor",
    "https://vendor.invalid",
    "the vendor said no",
)
_ADDRESSED = {"root": ROOT, "admin": ADMIN, "alice": ALICE, "bob": BOB}


def key_of(user_id: int) -> str:
    return f"key{user_id}" * 12


def secrets() -> dict[str, frozenset[int]]:
    """Every secret, and the numbers of those who may see it."""
    nobodys = (
        VENDOR_KEY,
        OTHER_VENDOR_KEY,
        CONFIG_SECRET,
        PROXY_PASSWORD,
        OPTION_SECRET,
        SESSION_SECRET,
        PASSWORD_HASH,
        DEFAULT_HASH,
    )
    admins = (CHANNEL_NAME, CHANNEL_URL, VENDOR_WORDS, CODE, SPENT_CODE)
    found = dict.fromkeys(nobodys, frozenset[int]())
    found |= dict.fromkeys(admins, frozenset({ROOT, ADMIN}))
    for name, user_id in _ADDRESSED.items():
        found[access_token(user_id)] = frozenset()
        found[key_of(user_id)] = frozenset({user_id})
        found[f"{name}@example.com"] = frozenset({ROOT, ADMIN, user_id})
    return found


async def vendor(request: UpstreamRequest, proxy: str | None) -> WholeAnswer:
    """Answer chats, lists of models and questions for the balance."""
    content = {
        "id": "x",
        "object": "chat.completion",
        "created": NOW,
        "model": "gpt-4o",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        "data": [{"id": "gpt-4o", "object": "model"}],
        "total_remaining": 7.5,
    }
    return WholeAnswer(200, {"content-type": "application/json"}, json.dumps(content).encode())


def furnish(world: World) -> None:
    """Put in at least one row of everything, each person's with the person's number."""
    for row_id, name, role, status, password in (
        (NEW_ROOT, "newroot", 100, 1, DEFAULT_HASH),
        (DISABLED, "disabled", 100, 2, PASSWORD_HASH),
        (DELETED, "deleted_1", 100, 3, PASSWORD_HASH),
    ):
        person = {"id": row_id, "username": name, "role": role, "status": status}
        world.put(
            users,
            **person,
            password=password,
            access_token=access_token(row_id),
            aff_code=f"aff{row_id}",
        )
    config = {"sk": CONFIG_SECRET, "proxy": f"http://me:{PROXY_PASSWORD}@proxy.invalid:1"}
    channel = {"type": 12, "base_url": CHANNEL_URL, "models": "gpt-4o", "group": "default"}
    channel |= {"config": json.dumps(config)}
    world.put(channels, **channel, name=CHANNEL_NAME, key=VENDOR_KEY, status=1)
    world.put(channels, **channel, name=CHANNEL_NAME, key=OTHER_VENDOR_KEY, status=2)
    world.add(abilities, group="default", model="gpt-4o", channel_id=1, enabled=True, priority=0)
    detail = {"attempts": [[1, 500]], "errors": [VENDOR_WORDS]}
    with world.database.begin() as connection:
        connection.execute(users.update().values(github_id=as_type(users.c.id, String)))
    for name, user_id in _ADDRESSED.items():
        world.put(tokens, id=user_id, user_id=user_id, key=key_of(user_id), name="key", status=1)
        row = {
            "user_id": user_id,
            "username": name,
            "type": 2,
            "created_at": NOW - 9,
            "channel_id": 1,
        }
        told = {"content": "used", "model_name": "gpt-4o", "quota": 5, "detail": json.dumps(detail)}
        world.put(logs, **row, **told, request_id=f"request-of-{user_id}")
    code = {"user_id": ADMIN, "name": "code", "quota": 7, "created_time": NOW}
    world.put(redemptions, **code, key=CODE, status=1)
    world.put(redemptions, **code, key=SPENT_CODE, status=3)
    world.add(options, key="SMTPServer", value="mail.example.com")
    world.add(options, key="GitHubOAuthEnabled", value="true")
    world.add(options, key="GitHubClientId", value="the client")
    world.add(options, key="SMTPToken", value=OPTION_SECRET)
    job = {
        "kind": "other",
        "state": "waiting",
        "active": "other",
        "arguments": "{}",
        "user_id": ADMIN,
    }
    world.put(jobs, **job, username="admin", created_at=NOW)
    world.put(job_items, job_id=1, subject_id=1, subject="one", outcome="passed", said="")
    with world.database.begin() as connection:
        issue(connection, world.services, Purpose.RESET, str(BOB), "reset")
        new = subject_of("new@example.com")
        issue(connection, world.services, Purpose.EMAIL, new, "246810")


SHUT_OUT = {
    "wrong access token": (99, "bad_access_token"),
    "disabled": (DISABLED, "banned"),
    "deleted": (DELETED, "banned"),
}
BOBS = Role("bob", BOB, 2, True)
SHUT = [Role(name, user_id, 0, False) for name, (user_id, _) in SHUT_OUT.items()]
EVERYBODY = (*PEOPLE, BOBS, *SHUT)


class Scene:
    """One installation for all tests, put back after each request."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables = metadata.sorted_tables
        furnish(world)
        self.browsers = {role.name: self._browser(role) for role in EVERYBODY}
        self.cookies = {name: dict(browser.cookies) for name, browser in self.browsers.items()}
        self.rows = self.everything()
        self.left = self.rows
        """What the last request left in the database before that was put back."""

    def _browser(self, role: Role) -> Browser:
        if not role.by_session:
            return (
                self.world.by_access_token(role.user_id) if role.user_id else self.world.visitor()
            )
        browser = self.world.visitor("192.168.0.9")
        name = self.world.row(users, role.user_id)["username"]
        password = "123456" if role is DEFAULT_PASSWORD else PASSWORD
        assert browser.post("/api/user/login", {"username": name, "password": password}).content
        self._renumber(role.user_id)
        return browser

    def _renumber(self, user_id: int) -> None:
        """Give the newest session its owner's number."""
        newest = max(row["id"] for row in self.world.rows(sessions))
        with self.world.database.begin() as connection:
            renumbered = sessions.update().where(sessions.c.id == newest).values(id=user_id + 100)
            connection.execute(renumbered)
            connection.execute(
                sessions.update().where(sessions.c.id == user_id + 100).values(id=user_id)
            )

    def ask(self, name: str, asked: Asked) -> tuple[Reply, set[str]]:
        """Ask, and return what was changed by it; then put everything back."""
        browser = self.browsers[name]
        try:
            reply = browser.ask(asked)
        finally:
            changed = self.put_back()
            browser.cookies = dict(self.cookies[name])
        return reply, changed

    def put_back(self) -> set[str]:
        """Have the database hold what it held at first, and return the tables that did not."""
        self.left = now = self.everything()
        changed = [table for table in self.tables if now[table.name] != self.rows[table.name]]
        if changed:
            with self.world.database.begin() as connection:
                for table in changed:
                    connection.execute(delete(table))
                    if self.rows[table.name]:
                        connection.execute(insert(table), self.rows[table.name])
        return {table.name for table in changed}

    def everything(self) -> dict[str, list[Document]]:
        """Return every row; SQLite has them in the order of their keys or of their writing.

        As the driver returns them, since that is asked after every request of thousands.
        """
        found: dict[str, list[Document]] = {}
        with self.world.database.connect() as connection:
            for table in self.tables:
                rows = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"').cursor
                assert rows is not None
                names = [column[0] for column in rows.description]
                found[table.name] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
                rows.close()
        return found
