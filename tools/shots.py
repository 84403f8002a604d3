"""Takes pictures of every page of the demo installation: two languages, two themes, two widths.

`make shots` writes them into build/shots; they are to be looked at, beside pages that people like.
"""

import argparse
import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Error, Page, sync_playwright
from tools.chromium import launched
from tools.demo import PASSWORD

WIDTHS: Final = {"wide": (1440, 860), "phone": (390, 844)}
# Taken only when they are asked for: the narrowest phone and the widest screen that the page is made for.
EXTREMES: Final = {"narrow": (360, 740), "widest": (2560, 1300)}
VISITORS: Final = {
    "login": "/login",
    "register": "/register?aff=demo",
    "forgotten": "/reset",
    "reset": "/user/reset?email=a@example.com&token=demo",
    "not-found": "/no-such-page",
    "home": "/",
    "about": "/about",
    "public-prices": "/prices",
}
# An installation that nobody has signed in to yet.
FRESH: Final = {"first-password": "/login", "first-start": "/dashboard"}
PAGES: Final[dict[str, str]] = {
    "dashboard": "/dashboard?range=30",
    "channels": "/channel",
    "channel": "/channel?open=6",
    "channel-new": "/channel?open=new",
    "keys": "/token",
    "key": "/token?open=3",
    "logs": "/log",
    "logs-failed": "/log?type=6",
    "explain": "/log",
    "explain-failed": "/log?type=6",
    "use-key": "/token",
    "test-one": "/channel",
    "test-many": "/channel",
    "job": "/channel",
    "audit": "/audit",
    "jobs": "/job",
    "bulk": "/channel",
    "columns": "/log",
    "none-found": "/channel?q=nothing-like-this",
    "find": "/dashboard",
    "top-up": "/user?open=3",
    "codes-new": "/redemption?open=new",
    "answered": "/playground?model=demo-chat",
    "compared": "/playground?model=demo-chat&other=demo-thinking",
    "called": "/playground?model=demo-chat",
    "code": "/playground?model=demo-chat",
    "own-prices": "/models?tab=own",
    "own-price": "/models?tab=own&open=gpt-6.1-sol",
    "ordered": "/channel?sort=priority&order=desc",
    "delete-logs": "/log",
    "users": "/user",
    "user": "/user?open=3",
    "codes": "/redemption",
    "wallet": "/topup",
    "playground": "/playground?model=demo-chat",
    "models": "/models",
    "status": "/status",
    "settings-mine": "/setting",
    "settings-site": "/setting?tab=site",
    "chat": "/chat",
    "deed": "/audit?open=1",
    "more": "/dashboard",
}
SITE: Final = {
    "HomePageContent": (
        "# Models of fifty vendors\n\nOne address, one key, one bill. "
        "**Paid by use**, with prices that everybody can [read](/prices).\n\n"
        "| | |\n|---|---|\n| Chat | GPT, Claude, Gemini, Qwen |\n| Pictures | qwen-image |\n"
    ),
    "About": "# About us\n\nWe keep this installation since 2024. Mail: support@example.com",
    "Footer": '<p>© 2026 Example Ltd. · <a href="https://example.com">example.com</a></p>',
    "PublicPricesEnabled": "true",
}


def _opened(page: Page) -> None:
    page.get_by_role("dialog").first.wait_for()


def _press(page: Page, *words: str) -> None:
    """Press the first button, in either language."""
    page.get_by_role("button", name=re.compile("|".join(words))).filter(visible=True).first.click()


def _first_row(page: Page, *, more: str = "") -> None:
    rows = page.locator("tbody tr").filter(has_text=re.compile(more))
    rows.first.locator("td:visible").last.click()


def _all_tested(page: Page) -> None:
    _press(page, "^Test all", "^测试全部")
    _opened(page)
    page.get_by_role("dialog").get_by_role(
        "button", name=re.compile("Begin|Test|开始|测试")
    ).last.click()
    page.get_by_role("dialog").get_by_text(re.compile(r"失败 \d|\d failed")).first.wait_for()


def _answered(page: Page) -> None:
    page.locator("main textarea").last.fill("Who are you?")
    page.keyboard.press("Enter")
    # one for each answer, once its charge is known
    answers = 2 if "other=" in page.url else 1
    page.get_by_text(re.compile("What made this|费用明细")).nth(answers - 1).wait_for()


