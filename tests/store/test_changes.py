"""The change feed: every change once, late commits included, on the three engines."""

from sqlalchemy import func, select

from oneapi.store.changes import Change, ChangeReader, prune, publish
from oneapi.store.database import Database
from oneapi.store.tables import changes


class Clock:
    """A clock that goes when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def say(database: Database, *refs: str, now: float = 1) -> None:
    with database.begin() as connection:
        for ref in refs:
            publish(connection, "channels", ref, now)


def refs(found: list[Change]) -> list[str]:
    return [change.ref for change in found]


def test_a_change_is_read_once_and_in_order(database: Database) -> None:
    reader = ChangeReader(database, Clock())
    say(database, "before")
    reader.start()
    assert reader.poll() == []
    with database.begin() as connection:
        publish(connection, "users", 7, 1)
        publish(connection, "tokens", "some-Key", 1)
    assert reader.poll() == [Change("users", "7"), Change("tokens", "some-Key")]
    assert reader.poll() == []


def test_a_change_that_is_rolled_back_is_never_told(database: Database) -> None:
    reader = ChangeReader(database, Clock())
    reader.start()
    with database.connect() as connection:
        publish(connection, "users", 7, 1)
        connection.rollback()
    assert reader.poll() == []


def test_a_transaction_that_commits_late_is_not_missed(database: Database) -> None:
    clock = Clock()
    reader = ChangeReader(database, clock)
    say(database, *"abcdef")
    with database.begin() as connection:  # as if id 3 were still open when the others are read
        connection.execute(changes.delete().where(changes.c.ref == "c"))
    reader.start()
    say(database, "g")
    assert refs(reader.poll()) == ["g"]
    clock.now += 3
    with database.begin() as connection:
        late = {"id": 3, "topic": "channels", "ref": "c", "created_at": 1}
        connection.execute(changes.insert().values(late))
    assert refs(reader.poll()) == ["c"]
    assert reader.poll() == []


def test_what_is_long_seen_is_not_looked_at_again(database: Database) -> None:
    clock = Clock()
    reader = ChangeReader(database, clock, overlap_seconds=15)
    reader.start()
    say(database, *(str(n) for n in range(50)))
    assert len(reader.poll()) == 50
    clock.now += 20
    assert reader.poll() == []
    say(database, "next")
    assert refs(reader.poll()) == ["next"]
    with database.begin() as connection:
        connection.execute(changes.delete().where(changes.c.id == 20))
        again = {"id": 20, "topic": "channels", "ref": "far too late", "created_at": 1}
        connection.execute(changes.insert().values(again))
    assert reader.poll() == []


def test_pruning_takes_old_changes_only_and_disturbs_no_reader(database: Database) -> None:
    reader = ChangeReader(database, Clock())
    say(database, "old", now=100)
    reader.start()
    say(database, "new", now=5000)
    with database.begin() as connection:
        assert prune(connection, 5001) == 1
        left = connection.scalars(select(changes.c.ref)).all()
    assert left == ["new"]
    assert refs(reader.poll()) == ["new"]
    assert reader.poll() == []


def test_numbers_grow_after_everything_was_pruned(database: Database) -> None:
    reader = ChangeReader(database, Clock())
    say(database, "a", "b", now=1)
    reader.start()
    with database.begin() as connection:
        prune(connection, 1e9)
    say(database, "c")
    assert refs(reader.poll()) == ["c"]
    with database.connect() as connection:
        assert connection.scalar(select(func.max(changes.c.id))) == 3


def test_a_reader_that_slept_too_long_reads_all_again(database: Database) -> None:
    clock = Clock()
    reader = ChangeReader(database, clock)
    reader.start()
    say(database, "missed")
    clock.now += 3000
    assert reader.poll() == [Change("everything")]
    say(database, "next")
    assert refs(reader.poll()) == ["next"]
