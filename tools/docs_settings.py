"""Writes `docs/settings.md` from the one table of settings; the suite fails when it is not current.

Run it as `.venv/bin/python tools/docs_settings.py`.
"""

from pathlib import Path

from oneapi.store.settings_table import SECTIONS, Kind, Setting

TARGET = Path(__file__).parents[1] / "docs" / "settings.md"

INTRODUCTION = """# Settings

<!-- Made by tools/docs_settings.py from src/oneapi/store/settings_table.py: do not edit. -->

What an administrator changes while the gateway serves: on the web page under "Settings", or with
`PUT /api/option/` and a body like `{"key": "RetryTimes", "value": "2"}` (both are strings). A change reaches every
worker within a second. A value that is not allowed is refused and the old one stays. What the environment decides
(addresses, databases, limits) is in `docs/operating.md`.

The keys are One API's; those marked *new* are not known to it and are ignored by it. Any other key may be stored too, and
means nothing. Secrets are never shown, neither by the API nor on the page.

Coming from One API: a key that was never saved has the default below, which differs from One API's in one
case: `RetryTimes` is 3 instead of 0. Prices stay what they were, those that One API had built in included, until
newer ones are taken ([migrating.md](migrating.md#prices)); only ratios below zero are passed over.
"""


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, settings in SECTIONS.items():
        parts.append(
            f"\n## {title}\n\n| key | value | default | what it does |\n|---|---|---|---|\n"
        )
        parts.extend(_row(setting) for setting in settings)
    return "".join(parts)


def _row(setting: Setting) -> str:
    name = f"`{setting.name}`" + (" *new*" if setting.ours else "")
    default = f"`{setting.default}`" if setting.default else "(empty)"
    return f"| {name} | {_values(setting)} | {_breakable(default)} | {setting.help} |\n"


def _values(setting: Setting) -> str:
    if setting.secret:
        return "secret text"
    if setting.choices:
        return " / ".join(f"`{choice}`" for choice in setting.choices)
    if setting.kind is Kind.FLAG:
        return "`true` / `false`"
    if setting.kind in {Kind.WHOLE, Kind.NUMBER} and setting.minimum is not None:
        return f"{setting.kind}, {setting.minimum:g} to {setting.maximum:.16g}"
    return setting.kind.value


def _breakable(text: str) -> str:
    return text.replace(",", ", ") if len(text) > 40 else text


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
