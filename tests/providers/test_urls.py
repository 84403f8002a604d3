"""Where calls go, for every channel type, and for the base URLs that operators paste."""

import pytest

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers import registry
from oneapi.providers.catalogue import channel_types, models_of, owners
from oneapi.providers.provider import Provider
from oneapi.providers.urls import url_beside, url_of
from oneapi.wire.endpoints import Endpoint
from tests.providers.exchanges import call_to

CHATS = {
    1: "https://api.openai.com/v1/chat/completions",
    2: "https://oa.api2d.net/v1/chat/completions",
    4: "https://api.closeai-proxy.xyz/v1/chat/completions",
    5: "https://api.openai-sb.com/v1/chat/completions",
    6: "https://api.openaimax.com/v1/chat/completions",
    7: "https://api.ohmygpt.com/v1/chat/completions",
    9: "https://api.caipacity.com/v1/chat/completions",
    10: "https://api.aiproxy.io/v1/chat/completions",
    12: "https://api.api2gpt.com/v1/chat/completions",
    13: "https://api.aigc2d.com/v1/chat/completions",
    14: "https://api.anthropic.com/v1/messages",
    19: "https://ai.360.cn/v1/chat/completions",
    20: "https://openrouter.ai/api/v1/chat/completions",
    22: "https://fastgpt.run/api/openapi/v1/chat/completions",
    25: "https://api.moonshot.cn/v1/chat/completions",
    26: "https://api.baichuan-ai.com/v1/chat/completions",
    27: "https://api.minimax.chat/v1/text/chatcompletion_v2",
    28: "https://api.mistral.ai/v1/chat/completions",
    29: "https://api.groq.com/openai/v1/chat/completions",
    31: "https://api.lingyiwanwu.com/v1/chat/completions",
    32: "https://api.stepfun.com/v1/chat/completions",
    36: "https://api.deepseek.com/v1/chat/completions",
    39: "https://api.together.xyz/v1/chat/completions",
    40: "https://ark.cn-beijing.volces.com/api/v3/chat/completions",
    41: "https://api.novita.ai/v3/openai/chat/completions",
    44: "https://api.siliconflow.cn/v1/chat/completions",
    45: "https://api.x.ai/v1/chat/completions",
    47: "https://qianfan.baidubce.com/v2/chat/completions",
    48: "https://spark-api-open.xf-yun.com/v1/chat/completions",
    49: "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
    16: "https://open.bigmodel.cn/api/paas/v4/chat/completions",
    17: "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
    24: "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
    30: "http://localhost:11434/v1/chat/completions",
    35: "https://api.cohere.ai/compatibility/v1/chat/completions",
    51: "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
}


@pytest.mark.parametrize(("number", "url"), CHATS.items())
def test_the_usual_place(number: int, url: str) -> None:
    assert url_of(call_to(number)) == url


def speaks(row: Provider, dialect: str) -> bool:
    return any(service.dialect == dialect for service in row.services.get(Endpoint.CHAT, ()))


def test_every_openai_type_of_one_api_is_served() -> None:
    own = {row.type for row in registry.providers() if row.type < 1000 and speaks(row, "openai")}
    assert own == {*CHATS, 3, 8, 37, 50} - {14}
    assert len(own) == 39


BASES = [
    (1, "https://h/v1", "https://h/v1/chat/completions"),
    (1, "https://h/v1/", "https://h/v1/chat/completions"),
    (1, "https://h//", "https://h/v1/chat/completions"),
    (1, " https://h/v1/chat/completions ", "https://h/v1/chat/completions"),
    (8, "https://h/prefix", "https://h/prefix/v1/chat/completions"),
    (14, "https://h/v1", "https://h/v1/messages"),
    (14, "https://h/v1/messages", "https://h/v1/messages"),
    (40, "https://ark.x/api/v3", "https://ark.x/api/v3/chat/completions"),
    (47, "https://q/v2", "https://q/v2/chat/completions"),
    (49, "https://d/compatible-mode/v1", "https://d/compatible-mode/v1/chat/completions"),
    (16, "https://h/api/paas/v4", "https://h/api/paas/v4/chat/completions"),
    (24, "https://h/v1beta", "https://h/v1beta/openai/chat/completions"),
    (24, "https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"),
    (30, "http://nas:11434/v1", "http://nas:11434/v1/chat/completions"),
    (35, "https://h/compatibility/v1", "https://h/compatibility/v1/chat/completions"),
    (
        37,
        "https://gateway.ai.cloudflare.com/v1/a/g/workers-ai",
        "https://gateway.ai.cloudflare.com/v1/a/g/workers-ai/v1/chat/completions",
    ),
    (50, "https://h/v1", "https://h/v1/chat/completions"),
    (50, "https://h/api/paas/v4/", "https://h/api/paas/v4/chat/completions"),
    (
        1,
        "https://gateway.ai.cloudflare.com/v1/a/g/openai",
        "https://gateway.ai.cloudflare.com/v1/a/g/openai/chat/completions",
    ),
]


