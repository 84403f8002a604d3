"""An account's e-mail address: whose code was mailed there, and nobody else."""

import re

import pytest

from oneapi.store.tables import options, users
from tests.control.browser import Browser
from tests.control.conftest import ALICE, BOB, PASSWORD, World

NEW = "alice@new.example"


@pytest.fixture
def site(world: World) -> World:
    world.add(options, key="SMTPServer", value="mail.example.com")
    return world


def signed_in(site: World, name: str = "alice") -> Browser:
    visitor = site.visitor()
    visitor.post("/api/user/login", {"username": name, "password": PASSWORD})
    return visitor


def mailed(site: World, email: str = NEW) -> str:
    assert site.visitor().post("/api/verification", {"email": email}).json["success"] is True
    found = re.search(r"\b\d{6}\b", site.mails[-1].text)
    assert found
    return found[0]


def test_the_owner_of_an_address_gets_it(site: World) -> None:
    code = mailed(site)
    reply = signed_in(site).post(
        "/api/oauth/email/bind", {"email": " Alice@New.example", "code": code}
    )
    assert reply.json == {"success": True, "message": ""}
    assert site.row(users, ALICE)["email"] == NEW


def test_scripts_bind_as_they_did(site: World) -> None:
    code = mailed(site)
    path = f"/api/oauth/email/bind?email={NEW}&code={code}"
    assert signed_in(site).get(path).json["code"] == "use_post"
    assert site.alice.get(path).json["success"] is True
    assert site.row(users, ALICE)["email"] == NEW


def test_a_code_is_good_once_and_for_its_address(site: World) -> None:
    code = mailed(site)
    bind = {"email": NEW, "code": code}
    other = {"email": "root@other.example", "code": code}
    alice = signed_in(site)
    assert alice.post("/api/oauth/email/bind", other).refusal == "验证码错误或已过期"
    assert alice.post("/api/oauth/email/bind", bind).json["success"] is True
    assert signed_in(site, "bob").post("/api/oauth/email/bind", bind).json["success"] is False
    assert site.row(users, BOB)["email"] == "bob@example.com"


def test_guesses_come_to_an_end(site: World) -> None:
    code = mailed(site)
    alice = signed_in(site)
    for _ in range(5):
        wrong = {"email": NEW, "code": "000000" if code != "000000" else "111111"}
        assert alice.post("/api/oauth/email/bind", wrong).json["success"] is False
    right = {"email": NEW, "code": code}
    assert alice.post("/api/oauth/email/bind", right).json["success"] is False


def test_an_address_of_another_account_is_not_given(site: World) -> None:
    """Mallory asks for a code of Bob's address: the mail says so to Bob, and no code opens it."""
    site.visitor().post("/api/verification", {"email": "bob@example.com"})
    assert not re.search(r"\b\d{6}\b", site.mails[-1].text)
    reply = signed_in(site).post("/api/oauth/email/bind", {"email": "bob@example.com", "code": ""})
    assert reply.json["success"] is False
    assert site.row(users, ALICE)["email"] == "alice@example.com"


@pytest.mark.parametrize("email", ["", "alice", "a@b", "x" * 60 + "@example.com"])
def test_what_is_no_address_is_refused_at_its_field(site: World, email: str) -> None:
    reply = signed_in(site).post("/api/oauth/email/bind", {"email": email, "code": "123456"})
    assert reply.json["field"] == "email"
