"""Every route of the application, asked by everybody: status, body, what the database holds afterwards, and no secret told.

The routes come from the application, their lines from `matrix.py`: a route without a line fails.
"""

from functools import cache
from typing import Any, cast

import jsonschema_rs
import pytest
from sqlalchemy import BigInteger, Integer
from tools.docs_openapi import described

from oneapi.store.tables import metadata
from tests.control.browser import Asked, Reply
from tests.control.conftest import ALICE, ROOT
from tests.control.matrix import ANYBODY, CASES, Case
from tests.control.scene import (
    BOBS,
    DEFAULT_PASSWORD,
    NOBODY,
    PEOPLE,
    SHUT_OUT,
    Document,
    Role,
    Scene,
    secrets,
)

ROUTES = [
    f"{method.upper()} {path}" for path, found in described()["paths"].items() for method in found
]


STATUSES = {"not_signed_in": 401, "bad_state": 403}


def slashed(asked: Asked) -> Asked:
    path, mark, query = asked.path.partition("?")
    return Asked(asked.method, f"{path}/{mark}{query}", asked.document)


def closed(schema: Any) -> Any:
    """Return a schema in which an object has no fields but those that are described."""
    match schema:
        case dict():
            found: Document = {
                name: closed(value) for name, value in cast("Document", schema).items()
            }
            if "properties" in found:
                found.setdefault("additionalProperties", False)
            return found
        case list():
            return [closed(value) for value in cast("list[Any]", schema)]
        case _:
            return schema


@cache
def responses(route: str) -> Document:
    """Return what the API's description says of a route's answers, by status."""
    method, path = route.split(" ")
    return described()["paths"][path][method.lower()]["responses"]


