"""The settings an administrator changes while serving: one table of One API's 59 option keys and ours.

Rows of `options` are texts; here is what they mean, what is allowed, who may see them. From this table come validation,
`/api/option`, the web form and `docs/settings.md`. What the environment decides is `oneapi.config`'s.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Any, Final, cast

import msgspec
from sqlalchemy import Connection, select

from oneapi.store.tables import options

RATIO_LIMIT: Final = 10**9

Value = bool | int | float | str | tuple[str, ...] | dict[str, Decimal]


class Kind(StrEnum):
    """How a setting's text is read."""

    FLAG = "flag"
    WHOLE = "whole number"
    NUMBER = "number"
    TEXT = "text"
    URL = "URL"
    NAMES = "comma-separated list"
    RATIOS = "JSON object of numbers"


class Setting(msgspec.Struct, frozen=True):
    """One key: `default` is a text as the database would hold it; bounds are inclusive."""

    name: str
    kind: Kind
    default: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    ours: bool = False


def _flag(name: str, default: bool, help: str) -> Setting:
    return Setting(name, Kind.FLAG, "true" if default else "false", help)


def _text(name: str, help: str, default: str = "") -> Setting:
    return Setting(name, Kind.TEXT, default, help)


def _url(name: str, help: str, default: str = "", ours: bool = False) -> Setting:
    return Setting(name, Kind.URL, default, help, ours=ours)


def _secret(name: str, help: str, ours: bool = False) -> Setting:
    return Setting(name, Kind.TEXT, "", help, secret=True, ours=ours)


def _quota(name: str, default: int, help: str) -> Setting:
    return Setting(name, Kind.WHOLE, str(default), help, minimum=0, maximum=2**53)


def _seconds(name: str, default: str, help: str, minimum: float, maximum: float) -> Setting:
    return Setting(name, Kind.NUMBER, default, help, minimum, maximum, ours=True)


def _minutes(name: str, help: str) -> Setting:
    return Setting(name, Kind.WHOLE, "0", help, minimum=0, maximum=525_600, ours=True)


def _days(name: str, default: str, help: str) -> Setting:
    return Setting(name, Kind.WHOLE, default, help, minimum=0, maximum=3650, ours=True)


def _ratios(name: str, default: str, help: str, ours: bool = False) -> Setting:
    return Setting(name, Kind.RATIOS, default, help, minimum=0, maximum=RATIO_LIMIT, ours=ours)


_SIGN_IN = (
    _flag("PasswordLoginEnabled", True, "People may sign in with a password."),
    _flag("PasswordRegisterEnabled", True, "People may create an account with a password."),
    _flag("EmailVerificationEnabled", False, "A new account needs a code that is sent by e-mail."),
    _flag("GitHubOAuthEnabled", False, "People may sign in with GitHub; needs `GitHubClientId`."),
    _flag("OidcEnabled", False, "People may sign in with the OpenID Connect provider."),
    _flag("WeChatAuthEnabled", False, "People may sign in with WeChat; needs its server."),
    _flag(
        "TurnstileCheckEnabled", False, "Forms ask Cloudflare Turnstile; needs `TurnstileSiteKey`."
    ),
    _flag("RegisterEnabled", True, "New accounts may be created at all, in whatever way."),
    _flag(
        "EmailDomainRestrictionEnabled",
        False,
        "Only addresses of the domains in `EmailDomainWhitelist` get a verification mail.",
    ),
    Setting(
        "EmailDomainWhitelist",
        Kind.NAMES,
        "gmail.com,163.com,126.com,qq.com,outlook.com,hotmail.com,icloud.com,yahoo.com,foxmail.com",
        "The e-mail domains that are allowed while the restriction is on.",
    ),
    _text("GitHubClientId", "Client id of the GitHub OAuth app."),
    _secret("GitHubClientSecret", "Client secret of the GitHub OAuth app."),
    _text("LarkClientId", "App id at Lark (Feishu); shows the Lark button when set."),
    _secret("LarkClientSecret", "App secret at Lark (Feishu)."),
    _text("OidcClientId", "Client id at the OpenID Connect provider."),
    _secret("OidcClientSecret", "Client secret at the OpenID Connect provider."),
    _url("OidcWellKnown", "The provider's `/.well-known/openid-configuration`."),
    _url("OidcAuthorizationEndpoint", "The provider's authorization endpoint."),
    _url("OidcTokenEndpoint", "The provider's token endpoint."),
    _url("OidcUserinfoEndpoint", "The provider's userinfo endpoint."),
    _url("WeChatServerAddress", "Address of the WeChat server that signs people in."),
    _secret("WeChatServerToken", "Token of the WeChat server."),
    _url("WeChatAccountQRCodeImageURL", "QR code of the WeChat account that people follow."),
    _text("TurnstileSiteKey", "Site key of Cloudflare Turnstile (public)."),
    _secret("TurnstileSecretKey", "Secret key of Cloudflare Turnstile."),
)

