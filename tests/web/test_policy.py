"""What the browser may load: nothing from elsewhere but what root has configured."""

import pytest

from oneapi.store.settings import Settings
from oneapi.web.policy import policy_of


def _directives(**options: str) -> dict[str, str]:
    policy = policy_of(Settings(options)).decode()
    parts = (directive.partition(" ") for directive in policy.split("; "))
    return {name: sources for name, _, sources in parts}


def test_by_default_nothing_comes_from_elsewhere() -> None:
    policy = _directives()
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["frame-src"] == policy["object-src"] == "'none'"
    assert policy["img-src"] == "'self' data: https:"


def test_nothing_inline_is_ever_allowed() -> None:
    policy = policy_of(
        Settings({"TurnstileCheckEnabled": "true", "ChatLink": "https://chat.example"})
    )
    assert b"unsafe" not in policy


def test_the_captcha_may_load_its_script_and_frame_while_it_is_on() -> None:
    policy = _directives(TurnstileCheckEnabled="true")
    assert policy["script-src"] == "'self' https://challenges.cloudflare.com"
    assert policy["frame-src"] == "https://challenges.cloudflare.com"


def test_home_about_and_chat_may_be_framed_where_root_says() -> None:
    policy = _directives(
        HomePageContent="https://home.example/start?x=1",
        About="http://about.example:8080/",
        ChatLink="https://chat.example/#/?settings={}",
    )
    assert policy["frame-src"] == (
        "http://about.example:8080 https://chat.example https://home.example"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# Welcome",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://[::1",
        "https://evil.example;script-src *",
        "https://x y/",
    ],
)
def test_what_is_no_address_frames_nothing_and_cannot_add_a_directive(text: str) -> None:
    assert _directives(HomePageContent=text) == _directives()
