"""Writes `docs/openapi.json` from the routes of `/api`; the suite fails when it is not current.

Run it as `.venv/bin/python tools/docs_openapi.py`.
"""

import json
from pathlib import Path
from typing import Any, cast

from oneapi.control.app import create_app
from oneapi.control.context import RateLimits

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


class _Nothing:
    """Surroundings of an application that is described and never asked."""

    version = "1"
    rate_limits = RateLimits()
    clock = staticmethod(float)


def page() -> str:
    """Return the whole document."""
    document = create_app(cast("Any", _Nothing())).openapi()
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
