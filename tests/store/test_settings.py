"""The table of settings: what is allowed, what is shown, what an adopted database may hold."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import create_engine, insert

from oneapi.store.settings import (
    Settings,
    check,
    is_secret,
    lenient_ratios,
    load,
    parse,
)
from oneapi.store.settings_table import TABLE, Kind
from oneapi.store.tables import options

ROOT = Path(__file__).parents[2]
SECRETS = {
    "AlarmWebhookSecret",
    "MetricsToken",
    *("SMTPToken", "GitHubClientSecret", "LarkClientSecret", "OidcClientSecret"),
    *("WeChatServerToken", "MessagePusherToken", "TurnstileSecretKey"),
}


def test_all_of_one_apis_keys_are_there() -> None:
    assert len([setting for setting in TABLE.values() if not setting.ours]) == 59


@pytest.mark.parametrize("name", TABLE)
def test_every_default_is_allowed(name: str) -> None:
    value = parse(name, TABLE[name].default)

    assert Settings({})[name] == value


def test_exactly_the_secrets_are_secret() -> None:
    assert {name for name in TABLE if is_secret(name)} == SECRETS


def test_secrets_are_not_visible_even_of_keys_that_we_do_not_know() -> None:
    settings = Settings({"TurnstileSecretKey": "s1", "SlackToken": "s2", "Colour": "blue"})

    visible = settings.visible()

    assert "s1" not in visible.values()
    assert "s2" not in visible.values()
    assert visible["Colour"] == "blue"
    assert visible["OidcClientId"] == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RetryTimes", "-1"),
        ("RetryTimes", "2.5"),
        ("RetryTimes", "many"),
        ("RetryTimes", ""),
        ("IdleTimeoutSeconds", "nan"),
        ("IdleTimeoutSeconds", "inf"),
        ("SMTPPort", "65536"),
        ("QuotaForNewUser", "-5"),
        ("RegisterEnabled", "yes"),
        ("Theme", "dark"),
        ("TopUpLink", "javascript:alert(1)"),
        ("ModelRatio", "{"),
        ("ModelRatio", "[1]"),
        ("ModelRatio", '{"openrouter/auto": -500000}'),
        ("ModelRatio", '{"m": "1.5"}'),
        ("ModelRatio", '{"m": true}'),
        ("ModelRatio", '{"m": NaN}'),
        ("ModelRatio", '{"m": 1e400}'),
        ("GroupRatio", '{"vip": null}'),
        ("ModelPrice", "[" * 100_000),
    ],
)
def test_a_wrong_value_is_refused_and_its_key_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        parse(name, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("RetryTimes", "0", 0),
        ("ChannelDisableThreshold", "1.5", 1.5),
        ("RegisterEnabled", "false", False),
        ("EmailDomainWhitelist", "a.org, b.org,", ("a.org", "b.org")),
        ("ModelRatio", '{"m": 0.1}', {"m": Decimal("0.1")}),
        ("Logo", "data:image/png;base64,AAAA", "data:image/png;base64,AAAA"),
        ("NobodyKnowsThis", "x", "x"),
    ],
)
def test_a_right_value_is_read(name: str, text: str, value: object) -> None:
    assert parse(name, text) == value


@pytest.mark.parametrize(
    ("name", "needed", "given_text"),
    [
        ("GitHubOAuthEnabled", "GitHubClientId", "id"),
        ("WeChatAuthEnabled", "WeChatServerAddress", "https://wechat.example"),
        ("TurnstileCheckEnabled", "TurnstileSiteKey", "key"),
        ("EmailDomainRestrictionEnabled", "EmailDomainWhitelist", "a.org"),
    ],
)
def test_what_needs_another_setting_cannot_be_switched_on_before(
    name: str, needed: str, given_text: str
) -> None:
    with pytest.raises(ValueError, match=needed):
        check(name, "true", Settings({needed: ""}))

    assert check(name, "false", Settings({needed: ""})) is False
    assert check(name, "true", Settings({needed: given_text})) is True


def test_a_stored_value_that_is_wrong_counts_as_the_default_and_is_reported() -> None:
    settings = Settings({"RetryTimes": "often", "RegisterEnabled": "1", "IdleTimeoutSeconds": "0"})

    assert settings.whole("RetryTimes") == 3
    assert settings.flag("RegisterEnabled") is False
    assert settings.number("IdleTimeoutSeconds") == 300
    assert len(settings.problems) == 2
    assert "`RetryTimes`" in settings.problems[0] + settings.problems[1]


def test_settings_are_loaded_from_the_table() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        options.create(connection)
        rows = [{"key": "RetryTimes", "value": "7"}, {"key": "Own", "value": None}]
        connection.execute(insert(options), rows)

        settings = load(connection)

    engine.dispose()
    assert settings.whole("RetryTimes") == 7
    assert settings["Own"] == ""
    assert settings.text("SystemName") == "One API"
    assert settings.text("NeverStored") == ""
    assert settings.names("EmailDomainWhitelist")[0] == "gmail.com"
    assert settings.problems == ()


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_stored_ratios(text: str) -> None:
    ratios = lenient_ratios(text)

    assert all(ratio >= 0 for ratio in ratios.values())


@given(st.sampled_from(sorted(TABLE)), st.text(max_size=20))
def test_no_stored_text_breaks_the_settings(name: str, text: str) -> None:
    settings = Settings({name: text})

    expected = {Kind.FLAG: bool, Kind.WHOLE: int, Kind.NUMBER: float, Kind.NAMES: tuple}
    assert isinstance(settings[name], expected.get(TABLE[name].kind, object))


def test_a_stored_list_without_an_object_has_no_ratios() -> None:
    assert lenient_ratios("[1]") == {}
    assert lenient_ratios('{"a": -1, "b": "2", "c": 3}') == {"c": Decimal(3)}


def test_the_page_of_settings_is_current() -> None:
    code = "import runpy;print(runpy.run_path('tools/docs_settings.py')['page'](), end='')"
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert made.stdout == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