@pytest.mark.parametrize(("number", "base", "url"), BASES)
def test_bases_as_people_paste_them(number: int, base: str, url: str) -> None:
    assert url_of(call_to(number, base_url=base)) == url


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (Endpoint.EMBEDDINGS, "/v1/embeddings"),
        (Endpoint.COMPLETIONS, "/v1/completions"),
        (Endpoint.MODERATIONS, "/v1/moderations"),
        (Endpoint.EDITS, "/v1/edits"),
        (Endpoint.IMAGES, "/v1/images/generations"),
        (Endpoint.IMAGE_EDITS, "/v1/images/edits"),
        (Endpoint.IMAGE_VARIATIONS, "/v1/images/variations"),
        (Endpoint.SPEECH, "/v1/audio/speech"),
        (Endpoint.TRANSCRIPTIONS, "/v1/audio/transcriptions"),
        (Endpoint.TRANSLATIONS, "/v1/audio/translations"),
    ],
)
def test_other_endpoints(endpoint: Endpoint, path: str) -> None:
    assert url_of(call_to(1, endpoint=endpoint)) == f"https://api.openai.com{path}"


AZURE = "https://r.openai.azure.com"


@pytest.mark.parametrize(
    ("base", "fields", "url"),
    [
        (
            AZURE,
            {"model": "gpt-3.5-turbo"},
            "/openai/deployments/gpt-35-turbo/chat/completions?api-version=2024-10-21",
        ),
        (
            AZURE + "/openai/",
            {"model": "gpt-4o"},
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        ),
        (
            AZURE,
            {
                "model": "my.gpt",
                "asked_model": "gpt-4",
                "config": {"api_version": "2024-03-01-preview"},
            },
            "/openai/deployments/my.gpt/chat/completions?api-version=2024-03-01-preview",
        ),
        (
            AZURE,
            {"model": "gpt-4o", "query": "api-version=2025-01-01"},
            "/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01",
        ),
        (
            AZURE,
            {"model": "dall-e-3.5", "endpoint": Endpoint.IMAGES},
            "/openai/deployments/dall-e-3.5/images/generations?api-version=2024-10-21",
        ),
        (AZURE + "/openai/v1", {"model": "gpt-4.1"}, "/openai/v1/chat/completions"),
    ],
)
def test_azure(base: str, fields: dict[str, object], url: str) -> None:
    found = url_of(call_to(3, base_url=base, **fields))  # pyright: ignore[reportArgumentType]
    assert found == AZURE + url


def test_azure_behind_cloudflare() -> None:
    base = "https://gateway.ai.cloudflare.com/v1/a/g/azure-openai/res"
    url = url_of(call_to(3, base_url=base, model="gpt-4o"))
    assert url == f"{base}/gpt-4o/chat/completions?api-version=2024-10-21"


@pytest.mark.fault("W32")
@pytest.mark.parametrize("number", [1, 8, 14, 25, 50, 51])
def test_a_query_of_another_dialect_stays_here(number: int) -> None:
    call = call_to(
        number,
        document={"messages": [{"role": "user", "content": "hi"}]},
        base_url="https://h",
        query="beta=true",
    )
    assert "?" not in url_of(call)
    assert "?" not in registry.dialect(call.service.dialect).request(call).url


def test_a_credential_in_a_query_stays_here() -> None:
    query = "key=sk-1&beta=true&api%2Dkey=2&API_KEY=3&access_token=4"
    assert url_of(call_to(14, query=query)) == "https://api.anthropic.com/v1/messages?beta=true"
    assert url_of(call_to(1, query="key=sk-1")) == "https://api.openai.com/v1/chat/completions"


def test_a_query_travels() -> None:
    assert (
        url_of(call_to(14, query="beta=true")) == "https://api.anthropic.com/v1/messages?beta=true"
    )


def test_what_a_provider_does_not_serve() -> None:
    with pytest.raises(InvalidRequest, match="MiniMax does not serve 'embeddings'"):
        call_to(27, endpoint=Endpoint.EMBEDDINGS)


def test_a_channel_without_its_base() -> None:
    with pytest.raises(UpstreamError, match="no base URL") as caught:
        url_of(call_to(8))
    assert (caught.value.status, caught.value.retryable) == (503, True)


def test_the_catalogue() -> None:
    assert "gpt-4o" in models_of(1)
    assert models_of(50) == models_of(1)
    assert registry.owner("gpt-4o") == "openai"
    assert registry.owner("deepseek-chat") == "deepseek"
    assert registry.owner("no-such-model") is None
    assert next(iter(owners())) == "gpt-3.5-turbo"
    assert channel_types() == tuple(range(1, 52))
    assert registry.provider(11) is None


@pytest.mark.parametrize(
    ("chat", "models"),
    [
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/models"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/models"),
        ("https://v.example/v1/text/chatcompletion_v2", "https://v.example/v1/models"),
        (
            "https://r.example/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
            "https://r.example/openai/models?api-version=2024-10-21",
        ),
    ],
)
def test_models_are_listed_beside_the_chat(chat: str, models: str) -> None:
    assert url_beside(chat, "models") == models
