"""Takes pictures of every page of the demo installation: two languages, two themes, two widths.

`make shots` writes them into build/shots; they are to be looked at, beside pages that people like.
"""

import argparse
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright
from tools.demo import PASSWORD

PORT: Final = 3988
BASE: Final = f"http://127.0.0.1:{PORT}"
WIDTHS: Final = {"wide": (1440, 860), "phone": (390, 844)}
# name: address, and what to do there before the picture is taken
PAGES: Final[dict[str, str]] = {
    "dashboard": "/dashboard?range=30",
    "channels": "/channel",
    "channel": "/channel?open=6",
    "channel-new": "/channel?open=new",
    "keys": "/token",
    "key": "/token?open=3",
    "logs": "/log",
    "users": "/user",
    "user": "/user?open=3",
    "codes": "/redemption",
    "wallet": "/topup",
    "playground": "/playground?model=demo-chat",
    "models": "/models",
    "settings-mine": "/setting",
    "settings-site": "/setting?tab=site",
}


# name of the picture in docs/: address, language, theme, width, height
DOCUMENTED: Final = {
    "dashboard": ("/dashboard?range=30", "en", "light", 1280, 760),
    "channels": ("/channel?open=6", "zh", "light", 1280, 760),
    "explain": ("/log?range=7", "en", "dark", 1280, 760),
    "playground": ("/playground?model=demo-chat", "en", "dark", 1280, 760),
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
    command = [sys.executable, "-m", "tools.demo", str(told.folder / "demo"), "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            if told.docs:
                _document(browser)
            for how in [] if told.docs else _hows(told.how):
                _take(browser, told.folder, how, told.only.split(",") if told.only else [*PAGES])
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _document(browser: Browser) -> None:
    """Take the pictures that the documents show."""
    folder = Path("docs/screenshots")
    folder.mkdir(exist_ok=True)
    for name, (address, language, theme, width, height) in DOCUMENTED.items():
        context = browser.new_context(
            base_url=BASE,
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-US",
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto("/login")
        _sign_in(page)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if name == "explain":
            page.get_by_text("moved on once").first.click()
        if name == "playground":
            page.get_by_role("textbox", name="Message").fill("Who are you?")
            page.keyboard.press("Enter")
            page.get_by_text("first token").wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=82)
        context.close()


def _hows(wanted: str) -> list[tuple[str, str, str]]:
    ways = [
        (lang, theme, width)
        for lang in ("zh", "en")
        for theme in ("light", "dark")
        for width in WIDTHS
    ]
    return [way for way in ways if not wanted or "-".join(way) in wanted.split(",")]


def _wait() -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{BASE}/readyz", timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the demo does not start")


def _take(browser: Browser, folder: Path, how: tuple[str, str, str], names: list[str]) -> None:
    language, theme, width = how
    size: Any = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = browser.new_context(
        base_url=BASE,
        viewport=size,
        device_scale_factor=1,
        locale="zh-CN" if language == "zh" else "en-US",
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on(
        "console",
        lambda message: (
            print(f"  {message.type}: {message.text}"[:300]) if message.type == "error" else None
        ),
    )
    page.goto("/login")
    page.wait_for_selector("form")
    page.screenshot(path=folder / f"login-{language}-{theme}-{width}.png")
    _sign_in(page)
    for name in names:
        page.goto(PAGES[name])
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(250)
        page.screenshot(path=folder / f"{name}-{language}-{theme}-{width}.png")
    context.close()
    print("-".join(how), flush=True)


def _sign_in(page: Page) -> None:
    page.request.post("/api/user/login", data={"username": "root", "password": PASSWORD})
    page.evaluate("localStorage.setItem('signed-in', 'yes')")


if __name__ == "__main__":
    main()
