"""Options: root's settings, checked before they are stored, secrets never shown."""

import json

import pytest

from oneapi.store.settings_table import TABLE
from oneapi.store.tables import options
from tests.control.conftest import World


def shown(world: World) -> dict[str, str]:
    listed = world.root.get("/api/option/").content
    assert [list(option) for option in listed] == [["key", "value"]] * len(listed)
    return {option["key"]: option["value"] for option in listed}


def put(world: World, key: str, value: str) -> dict[str, object]:
    return world.root.put("/api/option/", {"key": key, "value": value}).json


def test_every_setting_is_listed_with_its_default(everywhere: World) -> None:
    texts = shown(everywhere)
    assert (texts["SystemName"], texts["QuotaPerUnit"]) == ("One API", "500000")
    assert texts["OidcClientId"] == ""
    assert json.loads(texts["GroupRatio"]) == {"default": 1, "vip": 1, "svip": 1}
    assert json.loads(texts["ModelRatio"])["gpt-4o"] == 1.25


def test_secrets_are_stored_and_never_listed(world: World) -> None:
    for key in ("SMTPToken", "GitHubClientSecret", "TurnstileSecretKey", "SomeoneElsesToken"):
        assert put(world, key, "hush")["success"] is True
        assert key not in shown(world)
    assert {row["value"] for row in world.rows(options)} == {"hush"}


def test_a_change_is_stored_shown_and_told(everywhere: World) -> None:
    for name in ("Ours", "Yours"):
        assert put(everywhere, "SystemName", name) == {"success": True, "message": ""}
        assert shown(everywhere)["SystemName"] == name
        assert everywhere.visitor().get("/api/status").content["system_name"] == name
    assert everywhere.published("settings") == ["SystemName"] * 2
    assert len(everywhere.nudges) == 2


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("Theme", "neon", "无效的主题"),
        ("ModelRatio", '{"a": ', "`ModelRatio`"),
        ("ModelRatio", '{"a": -1}', "`ModelRatio`"),
        ("GroupRatio", "[]", "`GroupRatio`"),
        ("QuotaForNewUser", "many", "`QuotaForNewUser`"),
        ("QuotaForNewUser", "1_000", "`QuotaForNewUser`"),
        ("QuotaForNewUser", "٣", "`QuotaForNewUser`"),
        ("GroupRatio", '{"vip": 1, "vip": 2}', "'vip' stands there twice"),
        ("GroupRatio", '{"a,b": 1}', "no name of a group"),
        ("GroupRatio", '{" ": 1}', "no name of a group"),
        ("ServerAddress", "x.example", "http:// or https://"),
        ("ServerAddress", "https://x.example:99999", "http:// or https://"),
        ("RegisterEnabled", "yes", "`RegisterEnabled`"),
        ("GitHubOAuthEnabled", "true", "`GitHubClientId`"),
        ("WeChatAuthEnabled", "true", "`WeChatServerAddress`"),
        ("TurnstileCheckEnabled", "true", "`TurnstileSiteKey`"),
        ("", "x", "`key`"),
    ],
)
def test_a_bad_value_is_refused_before_it_is_stored(
    world: World, key: str, value: str, said: str
) -> None:
    assert said in str(put(world, key, value)["message"])
    assert world.rows(options) == []


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("QuotaForNewUser", " １０ ", "10"),
        ("ChannelDisableThreshold", "０.5\n", "0.5"),
        (
            "EmailDomainWhitelist",
            " a.example ，b.example\nc.example",
            "a.example,b.example,c.example",
        ),
        ("ServerAddress", " https://x.example ", "https://x.example"),
        ("SMTPServer", "smtp.example\n", "smtp.example"),
        ("Notice", "    code\n\ntext\n", "    code\n\ntext\n"),
    ],
)
def test_a_value_is_kept_as_it_is_meant(world: World, key: str, typed: str, kept: str) -> None:
    assert put(world, key, typed)["success"] is True
    assert shown(world)[key] == kept


def test_email_restriction_needs_a_list(world: World) -> None:
    put(world, "EmailDomainWhitelist", "")
    assert put(world, "EmailDomainRestrictionEnabled", "true")["success"] is False
    put(world, "EmailDomainWhitelist", "example.com")
    assert put(world, "EmailDomainRestrictionEnabled", "true")["success"] is True


def test_what_is_needed_opens_the_way(world: World) -> None:
    put(world, "GitHubClientId", "an id")
    assert put(world, "GitHubOAuthEnabled", "true")["success"] is True
    assert world.visitor().get("/api/status").content["github_oauth"] is True


def test_keys_that_we_do_not_know_are_kept(world: World) -> None:
    put(world, "FromAFork", "value")
    assert shown(world)["FromAFork"] == "value"


