"""Whose balance has fallen below the threshold: each user once per crossing, on all engines."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import insert, select, update

from oneapi.ledger import take_fallen
from oneapi.store.database import Database
from oneapi.store.tables import balance_watch, users
from oneapi.store.tables.ledger import leases

THRESHOLD = 1000


def add(database: Database, name: str, quota: int, email: str = "a@example.com") -> int:
    row = {"username": name, "quota": quota, "email": email, "aff_code": name, "access_token": name}
    with database.begin() as connection:
        connection.execute(insert(users).values(row))
        return int(connection.scalar(select(users.c.id).where(users.c.username == name)) or 0)


def put(database: Database, user_id: int, quota: int) -> None:
    with database.begin() as connection:
        connection.execute(update(users).where(users.c.id == user_id).values(quota=quota))


def fallen(database: Database, threshold: int = THRESHOLD) -> list[tuple[str, int]]:
    return [(low.username, low.balance) for low in take_fallen(database, threshold)]


def test_a_balance_that_falls_is_told_once_until_it_was_above_again(database: Database) -> None:
    user = add(database, "alice", 5000)
    add(database, "bob", 5000)
    assert fallen(database) == []
    put(database, user, 999)
    assert fallen(database) == [("alice", 999)]
    put(database, user, 10)
    assert fallen(database) == []
    put(database, user, 1000)  # not below it
    assert fallen(database) == []
    put(database, user, 0)
    assert fallen(database) == [("alice", 0)]
    assert fallen(database) == []


def test_what_was_so_before_anybody_looked_is_not_told(database: Database) -> None:
    user = add(database, "alice", 10)
    assert fallen(database) == []
    put(database, user, 5)
    assert fallen(database) == []


def test_another_threshold_tells_nobody(database: Database) -> None:
    user = add(database, "alice", 5000)
    assert fallen(database) == []
    assert fallen(database, 10_000) == []
    put(database, user, 4000)
    assert fallen(database, 10_000) == []
    assert fallen(database) == []
    put(database, user, 500)
    assert fallen(database) == [("alice", 500)]


def test_what_workers_have_on_lease_is_the_users(database: Database) -> None:
    user = add(database, "alice", 5000)
    assert fallen(database) == []
    put(database, user, 0)
    lease = {"account": "user", "account_id": user, "renewed_at": 1}
    with database.begin() as connection:
        for holder, amount in (("n:0", 600), ("n:1", 400)):
            connection.execute(insert(leases).values(lease | {"holder": holder, "amount": amount}))
    assert fallen(database) == []
    with database.begin() as connection:
        connection.execute(update(leases).where(leases.c.holder == "n:0").values(amount=599))
    assert fallen(database) == [("alice", 999)]


def test_who_cannot_be_told_is_not(database: Database) -> None:
    silent, gone = add(database, "silent", 5000, ""), add(database, "gone", 5000)
    assert fallen(database) == []
    with database.begin() as connection:
        connection.execute(update(users).where(users.c.id == gone).values(status=2))
    for user in (silent, gone):
        put(database, user, 0)
    assert fallen(database) == []


def test_nodes_that_look_at_once_tell_each_user_once(database: Database) -> None:
    ids = [add(database, f"user{number}", 5000) for number in range(20)]
    assert fallen(database) == []
    for user in ids:
        put(database, user, 0)
    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(fallen, database) for _ in range(4)]
        told = [low for look in looks for low in look.result()]
    assert sorted(told) == sorted((f"user{number}", 0) for number in range(20))
    with database.connect() as connection:
        assert len(connection.execute(select(balance_watch)).all()) == 20
