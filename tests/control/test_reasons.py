"""Why something is wrong is said in the reader's language, wherever the code knows it."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import oneapi
from oneapi.control.reasons import in_chinese
from oneapi.control.sign_in.mailing import NO_ADDRESS
from oneapi.providers.key_formats import objection
from oneapi.store.settings_table import Kind
from tests.control.conftest import World

SOURCES = Path(oneapi.__path__[0])
KNOWN_IN = (
    *(SOURCES / "control").rglob("*.py"),
    SOURCES / "providers" / "operations.py",
    SOURCES / "providers" / "adjusting.py",
    SOURCES / "providers" / "statuses.py",
    SOURCES / "store" / "settings.py",
)
# Of each call the argument that is the reason.
REASON_OF = {"ValueError": 0, "OperationError": 1, "bad_field": 1}
STANDS_FOR = {
    "needed": ("is needed", "is not used"),
    "setting.kind": (str(Kind.WHOLE), str(Kind.NUMBER)),
    "Kind.RATIOS": (str(Kind.RATIOS),),
}
ELSEWHERE = {
    "reason",
    "str(error)",
    "NO_ADDRESS",
    "f'must not {_said(verb, str(name))}'",
}  # asked for below


def reasons() -> Iterator[ast.expr]:
    for path in KNOWN_IN:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            place = REASON_OF.get(node.func.id)
            if place is not None and ast.unparse(node.args[place]) not in ELSEWHERE:
                yield node.args[place]


def said(reason: ast.expr) -> Iterator[str]:
    """Yield what a reason may read like."""
    parts = reason.values if isinstance(reason, ast.JoinedStr) else [reason]
    texts: list[tuple[str, ...]] = []
    for part in parts:
        if isinstance(part, ast.Constant):
            texts.append((str(part.value),))
        else:
            assert isinstance(part, ast.FormattedValue), ast.unparse(reason)
            texts.append(STANDS_FOR.get(ast.unparse(part.value), ("17",)))
    for chosen in product(*texts):
        yield "".join(chosen)


@pytest.mark.parametrize("reason", sorted({text for reason in reasons() for text in said(reason)}))
def test_each_reason_is_said_in_chinese(reason: str) -> None:
    assert not in_chinese(reason).isascii()


@pytest.mark.parametrize(
    "reason",
    [
        objection(1, "sk-ant-0123456789"),
        "must not set `stream`: it decides what a request is and what it costs",
        "must not delete `max_tokens`: it bounds what a request costs, and may be set to a number or renamed",
        NO_ADDRESS,
        "`300.0.0.1/8` is no network such as `203.0.113.0/24`",
        "Input should be greater than or equal to 0",
        "String should have at most 20 characters",
        "Input should be a valid integer, unable to parse string as an integer",
    ],
)
def test_so_is_what_others_found(reason: str) -> None:
    assert not in_chinese(reason).isascii()


@pytest.mark.parametrize(
    ("language", "message", "reason"),
    [
        (
            "en",
            "invalid parameter `base_url`: must be an http:// or https:// address without a user name",
            "must be an http:// or https:// address without a user name",
        ),
        (
            "zh-CN",
            "无效的参数 `base_url`：必须是 http:// 或 https:// 开头的地址，且不含用户名",
            "必须是 http:// 或 https:// 开头的地址，且不含用户名",
        ),
    ],
)
def test_a_refusal_has_its_reason_in_the_readers_language(
    world: World, language: str, message: str, reason: str
) -> None:
    channel = {"type": 1, "name": "c", "key": "sk-1", "models": "m", "base_url": "ftp://x"}
    reply = world.admin.post("/api/channel/", channel, accept_language=language)
    assert (reply.refusal, reply.json["field"], reply.json["reason"]) == (
        message,
        "base_url",
        reason,
    )


def test_so_has_a_setting(world: World) -> None:
    reply = world.root.put(
        "/api/option/", {"key": "RetryTimes", "value": "99"}, accept_language="zh-CN"
    )
    assert reply.json["reason"] == "必须在 0 到 20 之间，不能是 99"


def test_a_refusal_that_is_about_no_field_has_none(world: World) -> None:
    assert "reason" not in world.root.get("/api/user/4711").json


def test_what_nobody_has_translated_stays() -> None:
    assert in_chinese("no space left on the moon") == "no space left on the moon"
