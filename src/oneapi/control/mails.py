"""What mails say: `locales/mails.toml`, filled in and made into text and HTML."""

import re
import tomllib
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

from oneapi.control.answers import speaks_chinese
from oneapi.store.settings import Settings
from oneapi.upstream.mail import Mail

_LINK: Final = re.compile(r"https?://[^\s<]+")


@cache
def _mails() -> dict[str, Any]:
    text = files("oneapi.control").joinpath("locales", "mails.toml").read_text("utf-8")
    return tomllib.loads(text)


def mail(name: str, to: str, settings: Settings, accept_language: str, **values: str | int) -> Mail:
    """Return a mail in the reader's language."""
    said = _mails()[name]["zh" if speaks_chinese(accept_language) else "en"]
    values["system"] = " ".join(settings.text("SystemName").split()) or "One API"
    text = said["text"].strip().format(**values) + "\n"
    return Mail(to, said["subject"].format(**values), text, _html(text))


def _html(text: str) -> str:
    paragraphs = (escape(part.strip(), quote=False) for part in text.split("\n\n"))
    linked = (_LINK.sub(r'<a href="\g<0>">\g<0></a>', part) for part in paragraphs)
    return "".join(f"<p>{part}</p>\n" for part in linked)
