"""Every vendor's row relays in its case: the running product before vendors that take nothing but what the case says.

See `vendor_cases` for what a folder holds. The gateway is one process, and so are all vendors.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oneapi.providers import registry
from oneapi.providers.urls import filled
from oneapi.providers.vendor_rows import descriptions
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.sse import EventParser
from tests.fakes import FakeVendor, wait_until
from tests.gateway import Answer, Gateway
from tests.providers.exchanges import call_to
from tests.providers.vendor_cases import ROOT, Asked, Case, StrictVendor, cases, served

CASES = cases()
CHATS = [case for case in CASES if case.main == "chat"]
CONVERTED = [case for case in CHATS if case.is_converted]
PATHS = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}


def _url(case: Case, endpoint: Endpoint) -> str:
    base_url = filled(case.said.get("base_url", ""), case.provider.base_url, case.config)
    call = call_to(
        case.provider.type,
        endpoint=endpoint,
        client=case.dialect,
        model=case.model,
        base_url=base_url,
    )
    return registry.dialect(call.service.dialect).request(call).url


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_where_a_vendor_is_called(case: Case) -> None:
    found = {endpoint.value: _url(case, endpoint) for endpoint in served(case)}
    assert found == case.urls


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_key_of_the_vendor_has_its_format(case: Case) -> None:
    shape = descriptions()[case.provider.type].key_format
    assert not shape or re.fullmatch(shape, case.key)


@dataclass(frozen=True)
class Relayed:
    """What came of all cases: answers to their clients, what the log has, what a vendor objected to."""

    whole: dict[str, Answer]
    streamed: dict[str, Answer]
    converted: dict[str, Answer]
    refused: dict[str, Answer]
    logged: dict[str, list[tuple[int, int]]]
    complaints: list[str]


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    strict = StrictVendor(CASES)
    directory: Path = tmp_path_factory.mktemp("vendors")
    with FakeVendor.in_thread(strict) as vendor, Gateway(directory) as gateway:
        for case in CASES:
            gateway.api("POST", "/api/channel/", _channel(case, vendor.url))
        key = gateway.add_key()
        _wait_for(gateway, {case.model for case in CASES})
        whole = {case.slug: _ask(gateway, key, case) for case in CASES}
        streamed = {case.slug: _ask(gateway, key, case, stream=True) for case in CHATS}
        rows = gateway.wait_for_logs(len(CASES) + len(CHATS), 30.0)
        strict.asked = Asked.OTHER
        converted = {case.slug: _ask_otherwise(gateway, key, case) for case in CONVERTED}
        strict.asked = Asked.REFUSED
        refused = {case.slug: _ask(gateway, key, case) for case in CASES}
        yield Relayed(whole, streamed, converted, refused, _counts(rows), strict.complaints)


def _channel(case: Case, url: str) -> dict[str, Any]:
    return {
        "type": case.provider.type,
        "name": case.slug,
        "key": case.key,
        "base_url": case.address_at(url),
        "models": case.model,
        "group": "default",
        "config": json.dumps(case.config),
    }


def _wait_for(gateway: Gateway, models: set[str]) -> None:
    root = {"Authorization": "Bearer sk-rootkey0rootkey0rootkey0rootkey0rootkey0rootkey0"}

    def is_routed() -> bool:
        listed = gateway.request("GET", "/v1/models", headers=root).json()["data"]
        return models <= {model["id"] for model in listed}

    wait_until(is_routed, 30.0)


def _ask(gateway: Gateway, key: str, case: Case, **fields: Any) -> Answer:
    path = "/v1/messages" if case.is_anthropic else PATHS[case.main]
    return gateway.post(key, path, case.request | fields)


def _ask_otherwise(gateway: Gateway, key: str, case: Case) -> Answer:
    """Ask for a chat in the dialect that the vendor does not speak."""
    path = "/v1/chat/completions" if case.is_anthropic else "/v1/messages"
    hello = [{"role": "user", "content": "Say hello."}]
    return gateway.post(key, path, {"model": case.model, "max_tokens": 64, "messages": hello})


def _counts(rows: list[Any]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        counts = (row["prompt_tokens"], row["completion_tokens"])
        found.setdefault(row["model_name"], []).append(counts)
    return found


def test_no_vendor_has_anything_to_object_to(relayed: Relayed) -> None:
    assert relayed.complaints == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_client_gets_what_the_vendor_says(case: Case, relayed: Relayed) -> None:
    answer = relayed.whole[case.slug]
    assert answer.status == 200, answer.body
    expected = case.answer("whole")
    if case.main == "embeddings":
        assert answer.json()["data"] == expected["answer"]["data"]
    else:
        assert _text(answer.json()) == expected["text"]


@pytest.mark.parametrize("case", CONVERTED, ids=lambda case: case.slug)
def test_a_client_of_the_other_dialect_gets_it_too(case: Case, relayed: Relayed) -> None:
    answer = relayed.converted[case.slug]
    assert answer.status == 200, answer.body
    assert _text(answer.json()) == case.answer("whole")["text"]


@pytest.mark.parametrize("case", CHATS, ids=lambda case: case.slug)
def test_a_client_gets_the_vendors_stream(case: Case, relayed: Relayed) -> None:
    answer = relayed.streamed[case.slug]
    assert answer.status == 200, answer.body
    parser = EventParser()
    events = [*parser.feed(answer.body), *parser.finish()]
    documents = [json.loads(event.data) for event in events if event.data != b"[DONE]"]
    assert "".join(map(_delta, documents)) == case.answer("stream")["text"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_what_the_vendor_reports_is_charged(case: Case, relayed: Relayed) -> None:
    kinds = ("whole", "stream") if case in CHATS else ("whole",)
    expected = [(case.answer(kind)["input"], case.answer(kind)["output"]) for kind in kinds]
    assert relayed.logged[case.model] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_client_is_told_why_the_vendor_refused(case: Case, relayed: Relayed) -> None:
    refusal = case.answer("error")
    answer = relayed.refused[case.slug]
    assert answer.status == refusal["client_status"]
    assert refusal["message"] in answer.json()["error"]["message"]


def _text(document: dict[str, Any]) -> str:
    if "choices" in document:
        return document["choices"][0]["message"]["content"]
    return "".join(block.get("text", "") for block in document["content"])


def _delta(document: dict[str, Any]) -> str:
    if "choices" in document:
        return "".join(choice["delta"].get("content") or "" for choice in document["choices"])
    return document.get("delta", {}).get("text", "")


def test_every_case_is_a_row_and_every_answer_is_used() -> None:
    kinds = ("whole", "stream", "error")
    used = {(kind, case.named(kind)) for case in CASES for kind in kinds}
    there = {(path.parent.name, path.stem) for path in (ROOT / "answers").glob("*/*.json")}
    assert there - used == set()
