"""The database stops for 30 seconds under load: leases carry on, the rest is told when to come back; nothing is lost."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from tests.engines import Engine, new_engine
from tests.fakes import FakeVendor, chat_document, json_answer
from tests.gateway import Gateway

AWAY_SECONDS = 30.0
RATIO = 30
PROMPT, COMPLETION = 10, 5
PRICE = (PROMPT + COMPLETION) * RATIO


class Load:
    """One client that asks again and again, and remembers statuses and what it was told."""

    def __init__(self, gateway: Gateway, key: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.refusals: list[tuple[str, str]] = []
        self._gateway = gateway
        self._key = key
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self._gateway.chat(self._key, max_tokens=50)
            self.statuses[answer.status] += 1
            if answer.status != 200:
                code = answer.json()["error"]["code"]
                self.refusals.append((code, answer.headers.get("retry-after", "")))
            self._stop.wait(0.05)

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


def test_nothing_is_lost_while_the_database_is_away(tmp_path: Path) -> None:
    """Both servers, stopped and frozen: four installations at the same time, so that one outage is waited for."""
    cases = list(product(("mysql", "postgresql"), ("stopped", "frozen")))
    with ThreadPoolExecutor(len(cases)) as threads:
        runs = [
            threads.submit(outage, tmp_path / f"{kind}-{how}", kind, how) for kind, how in cases
        ]
    for run in runs:
        run.result()


def outage(folder: Path, kind: str, how: str) -> None:
    own_engine = new_engine(kind)
    try:
        own_engine.start()
        go_without(folder, own_engine, how)
    finally:
        own_engine.close()


def go_without(tmp_path: Path, own_engine: Engine, how: str) -> None:
    dsn = own_engine.dsn(own_engine.create_database())
    with FakeVendor.in_thread() as vendor:
        vendor.default = json_answer(chat_document(prompt=PROMPT, completion=COMPLETION))
        with Gateway(tmp_path, dsn=dsn) as gateway:
            gateway.serve(vendor.url, "gpt-4o-mini")
            gateway.set_option("ModelRatio", json.dumps({"gpt-4o-mini": RATIO}))
            gateway.set_option("CompletionRatio", json.dumps({"gpt-4o-mini": 1}))
            rich, poor = gateway.add_user("rich", 10**12), gateway.add_user("poor", 10**5)
            clients = [Load(gateway, rich), Load(gateway, rich), Load(gateway, poor)]
            time.sleep(2)
            before = clients[0].statuses[200]
            (own_engine.stop if how == "stopped" else own_engine.pause)()
            time.sleep(AWAY_SECONDS)
            during = clients[0].statuses[200] - before
            (own_engine.start if how == "stopped" else own_engine.resume)()
            time.sleep(4)
            for client in clients:
                client.end()
            assert gateway.chat(poor, max_tokens=50).status == 200, "it recovers by itself"
            assert gateway.stop() == 0
        served = sum(client.statuses[200] for client in clients) + 1
        assert during > 50, "a lease that is there carries on as if nothing had happened"
        assert set(clients[0].statuses) == {200}
        assert {status for client in clients for status in client.statuses} <= {200, 503}
        assert all(after for client in clients for _, after in client.refusals)
        rows = gateway.rows("SELECT username, quota FROM logs WHERE type = 2")
        assert Counter(row["quota"] for row in rows) == {PRICE: served}
        for name, credit in (("rich", 10**12), ("poor", 10**5)):
            (user,) = gateway.rows("SELECT * FROM users WHERE username = :name", name=name)
            assert user["quota"] + user["used_quota"] == credit
        assert gateway.rows("SELECT * FROM leases") == []
