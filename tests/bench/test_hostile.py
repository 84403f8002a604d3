"""Hostile clients and vendors for a few seconds: the gateway goes on serving, and its books are right."""

import asyncio
import threading
from pathlib import Path

from tests.fakes import FakeVendor, chat_document, json_answer
from tests.gateway import Gateway, free_port

from bench import hostile

SECONDS = 3.0


def test_others_are_served_while_hostile_clients_and_vendors_do_what_they_can(
    tmp_path: Path,
) -> None:
    port = free_port()
    threading.Thread(target=lambda: asyncio.run(hostile.vendor(port)), daemon=True).start()
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path) as gateway:
        vendor.default = json_answer(chat_document("fine"))
        gateway.serve(vendor.url, "gpt-4o-mini")
        gateway.add_channel(f"http://127.0.0.1:{port}", models=hostile.MODEL)
        key, other = gateway.add_user("honest", 10**9), gateway.add_user("hostile", 10**6)
        clients = threading.Thread(
            target=lambda: asyncio.run(hostile.clients(gateway.port, other, SECONDS))
        )
        clients.start()
        served = 0
        while clients.is_alive():
            assert gateway.chat(key).status == 200
            served += 1
        assert served > 20
        assert gateway.stop() == 0
    assert gateway.rows("SELECT id FROM users WHERE quota < 0") == []
    (honest,) = gateway.rows("SELECT * FROM users WHERE username = 'honest'")
    assert honest["request_count"] == served
    assert honest["quota"] + honest["used_quota"] == 10**9