def _called(page: Page) -> None:
    _press(page, "^Tools$", "^工具$")
    _press(page, "^An example$", "^填入示例$")
    _press(page, "^Apply$", "^应用$")
    page.locator("main textarea").last.fill("How is the weather in Oslo?")
    page.keyboard.press("Enter")
    page.locator("main form textarea").first.wait_for()
    page.get_by_text(re.compile("What made this|费用明细")).wait_for()


# name: what to do there before the picture is taken
STEPS: Final[dict[str, Callable[[Page], None]]] = {
    "explain": lambda page: page.get_by_role("dialog").get_by_role("heading").nth(2).wait_for(),
    "explain-failed": lambda page: (_first_row(page), _opened(page))[-1],
    "use-key": lambda page: (_first_row(page), _press(page, "^Use it in", "^接入程序"))[-1],
    "test-one": lambda page: (
        _press(page, "^Test: demo-vendor$", "^测试：demo-vendor$"),
        page.get_by_role("dialog").get_by_role("status").wait_for(),
    )[-1],
    "test-many": lambda page: (_press(page, "^Test all", "^测试全部"), _opened(page))[-1],
    "job": _all_tested,
    "bulk": lambda page: page.locator("tbody [type=checkbox]").nth(2).click(),
    "columns": lambda page: _press(page, "^Columns", "^列"),
    "find": lambda page: page.keyboard.press("/"),
    "top-up": lambda page: _press(page, "^Top up", "^充值$"),
    "answered": _answered,
    "compared": _answered,
    "called": _called,
    "code": lambda page: _press(page, "^The request as code$", "^查看请求代码$"),
    "delete-logs": lambda page: (_press(page, "^Delete old", "^删除旧"), _opened(page))[-1],
    "more": lambda page: (_press(page, "^More$", "^更多$"), _opened(page))[-1],
}
# what a phone has no room for
ONLY_WIDE: Final = {"test-one", "test-many", "job", "bulk", "columns", "delete-logs"}
ONLY_PHONE: Final = {"more"}


# name of the picture in docs/: address, language, theme, width, height
DOCUMENTED: Final = {
    "dashboard": ("/dashboard?range=30", "en", "light", 1280, 760),
    "channels": ("/channel?open=6", "zh", "light", 1280, 760),
    "explain": ("/log?range=7", "en", "dark", 1280, 760),
    "playground": ("/playground?model=demo-chat&other=demo-thinking", "en", "dark", 1280, 760),
    "settings": ("/setting?tab=site", "zh", "dark", 1280, 760),
    "phone": ("/dashboard?range=30", "zh", "light", 390, 844),
}


def main() -> None:
    """Serve the demo, take the pictures, stop."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names of pages, by comma")
    parser.add_argument("--how", default="", help="such as zh-dark-wide; default: all eight")
    parser.add_argument("--docs", action="store_true", help="only the six of docs/screenshots")
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    names = told.only.split(",") if told.only else [*VISITORS, *FRESH, *PAGES]
    with (
        _serving("tools.demo", str(told.folder / "demo")) as base,
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        if told.docs:
            _document(browser, base)
        else:
            _write_texts(browser, base)
            for how in _hows(told.how):
                _take(browser, base, told.folder, how, names)
        browser.close()


@contextlib.contextmanager
def _serving(module: str, *arguments: str, folder: str = "") -> Generator[str]:
    """Start a server on a free port; yield its address."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", module, *arguments, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | ({"DATA_DIR": folder, "SQLITE_PATH": f"{folder}/a.db"} if folder else {}),
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(server, base)
        yield base
    finally:
        server.terminate()
        server.wait()


def _write_texts(browser: Browser, base: str) -> None:
    """Give the site a home, a page about itself, a foot and a chat."""
    context = browser.new_context(base_url=base)
    context.request.post("/api/user/login", data={"username": "root", "password": PASSWORD})
    for key, value in {**SITE, "ChatLink": f"{base}/about"}.items():
        context.request.put("/api/option/", data={"key": key, "value": value})
    context.close()


def _begin(browser: Browser, paths: dict[str, Path], **look: Any) -> None:
    """Take what somebody sees who has just installed it."""
    with tempfile.TemporaryDirectory() as data, _serving("oneapi", folder=data) as base:
        context = browser.new_context(base_url=base, **look)
        page = context.new_page()
        page.request.post("/api/user/login", data={"username": "root", "password": "123456"})
        page.goto("/login")
        page.evaluate("localStorage.setItem('signed-in', 'yes')")
        for name, address in FRESH.items():
            if name == "first-start":
                page.request.put("/api/user/self", data={"password": PASSWORD})
            if name in paths:
                _picture(page, name, address, paths[name])
        context.close()


