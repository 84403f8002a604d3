"""Opening an account and getting back into it, with the mails that a real SMTP server was handed."""

import re
from collections.abc import Generator

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect

from tests.browser.conftest import Visits, sign_in
from tests.fakes import wait_until
from tests.gateway import Gateway, free_port
from tests.upstream.test_mail import Post

CAROL, EMAIL = "carol", "carol@gmail.com"


@pytest.fixture
def post(gateway: Gateway) -> Generator[Post]:
    """The mail server that this site uses."""
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    for key, value in {
        "SMTPServer": "127.0.0.1",
        "SMTPPort": str(controller.port),
        "SMTPFrom": "noreply@site.example",
        "EmailVerificationEnabled": "true",
        "ServerAddress": f"http://127.0.0.1:{gateway.port}",
    }.items():
        gateway.api("PUT", "/api/option/", {"key": key, "value": value})
    yield post
    controller.stop()


def text_of(post: Post, number: int) -> str:
    wait_until(lambda: len(post.letters) > number)
    part = post.letters[number].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_an_invited_visitor_registers_and_later_resets_the_password(
    gateway: Gateway, visit: Visits, post: Post
) -> None:
    gateway.api("PUT", "/api/option/", {"key": "QuotaForInvitee", "value": "500000"})
    code_of_root = gateway.api("GET", "/api/user/aff")

    page = visit("/login")
    page.get_by_role("link", name="Create an account").click()
    page.goto(f"/register?aff={code_of_root}")
    page.get_by_label("Username").fill(CAROL)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    page.get_by_role("button", name="Send code").click()
    found = re.search(r"\b\d{6}\b", text_of(post, 0))
    assert found
    page.get_by_label("Code from the mail").fill("000000" if found[0] != "000000" else "111111")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_label("Code from the mail")).to_have_accessible_description(
        "The code is wrong or too old"
    )
    page.get_by_label("Code from the mail").fill(found[0])
    page.get_by_role("button", name="Create an account").click()
    expect(page).to_have_url("/dashboard")
    (carol,) = gateway.api("GET", "/api/user/?keyword=carol&size=10")
    assert (carol["email"], carol["quota"]) == (EMAIL, 500_000)

    page = visit("/login")
    page.get_by_role("link", name="Forgotten the password?").click()
    page.get_by_label("E-mail", exact=True).fill(EMAIL)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status").first).to_contain_text("a mail with a link is on its way")
    link = re.search(r"http\S+", text_of(post, 1))
    assert link
    page.goto(link[0])
    page.get_by_label("New password").fill("another horse")
    page.get_by_role("button", name="Set password and go on").click()
    expect(page).to_have_url("/login")
    sign_in(page, EMAIL, "another horse")
    expect(page).to_have_url("/dashboard")
    page = visit(link[0])
    page.get_by_label("New password").fill("a third horse")
    page.get_by_role("button", name="Set password and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("This link is wrong, used, or too old.")


def test_what_the_site_does_not_offer_is_not_linked(gateway: Gateway, visit: Visits) -> None:
    page = visit("/login")
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    expect(page.get_by_role("link", name="Forgotten the password?")).to_have_count(0)
    gateway.api("PUT", "/api/option/", {"key": "RegisterEnabled", "value": "false"})
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("link", name="Create an account")).to_have_count(0)


def test_people_end_their_other_sessions(as_root: Visits) -> None:
    as_root("/setting")
    page = as_root("/setting")
    expect(page.get_by_text("this browser")).to_have_count(1)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("All other sessions ended")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
