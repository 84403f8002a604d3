"""Channels that rest after errors: who is asked all the same, and what is said when nobody can be."""

import threading
from collections.abc import Iterator

import pytest

from tests.fakes import (
    FakeVendor,
    Gate,
    chat_events,
    error_answer,
    json_answer,
    stream_answer,
    wait_until,
)
from tests.gateway import Answer, Gateway, chat_request
from tests.server.environment import measured

LONE = pytest.mark.fault("also: a lone channel")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway"), env=measured()) as running:
        running.set_option("CooldownBaseSeconds", "300")
        running.set_option("SaturationWaitSeconds", "1")
        yield running


def ask(gateway: Gateway, key: str, model: str, client: str = "chat", **fields: object) -> Answer:
    path = "/v1/chat/completions" if client == "chat" else "/v1/messages"
    return gateway.post(key, path, chat_request(model, max_tokens=9, **fields))


@LONE
@pytest.mark.parametrize("stream", [True, False])
def test_the_only_channel_of_a_model_is_asked_after_any_number_of_errors(
    gateway: Gateway, key: str, stream: bool
) -> None:
    model = f"lone-{stream}"
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, model)
        vendor.script(*(error_answer(500, "oops") for _ in range(5)))
        statuses = [ask(gateway, key, model, stream=stream).status for _ in range(7)]
        assert statuses == [500] * 5 + [200] * 2


@LONE
def test_one_request_probes_and_the_others_wait_for_what_it_finds(
    gateway: Gateway, key: str
) -> None:
    gate = Gate()
    events = chat_events(["Hel", "lo"])
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "probed")
        vendor.script(
            error_answer(500, "oops"), stream_answer(gate, *events[:2], gate, *events[2:])
        )
        assert ask(gateway, key, "probed").status == 500
        found: list[Answer] = []
        probe = threading.Thread(
            target=lambda: found.append(ask(gateway, key, "probed", stream=True))
        )
        probe.start()
        wait_until(lambda: gate.reached)
        refused = ask(gateway, key, "probed")
        assert (refused.status, refused.json()["error"]["code"]) == (503, "channels_resting")
        assert int(refused.headers["retry-after"]) >= 1
        gate.open()
        probe.join()
        assert found[0].status == 200
        assert ask(gateway, key, "probed").status == 200


@LONE
def test_an_answer_that_begins_ends_the_rest(gateway: Gateway, key: str) -> None:
    first, second = Gate(), Gate()
    events = chat_events(["Hel", "lo"])
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "begins")
        vendor.script(error_answer(500), stream_answer(first, *events[:2], second, *events[2:]))
        ask(gateway, key, "begins")
        probe = threading.Thread(target=lambda: ask(gateway, key, "begins", stream=True))
        probe.start()
        wait_until(lambda: first.reached)
        first.open()
        wait_until(lambda: second.reached)
        assert ask(gateway, key, "begins").status == 200
        second.open()
        probe.join()


@pytest.mark.fault("R7")
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("client", ["chat", "msgs"])
def test_a_resting_channel_is_no_fault_of_the_clients(
    gateway: Gateway, key: str, client: str, stream: bool
) -> None:
    model = f"resting-{client}-{stream}"
    with FakeVendor.in_thread() as first, FakeVendor.in_thread() as second:
        for vendor in (first, second):
            gateway.serve(vendor.url, model)
            vendor.script(error_answer(429, "slow down", [("Retry-After", "77")]))
        refused = ask(gateway, key, model, client, stream=stream)
        assert (refused.status, refused.headers["retry-after"]) == (429, "77"), "the vendor's own"
        resting = ask(gateway, key, model, client, stream=stream)
        assert resting.status == 503
        assert 70 <= int(resting.headers["retry-after"]) <= 77
        error = resting.json()["error"]
        if client == "chat":
            assert error["code"] == "channels_resting"
        else:
            assert error["type"] == "overloaded_error"
        assert len(first.requests) + len(second.requests) == 2


@pytest.mark.fault("R7")
def test_a_lone_vendor_that_asks_for_a_rest_gets_it(gateway: Gateway, key: str) -> None:
    with FakeVendor.in_thread() as vendor:
        gateway.serve(vendor.url, "asks")
        vendor.script(error_answer(429, "slow down", [("Retry-After", "60")]))
        vendor.script(json_answer({"never": "asked"}))
        assert ask(gateway, key, "asks").status == 429
        assert ask(gateway, key, "asks").status == 503
        assert len(vendor.requests) == 1
