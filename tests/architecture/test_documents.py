"""Documents and locks say what is true."""

import re
import tomllib

import pytest
from tests.architecture.project import ROOT
from tools import docs_openapi, docs_providers

from oneapi.config import VARIABLES, VERSION, WITHOUT_EFFECT
from oneapi.store.tables import metadata

# One API's variables, all of them (songquanpeng/one-api, February 2025).
ONE_API = [
    "PORT",
    "GIN_MODE",
    "DEBUG",
    "DEBUG_SQL",
    "SESSION_SECRET",
    "SQL_DSN",
    "LOG_SQL_DSN",
    "SQLITE_PATH",
    "SQLITE_BUSY_TIMEOUT",
    "SQL_MAX_IDLE_CONNS",
    "SQL_MAX_OPEN_CONNS",
    "SQL_MAX_LIFETIME",
    "REDIS_CONN_STRING",
    "REDIS_MASTER_NAME",
    "REDIS_PASSWORD",
    "MEMORY_CACHE_ENABLED",
    "SYNC_FREQUENCY",
    "NODE_TYPE",
    "FRONTEND_BASE_URL",
    "POLLING_INTERVAL",
    "CHANNEL_TEST_FREQUENCY",
    "CHANNEL_UPDATE_FREQUENCY",
    "BATCH_UPDATE_ENABLED",
    "BATCH_UPDATE_INTERVAL",
    "RELAY_TIMEOUT",
    "RELAY_PROXY",
    "USER_CONTENT_REQUEST_PROXY",
    "USER_CONTENT_REQUEST_TIMEOUT",
    "GEMINI_SAFETY_SETTING",
    "GEMINI_VERSION",
    "THEME",
    "GLOBAL_API_RATE_LIMIT",
    "GLOBAL_WEB_RATE_LIMIT",
    "ENABLE_METRIC",
    "METRIC_QUEUE_SIZE",
    "METRIC_SUCCESS_RATE_THRESHOLD",
    "METRIC_SUCCESS_CHAN_SIZE",
    "METRIC_FAIL_CHAN_SIZE",
    "INITIAL_ROOT_TOKEN",
    "INITIAL_ROOT_ACCESS_TOKEN",
    "INITIAL_ROOT_PASSWORD",
    "ONLY_ONE_LOG_FILE",
    "ENFORCE_INCLUDE_USAGE",
    "TEST_PROMPT",
    "TIKTOKEN_CACHE_DIR",
    "DATA_GYM_CACHE_DIR",
    "TZ",
]
OURS = {variable.name for variable in VARIABLES.values()}
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _documented() -> set[str]:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/operating.md").read_text("utf-8"), re.M)
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def _pyproject() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", ONE_API)
def test_every_variable_of_one_api_is_read_or_explained(name: str) -> None:
    assert (name in OURS) != (name in WITHOUT_EFFECT)


def test_every_variable_is_documented_and_no_other() -> None:
    assert _documented() == OURS | set(WITHOUT_EFFECT)


def test_the_page_of_vendors_is_current() -> None:
    assert docs_providers.page() == (ROOT / "docs/providers.md").read_text("utf-8")


def test_the_description_of_the_api_is_current() -> None:
    assert docs_openapi.page() == (ROOT / "docs/openapi.json").read_text("utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    assert _pyproject()["project"]["version"] == VERSION


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry_and_no_file(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    said = [line for line in lines if not line.lstrip().startswith("#")]
    assert [line for line in said if "://" in line or line.startswith(("-", "/", "."))] == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9._-]+==\S+( ; .*)? \\", line)] == []


def test_every_dependency_is_locked() -> None:
    declared = _pyproject()["project"]["dependencies"]
    assert isinstance(declared, list)
    wanted = {re.split(r"[\[<>=~! ]", str(item))[0] for item in declared}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - TOML
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert wanted - locked == set()


def test_every_fault_has_a_test_and_every_test_a_fault() -> None:
    listed = re.findall(
        r"^\| ([AWR]\d+) \|", (ROOT / "docs/faults.md").read_text("utf-8"), re.MULTILINE
    )
    shown: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for marker in re.findall(r"\bfault\(([^)]*)\)", path.read_text("utf-8")):
            shown |= set(re.findall(r'"([AWR]\d+)"', marker))
    assert shown == set(listed)


def test_what_the_api_page_names_is_there_and_every_resource_is_named() -> None:
    text = (ROOT / "docs/api.md").read_text("utf-8")
    named = {path.rstrip("/") for path in re.findall(r"/api(?:/[a-z_{}]+)+", text)}
    paths = set(docs_openapi.described()["paths"]) | {"/api/openapi"}
    assert named - paths == set()
    resources = {path.split("/")[2] for path in paths}
    assert resources - {path.split("/")[2] for path in named} == set()


def test_going_back_names_every_table_of_ours() -> None:
    theirs = {"users", "tokens", "channels", "abilities", "redemptions", "options", "logs"}
    text = (ROOT / "docs" / "migrating.md").read_text("utf-8")
    section = text.split("## Going back", 1)[1].split("\n## ", 1)[0]
    assert set(metadata.tables) - theirs - set(re.findall(r"`([a-z_]+)`", section)) == set()
