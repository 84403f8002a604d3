"""What the rows of `options` mean: texts in the database, read, checked and kept by kind.

Which keys there are, their kinds and bounds, stands in `oneapi.store.settings_table`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_network
from math import isfinite
from typing import Any, Final, cast
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from oneapi.store.settings_table import RATIO_LIMIT, TABLE, Kind, Setting
from oneapi.store.tables import options

Value = bool | int | float | str | tuple[str, ...] | dict[str, Decimal]

_SECRET_ENDINGS: Final = ("Token", "Secret", "SecretKey", "Password")
# Links are shown to people: one that runs code (`javascript:`) must not get in.
_BROKEN_URL: Final = re.compile(r"\s*https?:\S*\s+\S", re.IGNORECASE)  # with a blank in it
_OTHER_SCHEME: Final = re.compile(r"\s*(?!https?:|data:image/)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NEEDS: Final[Mapping[str, str]] = {
    "GitHubOAuthEnabled": "GitHubClientId",
    "EmailDomainRestrictionEnabled": "EmailDomainWhitelist",
    "WeChatAuthEnabled": "WeChatServerAddress",
    "TurnstileCheckEnabled": "TurnstileSiteKey",
}


_GROUP_LENGTH_MAX: Final = 32  # of One API's column
_HOST_NAME: Final = re.compile(r"(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Say whether a key's value is never shown; of keys that we do not know, the name decides."""
    setting = TABLE.get(name)
    return name.endswith(_SECRET_ENDINGS) if setting is None else setting.secret


def tidied(name: str, text: str) -> str:
    """Return what a person typed as it is kept: without blanks around it, numbers in plain digits, commas in lists."""
    setting = TABLE.get(name)
    kept = text.strip()
    kind = Kind.TEXT if setting is None else setting.kind
    if kind in (Kind.WHOLE, Kind.NUMBER):
        return unicodedata.normalize("NFKC", kept)
    if kind is Kind.NAMES:
        return re.sub(r"\s*[，\n]\s*", ",", kept)
    return text if "\n" in kept else kept


def parse(name: str, text: str) -> Value:
    """Return what a text means; raise `ValueError` naming the key. Unknown keys are texts."""
    setting = TABLE.get(name)
    if setting is None:
        return text
    match setting.kind:
        case Kind.FLAG:
            if text not in {"true", "false"}:
                raise ValueError(f"`{name}` must be `true` or `false`, not {text!r}")
            return text == "true"
        case Kind.WHOLE | Kind.NUMBER:
            return _parse_number(setting, text)
        case Kind.NAMES:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        case Kind.RATIOS:
            return ratio_table(name, text)
        case _:
            return _parse_text(setting, text)


def _parse_number(setting: Setting, text: str) -> int | float:
    whole = setting.kind is Kind.WHOLE
    # Python reads digits of all scripts, and 1_000; One API and browsers do not.
    plain = text if text.isascii() and "_" not in text else ""
    try:
        number = int(plain) if whole else float(plain)
    except ValueError as error:
        raise ValueError(f"`{setting.name}` must be a {setting.kind}, not {text!r}") from error
    low, high = setting.minimum, setting.maximum
    if not isfinite(number) or (low is not None and number < low) or (high and number > high):
        raise ValueError(f"`{setting.name}` must be from {low:g} to {high:.16g}, not {text}")
    return number


def _parse_text(setting: Setting, text: str) -> str:
    if setting.choices and text not in setting.choices:
        raise ValueError(
            f"`{setting.name}` must be one of {', '.join(setting.choices)}, not {text!r}"
        )
    # Browsers leave out what cannot be seen: `java\tscript:`.
    has_address = text.strip().isprintable() and not _BROKEN_URL.match(text)
    if setting.kind is Kind.URL and (_OTHER_SCHEME.match(text) or not has_address):
        raise ValueError(f"`{setting.name}` must be an http(s) URL or empty, not {text!r}")
    return text


