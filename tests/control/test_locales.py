"""The sentences: each that is used exists, each that exists is used."""

import re
import tomllib
from pathlib import Path

import oneapi.control as control

FOLDER = Path(control.__path__[0])


def sentences(language: str) -> dict[str, str]:
    return tomllib.loads((FOLDER / "locales" / f"{language}.toml").read_text("utf-8"))


def used() -> set[str]:
    sources = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    return set(re.findall(r'(?:Refused|sentence)\(\s*"(\w+)"', sources))


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)\}", text))


def test_what_the_code_says_is_in_the_files_and_nothing_else() -> None:
    not_built_yet = {"invalid_input", "send_email_failed"}
    assert used() == set(sentences("zh")) - not_built_yet


def test_english_says_no_more_than_chinese_and_with_the_same_values() -> None:
    chinese = sentences("zh")
    for key, text in sentences("en").items():
        assert placeholders(text) == placeholders(chinese[key])
