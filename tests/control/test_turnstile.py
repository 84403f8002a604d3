"""Cloudflare Turnstile, asked over HTTP as its reference says."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from oneapi.control.context import IdentityUrls
from oneapi.store.tables import options
from tests.control.conftest import World
from tests.fakes import FakeVendor, error_answer, json_answer

CAROL = {"username": "carol", "password": "correct horse"}
ON = {
    "TurnstileCheckEnabled": "true",
    "TurnstileSiteKey": "site",
    "TurnstileSecretKey": "the secret",
    "SMTPServer": "mail.example.com",
}


def checking(worlds: Callable[..., World], vendor: FakeVendor) -> World:
    world = worlds(identity=IdentityUrls(turnstile=f"{vendor.url}/turnstile/v0/siteverify"))
    for key, value in ON.items():
        world.add(options, key=key, value=value)
    return world


def test_a_passed_check_is_verified_with_the_clients_address(worlds: Callable[..., World]) -> None:
    with FakeVendor.in_thread() as vendor:
        world = checking(worlds, vendor)
        vendor.script(json_answer({"success": True, "error-codes": []}))
        visitor = world.visitor("203.0.113.9")
        assert visitor.post("/api/user/register?turnstile=proof", CAROL).json["success"] is True
        (asked,) = vendor.requests
        assert parse_qs(asked.body.decode()) == {
            "secret": ["the secret"],
            "response": ["proof"],
            "remoteip": ["203.0.113.9"],
        }


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"success": False, "error-codes": ["invalid-input-response"]}),
        json_answer({"success": "true"}),
        json_answer([]),
        error_answer(500),
    ],
)
def test_without_a_pass_nothing_happens(worlds: Callable[..., World], answer: object) -> None:
    with FakeVendor.in_thread() as vendor:
        world = checking(worlds, vendor)
        for path, document in [
            ("/api/user/register", CAROL),
            ("/api/verification", {"email": "carol@gmail.com"}),
            ("/api/reset_password", {"email": "alice@example.com"}),
        ]:
            post = world.visitor().post
            assert post(path, document).refusal == "Turnstile token 为空"
            vendor.script(answer)  # pyright: ignore[reportArgumentType]
            assert post(f"{path}?turnstile=forged", document).json["success"] is False
        assert world.mails == []
        assert len(world.visitor().post("/api/user/login", CAROL).json["message"]) > 0
