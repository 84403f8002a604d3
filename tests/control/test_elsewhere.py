"""Requests that other pages make a browser send: in a session they change nothing, from sibling subdomains neither."""

import pytest

from tests.control.browser import Browser
from tests.control.conftest import PASSWORD, World

OWN, SIBLING, OTHER = "https://api.example.com", "https://blog.example.com", "https://evil.test"


@pytest.fixture
def browser(world: World) -> Browser:
    browser = world.visitor()
    browser.post("/api/user/login", {"username": "alice", "password": PASSWORD})
    return browser


def is_done(browser: Browser, host: str = "api.example.com", **headers: str) -> bool:
    reply = browser.post("/api/token/", {"name": "n"}, host=host, **headers)
    assert reply.status == (200 if reply.json["success"] else 401)
    return bool(reply.json["success"])


def test_ones_own_page_changes_things(browser: Browser) -> None:
    assert is_done(browser, sec_fetch_site="same-origin", origin=OWN)
    assert is_done(browser, sec_fetch_site="none")
    assert is_done(browser)  # a program with a cookie
    assert is_done(browser, origin=OWN)
    assert is_done(browser, host="api.example.com:8443", origin=OWN)
    assert is_done(browser, origin="https://api.example.com:8443")  # `proxy_set_header Host $host`
    assert is_done(browser, host="127.0.0.1:3000", sec_fetch_site="same-origin", origin=OWN)


@pytest.mark.parametrize(
    "origin", [SIBLING, OTHER, "null", "https://api.example.com.evil.test", ""]
)
def test_others_do_not(browser: Browser, origin: str) -> None:
    assert not is_done(browser, origin=origin)
    assert not is_done(browser, sec_fetch_site="same-site", origin=origin)
    assert not is_done(browser, sec_fetch_site="cross-site", origin=origin)


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "[::1]:3000", "one-api:3000", "localhost"])
def test_behind_a_proxy_that_asks_under_its_own_name_the_origin_says_nothing(
    browser: Browser, host: str
) -> None:
    assert is_done(browser, host=host, origin=OWN)
    assert not is_done(browser, host=host, sec_fetch_site="same-site", origin=SIBLING)


def test_reading_from_a_sibling_is_the_browsers_affair(browser: Browser) -> None:
    own = {"host": "api.example.com", "sec_fetch_site": "same-site"}
    assert browser.get("/api/user/self", **own).json["success"]


def test_a_sibling_signs_nobody_in(world: World) -> None:
    form = {"username": "alice", "password": PASSWORD}
    for headers in ({"sec_fetch_site": "same-site"}, {"origin": SIBLING}):
        reply = world.visitor().post("/api/user/login", form, host="api.example.com", **headers)
        assert reply.json["code"] == "use_own_page"


def test_an_access_token_is_nobodys_cookie(world: World) -> None:
    assert is_done(world.alice, origin=OTHER)
    assert is_done(world.alice, sec_fetch_site="cross-site", origin=OTHER)
