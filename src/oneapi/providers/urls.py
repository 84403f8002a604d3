"""Where a call goes: the provider's path template, filled in; tolerant of what operators paste as a base URL.

Azure: https://learn.microsoft.com/azure/ai-foundry/openai/reference (deployments, `api-version`) and
…/openai/api-version-lifecycle (the `/openai/v1` form without a version) (read 2026-11-21).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_plus

from oneapi.errors import UpstreamError
from oneapi.providers.base import Call, Target
from oneapi.wire.endpoints import Endpoint

OTHER_SPELLING: Final = "deployment"  # an adaptation: the name with its dots, or without them
AZURE_VERSION: Final = "2024-10-21"  # the newest stable dated version, for channels that name none
_CREDENTIALS: Final = frozenset(
    {"key", "api_key", "apikey", "token", "access_token", "authorization"}
)
_CLOUDFLARE: Final = "https://gateway.ai.cloudflare.com"
_WORKERS: Final = (
    "/workers-ai",
    "/workers-ai/v1",
)  # the vendor behind that gateway whose paths keep their version
_VERSION: Final = re.compile(r"/v\d")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_ENDPOINT_TAILS: Final = (
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/messages",
)
_CHAT_TAILS: Final = ("/chat/completions", "/messages", "/text/chatcompletion_v2")


def url_of(call: Call) -> str:
    """Return the URL of a call, with the client's query where it speaks the vendor's dialect.

    Raises `UpstreamError` for a channel without the base URL it needs: another channel may do.
    """
    target, service = call.target, call.service
    template = service.stream_path if call.stream and service.stream_path else service.path
    missing = _missing(target.base_url)
    if missing:
        raise UpstreamError(
            f"channel {target.channel_id} has no {missing}, which {target.provider.name} needs",
            status=503,
            type="one_api_error",
            code="channel_without_base_url",
        )
    if "{model}" in template:
        return _deployed(call, template)
    url = _joined(target.base_url, template, target.provider.faces)
    query = _travelling(call.query) if call.query and call.document is None else ""
    return f"{url}?{query}" if query else url


def _missing(base_url: str) -> str:
    """Return what an operator has still to say before there is an address."""
    unsaid = _VARIABLE.search(base_url)
    return f"`{unsaid[1]}`" if unsaid else "" if base_url else "base URL"


def filled(base_url: str, own: str, config: Mapping[str, str]) -> str:
    """Return a channel's base URL, or else the vendor's `own`, with the values of its config for `{names}` in it.

    What is only the beginning of an own one with names in it means the same: One API kept those out of the base URL.
    """
    said = trimmed(base_url)
    base = own if not said or ("{" in own and own.startswith(f"{said}/")) else base_url
    return _VARIABLE.sub(lambda name: quote(config.get(name[1]) or name[0], safe="{}"), base)


def _travelling(query: str) -> str:
    """Return a query without what some clients put there to be let in: that is between them and us."""
    kept = [part for part in query.split("&") if _parameter(part) not in _CREDENTIALS]
    return "&".join(kept)


def _parameter(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).lower().replace("-", "_")


@lru_cache(maxsize=2048)
def _joined(base_url: str, template: str, faces: tuple[str, ...]) -> str:
    """Fill in the base, without repeating what it already ends with: one of the `faces`, where there are several."""
    base = trimmed(base_url)
    path = template.removeprefix("{base}")
    if base.startswith(_CLOUDFLARE) and not base.endswith(_WORKERS):
        return base + path.removeprefix("/v1")
    face = next((face for face in faces if base.endswith(face)), "")
    return base.removesuffix(face or _repeated(base, path)) + path


def _repeated(base: str, path: str) -> str:
    """Return what a base URL ends with that the path begins with, where that says a version."""
    folders = path.split("/")
    heads = ("/".join(folders[:count]) for count in range(len(folders) - 1, 1, -1))
    return next((head for head in heads if _VERSION.search(head) and base.endswith(head)), "")


def trimmed(base_url: str) -> str:
    """Return a base URL without slashes at its end and without the endpoint that some paste with it."""
    base = base_url.strip().rstrip("/")
    for tail in _ENDPOINT_TAILS:
        base = base.removesuffix(tail)
    return base.rstrip("/")


def is_versioned(call: Call) -> bool:
    """Say whether the call goes to a path that names an API version."""
    return "{version}" in call.service.path and not _is_unversioned(call.target)


def _is_unversioned(target: Target) -> bool:
    tail = target.provider.unversioned
    return bool(tail) and trimmed(target.base_url).endswith(tail)


def _deployed(call: Call, template: str) -> str:
    """Return the URL of a model that has a path of its own."""
    base = trimmed(call.target.base_url)
    if _is_unversioned(call.target):
        return base + template.partition("{model}")[2].partition("?")[0]
    path = template.removeprefix("{base}")
    if base.startswith(_CLOUDFLARE):
        path = path.removeprefix("/openai/deployments")
    base = base.removesuffix("/openai")
    name = quote(deployment(call), safe="")
    version = quote(api_version(call), safe="")
    return base + path.replace("{model}", name).replace("{version}", version)


def api_version(call: Call) -> str:
    """Return the API version that the client's query names, or else the channel's configuration."""
    asked = dict(parse_qsl(call.query)).get("api-version") if call.query else None
    return asked or call.target.config.get("api_version") or AZURE_VERSION


def deployment(call: Call) -> str:
    """Return the deployment's name.

    One API leaves the dots out, because deployments could not have any; a name that the operator mapped is
    taken as it is, and so are images, whose names it left alone. Where there is none of that name, it is the other one.
    """
    name = call.model
    keeps_dots = name != call.asked_model or call.endpoint is Endpoint.IMAGES
    if OTHER_SPELLING in adaptations(call):
        keeps_dots = not keeps_dots
    return name if keeps_dots else name.replace(".", "")


def model_in_body(call: Call) -> str:
    """Return the name that the body says; without a path of its own a deployment is named there."""
    other = _is_unversioned(call.target) and OTHER_SPELLING in adaptations(call)
    return call.model.replace(".", "") if other else call.model


def adaptations(call: Call) -> frozenset[str]:
    """Return what this call does otherwise because of what the vendor has refused, now or before."""
    before = call.target.observed.refused.get((call.service, call.model))
    return call.adapted if before is None else call.adapted | before


def url_beside(chat_url: str, name: str) -> str:
    """Return where a vendor has something else than chats (`models`, `rerank`): beside them, under the same version."""
    base, _, query = chat_url.partition("?")
    for tail in _CHAT_TAILS:
        base = base.removesuffix(tail)
    before, deployments, _ = base.partition("/deployments/")
    if deployments:
        return f"{before}/{name}?{query}"
    return f"{base}/{name}"