_MAIL = (
    _text("SMTPServer", "Host of the mail server; empty: no mail is sent."),
    Setting(
        "SMTPPort",
        Kind.WHOLE,
        "587",
        "Port of the mail server; 465 means TLS from the first byte.",
        minimum=1,
        maximum=65535,
    ),
    _text("SMTPAccount", "User name at the mail server."),
    _text("SMTPFrom", "Sender of the mails; empty: `SMTPAccount`."),
    _secret("SMTPToken", "Password at the mail server."),
    _url("MessagePusherAddress", "Address of a Message Pusher that gets the alarms."),
    _secret("MessagePusherToken", "Token of the Message Pusher."),
    _url("AlarmWebhookUrl", "Gets JSON when channels are disabled or enabled.", ours=True),
    _secret("AlarmWebhookSecret", "Signs what the webhook gets (HMAC-SHA256).", ours=True),
)

_APPEARANCE = (
    _text("Notice", "Shown to visitors of the home page (Markdown or HTML)."),
    _text("About", 'The page "About" (Markdown, HTML or a URL).'),
    _text("HomePageContent", "The home page (Markdown, HTML or a URL)."),
    _text("Footer", "HTML under every page."),
    _text("SystemName", "What this installation calls itself.", "One API"),
    _url("Logo", "Image shown beside the name."),
    _url(
        "ServerAddress",
        "Where people reach this installation; used in mails and for signing in elsewhere.",
        "http://localhost:3000",
    ),
    _url("TopUpLink", "Where people buy quota."),
    _url("ChatLink", "A chat page that people are offered."),
    Setting(
        "Theme",
        Kind.TEXT,
        "default",
        "One API's web themes; kept for its clients.",
        choices=("default", "berry", "air"),
    ),
    _flag("DisplayInCurrencyEnabled", True, "Amounts are shown as US dollars instead of quota."),
    _flag(
        "DisplayTokenStatEnabled", True, "The billing API tells a key's figures, not its user's."
    ),
    Setting(
        "QuotaPerUnit",
        Kind.NUMBER,
        "500000",
        "Quota shown as one US dollar. Display only: prices do not depend on it.",
        minimum=1,
        maximum=1e12,
    ),
)

_MONEY = (
    _quota("QuotaForNewUser", 0, "Quota that a new user starts with."),
    _quota("QuotaForInviter", 0, "Quota for whoever invited a new user."),
    _quota("QuotaForInvitee", 0, "Quota for a new user who was invited."),
    _quota("QuotaRemindThreshold", 1000, "A user whose balance falls below it gets a mail."),
    _quota(
        "PreConsumedQuota",
        500,
        "Kept for One API's clients; what a request may cost at most is held instead.",
    ),
    _flag(
        "ApproximateTokenEnabled",
        False,
        "Kept for One API's clients; estimates are by bytes always.",
    ),
    _flag("LogConsumeEnabled", True, "Every charge gets a row in the log."),
    _days("FailedLogDays", "7", "How long failures stay in the log; 0: no rows."),
    _ratios(
        "ModelRatio",
        "",
        "Input prices by model, in quota per token (1 = 2 USD per million tokens), 1/1000 of an"
        " image's price, or quota per spoken character. A model that is not named here costs what"
        " our table says. A key may be `model(channel type)`.",
    ),
    _ratios("CompletionRatio", "", "Output price over input price, by model; else the table's."),
    _ratios(
        "GroupRatio",
        '{"default":1,"vip":1,"svip":1}',
        "Price factors of the groups; also their list.",
    ),
    _ratios("CacheRatio", "", "Price of cached input over the input price, by model.", ours=True),
    _ratios(
        "CacheWriteRatio",
        "",
        "Price of writing the cache over the input price, by model.",
        ours=True,
    ),
    _ratios(
        "AudioRatio",
        "",
        "Price of audio input over the input price, by model; that of audio output follows.",
        ours=True,
    ),
    _ratios(
        "ModelPrice",
        "",
        "US dollars per call, by model, whatever it consumes. Wins over all.",
        ours=True,
    ),
    _ratios(
        "AdoptedModelRatio",
        "",
        "What an adopted database sold at before: One API's built-in `ModelRatio`. In force where"
        " `ModelRatio` names nothing, until newer prices are taken (`one-api prices`).",
        ours=True,
    ),
    _ratios(
        "AdoptedCompletionRatio",
        "",
        "What an adopted database sold at before: One API's built-in `CompletionRatio`.",
        ours=True,
    ),
)

