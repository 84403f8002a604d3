"""Where a call goes: the provider's path template, filled in; tolerant of what operators paste as a base URL.

Azure: https://learn.microsoft.com/azure/ai-foundry/openai/reference (deployments, `api-version`) and
…/openai/api-version-lifecycle (the `/openai/v1` form without a version) (read 2026-11-21).
"""

from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers.base import Call, Endpoint

AZURE_VERSION: Final = "2024-10-21"  # the newest stable dated version, for channels that name none
_CLOUDFLARE: Final = "https://gateway.ai.cloudflare.com"
_ENDPOINT_TAILS: Final = (
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/messages",
)
_CHAT_TAILS: Final = ("/chat/completions", "/messages", "/text/chatcompletion_v2")


def url_of(call: Call) -> str:
    """Return the URL of a call.

    Raises `InvalidRequest` for an endpoint its provider does not serve, `UpstreamError` for a channel without the
    base URL it needs: another channel may do.
    """
    target = call.target
    provider = target.provider
    template = provider.paths.get(call.endpoint)
    if template is None:
        raise InvalidRequest(
            f"the provider {provider.name} does not serve {call.endpoint.value!r}",
            code="endpoint_not_supported",
        )
    if not target.base_url:
        raise UpstreamError(
            f"channel {target.channel_id} has no base URL, which {provider.name} needs",
            status=503,
            type="one_api_error",
            code="channel_without_base_url",
        )
    if provider.slug == "azure":
        return _azure(call, template)
    url = _joined(target.base_url, template)
    return f"{url}?{call.query}" if call.query else url


@lru_cache(maxsize=2048)
def _joined(base_url: str, template: str) -> str:
    """Fill in the base, without repeating what it already ends with."""
    base = trimmed(base_url)
    path = template.removeprefix("{base}")
    if base.startswith(_CLOUDFLARE):
        path = path.removeprefix("/v1")
        return base + path
    head = "/" + path.split("/")[1]
    if head in {"/v1", "/v2", "/v3"} and base.endswith(head):
        base = base.removesuffix(head)
    elif path.startswith("/api/v3/") and base.endswith("/api/v3"):
        base = base.removesuffix("/api/v3")
    elif path.startswith("/compatible-mode/v1/") and base.endswith("/compatible-mode/v1"):
        base = base.removesuffix("/compatible-mode/v1")
    return base + path


def trimmed(base_url: str) -> str:
    """Return a base URL without slashes at its end and without the endpoint that some paste with it."""
    base = base_url.strip().rstrip("/")
    for tail in _ENDPOINT_TAILS:
        base = base.removesuffix(tail)
    return base.rstrip("/")


def _azure(call: Call, template: str) -> str:
    base = trimmed(call.target.base_url)
    path = template.removeprefix("{base}/openai/deployments/{model}")
    client = dict(parse_qsl(call.query))
    if base.endswith("/openai/v1"):
        return base + path
    version = client.get("api-version") or azure_version(call)
    name = quote(deployment(call), safe="")
    prefix = "" if base.startswith(_CLOUDFLARE) else "/openai/deployments"
    base = base.removesuffix("/openai")
    return f"{base}{prefix}/{name}{path}?{urlencode({'api-version': version})}"


def azure_version(call: Call) -> str:
    """Return the API version that a channel is configured for."""
    return call.target.config.get("api_version") or AZURE_VERSION


def deployment(call: Call) -> str:
    """Return the deployment's name.

    One API leaves the dots out, because deployments could not have any; a name that the operator mapped is
    taken as it is, and so are images, whose names it left alone.
    """
    if call.model != call.asked_model or call.endpoint is Endpoint.IMAGES:
        return call.model
    return call.model.replace(".", "")


def models_url(chat_url: str) -> str:
    """Return where a vendor lists its models, from where its chats go: beside that endpoint, under the same version."""
    base, _, query = chat_url.partition("?")
    for tail in _CHAT_TAILS:
        base = base.removesuffix(tail)
    before, deployments, _ = base.partition("/deployments/")
    if deployments:
        return f"{before}/models?{query}"
    return f"{base}/models"
