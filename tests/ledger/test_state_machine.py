"""Any order of holds, settlements, flushes, crashes, lost answers, replays, credits and reclaims: money stays right.

The model knows what was credited to each user and which request was charged how much. Two nodes with
two workers each serve on one database.
"""

# pyright: reportPrivateUsage=false
# A crash, a full disk or a moment in between can only be made from inside.

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from oneapi.errors import InsufficientQuota, Unavailable
from oneapi.ledger import Kind, Ledger, Reason, check, credit, set_key_quota, set_quota
from oneapi.ledger.hold import Hold
from oneapi.ledger.recovery import reclaim
from oneapi.store.database import Database
from oneapi.store.tables import tokens, users
from oneapi.store.tables.ledger import leases
from tests.engines import Engine, Engines
from tests.ledger.scene import (
    Clock,
    FailingDatabase,
    crash,
    key_money,
    leases_in,
    log_rows_in,
    money,
    payer,
    person,
    seat,
    settle,
    terms,
)

USERS = (1, 2)
WORKERS = (("east", 0), ("east", 1), ("west", 0), ("west", 1))
START = 5000
TERMS = terms(others_seconds=0.001, database_seconds=0.05, rotate_at=1500, batch=5)

workers = st.sampled_from(WORKERS)
people = st.sampled_from(USERS)


class Running:
    """A request under way."""

    def __init__(self, worker: tuple[str, int], hold: Hold, life: int) -> None:
        self.worker = worker
        self.hold = hold
        self.life = life  # of the worker; a crash begins the next one


