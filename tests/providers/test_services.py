"""A vendor's services: each in a dialect that has the endpoint, and of several the one that needs no conversion."""

from typing import Final

import pytest

from oneapi.errors import InvalidRequest
from oneapi.providers import registry
from oneapi.providers.adjusting import adjustments_in
from oneapi.providers.base import Call, Target
from oneapi.providers.provider import Provider, Service
from oneapi.providers.secret import Secret
from oneapi.providers.services import faces, served
from oneapi.providers.urls import url_of
from oneapi.relay.offers import Offers, offers_of
from oneapi.wire.endpoints import ANTHROPIC, OPENAI, PATHS, Endpoint, client_path
from oneapi.wire.sse import SPLITTERS

EACH = pytest.mark.parametrize("row", registry.providers(), ids=lambda row: row.slug)
HOST: Final = "https://v.example"
BOTH: Final = Provider(
    9999,
    "both",
    "Both",
    HOST,
    faces(
        served("/api/coding/paas/v4", Endpoint.CHAT, Endpoint.EMBEDDINGS),
        served("/api/anthropic/v1", Endpoint.CHAT, dialect=ANTHROPIC, auth="x-api-key"),
    ),
)
OPENAI_CHAT: Final = "/api/coding/paas/v4/chat/completions"
ANTHROPIC_CHAT: Final = "/api/anthropic/v1/messages"


def call(provider: Provider, base_url: str, client: str = OPENAI, *, stream: bool = False) -> Call:
    service = provider.service(Endpoint.CHAT, client)
    target = Target(1, provider, base_url, Secret("sk-v"))
    return Call(Endpoint.CHAT, service, target, "m", "m", stream, b'{"model":"m"}')


def offers(provider: Provider) -> Offers:
    return offers_of(Target(1, provider, HOST, Secret("sk-v")))


@EACH
def test_every_service_has_a_dialect_that_serves_its_endpoint(row: Provider) -> None:
    for endpoint, services in row.services.items():
        for service in services:
            assert endpoint in registry.dialect(service.dialect).serves
            assert service.framing in SPLITTERS


@EACH
def test_no_dialect_is_there_twice(row: Provider) -> None:
    for services in row.services.values():
        assert len({service.dialect for service in services}) == len(services)
        assert services


@EACH
def test_bytes_pass_where_the_vendor_has_the_clients_dialect(row: Provider) -> None:
    for path, offer in offers(row).items():
        has_it = any(one.dialect == path.dialect for one in row.services[path.endpoint])
        assert offer.passes_through is has_it is (offer.service.dialect == path.dialect)
        assert offer.dialect.name == offer.service.dialect


@EACH
def test_what_is_offered_is_what_is_served(row: Provider) -> None:
    offered = {path.endpoint for path in offers(row)}
    spoken = {path.endpoint for path in PATHS}
    assert offered == set(row.services) & spoken


def test_a_client_gets_the_face_of_its_dialect() -> None:
    found = {name: call(BOTH, HOST, name).service.dialect for name in (OPENAI, ANTHROPIC)}
    assert found == {OPENAI: OPENAI, ANTHROPIC: ANTHROPIC}
    both = offers(BOTH)
    assert all(offer.passes_through for offer in both.values())
    assert client_path(ANTHROPIC, Endpoint.COUNT_TOKENS) not in both


@pytest.mark.parametrize("config", [{"reasoning": "none"}, {"reasoning": "think"}, {}])
def test_a_channel_that_forms_thoughts_forms_them_for_clients_of_both_faces(
    config: dict[str, str],
) -> None:
    target = Target(1, BOTH, HOST, Secret("sk-v"), adjustments=adjustments_in(config))
    found = offers_of(target)
    chats = [found[client_path(name, Endpoint.CHAT)] for name in (OPENAI, ANTHROPIC)]
    assert [offer.passes_through for offer in chats] == [True, True]
    assert [offer.answer_passes for offer in chats] == [not config, not config]
    assert found[client_path(OPENAI, Endpoint.EMBEDDINGS)].answer_passes


def test_a_client_of_neither_gets_the_first() -> None:
    assert BOTH.service(Endpoint.CHAT, "gemini").dialect == OPENAI


def test_what_is_converted_is_a_chat_and_nothing_else() -> None:
    claude, openai = registry.provider(14), registry.provider(1)
    assert claude is not None
    assert openai is not None
    chats = {client_path(name, Endpoint.CHAT) for name in (OPENAI, ANTHROPIC)}
    assert set(offers(claude)) == {*chats, client_path(ANTHROPIC, Endpoint.COUNT_TOKENS)}
    assert client_path(ANTHROPIC, Endpoint.CHAT) in offers(openai)


def test_what_is_not_served_is_named() -> None:
    with pytest.raises(InvalidRequest, match="Both does not serve 'speech'"):
        BOTH.service(Endpoint.SPEECH)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        (HOST, HOST),
        (f"{HOST}/", HOST),
        (f"{HOST}/api/coding/paas/v4", HOST),
        (f"{HOST}/api/coding/paas/v4/chat/completions", HOST),
        (f"{HOST}/api/anthropic", HOST),
        (f"{HOST}/api/anthropic/", HOST),
        (f"{HOST}/api/anthropic/v1/messages", HOST),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("https://proxy.example/glm", "https://proxy.example/glm"),
        ("https://proxy.example/api", "https://proxy.example/api"),
        ("https://proxy.example/glm/api/anthropic", "https://proxy.example/glm"),
        ("https://proxy.example/glm/api/coding/paas/v4", "https://proxy.example/glm"),
    ],
)
def test_one_base_url_stands_for_the_host_of_both_faces(base: str, host: str) -> None:
    assert url_of(call(BOTH, base, OPENAI)) == host + OPENAI_CHAT
    assert url_of(call(BOTH, base, ANTHROPIC)) == host + ANTHROPIC_CHAT


def test_each_face_has_its_own_header_for_the_one_key() -> None:
    sent = {
        name: dict(registry.dialect(name).request(call(BOTH, HOST, name)).headers)
        for name in (OPENAI, ANTHROPIC)
    }
    assert sent[OPENAI]["authorization"] == "Bearer sk-v"
    assert sent[ANTHROPIC]["x-api-key"] == "sk-v"
    assert "authorization" not in sent[ANTHROPIC]


def test_anthropics_dialect_with_a_bearer() -> None:
    row = Provider(9998, "b", "B", HOST, served("/v1", dialect=ANTHROPIC))
    sent = dict(registry.dialect(ANTHROPIC).request(call(row, HOST, ANTHROPIC)).headers)
    assert sent["authorization"] == "Bearer sk-v"
    assert "x-api-key" not in sent


@pytest.mark.parametrize(("stream", "path"), [(False, "/whole"), (True, "/events")])
def test_a_stream_may_have_a_path_of_its_own(stream: bool, path: str) -> None:
    service = Service("{base}/whole", OPENAI, stream_path="{base}/events")
    row = Provider(9997, "s", "S", HOST, {Endpoint.CHAT: (service,)})
    assert registry.dialect(OPENAI).request(call(row, HOST, stream=stream)).url == HOST + path


def test_what_one_face_has_refused_is_nothing_to_the_other() -> None:
    told = call(BOTH, HOST, OPENAI)
    other = Call(
        Endpoint.CHAT, BOTH.service(Endpoint.CHAT, ANTHROPIC), told.target, "m", "m", False, b"{}"
    )
    told.target.observed.refused[told.service, "m"] = frozenset({"metadata"})
    assert url_of(other) == HOST + ANTHROPIC_CHAT
    assert (other.service, "m") not in told.target.observed.refused
