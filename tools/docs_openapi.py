"""Writes `docs/openapi.json` from the routes of `/api`; the suite fails when it is not current.

Run it as `.venv/bin/python tools/docs_openapi.py`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from oneapi.control.app import create_app
from oneapi.control.context import RateLimits

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


class _Nothing:
    """Surroundings of an application that is described and never asked."""

    version = "1"
    rate_limits = RateLimits()
    debts = None
    clock = staticmethod(float)


@cache
def described() -> dict[str, Any]:
    """Return the document of the whole application."""
    return create_app(cast("Any", _Nothing())).openapi()


def page() -> str:
    """Return the document as the file holds it."""
    return json.dumps(described(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
