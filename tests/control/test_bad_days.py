"""When the database is away, or we made a mistake."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from oneapi.errors import GatewayError, InsufficientQuota, Unavailable
from oneapi.store.database import open_database
from oneapi.store.tables import tokens
from tests.control.conftest import World
from tests.small_disk import can_mount, small_disk


@pytest.mark.parametrize("path", ["/api/status", "/api/user/self"])
def test_without_a_database_the_answer_is_503_and_says_when_to_come_back(
    worlds: Callable[..., World], tmp_path: Path, path: str
) -> None:
    away = open_database(None, sqlite_path=tmp_path / "no such folder" / "one-api.db")
    reply = worlds(database=away).root.get(path)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert reply.refusal == "the database cannot be reached at the moment; try again later"
    away.close()


@pytest.mark.fault("A4")
@pytest.mark.skipif(not can_mount(), reason="takes a file system of its own; see the summary")
def test_on_a_full_disk_the_answer_says_so(worlds: Callable[..., World], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        disk.fill()
        full = open_database(None, sqlite_path=disk.folder / "one-api.db")
        reply = worlds(database=full).root.get("/api/status")
        assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (
            503,
            "disk_full",
            "2",
        )
        assert reply.refusal == "the disk is full: nothing can be saved until there is room"
        full.close()


def test_a_mistake_of_ours_is_500_with_the_request_id_and_no_detail(
    worlds: Callable[..., World],
) -> None:
    calls = itertools.count()

    def new_id() -> str:
        if next(calls) == 1:
            raise RuntimeError("a secret detail")
        return f"{7:032x}"

    visitor = worlds(new_id=new_id).alice
    visitor.forgives = (RuntimeError,)
    reply = visitor.get("/api/user/token")
    assert reply.status == 500
    marked = reply.headers["x-oneapi-request-id"]
    assert reply.refusal == f"internal server error (request id: {marked})"


def test_rows_that_clash_are_refused_and_nothing_is_written(world: World) -> None:
    carol = {"username": "carol", "password": "carols own"}
    first, second = (world.admin.post("/api/user/", carol) for _ in range(2))
    assert first.json["success"] is True
    assert second.refusal == "this username is taken"
    assert len(world.admin.get("/api/user/search?keyword=carol").content) == 1
    assert len(world.published("tokens")) == 1


NARROW = {
    "mysql": "ALTER TABLE tokens MODIFY name VARCHAR(191) CHARACTER SET utf8mb3",
    "postgresql": "ALTER TABLE tokens ALTER COLUMN name TYPE VARCHAR(5)",
}


def test_what_an_adopted_column_cannot_hold_is_refused(everywhere: World) -> None:
    statement = NARROW.get(everywhere.database.dialect)
    if statement is not None:  # SQLite's columns hold everything
        with everywhere.database.begin() as connection:
            connection.exec_driver_sql(statement)
    reply = everywhere.alice.post("/api/token/", {"name": "my key \U0001f600"})
    assert (reply.status, reply.json["success"]) == (200, statement is None)
    assert reply.json.get("code") == (None if statement is None else "unfit")
    assert len(everywhere.rows(tokens)) == (1 if statement is None else 0)


@pytest.mark.parametrize(
    ("error", "status"),
    [(InsufficientQuota("user quota", 5, 3), 200), (Unavailable("not now", retry_after=2.4), 503)],
)
def test_errors_of_other_parts_keep_the_envelope(
    world: World, error: GatewayError, status: int
) -> None:
    def fail() -> None:
        raise error

    world.app.add_api_route("/api/fails", fail)
    reply = world.visitor().get("/api/fails")
    assert (reply.status, reply.refusal) == (status, error.message)
    assert reply.headers.get("retry-after") == ("2" if error.retry_after else None)
