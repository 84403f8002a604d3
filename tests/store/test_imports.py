"""Start-up imports only what it needs."""

import subprocess
import sys

import pytest

HEAVY = ("alembic", "pymysql", "psycopg", "sqlalchemy.orm", "sqlalchemy.dialects.mysql", "bcrypt")


@pytest.mark.parametrize(
    "module",
    ["database", "tables", "migrations", "bootstrap", "changes", "bus", "backup"],
)
def test_a_module_of_the_store_brings_nothing_heavy(module: str) -> None:
    code = f"import sys, oneapi.store.{module}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_opening_a_sqlite_database_imports_no_other_driver() -> None:
    code = (
        "import sys; from oneapi.store.database import open_database\n"
        "database = open_database(None, sqlite_path=':memory:')\n"
        "with database.connect() as c: c.exec_driver_sql('SELECT 1')\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
