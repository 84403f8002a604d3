"""What a reader of Chinese is told, where the gateway itself speaks English."""

from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.fakes import FakeVendor, json_answer
from tests.gateway import Gateway


def test_why_a_field_is_refused_is_said_in_chinese(as_root: Visits) -> None:
    page = as_root("/channel?open=new", language="zh-CN")
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("名称", exact=True).fill("x")
    drawer.get_by_label("密钥").fill("sk-1")
    drawer.get_by_label("接口地址").fill("ftp://nowhere")
    models = drawer.get_by_label("模型", exact=True)
    models.fill("house-model")
    models.press("Enter")
    drawer.get_by_role("button", name="保存", exact=True).click()
    expect(drawer.get_by_label("接口地址")).to_have_accessible_description(
        "必须是 http:// 或 https:// 开头的地址，且不含用户名"
    )


def test_what_administrators_changed_is_told_in_words(as_root: Visits, gateway: Gateway) -> None:
    gateway.set_option("SystemName", "本站")
    page = as_root("/audit", language="zh-CN")
    expect(page.get_by_role("row").nth(1)).to_contain_text("系统名称")
    page.get_by_role("link", name="设置：修改").click()
    dialog = page.get_by_role("dialog", name="设置：修改 · 系统名称")
    expect(dialog.get_by_role("row", name="值 One API 本站")).to_be_visible()


def test_a_refusal_is_over_when_the_next_try_succeeds(as_root: Visits, vendor: FakeVendor) -> None:
    page = as_root("/channel?open=new")
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Base URL").fill(vendor.url)
    drawer.get_by_label("Key").fill("sk-1")
    vendor.default = json_answer({"error": {"message": "Incorrect API key"}}, status=401)
    drawer.get_by_role("button", name="Ask the vendor").click()
    expect(drawer.get_by_role("alert")).to_contain_text("Incorrect API key")
    vendor.default = json_answer({"object": "list", "data": [{"id": "house-model"}]})
    drawer.get_by_role("button", name="Ask the vendor").click()
    expect(page.get_by_text("The vendor lists one model.")).to_be_visible()
    expect(drawer.get_by_role("alert")).to_have_count(0)


def test_a_vendor_is_found_by_typing_over_the_chosen_one(as_root: Visits) -> None:
    page = as_root("/channel?open=new")
    vendor = page.get_by_role("dialog").get_by_role("combobox", name="Vendor", exact=True)
    expect(vendor).to_have_value("OpenAI")
    vendor.click()
    page.keyboard.type("Groq")
    page.get_by_role("option", name="Groq").click()
    expect(vendor).to_have_value("Groq")


def test_a_failed_test_says_what_to_look_at(
    as_root: Visits, vendor: FakeVendor, gateway: Gateway
) -> None:
    vendor.default = json_answer({"error": {"message": "Incorrect API key"}}, status=401)
    gateway.add_channel(vendor.url, name="mine")
    page = as_root("/channel", language="zh-CN")
    page.get_by_role("row", name="mine").get_by_role("button", name="测试").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Incorrect API key")
    expect(dialog).to_contain_text("供应商拒绝了密钥")
