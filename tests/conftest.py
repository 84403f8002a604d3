"""Fixtures that everybody may use: real database servers, and databases made anew for each test."""

import gc
import sys
from collections.abc import Generator

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings

from oneapi.store.database import Database
from tests import small_disk
from tests.engines import KINDS, Engine, Engines
from tests.fixtures_path import RECORDED

# How long an example takes depends on who else uses the machine: no test judges it.
settings.register_profile("default", deadline=None)
settings.register_profile("fuzz", max_examples=500, deadline=None)


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


SERVED_FOLDERS = ("adoption", "bad_days", "bench", "browser", "e2e", "server")
"""Folders whose tests run the product, or others' servers, in processes of their own."""

ALONE_FOLDER = "bad_days"
"""Where tests are that run alone: the Makefile asks for them there, without collecting all others."""

SERVED_FIXTURES = {"gateway", "redis_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the Makefile's verbs choose by."""
    group = parser.getgroup("oneapi")
    group.addoption("--quick", action="store_true", help="only tests that need no server")
    group.addoption("--fault", metavar="NUMBER", help="only tests of one of docs/faults.md")
    group.addoption(
        "--plain", action="store_true", help="one engine (SQLite) and one event loop (uvloop)"
    )


def _needs_a_server(item: pytest.Item) -> bool:
    fixtures: set[str] = set(getattr(item, "fixturenames", ()))
    if item.path.parent.name in SERVED_FOLDERS or fixtures & SERVED_FIXTURES:
        return True
    return item.get_closest_marker("server") is not None or _engine_of(item) != "sqlite"


def _engine_of(item: pytest.Item) -> str:
    """Return the database server that a test is for: the one among its parameters, or SQLite."""
    call = getattr(item, "callspec", None)
    parameters: dict[str, object] = call.params if call is not None else {}
    return next((str(value) for value in parameters.values() if value in KINDS), "sqlite")


def _faults_of(item: pytest.Item) -> set[str]:
    return {number for marker in item.iter_markers("fault") for number in marker.args}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: what is made lasts as long as the run, and searching it takes long."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run the properties untraced: most of their time is the making of inputs, and tracing that is half of it again."""
    tracer = sys.gettrace()
    if item.get_closest_marker("fuzz") is not None:
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every property: `make fuzz` tries them all. Refuse tests that `make test` would not ask for."""
    if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
        item.add_marker("fuzz")
    if item.get_closest_marker("alone") is not None and item.path.parent.name != ALONE_FOLDER:
        raise pytest.UsageError(
            f"{item.nodeid}: only {ALONE_FOLDER} is asked for tests that run alone"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and tests over recorded exchanges where there are no recordings."""
    kept = [item for item in items if not item.name.endswith("[NOTSET]")]
    if config.getoption("--quick"):
        kept = [item for item in kept if not _needs_a_server(item)]
    if config.getoption("--plain"):
        kept = [item for item in kept if _engine_of(item) == "sqlite"]
    if number := config.getoption("--fault"):
        kept = [item for item in kept if number in _faults_of(item)]
    chosen = set(kept)
    left_out = [item for item in items if item not in chosen]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, or tested in another way than meant, and why."""
    for note in small_disk.NOTES:
        terminalreporter.write_line(note)
    if config.getoption("--quick"):
        terminalreporter.write_line("left out: all that needs a server or the running product")
    if config.getoption("--plain"):
        terminalreporter.write_line("left out: MySQL, PostgreSQL and the second event loop")
    if RECORDED is None:
        terminalreporter.write_line(
            "left out: recorded exchanges with vendors, which are not part of the project (ONEAPI_FIXTURES names"
            " their folder); those of tests/providers/published were used"
        )
