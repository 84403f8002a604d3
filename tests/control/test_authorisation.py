"""Every route, asked by everybody: who may come in is one table, and no route is missing from it."""

import pytest
from sqlalchemy import update

from oneapi.control.app import create_app
from oneapi.store.tables import metadata, users
from tests.control.browser import Asked, Browser, Reply
from tests.control.conftest import DEFAULT_HASH, PASSWORD, World

ANYBODY, SIGNED_IN, USER, ADMIN, ROOT = range(5)
LEVELS: dict[str, int] = {
    "GET /api/status": ANYBODY,
    "GET /api/notice": ANYBODY,
    "GET /api/about": ANYBODY,
    "GET /api/home_page_content": ANYBODY,
    "GET /api/models": USER,
    "GET /api/group": ADMIN,
    "GET /api/providers": ADMIN,
    "POST /api/user/login": ANYBODY,
    "POST /api/user/logout": ANYBODY,
    "GET /api/user/logout": ANYBODY,
    "POST /api/user/register": ANYBODY,
    "POST /api/user/reset": ANYBODY,
    "GET /api/verification": ANYBODY,
    "POST /api/verification": ANYBODY,
    "GET /api/reset_password": ANYBODY,
    "POST /api/reset_password": ANYBODY,
    "GET /api/user/self": SIGNED_IN,
    "DELETE /api/user/self": USER,
    "GET /api/user/sessions": USER,
    "DELETE /api/user/sessions": USER,
    "DELETE /api/user/sessions/{session_id}": USER,
    "PUT /api/user/self": SIGNED_IN,
    "GET /api/user/token": USER,
    "POST /api/user/token": USER,
    "GET /api/user/aff": USER,
    "POST /api/user/aff": USER,
    "GET /api/user/available_models": USER,
    "POST /api/user/topup": USER,
    "GET /api/user": ADMIN,
    "GET /api/user/search": ADMIN,
    "GET /api/user/{user_id}": ADMIN,
    "POST /api/user": ADMIN,
    "PUT /api/user": ADMIN,
    "DELETE /api/user/{user_id}": ADMIN,
    "POST /api/user/manage": ADMIN,
    "POST /api/topup": ADMIN,
    "GET /api/token": USER,
    "GET /api/token/search": USER,
    "GET /api/token/{key_id}": USER,
    "POST /api/token": USER,
    "PUT /api/token": USER,
    "DELETE /api/token/{key_id}": USER,
    "GET /api/channel": ADMIN,
    "GET /api/channel/search": ADMIN,
    "GET /api/channel/models": ADMIN,
    "GET /api/channel/{channel_id}": ADMIN,
    "POST /api/channel": ADMIN,
    "PUT /api/channel": ADMIN,
    "DELETE /api/channel/disabled": ADMIN,
    "DELETE /api/channel/{channel_id}": ADMIN,
    "GET /api/channel/test": ADMIN,
    "POST /api/channel/test": ADMIN,
    "POST /api/channel/models": ADMIN,
    "POST /api/channel/{channel_id}/test": ADMIN,
    "GET /api/channel/test/{channel_id}": ADMIN,
    "GET /api/channel/update_balance": ADMIN,
    "GET /api/channel/update_balance/{channel_id}": ADMIN,
    "GET /api/redemption": ADMIN,
    "GET /api/redemption/search": ADMIN,
    "GET /api/redemption/{code_id}": ADMIN,
    "POST /api/redemption": ADMIN,
    "PUT /api/redemption": ADMIN,
    "DELETE /api/redemption/{code_id}": ADMIN,
    "GET /api/log": ADMIN,
    "DELETE /api/log": ADMIN,
    "GET /api/log/stat": ADMIN,
    "GET /api/log/search": ADMIN,
    "GET /api/log/self": USER,
    "GET /api/log/{request_id}": USER,
    "GET /api/dashboard": USER,
    "GET /api/status/schedule": ADMIN,
    "GET /api/jobs": ADMIN,
    "GET /api/jobs/{job_id}": ADMIN,
    "GET /api/jobs/{job_id}/results": ADMIN,
    "POST /api/jobs/{job_id}/cancel": ADMIN,
    "POST /api/jobs/test_channels": ADMIN,
    "POST /api/jobs/delete_logs": ADMIN,
    "POST /api/jobs/update_balances": ADMIN,
    "POST /api/channel/{channel_id}/balance": ADMIN,
    "GET /api/log/self/stat": USER,
    "GET /api/log/self/search": USER,
    "GET /api/option": ROOT,
    "GET /api/option/form": ROOT,
    "PUT /api/option": ROOT,
}
NOBODY_MESSAGE = "无权进行此操作，未登录且未提供 access token"
ROLE_MESSAGE = "无权进行此操作，权限不足"
PASSWORD_MESSAGE = "change the default password first"


