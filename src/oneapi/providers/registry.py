"""The table of vendors: One API's channel types as rows, and the dialects by name.

A new vendor of a known dialect is one more row in `rows/*.json` (`vendor_rows`). Base URLs are One API's (read from its
source, February 2025) where they still answer; `docs/providers.md` is generated from both.
"""

from functools import lru_cache
from typing import Final

from oneapi.providers import balances
from oneapi.providers.adjusting import AdjustedDialect
from oneapi.providers.anthropic import AnthropicDialect
from oneapi.providers.balance_row import Balance
from oneapi.providers.base import Dialect, Headers, Target
from oneapi.providers.catalogue import owner
from oneapi.providers.openai import OpenAIDialect
from oneapi.providers.provider import Provider, Service, Services
from oneapi.providers.quirks import NO_QUIRKS, Quirks
from oneapi.providers.services import faces, served, served_at
from oneapi.providers.vendor_rows import vendor_rows
from oneapi.wire.endpoints import ANTHROPIC, Endpoint

_V1: Final = served("/v1")
_BARE: Final = served("")
# The face for clients of Anthropic's dialect. DeepSeek https://api-docs.deepseek.com/guides/anthropic_api (the key in
# `x-api-key`) (read 2026-11-26); Moonshot: https://platform.kimi.ai/docs/api/overview, as
# https://www.developersdigest.tech/reference/api-compatibility/moonshot has read it (read 2026-11-26).
_DEEPSEEK_FACES: Final = faces(
    _V1, served("/anthropic/v1", Endpoint.CHAT, dialect=ANTHROPIC, auth="x-api-key")
)
_MOONSHOT_FACES: Final = faces(_V1, served("/anthropic/v1", Endpoint.CHAT, dialect=ANTHROPIC))
_TEXT: Final = (Endpoint.CHAT, Endpoint.COMPLETIONS, Endpoint.EMBEDDINGS)
_MINIMAX: Final = served_at({Endpoint.CHAT: "{base}/v1/text/chatcompletion_v2"})
_OPENROUTER_HEADERS: Final[Headers] = (
    ("http-referer", "https://github.com/songquanpeng/one-api"),
    ("x-title", "One API"),
)

# What rows take differently (read 2026-11-26): OpenAI https://platform.openai.com/docs/api-reference/chat/create (`stop`,
# `user`), Azure https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle.
_OPENAI: Final = Quirks(keeps=frozenset({"user"}), max_stops=4)
_AZURE: Final = Quirks(
    keeps=frozenset({"user"}), max_stops=4, since=(("stream_options", "2024-09-01"),)
)
# https://openrouter.ai/docs/features/prompt-caching, …/docs/use-cases/reasoning-tokens
_OPENROUTER: Final = Quirks(
    keeps=frozenset({"cache_control", "reasoning", "reasoning_details", "user"}),
    efforts=("none", "minimal", "low", "medium", "high", "xhigh"),
)
_REASONING: Final = Quirks(keeps=frozenset({"reasoning_content"}))
_REASONING_SWITCH: Final = Quirks(keeps=frozenset({"reasoning_content", "thinking"}))
# https://docs.mistral.ai/api/#operation/createChatCompletion: other fields are refused (422 `extra_forbidden`), and so is
# a user's message right behind a tool's (400 `invalid_request_message_order`); ids: https://github.com/mistralai/mistral-common
_MISTRAL: Final = Quirks(
    drops=frozenset(
        {
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "service_tier",
            "store",
            "stream_options",
            "user",
            "verbosity",
        }
    ),
    message_drops=frozenset({"reasoning_content"}),
    renames=(("max_completion_tokens", "max_tokens"), ("seed", "random_seed")),
    roles=(("developer", "system"),),
    bridge="Understood.",
    call_ids="[A-Za-z0-9]{9}",
    limit="max_tokens",
)
# https://console.groq.com/docs/openai, https://console.groq.com/docs/api-reference#chat-create
_GROQ: Final = Quirks(
    drops=frozenset({"store"}), message_drops=frozenset({"reasoning_content"}), max_stops=4
)
# https://api-docs.deepseek.com/api/create-chat-completion: roles, `max_tokens`, 16 stop sequences, words for effort
_DEEPSEEK: Final = Quirks(
    roles=(("developer", "system"),),
    renames=(("max_completion_tokens", "max_tokens"),),
    keeps=frozenset({"reasoning_content", "thinking"}),
    limit="max_tokens",
    efforts=("low", "medium", "high", "xhigh", "max"),
    max_stops=16,
)
# https://ai.google.dev/gemini-api/docs/openai: unknown names are refused ("Cannot find field");
# https://ai.google.dev/gemini-api/docs/thought-signatures: what stands in for a signature that there is none of
_GEMINI: Final = Quirks(
    drops=frozenset(
        {
            "metadata",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "service_tier",
            "store",
            "verbosity",
        }
    ),
    keeps=frozenset({"extra_content"}),
    signature="skip_thought_signature_validator",
)


