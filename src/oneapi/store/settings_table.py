"""The settings an administrator changes while serving, as a table: One API's 59 option keys and ours.

From this table come validation (`oneapi.store.settings`), `/api/option`, the web form and `docs/settings.md`. What the
environment decides is `oneapi.config`'s.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

RATIO_LIMIT: Final = 10**9


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


def _flag(name: str, default: bool, help: str, ours: bool = False) -> Setting:
    return Setting(name, Kind.FLAG, "true" if default else "false", help, ours=ours)


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
    _text(
        "GitHubClientId",
        "Client id of the GitHub OAuth app; its callback: `<ServerAddress>/oauth/github`.",
    ),
    _secret("GitHubClientSecret", "Client secret of the GitHub OAuth app."),
    _url("GitHubAddress", "Your GitHub Enterprise, if it is that.", "https://github.com", True),
    _text(
        "LarkClientId",
        "App id at Lark (Feishu); switches it on. Its callback: `<ServerAddress>/oauth/lark`.",
    ),
    _secret("LarkClientSecret", "App secret at Lark (Feishu)."),
    _url("LarkAddress", "Lark's is `https://open.larksuite.com`.", "https://open.feishu.cn", True),
    _text(
        "OidcClientId",
        "Client id at the OpenID Connect provider; callback: `<ServerAddress>/oauth/oidc`.",
    ),
    _secret("OidcClientSecret", "Client secret at the OpenID Connect provider."),
    _url(
        "OidcWellKnown",
        "The provider's `/.well-known/openid-configuration`, or its issuer; must be set.",
    ),
    _url("OidcAuthorizationEndpoint", "Where people sign in; empty: as discovered."),
    _url("OidcTokenEndpoint", "Where codes are redeemed; empty: as discovered."),
    _url("OidcUserinfoEndpoint", "Where names are asked for; empty: as discovered."),
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
    _flag(
        "PublicPricesEnabled",
        False,
        "Visitors see the models of the group `default` and what they cost, at /prices.",
        ours=True,
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
    _quota(
        "QuotaRemindThreshold",
        1000,
        "A user whose balance falls below it gets a mail, and no other before it was above; 0: nobody.",
    ),
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
    _days("AuditDays", "365", "How long it is kept who has changed what; 0: for ever."),
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
    _secret(
        "MetricsToken",
        "Bearer token that `/metrics` wants from elsewhere than this machine; empty: nobody else.",
        ours=True,
    ),
    Setting(
        "EgressAllowedNetworks",
        Kind.NAMES,
        "",
        "Networks (`10.1.0.0/16`) and hosts that addresses may lead to which others than root have entered; without"
        " them only to the open internet. What root enters may lead anywhere.",
        ours=True,
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
