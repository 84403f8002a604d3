"""Requests of clients through channels whose address root has not entered."""

from pathlib import Path

from sqlalchemy import text

from tests.fakes import FakeVendor
from tests.gateway import Gateway


def test_a_guarded_channel_leads_inside_only_where_root_allows_it(tmp_path: Path) -> None:
    with FakeVendor.in_thread() as vendor, Gateway(tmp_path) as gateway:
        channel = gateway.serve(vendor.url, "gpt-4o-mini")
        key = gateway.add_key()
        assert gateway.chat(key).status == 200
        asked = len(vendor.requests)
        gateway.stop()
        database = gateway.database()
        with database.begin() as connection:
            connection.execute(
                text("UPDATE channels SET guarded = 1 WHERE id = :id"), {"id": channel}
            )
        database.close()
        gateway.start()
        for stream in (False, True):
            refused = gateway.chat(key, stream=stream)
            assert refused.status >= 500
        assert len(vendor.requests) == asked
        gateway.stop()
        gateway.start(waits=True)
        gateway.set_option("EgressAllowedNetworks", "127.0.0.0/8")
        gateway.serve(vendor.url, "other")  # the setting is in force when a later change is
        assert gateway.chat(key).status == 200
        assert gateway.chat(key, stream=True).status == 200
        assert len(vendor.requests) == asked + 2
