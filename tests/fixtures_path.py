"""Where recorded exchanges with vendors, and databases that other programs made, are, when they are there.

They are not part of the project: `ONEAPI_FIXTURES` names their folder, else `../shared/fixtures` beside the checkout is
tried. What the project needs for good it keeps itself, in small, under `tests/providers/fixtures`.
"""

import os
from pathlib import Path


def _folder(name: str) -> Path | None:
    named = os.environ.get("ONEAPI_FIXTURES")  # noqa: TID251 - a test's own switch
    root = Path(named) if named else Path(__file__).parents[2] / "shared" / "fixtures"
    folder = root / name
    return folder if folder.is_dir() else None


RECORDED: Path | None = _folder("recorded")
DATABASES: Path | None = _folder("databases")