class LedgerMachine(RuleBasedStateMachine):
    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.name = self.engine.create_migrated()
        self.database: Database = self.engine.open(self.name)
        self.failing = {worker: FailingDatabase(self.database) for worker in WORKERS}
        self.ledgers: dict[tuple[str, int], Ledger] = {}
        self.lives = Counter[tuple[str, int]]()
        self.clock = Clock()
        self.number = 0
        # The model.
        self.credited: dict[int, int] = dict.fromkeys(USERS, START)
        self.key_credited: dict[int, int] = dict.fromkeys(USERS, START)
        self.charged: dict[str, tuple[int, int, bool]] = {}

    requests = Bundle[Running]("requests")

    @initialize()
    def begin(self) -> None:
        for id in USERS:
            person(self.database, id, START)
        for worker in WORKERS:
            self.start(worker)

    def start(self, worker: tuple[str, int]) -> None:
        node, slot = worker
        where = seat(self.folder, slot, node)
        ledger = Ledger(self.failing[worker], where, self.clock, terms=TERMS)
        self.failing[worker].faults.clear()
        self.runner.run(ledger.start())
        self.ledgers[worker] = ledger

    @rule(
        target=requests,
        worker=workers,
        user=people,
        limited=st.booleans(),
        ceiling=st.sampled_from([0, 1, 7, 60, 500, 3000]),
    )
    def hold(self, worker: tuple[str, int], user: int, limited: bool, ceiling: int) -> Any:
        self.number += 1
        ledger = self.ledgers[worker]
        hold = ledger.hold(payer(user, limited=limited), ceiling, f"request-{self.number}")
        try:
            self.runner.run(hold.__aenter__())
        except (InsufficientQuota, Unavailable):
            if ceiling == 0:
                raise
            return Running(worker, hold, -1)
        return Running(worker, hold, self.lives[worker])

    def is_alive(self, request: Running) -> bool:
        return request.life == self.lives[request.worker]

    @rule(request=consumes(requests), times=st.sampled_from([0.0, 0.3, 1.0, 1.7, 4.0, 90.0]))
    def settle(self, request: Running, times: float) -> None:
        if not self.is_alive(request):
            return
        hold = request.hold
        charged = settle(hold, int(hold.ceiling * times))
        assert charged == int(hold.ceiling * times)
        who = hold.payer
        self.charged[hold.request_id] = (who.user_id, charged, who.key_limited)

    @rule(request=consumes(requests))
    def release(self, request: Running) -> None:
        if self.is_alive(request):
            request.hold.release("no channel")

    @rule(worker=workers, times=st.integers(1, 3))
    def flush(self, worker: tuple[str, int], times: int) -> None:
        async def flush() -> None:
            for _ in range(times):
                await self.ledgers[worker].flush()

        with contextlib.suppress(Unavailable):
            self.runner.run(flush())

    @rule(
        worker=workers,
        faults=st.lists(
            st.sampled_from(["", "refused", "rolled back", "answer lost"]), min_size=1, max_size=3
        ),
    )
    def fail(self, worker: tuple[str, int], faults: list[str]) -> None:
        self.failing[worker].faults = faults

    @rule(worker=workers, torn=st.binary(max_size=30), also_neighbour=st.booleans())
    def crash(self, worker: tuple[str, int], torn: bytes, also_neighbour: bool) -> None:
        node, slot = worker
        dying = [worker, (node, 1 - slot)] if also_neighbour else [worker]
        for one in dying:
            self.kill(one, torn)
        for one in reversed(dying):  # the neighbour may adopt the journal before its owner is back
            self.start(one)

    def kill(self, worker: tuple[str, int], torn: bytes) -> None:
        ledger = self.ledgers[worker]
        place = ledger.journal.position
        self.runner.run(crash(ledger))
        path = seat(self.folder, worker[1], worker[0]).folder / f"{worker[1]}-{place.seq}.log"
        with path.open("ab") as file:
            file.write(torn)
        self.lives[worker] += 1

    @rule(worker=workers)
    def restart(self, worker: tuple[str, int]) -> None:
        ledger = self.ledgers[worker]
        self.failing[worker].faults.clear()
        for account in ledger.leases:
            if account.held:
                return  # a server drains first
        self.runner.run(ledger.aclose())
        assert leases_in(self.database, f"{worker[0]}:{worker[1]}") == {}
        self.lives[worker] += 1
        self.start(worker)

    @rule(user=people, amount=st.integers(-2000, 5000))
    def credit(self, user: int, amount: int) -> None:
        with self.database.begin() as connection:
            reason = Reason(Kind.TOP_UP, reference="order")
            changed = credit(connection, user, amount, reason, now=int(self.clock.now))
        self.credited[user] += changed
        assert changed == amount or amount < changed <= 0

    @rule(user=people, wished=st.integers(0, 8000))
    def edit(self, user: int, wished: int) -> None:
        before, key_before = money(self.database, user), key_money(self.database, user)
        with self.database.begin() as connection:
            after = set_quota(connection, user, wished, now=int(self.clock.now))
            key_after = set_key_quota(connection, user, wished)
        assert after == max(wished, before.leased)
        assert key_after == max(wished, key_before.leased)
        self.credited[user] += after - before.quota - before.leased
        self.key_credited[user] += key_after - key_before.quota - key_before.leased

    @rule(worker=workers, user=people)
    def recall(self, worker: tuple[str, int], user: int) -> None:
        self.ledgers[worker].recall(user)

    @rule(worker=workers, seconds=st.sampled_from([1, 40, 301, 700]))
    def stall(self, worker: tuple[str, int], seconds: int) -> None:
        """Time passes without anybody renewing, and a worker takes back what seems to be nobody's."""
        self.clock.now += seconds
        desk = self.ledgers[worker]._desk
        databases = desk.databases
        reclaim(type(databases)(self.database, None), desk.seat, desk.orders(), 600)

    @invariant()
    def conserved(self) -> None:
        for id in USERS:
            assert money(self.database, id).total == self.credited[id]
            assert key_money(self.database, id).quota >= 0

    @invariant()
    def never_below_zero(self) -> None:
        with self.database.connect() as connection:
            for least in (users.c.quota, tokens.c.remain_quota, leases.c.amount):
                assert (connection.execute(select(func.min(least))).scalar() or 0) >= 0

    @invariant()
    def logged_once(self) -> None:
        rows = log_rows_in(self.database)
        requests = Counter(row["request_id"] for row in rows if row["type"] == 2)
        assert set(requests.values()) <= {1}
        for row in rows:
            if row["type"] == 2:
                detail = json.loads(row["detail"])
                _, charged, _ = self.charged[row["request_id"]]
                assert row["quota"] + detail.get("uncollected", 0) == charged

    def teardown(self) -> None:
        try:
            if self.ledgers:
                self.finish()
        finally:
            self.runner.close()
            self.database.close()
            self.engine.drop(self.name)
            shutil.rmtree(self.folder)

    def finish(self) -> None:
        for worker, ledger in self.ledgers.items():
            self.failing[worker].faults.clear()
            self.runner.run(ledger.aclose())
        self.conserved()
        rows = [row for row in log_rows_in(self.database) if row["type"] == 2]
        assert {row["request_id"] for row in rows} == set(self.charged)
        for id in USERS:
            mine = [row for row in rows if row["user_id"] == id]
            now, key = money(self.database, id), key_money(self.database, id)
            assert now.leased == key.leased == 0
            assert now.used == sum(row["quota"] for row in mine)
            assert now.requests == len(mine)
            of_limited = [row for row in mine if self.charged[row["request_id"]][2]]
            paid = sum(
                self.charged[row["request_id"]][1]
                - json.loads(row["detail"]).get("uncollected_from_key", 0)
                for row in of_limited
            )
            assert key.quota + paid == self.key_credited[id]
        folders = [seat(self.folder, 0, node).folder for node in ("east", "west")]
        for folder in folders:
            report = check(self.database, None, folder, folder.parent.name, int(self.clock.now))
            assert report.is_good, report.problems


def test_money_is_right_whatever_happens(engines: Engines) -> None:
    machine = type("SqliteMachine", (LedgerMachine,), {"engine": engines.engine("sqlite")})
    run_state_machine_as_test(machine, settings=_settings(15, 60))


def test_money_is_right_on_every_engine(engines: Engines, engine: Engine) -> None:
    machine = type("EngineMachine", (LedgerMachine,), {"engine": engine})
    run_state_machine_as_test(machine, settings=_settings(5, 30))


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        database=None,
    )