def _document(browser: Browser, base: str) -> None:
    """Take the pictures that the documents show."""
    folder = Path("docs/screenshots")
    folder.mkdir(exist_ok=True)
    for name, (address, language, theme, width, height) in DOCUMENTED.items():
        context = browser.new_context(
            base_url=base,
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-US",
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto("/login")
        _sign_in(page)
        page.goto(f"{address}&open={_moved(page)}" if name == "explain" else address)
        page.wait_for_load_state("networkidle")
        if name == "playground":
            page.get_by_role("textbox", name="Message").fill("Who are you?")
            page.keyboard.press("Enter")
            page.get_by_text("What made this").nth(1).wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=74)
        context.close()


def _hows(wanted: str) -> list[tuple[str, str, str]]:
    ways = [
        (lang, theme, width)
        for lang in ("zh", "en")
        for theme in ("light", "dark")
        for width in {**WIDTHS, **EXTREMES}
    ]
    named = wanted.split(",")
    return [way for way in ways if ("-".join(way) in named if wanted else way[2] in WIDTHS)]


def _free_port() -> int:
    """Return a port that nobody uses now, above 10080: the highest that browsers refuse."""
    while True:
        port = random.randrange(11_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _wait(server: subprocess.Popen[bytes], base: str) -> None:
    for _ in range(240):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the demo does not start")


def _take(
    browser: Browser, base: str, folder: Path, how: tuple[str, str, str], names: list[str]
) -> None:
    language, theme, width = how
    size: Any = dict(zip(("width", "height"), {**WIDTHS, **EXTREMES}[width], strict=True))
    look: dict[str, Any] = {
        "viewport": size,
        "device_scale_factor": 1,
        "locale": "zh-CN" if language == "zh" else "en-US",
        "color_scheme": "dark" if theme == "dark" else "light",
        "reduced_motion": "reduce",
    }
    ending = f"{language}-{theme}-{width}.png"
    if paths := {name: folder / f"{name}-{ending}" for name in FRESH.keys() & set(names)}:
        _begin(browser, paths, **look)
    context = browser.new_context(base_url=base, **look)
    page = context.new_page()
    page.on(
        "console",
        lambda message: (
            print(f"  {message.type}: {message.text}"[:300]) if message.type == "error" else None
        ),
    )
    for name in VISITORS.keys() & set(names):
        _picture(page, name, VISITORS[name], folder / f"{name}-{ending}")
    _sign_in(page)
    _let_rest(page)
    for name in names:
        if name not in PAGES or name in (ONLY_WIDE if size["width"] < 768 else ONLY_PHONE):
            continue
        _picture(page, name, PAGES[name], folder / f"{name}-{ending}")
    context.close()
    print("-".join(how), flush=True)


def _let_rest(page: Page) -> None:
    """Ask for a model whose vendor cannot be reached, so that a channel cools down."""
    keys: Any = page.request.get("/api/token/?size=20").json()["data"]
    key = next(row["key"] for row in keys if row["status"] == 1 and not row["subnet"])
    for model in ("bedrock-claude-haiku", "qwen3.8-max"):
        page.request.post(
            "/v1/chat/completions",
            headers={"Authorization": f"Bearer sk-{key}"},
            data={"model": model, "messages": [{"role": "user", "content": "hello"}]},
        )


def _picture(page: Page, name: str, address: str, path: Path) -> None:
    page.goto(f"/log?open={_moved(page)}" if name == "explain" else address)
    page.wait_for_load_state("networkidle")
    try:
        if "open=" in page.url:
            _opened(page)
        STEPS.get(name, lambda _: None)(page)
    except Error as error:
        print(f"  {path.name}: {str(error).splitlines()[0]}")
    page.wait_for_timeout(250)
    page.screenshot(path=path)
    least: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if least > 0:
        print(f"  {path.name}: {least} px beyond the edge")


def _moved(page: Page) -> str:
    """Return the id of a request that a second channel has answered."""
    rows: Any = page.request.get("/api/log/?type=2&size=100&model_name=gpt-6.1-sol").json()["data"]
    return next(row["request_id"] for row in rows if '"attempts"' in row["detail"])


def _sign_in(page: Page) -> None:
    page.request.post("/api/user/login", data={"username": "root", "password": PASSWORD})
    page.goto("/login")
    page.evaluate("localStorage.setItem('signed-in', 'yes')")


if __name__ == "__main__":
    main()
