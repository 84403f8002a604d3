"""The settings as a form draws them: name and help in the reader's language, kind, bounds, default, value."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from typing_extensions import TypedDict

from oneapi.control.settings.storing import LastChange
from oneapi.store.settings import Settings
from oneapi.store.settings_table import SECTIONS, Kind, Setting

_KINDS = {
    Kind.FLAG: "bool",
    Kind.WHOLE: "int",
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.URL: "url",
    Kind.NAMES: "list",
    Kind.RATIOS: "json",
}
_LONG = frozenset({"Notice", "About", "HomePageContent", "Footer"})


@cache
def _words() -> dict[str, dict[str, str]]:
    text = files("oneapi.control").joinpath("locales", "settings.toml").read_text("utf-8")
    return tomllib.loads(text)


class FormEntry(TypedDict):
    """A setting as a form draws it; of a secret, `value` is blank and `is_set` says whether there is one.

    `changed`: who changed it last, when, from what; nobody whom the audit knows: null.
    """

    key: str
    group: str
    label: str
    help: str
    kind: str
    default: str
    value: str
    is_secret: bool
    is_set: bool
    min: float | None
    max: float | None
    choices: list[str]
    changed: LastChange | None


def form(
    settings: Settings, accept_language: str, latest: Mapping[str, LastChange]
) -> list[FormEntry]:
    """Return every setting in the order of the table, section by section; of secrets only whether they are set."""
    chinese = accept_language.strip().lower().startswith("zh")
    return [
        _entry(section, setting, settings, chinese, latest.get(setting.name))
        for section, entries in SECTIONS.items()
        for setting in entries
    ]


def _entry(
    section: str, setting: Setting, settings: Settings, chinese: bool, changed: LastChange | None
) -> FormEntry:
    words = _words()
    name = setting.name
    stored = settings.texts.get(name)
    return {
        "key": name,
        "group": words["sections"][section] if chinese else section,
        "label": words["zh" if chinese else "en"][name],
        "help": words["help_zh"][name] if chinese else setting.help,
        "kind": _kind(setting),
        "default": setting.default,
        "value": "" if setting.secret else settings.text(name),
        "is_secret": setting.secret,
        "is_set": bool(stored),
        "min": setting.minimum,
        "max": setting.maximum,
        "choices": list(setting.choices),
        "changed": changed,
    }


def _kind(setting: Setting) -> str:
    if setting.secret:
        return "secret"
    if setting.choices:
        return "choice"
    return "long_text" if setting.name in _LONG else _KINDS[setting.kind]