def test_groups_are_those_with_a_ratio(world: World) -> None:
    assert world.admin.get("/api/group/").content == ["default", "vip", "svip"]
    put(world, "GroupRatio", '{"default": 1, "gold": 0.5}')
    assert world.admin.get("/api/group/").content == ["default", "gold"]


@pytest.mark.parametrize(
    ("path", "key"),
    [("notice", "Notice"), ("about", "About"), ("home_page_content", "HomePageContent")],
)
def test_texts_for_visitors(world: World, path: str, key: str) -> None:
    put(world, key, "# 你好")
    assert world.visitor().get(f"/api/{path}").content == "# 你好"


def test_status_has_one_apis_fields_with_gos_types(world: World) -> None:
    reply = world.visitor().get("/api/status")
    fields = [
        "version",
        "start_time",
        "email_verification",
        "github_oauth",
        "github_client_id",
        "lark_client_id",
        "system_name",
        "logo",
        "footer_html",
        "wechat_qrcode",
        "wechat_login",
        "server_address",
        "turnstile_check",
        "turnstile_site_key",
        "top_up_link",
        "chat_link",
        "quota_per_unit",
        "display_in_currency",
        "oidc",
        "oidc_client_id",
        "oidc_well_known",
        "oidc_authorization_endpoint",
        "oidc_token_endpoint",
        "oidc_userinfo_endpoint",
    ]
    ours = ["password_login", "password_registration", "mail", "public_prices"]
    assert list(reply.content) == fields + ours
    assert b'"quota_per_unit":500000,' in reply.body
    assert reply.content["version"] == "1.2.3"
    assert reply.content["server_address"] == "http://localhost:3000"
    assert b'"success":true' in reply.body


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_form_describes_every_setting_in_the_readers_language(
    world: World, language: str
) -> None:
    entries = world.root.get("/api/option/form", accept_language=language).content
    assert [entry["key"] for entry in entries] == list(TABLE)
    assert all(entry["label"] and entry["help"] and entry["kind"] for entry in entries)
    retries = next(entry for entry in entries if entry["key"] == "RetryTimes")
    assert (retries["kind"], retries["min"], retries["max"]) == ("int", 0, 20)
    assert (retries["default"], retries["value"], retries["is_set"]) == ("3", "3", False)
    assert retries["label"] == ("失败重试次数" if language == "zh-CN" else "Retries")


def test_the_form_says_of_a_secret_only_whether_it_is_set(world: World) -> None:
    world.root.put("/api/option/", {"key": "SMTPToken", "value": "hush"})
    reply = world.root.get("/api/option/form")
    secret = next(entry for entry in reply.content if entry["key"] == "SMTPToken")
    assert (secret["kind"], secret["value"], secret["is_set"]) == ("secret", "", True)
    assert b"hush" not in reply.body


def test_a_refused_setting_is_named_as_the_field(world: World) -> None:
    reply = world.root.put("/api/option/", {"key": "RetryTimes", "value": "many"}).json
    assert (reply["code"], reply["field"]) == ("bad_option", "RetryTimes")


def test_the_whole_table_sent_back_with_a_change_keeps_only_the_change(world: World) -> None:
    prices = json.loads(shown(world)["ModelRatio"])
    changed = prices | {"gpt-4o": 9, "mine": 1}
    assert put(world, "ModelRatio", json.dumps(changed))["success"] is True

    stored = {row["key"]: row["value"] for row in world.rows(options)}["ModelRatio"]
    assert json.loads(stored) == {"gpt-4o": 9, "mine": 1}
    assert json.loads(shown(world)["ModelRatio"]) == changed


def test_a_short_list_is_kept_to_the_letter(world: World) -> None:
    text = '{"gpt-4o": 1.25, "mine": 2.50}'
    put(world, "ModelRatio", text)

    assert {row["key"]: row["value"] for row in world.rows(options)}["ModelRatio"] == text
    assert json.loads(shown(world)["ModelRatio"])["mine"] == 2.5


def test_a_setting_says_who_changed_it_last_and_from_what(everywhere: World) -> None:
    for name in ("Ours", "Yours"):
        put(everywhere, "SystemName", name)
    put(everywhere, "SMTPToken", "hush")
    put(everywhere, "SMTPToken", "shush")
    form = {entry["key"]: entry for entry in everywhere.root.get("/api/option/form").content}
    now = everywhere.services.now()
    assert form["SystemName"]["changed"] == {"at": now, "by": "root", "before": "Ours"}
    assert form["SMTPToken"]["changed"]["before"] == "***"
    assert form["Notice"]["changed"] is None