_RELAY = (
    Setting(
        "RetryTimes",
        Kind.WHOLE,
        "3",
        "How many other channels a failed request is tried on (One API's default was 0).",
        minimum=0,
        maximum=20,
    ),
    _seconds("RetryBudgetSeconds", "30", "No new attempt begins after this long.", 0, 3600),
    _seconds("ConnectTimeoutSeconds", "10", "How long a vendor may take to accept.", 0.1, 300),
    _seconds(
        "FirstByteTimeoutSeconds", "600", "How long a vendor may take to begin its answer.", 1, 7200
    ),
    _seconds(
        "IdleTimeoutSeconds", "300", "How long a vendor may pause within its answer.", 1, 7200
    ),
    _seconds(
        "KeepAliveIntervalSeconds",
        "15",
        "A waiting stream gets a comment this often, so that proxies keep it open; 0: never.",
        0,
        600,
    ),
    _seconds(
        "DrainAfterDisconnectSeconds",
        "2",
        "How long we listen on for the usage when the client has left; 0: not at all.",
        0,
        600,
    ),
    _seconds(
        "CooldownBaseSeconds",
        "1",
        "First rest of a failing channel; doubles from then on.",
        0.1,
        3600,
    ),
    _seconds("CooldownMaxSeconds", "300", "Longest rest of a failing channel.", 1, 86400),
    _seconds(
        "SaturationWaitSeconds", "5", "How long a request waits when every channel rests.", 0, 600
    ),
    Setting(
        "ChannelDisableThreshold",
        Kind.NUMBER,
        "5",
        "A channel whose test takes longer (seconds) is disabled; 0: never for that reason.",
        minimum=0,
        maximum=86400,
    ),
    _minutes(
        "ChannelTestMinutes",
        "How often channels are tested, in minutes; 0: only when asked for. Until it is saved here,"
        " `CHANNEL_TEST_FREQUENCY` counts. Channels that keep failing are tested less and less often, once a day"
        " at least.",
    ),
    _minutes(
        "ChannelBalanceMinutes",
        "How often vendors are asked for the balances of channels, in minutes; 0: only when asked for. Until it is saved"
        " here, `CHANNEL_UPDATE_FREQUENCY` counts.",
    ),
    _flag("AutomaticDisableChannelEnabled", False, "Channels that prove broken are disabled."),
    _flag(
        "AutomaticEnableChannelEnabled", False, "Channels that pass a later test are enabled again."
    ),
)

SECTIONS: Final[Mapping[str, tuple[Setting, ...]]] = {
    "Accounts and sign-in": _SIGN_IN,
    "Mail and alarms": _MAIL,
    "Appearance": _APPEARANCE,
    "Quota and prices": _MONEY,
    "Relay and channels": _RELAY,
}
TABLE: Final[Mapping[str, Setting]] = {
    setting.name: setting for section in SECTIONS.values() for setting in section
}

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


def is_secret(name: str) -> bool:
    """Say whether a key's value is never shown; of keys that we do not know, the name decides."""
    setting = TABLE.get(name)
    return name.endswith(_SECRET_ENDINGS) if setting is None else setting.secret


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
    try:
        number = int(text) if whole else float(text)
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
    if setting.kind is Kind.URL and (_OTHER_SCHEME.match(text) or _BROKEN_URL.match(text)):
        raise ValueError(f"`{setting.name}` must be an http(s) URL or empty, not {text!r}")
    return text


def ratio_table(name: str, text: str) -> dict[str, Decimal]:
    """Return an option that maps names to ratios; raise `ValueError` naming option and entry."""
    ratios: dict[str, Decimal] = {}
    if not text.strip():
        return ratios
    try:
        parsed = json.loads(text, parse_float=Decimal)
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
    needed = _NEEDS.get(name)
    if value is True and needed is not None and not settings[needed]:
        raise ValueError(f"`{name}` cannot be switched on before `{needed}` is set")
    return value
