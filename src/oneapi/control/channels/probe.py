"""Asking a vendor for an administrator: whether a channel answers, and which models it has.

A test is one small request of the kind that the model is for, through the same providers and the same client as the relay's.
It costs the operator what the vendor charges for it, and nobody's quota.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec
from typing_extensions import TypedDict

from oneapi.control.answers import bad_field
from oneapi.control.fields import comma_list
from oneapi.errors import GatewayError, UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Call, Dialect, Target, UpstreamRequest
from oneapi.providers.targets import strings, target_of
from oneapi.providers.urls import url_beside
from oneapi.providers.vendor_rows import descriptions
from oneapi.upstream.asking import Ask, WholeAnswer
from oneapi.wire.canonical import text_of
from oneapi.wire.endpoints import OPENAI, Endpoint

ANSWER_MAX: Final = 2000  # characters of the vendor's answer that are shown and kept
_SUCCESS: Final = (200, 201)
_KINDS: Final = (
    (re.compile(r"embed|bge-|m3e|gte-|text2vec", re.IGNORECASE), Endpoint.EMBEDDINGS),
    (re.compile(r"moderation", re.IGNORECASE), Endpoint.MODERATIONS),
    (
        re.compile(
            r"dall-e|gpt-image|cogview|flux|stable-diffusion|seedream|imagen", re.IGNORECASE
        ),
        Endpoint.IMAGES,
    ),
    (re.compile(r"^tts-|-tts|speech-", re.IGNORECASE), Endpoint.SPEECH),
)
_BODIES: Final[dict[Endpoint, dict[str, Any]]] = {
    Endpoint.EMBEDDINGS: {"input": "hello"},
    Endpoint.MODERATIONS: {"input": "hello"},
    Endpoint.IMAGES: {"prompt": "a white square", "n": 1},
    Endpoint.SPEECH: {"input": "hello", "voice": "alloy"},
}


# Rerankers are served beside chats by vendors that speak OpenAI's dialect, in the form that Jina gave them: `results` of
# `index` and `relevance_score`. Source: https://docs.primeintellect.ai/inference/models/qwen3-reranker (read 2026-11-26).
_RERANKS: Final = re.compile(r"rerank", re.IGNORECASE)
_RANKING: Final[dict[str, Any]] = {
    "query": "fruit",
    "documents": ["Apples grow on trees.", "Copper is a metal."],
}


class ProbeView(TypedDict):
    """How a test went; `status` is the vendor's, 0 if there was no answer."""

    model: str
    url: str
    time_ms: int
    status: int
    answer: str
    error: str


@dataclass(frozen=True, slots=True)
class Probe:
    """How a test went: `answer` is what the vendor said, `error` why it failed (then `answer` is empty).

    `key_refused`: the vendor refused the channel's key itself.
    """

    model: str
    url: str
    time_ms: int
    status: int
    answer: str
    error: str
    key_refused: bool = False

    @property
    def passed(self) -> bool:
        """Whether the channel answered as it should."""
        return not self.error

    def view(self) -> ProbeView:
        """Return the JSON of it."""
        return {
            "model": self.model,
            "url": self.url,
            "time_ms": self.time_ms,
            "status": self.status,
            "answer": self.answer,
            "error": self.error,
        }


def model_to_test(row: Mapping[Any, Any], wanted: str) -> str:
    """Return the model that is asked for, else the channel's first one; refuses a channel without any."""
    models = comma_list(row["models"] or "")
    if wanted:
        return wanted
    if not models:
        raise bad_field("model", "the channel has no models; name one")
    return models[0]


async def probe(
    ask: Ask, row: Mapping[Any, Any], model: str, prompt: str, now: Callable[[], float]
) -> Probe:
    """Ask a channel (a row, saved or not) for a small answer of a model; never raises for what a vendor does."""
    target = _target(row)
    is_ranking = bool(_RERANKS.search(model)) and _chats_in(target, OPENAI)
    endpoint = Endpoint.CHAT if is_ranking else kind_of(model, target)
    served = strings(row["model_mapping"]).get(model, model)
    begun = now()
    url, status, answer, error = "", 0, "", ""
    key_refused = False
    try:
        call = _call(target, served, model, endpoint, prompt, int(begun))
        request = _dialect(call).request(call)
        if is_ranking:
            request = _ranking(request, served)
        url = _shown(request.url)
        reply = await ask(request, target.config.get("proxy"))
        status = reply.status
        answer = _ranked(call, reply) if is_ranking else _answer(call, reply)
    except UpstreamError as failure:
        status = status or failure.vendor_status
        error = failure.message
        key_refused = failure.auth_failed
    except GatewayError as failure:
        error = failure.message
    taken = max(1, round((now() - begun) * 1000))
    return Probe(model, url, taken, status, answer[:ANSWER_MAX], error[:ANSWER_MAX], key_refused)