def _openai(  # noqa: PLR0913 - one per column of the row
    number: int,
    slug: str,
    name: str,
    base_url: str,
    services: Services = _V1,
    quirks: Quirks = NO_QUIRKS,
    balance: Balance | None = None,
) -> Provider:
    return Provider(number, slug, name, base_url, services, quirks=quirks, balance=balance)


_ROWS: Final = (
    _openai(
        1,
        "openai",
        "OpenAI",
        "https://api.openai.com",
        quirks=_OPENAI,
        balance=balances.OLD_BILLING,
    ),
    _openai(2, "api2d", "API2D", "https://oa.api2d.net"),
    Provider(
        3,
        "azure",
        "Azure OpenAI",
        "",
        served("/openai/deployments/{model}", query="?api-version={version}"),
        auth="api-key",
        quirks=_AZURE,
        unversioned="/openai/v1",
        notes="Base URL required. Deployment = model without dots, or exactly what the model is mapped to; where there is "
        "none of that name (404 `DeploymentNotFound`), the name with or without its dots is tried once and remembered. "
        "`api_version` from the channel or the client's query; a base URL ending in `/openai/v1` needs none.",
    ),
    _openai(
        4, "closeai", "CloseAI", "https://api.closeai-proxy.xyz", balance=balances.AVAILABLE_GRANTS
    ),
    _openai(5, "openai-sb", "OpenAI-SB", "https://api.openai-sb.com", balance=balances.OPENAI_SB),
    _openai(6, "openai-max", "OpenAI Max", "https://api.openaimax.com"),
    _openai(7, "ohmygpt", "OhMyGPT", "https://api.ohmygpt.com"),
    Provider(
        8,
        "custom",
        "Custom",
        "",
        _V1,
        balance=balances.OLD_BILLING,
        notes="Base URL required; `/v1/…` is appended.",
    ),
    _openai(9, "ails", "AI.LS", "https://api.caipacity.com"),
    _openai(10, "aiproxy", "AI Proxy", "https://api.aiproxy.io", balance=balances.AI_PROXY),
    _openai(12, "api2gpt", "API2GPT", "https://api.api2gpt.com", balance=balances.REMAINING_GRANTS),
    _openai(13, "aigc2d", "AIGC2D", "https://api.aigc2d.com", balance=balances.AVAILABLE_GRANTS),
    Provider(
        14,
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        served("/v1", dialect=ANTHROPIC),
        auth="x-api-key",
    ),
    _openai(19, "ai360", "360 AI Brain", "https://ai.360.cn"),
    Provider(
        20,
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api",
        _V1,
        headers=_OPENROUTER_HEADERS,
        quirks=_OPENROUTER,
        balance=balances.OPENROUTER,
        notes="Cache marks and signed thinking are passed on.",
    ),
    Provider(
        22,
        "fastgpt",
        "FastGPT",
        "https://fastgpt.run/api/openapi",
        _V1,
        notes="Key: `APIKey-AppId`.",
    ),
    _openai(
        25,
        "moonshot",
        "Moonshot AI",
        "https://api.moonshot.cn",
        _MOONSHOT_FACES,
        quirks=_REASONING,
        balance=balances.MOONSHOT,
    ),
    _openai(26, "baichuan", "Baichuan", "https://api.baichuan-ai.com"),
    _openai(27, "minimax", "MiniMax", "https://api.minimax.chat", _MINIMAX),
    Provider(
        28,
        "mistral",
        "Mistral AI",
        "https://api.mistral.ai",
        _V1,
        quirks=_MISTRAL,
        notes="Reports a stream's usage without being asked to.",
    ),
    _openai(29, "groq", "Groq", "https://api.groq.com/openai", quirks=_GROQ),
    _openai(31, "lingyiwanwu", "01.AI", "https://api.lingyiwanwu.com"),
    _openai(32, "stepfun", "StepFun", "https://api.stepfun.com", balance=balances.STEPFUN),
    _openai(
        36,
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com",
        _DEEPSEEK_FACES,
        quirks=_DEEPSEEK,
        balance=balances.DEEPSEEK,
    ),
    _openai(39, "togetherai", "together.ai", "https://api.together.xyz"),
    _openai(
        40,
        "doubao",
        "Volcengine Doubao",
        "https://ark.cn-beijing.volces.com",
        served("/api/v3", *_TEXT, Endpoint.IMAGES),
        _REASONING_SWITCH,
    ),
    _openai(
        41,
        "novita",
        "Novita",
        "https://api.novita.ai/v3/openai",
        served("", *_TEXT),
        balance=balances.NOVITA,
    ),
    Provider(
        43,
        "proxy",
        "Proxy",
        "",
        {},
        auth="raw",
        notes="Reached by `/v1/oneapi/proxy/{channel}/…` only; the key is sent as it is.",
    ),
    _openai(
        44,
        "siliconflow",
        "SiliconFlow",
        "https://api.siliconflow.cn",
        quirks=_REASONING,
        balance=balances.SILICONFLOW,
    ),
    _openai(45, "xai", "xAI", "https://api.x.ai"),
    _openai(
        47,
        "baiduv2",
        "Baidu Qianfan V2",
        "https://qianfan.baidubce.com",
        served("/v2", Endpoint.CHAT, Endpoint.EMBEDDINGS, Endpoint.IMAGES),
    ),
    _openai(48, "xunfeiv2", "iFlytek Spark V2", "https://spark-api-open.xf-yun.com"),
    _openai(
        49,
        "alibailian",
        "Alibaba Bailian",
        "https://dashscope.aliyuncs.com",
        served("/compatible-mode/v1", *_TEXT),
    ),
    Provider(
        50,
        "openai-compatible",
        "OpenAI compatible",
        "",
        _BARE,
        balance=balances.OLD_BILLING,
        notes="Base URL required, as SDKs want it (with `/v1`).",
    ),
    _openai(
        51,
        "gemini-openai",
        "Gemini (OpenAI)",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        _BARE,
        _GEMINI,
    ),
)
_BY_TYPE: Final = {row.type: row for row in _ROWS}


def provider(number: int) -> Provider | None:
    """Return the provider of a channel type, `None` for types that are not served."""
    found = _BY_TYPE.get(number)
    return vendor_rows().get(number) if found is None else found


@lru_cache(maxsize=1)
def providers() -> tuple[Provider, ...]:
    """Return all rows, by channel type."""
    rows = {**_BY_TYPE, **vendor_rows()}
    return tuple(rows[number] for number in sorted(rows))


@lru_cache(maxsize=1)
def _dialects() -> dict[str, Dialect]:
    return {found.name: found for found in (OpenAIDialect(), AnthropicDialect())}


def dialect(name: str) -> Dialect:
    """Return a dialect; an unknown name is a mistake of ours."""
    return _dialects()[name]


def dialect_of(target: Target, service: Service) -> Dialect:
    """Return the dialect of a service as a channel speaks it."""
    found = dialect(service.dialect)
    adjustments = target.adjustments
    if adjustments is None or not adjustments.changes_requests:
        return found
    return AdjustedDialect(found, adjustments)


__all__ = ["dialect", "dialect_of", "owner", "provider", "providers"]
