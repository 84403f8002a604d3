"""Why something is wrong, in Chinese: the code says it in English where it is known, `locales/reasons.toml` the rest."""

import re
import tomllib
from functools import cache
from importlib.resources import files

_PLACE = re.compile(r"\\\{(\w+)\\\}")


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    text = files("oneapi.control").joinpath("locales", "reasons.toml").read_text("utf-8")
    said: dict[str, str] = tomllib.loads(text)
    return [(_pattern(english), chinese) for english, chinese in said.items()]


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)


def in_chinese(reason: str) -> str:
    """Return the reason in Chinese; one that nobody has translated stays as it is."""
    for pattern, chinese in _patterns():
        match = pattern.fullmatch(reason)
        if match is not None:
            return chinese.format(**match.groupdict())
    return reason
