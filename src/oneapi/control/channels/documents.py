"""What a client may say about a channel, and what of it is refused: a wrong field is named, nothing is guessed."""

import json
import re
from typing import Annotated, Any, Final, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from oneapi.control.channels.keys import pasted_key
from oneapi.control.fields import Document, Line, LongText, Number, Text, Whole, typed_list
from oneapi.providers.adjusting import check
from oneapi.providers.registry import provider
from oneapi.providers.targets import ALLOWS_TIERS

_PRINTED: Final = re.compile(r"[^\s\\\"<>^`{|}\x00-\x1f\x7f]+")
_PROXIES: Final = ("http", "https", "socks5", "socks5h")
ONE_API_TYPES: Final = range(
    52
)  # adopted databases hold all of them, those that are not served too


def _json_object(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"must be a JSON object: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004 - Pydantic wants a ValueError
    # Of JSON, so its keys are strings.
    return cast("dict[str, Any]", parsed)


def _mapping(text: str) -> str:
    for asked, served in (_json_object(text) or {}).items():
        if not asked.strip():
            raise ValueError("must map names to names; a name is missing")
        if not isinstance(served, str) or not served:
            raise ValueError(f"must map names to names; the value of {asked!r} is not a name")
    return text.strip()


def _config(text: str) -> str:
    config = _json_object(text) or {}
    proxy = config.get("proxy")
    if config.get(ALLOWS_TIERS, False) not in (True, False):
        raise ValueError(f"its `{ALLOWS_TIERS}` must be true or false")
    check(config)
    if proxy and not (isinstance(proxy, str) and _is_proxy(proxy)):
        raise ValueError("its `proxy` must be an http, https or socks5 address")
    return text.strip()


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _key(text: str) -> str:
    if not text.replace("\n", "").replace("\r", "").isascii():
        raise ValueError("must consist of ASCII characters: no vendor's key has others")
    if not all(line.strip().isprintable() for line in text.split("\n")):
        raise ValueError("must not contain characters that cannot be seen")
    return "\n".join(filter(None, map(pasted_key, text.split("\n"))))


def _type(number: int) -> int:
    if number not in ONE_API_TYPES and provider(number) is None:
        raise ValueError("is no channel type; `/api/providers` lists them")
    return number


def _base_url(text: str) -> str:
    url = text.strip()
    if not url:
        return ""
    if not _PRINTED.fullmatch(url) or not url.isprintable():
        raise ValueError("must not contain blanks, line breaks, backslashes or quotes")
    if "?" in url or "#" in url:
        raise ValueError("must not contain a `?` or `#`: paths are put behind it")
    parts = urlsplit(url)  # raises `ValueError` for brackets without an address
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an http:// or https:// address without a user name")
    if parts.port == 0:  # raises `ValueError` for what is no port
        raise ValueError("must name a port from 1 to 65535, or none")
    return url


def _names(text: str, length_max: int) -> str:
    names = typed_list(text)
    hidden = next((name for name in names if not name.isprintable()), None)
    if hidden is not None:
        raise ValueError(f"a name has no line breaks and the like, {hidden!r} has")
    too_long = next((name for name in names if len(name) > length_max), None)
    if too_long is not None:
        raise ValueError(f"a name has at most {length_max} characters, {too_long!r} has more")
    return ",".join(names)


def _models(text: str) -> str:
    return _names(text, 191)


def _groups(text: str) -> str:
    return _names(text, 32)


class ChannelDocument(Document):
    """The fields of a channel that a client may set, and the `id` of the one to change; no counters, no times."""

    id: Whole = 0
    type: Annotated[Number, Field(ge=0), AfterValidator(_type)] | None = None
    key: Annotated[LongText, AfterValidator(_key)] | None = None
    status: Annotated[Number, Field(ge=0, le=3)] | None = None
    name: Annotated[Line, Field(max_length=191)] | None = None
    weight: Annotated[Number, Field(ge=0, le=1_000_000)] | None = None
    base_url: Annotated[Text, Field(max_length=191), AfterValidator(_base_url)] | None = None
    other: LongText | None = None
    models: Annotated[Text, AfterValidator(_models)] | None = None
    group: Annotated[Text, Field(max_length=1024), AfterValidator(_groups)] | None = None
    model_mapping: Annotated[LongText, AfterValidator(_mapping)] | None = None
    priority: Whole | None = None
    config: Annotated[Text, AfterValidator(_config)] | None = None
    system_prompt: LongText | None = None

    def columns(self) -> dict[str, Any]:
        """Return what to write: the fields sent, without those whose blank value One API's clients send for
        "unchanged" (a key is never shown, so it comes back blank) or that no channel can have.
        """
        sent = self.given()
        sent.pop("id", None)
        never_blank = ("key", "type", "status", "group")
        return {name: value for name, value in sent.items() if value or name not in never_blank}