def _target(row: Mapping[Any, Any]) -> Target:
    target = target_of(row)
    if target is None:
        raise bad_field("type", "this version does not serve channels of this type")
    return target


def _chats_in(target: Target, dialect: str) -> bool:
    services = target.provider.services.get(Endpoint.CHAT, ())
    return bool(services) and services[0].dialect == dialect


def _dialect(call: Call) -> Dialect:
    return registry.dialect_of(call.target, call.service)


def kind_of(model: str, target: Target) -> Endpoint:
    """Return what a model is for, by its name, as far as the provider serves it; a chat otherwise, where it has any."""
    for pattern, endpoint in _KINDS:
        if pattern.search(model) and endpoint in target.provider.services:
            return endpoint
    served = target.provider.services
    return Endpoint.CHAT if Endpoint.CHAT in served or not served else next(iter(served))


def _call(
    target: Target, served: str, asked: str, endpoint: Endpoint, prompt: str, created: int = 0
) -> Call:
    document: dict[str, Any] = {"model": asked, **_BODIES.get(endpoint, {})}
    if endpoint is Endpoint.CHAT:
        document["messages"] = [{"role": "user", "content": prompt}]
    return Call(
        endpoint,
        target.provider.service(endpoint),
        target,
        served,
        asked,
        False,
        msgspec.json.encode(document),
        document if endpoint is Endpoint.CHAT else None,
        created=created,
    )


def _ranking(chat: UpstreamRequest, served: str) -> UpstreamRequest:
    """Return a request for a ranking, from what a chat would be."""
    body = msgspec.json.encode({"model": served, **_RANKING})
    return UpstreamRequest("POST", url_beside(chat.url, "rerank"), chat.headers, body)


def _ranked(call: Call, reply: WholeAnswer) -> str:
    if reply.status not in _SUCCESS:
        raise _dialect(call).error(reply.status, reply.headers, reply.body)
    try:
        document = cast("dict[str, Any]", msgspec.json.decode(reply.body))
        entries = cast(
            "list[dict[str, Any]]", document["results" if "results" in document else "data"]
        )
        best = int(entries[0]["index"])
    except (msgspec.DecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise UpstreamError("the vendor's answer holds no ranking") from error
    return f"a ranking of {len(entries)} documents, the best is number {best + 1}"


def _answer(call: Call, reply: WholeAnswer) -> str:
    """Return the answer in words; raise `UpstreamError` if it is none."""
    dialect = _dialect(call)
    if reply.status not in _SUCCESS:
        raise dialect.error(reply.status, reply.headers, reply.body)
    if call.endpoint is Endpoint.CHAT:
        said = text_of(dialect.response(call, reply.body).document).strip()
        return said or "(the answer has no text)"
    if call.endpoint is Endpoint.SPEECH:
        return f"{len(reply.body)} bytes of {reply.headers.get('content-type', 'audio')}"
    dialect.usage(call, reply.body)  # raises for what is no answer
    return _summary(call.endpoint, reply.body)


def _summary(endpoint: Endpoint, body: bytes) -> str:
    try:
        document = cast("dict[str, Any]", msgspec.json.decode(body))
        entries = cast(
            "list[dict[str, Any]]", document["data" if "data" in document else "results"]
        )
        if endpoint is Endpoint.EMBEDDINGS:
            return f"a vector of {len(entries[0]['embedding'])} numbers"
    except (msgspec.DecodeError, KeyError, IndexError, TypeError) as error:
        raise UpstreamError("the vendor's answer holds no data") from error
    return f"{len(entries)} result(s)"


def _shown(url: str) -> str:
    """Return a URL without its query, where some vendors want keys."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


async def vendor_models(ask: Ask, row: Mapping[Any, Any]) -> list[str]:
    """Ask the vendor which models it has, sorted; raises `UpstreamError` in the vendor's words.

    `GET …/models` is where OpenAI's and Anthropic's dialects list them.
    """
    target = _target(row)
    about = descriptions().get(target.provider.type)
    if about is not None and not about.lists_models and not row["base_url"]:
        raise UpstreamError(f"{target.provider.name} has no list of its models")
    call = _call(target, "model", "model", Endpoint.CHAT, "hello")
    dialect = _dialect(call)
    chat = dialect.request(call)
    request = UpstreamRequest("GET", url_beside(chat.url, "models"), _without_body(chat.headers))
    reply = await ask(request, target.config.get("proxy"))
    if reply.status not in _SUCCESS:
        raise dialect.error(reply.status, reply.headers, reply.body)
    try:
        document = cast("dict[str, Any]", msgspec.json.decode(reply.body))
        names = {str(entry["id"]) for entry in cast("list[dict[str, Any]]", document["data"])}
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise UpstreamError("the vendor's answer is no list of models") from error
    return sorted(name.removeprefix("models/") for name in names)


def _without_body(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in headers if pair[0] != "content-type")
