"""What holds for every path of `/api`: envelope, ids, slashes, limits of size, unknown paths, languages."""

import re

import pytest

from oneapi.control.bodies import BODY_LIMIT
from tests.control.conftest import World


def test_success_is_an_envelope_and_data_is_absent_when_there_is_none(world: World) -> None:
    assert world.visitor().get("/api/notice").json == {"success": True, "message": "", "data": ""}
    assert world.visitor().get("/api/user/logout").json == {"success": True, "message": ""}


@pytest.mark.parametrize("path", ["/api/token", "/api/token/", "/api/log/self", "/api/log/self/"])
def test_a_trailing_slash_more_or_less_is_no_redirect(world: World, path: str) -> None:
    reply = world.alice.get(path)
    assert (reply.status, reply.content) == (200, [])


def test_every_answer_carries_a_request_id_in_one_apis_form(world: World) -> None:
    visitor = world.visitor()
    ids = [
        visitor.get(path).headers["x-oneapi-request-id"] for path in ("/api/status", "/api/no", "/")
    ]
    assert all(re.fullmatch(r"20231114221320\d{9,}", marked) for marked in ids)
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/nothing"), ("GET", "/api"), ("POST", "/api/status/")]
)
def test_an_unknown_path_of_the_api_is_404_in_openais_shape(
    world: World, method: str, path: str
) -> None:
    visitor = world.visitor()
    reply = visitor.get(path) if method == "GET" else visitor.post(path)
    assert reply.status == 404
    assert reply.json == {
        "error": {
            "message": f"Invalid URL ({method} {path})",
            "type": "invalid_request_error",
            "param": "",
            "code": "",
        }
    }


def test_a_body_over_a_megabyte_is_refused_and_one_below_is_read(world: World) -> None:
    large = b'{"key": "%s"}' % (b"x" * BODY_LIMIT)
    reply = world.alice.post("/api/user/topup", large)
    assert (reply.status, reply.json["success"]) == (413, False)
    assert (
        world.alice.post("/api/token", {"name": "n", "other": "x" * 1_000_000}).content["name"]
        == "n"
    )


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_json_is_read_whatever_its_content_type_says(world: World, content_type: str) -> None:
    reply = world.alice.post("/api/token/", b'{"name": "by curl"}', content_type=content_type)
    assert reply.content["name"] == "by curl"


def test_large_answers_are_compressed_for_those_who_can_read_it(world: World) -> None:
    small = world.root.get("/api/option/")
    packed = world.root.get("/api/option/", accept_encoding="gzip")
    assert "content-encoding" not in small.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json == small.json


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("zh-CN,zh;q=0.9", "无效的参数"),
        ("ZH", "无效的参数"),
        ("fr", "invalid parameter"),
        ("", "invalid parameter"),
    ],
)
def test_the_client_chooses_the_language(world: World, language: str, message: str) -> None:
    assert world.visitor().post("/api/user/login", {}, accept_language=language).refusal == message


def test_one_apis_other_sentences_are_chinese_for_everybody(world: World) -> None:
    reply = world.visitor().post("/api/user/login", {"username": "a", "password": "b"})
    assert reply.refusal == "用户名或密码错误，或用户已被封禁"


def test_bad_json_is_a_business_error_except_for_options(world: World) -> None:
    assert world.alice.post("/api/token", b"{").status == 200
    assert world.alice.post("/api/token", b"{").refusal == "invalid parameter"
    assert world.root.put("/api/option/", b"not json").status == 400


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b"u/\xc3"])
def test_what_is_no_json_is_told_so_even_if_it_is_no_text(world: World, body: bytes) -> None:
    reply = world.alice.post("/api/token", body)
    assert (reply.status, reply.json["code"]) == (200, "not_json")
    reply = world.root.put("/api/option", body)
    assert (reply.status, reply.json["code"]) == (400, "not_json")


@pytest.mark.parametrize("body", [b"[" * 200_000, b"\xff\xfe", b'{"name": NaN}'])
def test_rubbish_is_refused_and_no_crash(world: World, body: bytes) -> None:
    reply = world.alice.post("/api/token/", body)
    assert (reply.status in (200, 400), reply.json["success"]) == (True, False)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"remain_quota": "much"}, "remain_quota"),
        ({"expired_time": 2**63}, "expired_time"),
        ({"remain_quota": 2**53}, "remain_quota"),
        ({"name": ["x"]}, "name"),
        ({"name": "\x00"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"models": "x" * 70_000}, "models"),
        ([], "body"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(
    world: World, document: object, field: str
) -> None:
    assert f"`{field}`" in world.alice.post("/api/token/", document).refusal
    assert world.alice.get("/api/token/").content == []


def test_an_id_beyond_the_databases_numbers_is_refused_not_a_crash(world: World) -> None:
    reply = world.alice.get(f"/api/token/{10**30}")
    assert (reply.status, "`key_id`" in reply.refusal) == (200, True)


@pytest.mark.parametrize("page", ["x", "-1", "", "0"])
def test_a_page_that_is_no_number_is_the_first(world: World, page: str) -> None:
    world.alice.post("/api/token/", {"name": "only"})
    assert len(world.alice.get(f"/api/token/?p={page}").content) == 1


def test_ten_rows_make_a_page_and_page_size_asks_for_up_to_a_hundred(world: World) -> None:
    alice = world.alice
    for number in range(12):
        alice.post("/api/token/", {"name": f"key {number}"})
    assert [len(alice.get(f"/api/token/?p={page}").content) for page in (0, 1, 2)] == [10, 2, 0]
    assert len(alice.get("/api/token/?page_size=11").content) == 11
    assert len(alice.get("/api/token/?page_size=1000").content) == 12
    assert alice.get(f"/api/token/?p={10**40}").content == []