def registered(world: World) -> list[str]:
    paths = create_app(world.services).openapi()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


def test_no_route_is_missing_from_the_table(world: World) -> None:
    assert sorted(registered(world)) == sorted(LEVELS)


def asked(route: str) -> Asked:
    """A request whose document is right for nothing: what matters is whether it is looked at."""
    method, path = route.split(" ")
    number = path.replace("{user_id}", "99").replace("{key_id}", "99")
    number = (
        number.replace("{channel_id}", "99")
        .replace("{code_id}", "99")
        .replace("{session_id}", "99")
        .replace("{job_id}", "99")
    )
    return Asked(method, number, {} if method in ("POST", "PUT") else None)


def was_admitted(reply: Reply) -> bool:
    assert reply.status in (200, 401)
    message = str(reply.json.get("message", ""))
    if message.startswith(NOBODY_MESSAGE):
        assert reply.status == 401
    refusals = (NOBODY_MESSAGE, ROLE_MESSAGE, PASSWORD_MESSAGE)
    return not message.startswith(refusals)


def restricted(world: World) -> Browser:
    """Root with the default password, signed in from a private address."""
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == 1).values(password=DEFAULT_HASH))
    visitor = world.visitor("192.168.0.9")
    visitor.post("/api/user/login", {"username": "root", "password": "123456"})
    return visitor


@pytest.mark.parametrize("route", LEVELS)
def test_a_route_admits_its_level_and_those_above(world: World, route: str) -> None:
    people = [world.visitor(), restricted(world), world.alice, world.admin, world.root]
    admitted = [was_admitted(person.ask(asked(route))) for person in people]
    if route == "PUT /api/user/self":
        admitted[SIGNED_IN] = True  # asked for the one change that it may make: see test_sign_in
    assert admitted == [level >= LEVELS[route] for level in range(len(people))]


@pytest.mark.parametrize("route", [route for route in LEVELS if route.startswith("GET ")])
def test_a_session_changes_nothing_by_get(world: World, route: str) -> None:
    """Links and images of other sites can make a browser send a GET: scripts with an access token may, sessions not."""
    with world.database.begin() as connection:
        connection.execute(update(users).where(users.c.id == 1).values(aff_code=""))
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": "root", "password": PASSWORD})
    tables = [table for table in metadata.sorted_tables if table.name != "changes"]
    before = [world.rows(table) for table in tables]
    visitor.ask(asked(route))
    assert [world.rows(table) for table in tables] == before
    assert visitor.cookies != {}


CHANGING = ["/api/user/token", "/api/user/logout", "/api/user/aff", "/api/channel/test"]


@pytest.mark.parametrize("path", [*CHANGING, "/api/verification", "/api/reset_password"])
def test_what_changes_by_get_is_for_scripts(world: World, path: str) -> None:
    visitor = world.visitor()
    visitor.post("/api/user/login", {"username": "root", "password": PASSWORD})
    assert visitor.get(path).json["code"] == "use_post"
    assert world.root.get(path).json.get("code") != "use_post"
