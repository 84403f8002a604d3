"""Fixtures that everybody may use: real database servers, and databases made anew for each test."""

from collections.abc import Generator

import pytest

from oneapi.store.database import Database
from tests.engines import KINDS, Engine, Engines


@pytest.fixture(scope="session")
def engines() -> Generator[Engines, None, None]:
    """The servers of this run; they end with it, whatever happened."""
    started = Engines()
    try:
        yield started
    finally:
        started.close()


@pytest.fixture(params=KINDS)
def engine_kind(request: pytest.FixtureRequest) -> str:
    """One of "sqlite", "mysql", "postgresql"."""
    return str(request.param)


@pytest.fixture
def engine(engines: Engines, engine_kind: str) -> Engine:
    """The running server of this kind, shared by all tests: do not stop it, see `new_engine`."""
    return engines.engine(engine_kind)


@pytest.fixture
def empty_database(engine: Engine) -> Generator[Database, None, None]:
    """A database without a table."""
    yield from _opened(engine, engine.create_database())


@pytest.fixture
def database(engine: Engine) -> Generator[Database, None, None]:
    """A database with our tables and no rows, on each engine in turn."""
    yield from _opened(engine, engine.create_migrated())


@pytest.fixture
def sqlite_database(engines: Engines) -> Generator[Database, None, None]:
    """A SQLite database with our tables and no rows, for tests to which the engine is all one."""
    engine = engines.engine("sqlite")
    yield from _opened(engine, engine.create_migrated())


@pytest.fixture
def redis_url(engines: Engines) -> str:
    """The URL of a running Redis, shared by all tests."""
    return engines.redis().url


def _opened(engine: Engine, name: str) -> Generator[Database, None, None]:
    opened = engine.open(name)
    try:
        yield opened
    finally:
        opened.close()
        engine.drop(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests over recorded exchanges where there are no recordings: they test nothing then."""
    empty = [item for item in items if item.name.endswith("[NOTSET]")]
    if empty:
        config.hook.pytest_deselected(items=empty)
        items[:] = [item for item in items if item not in empty]
