"""Debian's Chromium for Playwright, which would bring a browser of its own."""

import shutil
from typing import Final

from playwright.sync_api import Browser, Playwright

# The first is built from the same source without what draws windows: the same pages cost a third less CPU.
COMMANDS: Final = ("chromium-headless-shell", "chromium")


def launched(playwright: Playwright) -> Browser:
    """Start it without a window; the caller closes it."""
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    assert found, f"none of {COMMANDS} is installed (make test installs the first)"
    # Nothing is drawn by a graphics card, so none is looked for.
    return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