@cache
def validator(route: str) -> Any:
    """Return what finds anything wrong with a good answer, or anything beside."""
    schema = responses(route)["200"]["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for(closed({"components": described()["components"], **schema}))


def check_body(route: str, reply: Reply) -> None:
    """The answer is what the API's description says of it, and nothing beside."""
    assert str(reply.status) in responses(route)
    assert list(validator(route).iter_errors(reply.json)) == []
    assert reply.headers["content-type"].startswith("application/json")


def expected_refusal(case: Case, role: Role, route: str) -> set[str]:
    """Return the codes one of which the person must be told; empty: admitted."""
    refusals: set[str] = set()
    if case.by_script and role.by_session:
        refusals.add("use_post")
    if role.level < case.level:
        names = {NOBODY.name: "not_signed_in", DEFAULT_PASSWORD.name: "default_password_first"}
        refusals.add(names.get(role.name, "not_allowed"))
    elif refusal := case.told.get(role.name.removesuffix("'s script"), case.refused):
        refusals.add(refusal)
    return refusals


def check_refused(reply: Reply, codes: set[str], changed: set[str]) -> None:
    assert reply.json["success"] is False, reply.json
    assert reply.json["code"] in codes
    assert reply.status == STATUSES.get(reply.json["code"], 200)
    assert changed == set()


def check_changes(case: Case, changed: set[str]) -> None:
    certain = {name for name in case.changes if not name.endswith("?")}
    possible = {name.removesuffix("?") for name in case.changes}
    assert certain <= changed <= possible, f"changed: {' '.join(sorted(changed))}"


def check_silence(role: Role, reply: Reply) -> None:
    text = reply.body.decode()
    told = [
        secret for secret, who in secrets().items() if secret in text and role.user_id not in who
    ]
    assert told == []


@pytest.mark.parametrize("role", PEOPLE, ids=lambda role: role.name)
@pytest.mark.parametrize("route", ROUTES)
def test_a_route_answers_everybody_as_its_line_says(scene: Scene, route: str, role: Role) -> None:
    case = CASES[route]
    asked = case.asked(route, role.user_id)
    for spelling in (asked, slashed(asked)):
        reply, changed = scene.ask(role.name, spelling)
        check_silence(role, reply)
        if codes := expected_refusal(case, role, route):
            check_refused(reply, codes, changed)
        else:
            assert (reply.status, reply.json.get("success", True)) == (200, True), reply.json
            check_changes(case, changed)
        check_body(route, reply)


@pytest.mark.parametrize("who", SHUT_OUT)
@pytest.mark.parametrize("route", [route for route in ROUTES if CASES[route].level > ANYBODY])
def test_who_is_shut_out_gets_nothing(scene: Scene, route: str, who: str) -> None:
    user_id, code = SHUT_OUT[who]
    reply, changed = scene.ask(who, CASES[route].asked(route, user_id))
    check_refused(reply, {code}, changed)


@pytest.mark.parametrize("route", [route for route in ROUTES if CASES[route].foreign])
def test_what_is_anothers_is_not_there(scene: Scene, route: str) -> None:
    case = CASES[route]
    reply, changed = scene.ask(BOBS.name, case.asked(route, ALICE))
    check_refused(reply, {case.foreign}, changed)


def test_every_line_is_of_a_route() -> None:
    assert sorted(CASES) == sorted(ROUTES)


def test_what_takes_a_number_of_ones_own_is_tried_by_a_foreign_owner() -> None:
    own = [name for name, case in CASES.items() if "{me}" in case.path]
    assert [name for name in own if not CASES[name].foreign] == []


def test_a_session_changes_nothing_by_get() -> None:
    """Links and images of other sites can make a browser send a GET: scripts may, and so may sign-in callbacks."""
    by_get = [case for route, case in CASES.items() if route.startswith("GET ") and case.changes]
    assert [case for case in by_get if not (case.by_script or case.is_callback)] == []


def is_guarded(route: str) -> bool:
    case = CASES[route]
    return not route.startswith("GET ") and (case.level > ANYBODY or case.is_guarded)


@pytest.mark.parametrize("route", [route for route in ROUTES if is_guarded(route)])
def test_another_sites_page_changes_nothing(scene: Scene, route: str) -> None:
    case = CASES[route]
    asked = case.asked(route, ROOT)
    foreign = Asked(asked.method, asked.path, asked.document, {"sec-fetch-site": "cross-site"})
    reply, changed = scene.ask("root", foreign)
    check_refused(reply, {"use_own_page" if case.level == ANYBODY else "not_signed_in"}, changed)


@pytest.mark.parametrize("route", ROUTES)
def test_the_description_says_whom_a_route_is_for(route: str) -> None:
    method, path = route.split(" ")
    operation = described()["paths"][path][method.lower()]
    said = (None, "user", "user", "admin", "root")[CASES[route].level]
    assert (operation.get("x-role"), "security" in operation) == (said, said is not None)


# No row of the scene holds these.
MARK, MARKED = 424_242, "marked-424242"


def fields_of(route: str) -> set[str]:
    """Return the fields that the route's body is described to have."""
    method, path = route.split(" ")
    body = described()["paths"][path][method.lower()].get("requestBody")
    if body is None:
        return set()
    shape = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(described()["components"]["schemas"][shape]["properties"])


def columns() -> Document:
    """Return a value that can be recognised for every column of every table."""
    every = {column.name: column for table in metadata.sorted_tables for column in table.c}
    return {
        name: MARK if isinstance(column.type, BigInteger | Integer) else MARKED
        for name, column in every.items()
    }


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if isinstance(CASES[route].document, dict)]
)
def test_no_column_is_written_by_naming_it(scene: Scene, route: str) -> None:
    asked = CASES[route].asked(route, ROOT)
    more = {name: value for name, value in columns().items() if name not in fields_of(route)}
    document = cast("Document", asked.document)
    scene.ask("root", Asked(asked.method, asked.path, more | document))
    written = [
        (table, name)
        for table, rows in scene.left.items()
        for row in rows
        for name, value in row.items()
        if value == MARK or (isinstance(value, str) and MARKED in value)
    ]
    assert written == []