def ratio_table(name: str, text: str) -> dict[str, Decimal]:
    """Return an option that maps names to ratios; raise `ValueError` naming option and entry."""
    ratios: dict[str, Decimal] = {}
    if not text.strip():
        return ratios
    try:
        parsed = json.loads(text, parse_float=Decimal, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"`{name}` must be a {Kind.RATIOS}: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError(f"`{name}` must be a {Kind.RATIOS}")  # noqa: TRY004 - a wrong text
    for key, value in cast("dict[str, Any]", parsed).items():
        ratio = _ratio(value)
        if ratio is None:
            raise ValueError(
                f"`{name}`: {key!r} must be a number from 0 to {RATIO_LIMIT}, not {value}"
            )
        ratios[key] = ratio
    return ratios


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that was read; refuse one that says a name twice: one of the two values would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return found


def lenient_ratios(text: str) -> dict[str, Decimal]:
    """Return the usable entries of an option as an adopted database may hold it; never raises."""
    try:
        parsed: Any = json.loads(text or "{}", parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    found = {key: _ratio(value) for key, value in cast("dict[str, Any]", parsed).items()}
    return {key: ratio for key, ratio in found.items() if ratio is not None}


def _ratio(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    ratio = Decimal(value)
    return ratio if ratio.is_finite() and 0 <= ratio <= RATIO_LIMIT else None


class Settings:
    """All settings at one moment; immutable. Read them by kind: the kind of a key is fixed in the table.

    `problems` says which stored texts are not usable; for those the default counts. (One API takes 0 instead.)
    """

    __slots__ = ("_values", "problems", "texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts: Final[Mapping[str, str]] = dict(texts)
        self._values: dict[str, Value] = {}
        problems: list[str] = []
        for name, setting in TABLE.items():
            text = self.texts.get(name, setting.default)
            try:
                self._values[name] = _stored(setting, text)
            except ValueError as problem:
                problems.append(str(problem))
                self._values[name] = _stored(setting, setting.default)
        self.problems: Final = tuple(problems)

    def __getitem__(self, name: str) -> Value:
        """Return a value of whatever kind; an unknown key is a text, `KeyError` if never stored."""
        return self._values[name] if name in self._values else self.texts[name]

    def flag(self, name: str) -> bool:
        """Return a flag."""
        return cast("bool", self._values[name])

    def whole(self, name: str) -> int:
        """Return a whole number."""
        return cast("int", self._values[name])

    def number(self, name: str) -> float:
        """Return a number, for instance of seconds."""
        return cast("float", self._values[name])

    def text(self, name: str) -> str:
        """Return a text or URL; of other kinds the text as stored."""
        setting = TABLE.get(name)
        return self.texts.get(name, setting.default if setting else "")

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list of names."""
        return cast("tuple[str, ...]", self._values[name])

    def visible(self) -> dict[str, str]:
        """Return every key and its text, without the secrets."""
        every = {name: setting.default for name, setting in TABLE.items()} | dict(self.texts)
        return {name: text for name, text in every.items() if not is_secret(name)}


def _stored(setting: Setting, text: str) -> Value:
    """Read a text that is in the database already: more leniently than one that is to be stored."""
    match setting.kind:
        case Kind.FLAG:
            return text == "true"
        case Kind.RATIOS:
            return lenient_ratios(text)
        case Kind.URL:
            return text
        case _:
            return parse(setting.name, text)


def load(connection: Connection) -> Settings:
    """Read all options. Blocking."""
    rows = connection.execute(select(options.c.key, options.c.value))
    return Settings({row.key: row.value or "" for row in rows})


def check(name: str, text: str, settings: Settings) -> Value:
    """Return the value of a text that is to be stored; raise `ValueError` saying why it may not."""
    value = parse(name, text)
    if name == "EgressAllowedNetworks":
        for entry in cast("tuple[str, ...]", value):
            _check_network(name, entry)
    if name == "GroupRatio":
        for group in cast("dict[str, Decimal]", value):
            _check_group(name, group)
    if name == "ServerAddress" and text:
        _check_address(name, text)
    needed = _NEEDS.get(name)
    if value is True and needed is not None and not settings[needed]:
        raise ValueError(f"`{name}` cannot be switched on before `{needed}` is set")
    return value


def _check_group(name: str, group: str) -> None:
    if (
        not group.strip()
        or "," in group
        or len(group) > _GROUP_LENGTH_MAX
        or not group.isprintable()
    ):
        raise ValueError(f"`{name}`: {group!r} is no name of a group: 1 to 32 characters, no comma")


def _check_address(name: str, text: str) -> None:
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"`{name}` must begin with http:// or https:// and name a host, not {text!r}"
        )


def _check_network(name: str, entry: str) -> None:
    if _HOST_NAME.fullmatch(entry):
        return
    try:
        ip_network(entry, strict=False)
    except ValueError as error:
        raise ValueError(
            f"`{name}`: {entry!r} is neither a network, as `10.1.0.0/16`, nor a host's name"
        ) from error
