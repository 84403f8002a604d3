"""The real command: what it says, and how it refuses."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.gateway import ACCESS, Gateway
from tests.server.environment import clean

from oneapi.config import VERSION


def _run(folder: Path, *arguments: str, said: str = "", **environ: str) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "oneapi", *arguments],
        cwd=folder,
        env={**clean(), **environ},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("flag", ["--version", "-version"])
def test_the_version_is_said(tmp_path: Path, flag: str) -> None:
    assert _run(tmp_path, flag) == (0, f"{VERSION}\n", "")


def test_the_version_needs_no_imports(tmp_path: Path) -> None:
    program = (
        "import sys; from oneapi.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: print([m for m in ('asyncio', 'sqlalchemy', 'dotenv') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "--version"], cwd=tmp_path, capture_output=True, check=True
    )
    assert ran.stdout.decode().splitlines() == [VERSION, "[]"]


@pytest.mark.parametrize("flag", ["--help", "-help", "-h"])
def test_help_names_the_commands(tmp_path: Path, flag: str) -> None:
    status, said, _ = _run(tmp_path, flag)
    assert status == 0
    for word in ("serve", "migrate", "check", "reset-password", "backup", "--port", "--log-dir"):
        assert word in said


@pytest.mark.parametrize(
    ("arguments", "environ", "line"),
    [
        (["-port=80000"], {}, "--port must be a whole number from 0 to 65535, not '80000'"),
        (["--port", "x"], {}, "--port must be a whole number from 0 to 65535, not 'x'"),
        ([], {"WORKERS": "0"}, "WORKERS must be a whole number from 1 to 256, not '0'"),
        (["check"], {"DEBUG": "2"}, "DEBUG must be true or false, not '2'"),
        (["--speed"], {}, "unrecognized arguments: --speed; see --help"),
    ],
)
def test_a_mistake_is_answered_with_one_line_and_status_2(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], line: str
) -> None:
    assert _run(tmp_path, *arguments, **environ) == (2, "", f"one-api: {line}\n")


def test_a_taken_port_is_answered_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        status, said, refused = _run(tmp_path, "-port", port, HOST="127.0.0.1")
    assert (status, said) == (1, "")
    assert refused.startswith(f"one-api: port {port} is in use")
    assert refused.count("\n") == 1


@pytest.mark.parametrize("name", ["SQL_DSN", "LOG_SQL_DSN"])
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_dsn_that_cannot_be_read_is_refused_in_one_line_without_being_shown(
    tmp_path: Path, name: str, command: str
) -> None:
    status, said, refused = _run(tmp_path, command, **{name: "oracle://me:hunter2@db/one"})
    assert (status, said, refused.count("\n")) == (2, "", 1)
    assert refused.startswith(f"one-api: {name} begins with 'oracle://'")
    assert "hunter2" not in refused


def test_a_data_directory_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, said, _ = _run(tmp_path, "-port", "0", DATA_DIR="file/below")
    assert status == 1
    assert "DATA_DIR 'file/below' cannot be written" in said


def test_migrate_makes_the_tables_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    assert _run(tmp_path, "migrate", "--check")[0] == 1
    assert _run(tmp_path, "migrate")[0] == 0
    status, said, _ = _run(tmp_path, "migrate", "--check")
    assert (status, said) == (0, "the tables are this version's already\n")


def test_the_books_of_a_new_installation_balance(tmp_path: Path) -> None:
    with Gateway(tmp_path):
        pass
    status, said, _ = _run(tmp_path, "check")
    assert (status, said.splitlines()[-1]) == (0, "the books balance")


def test_a_lost_password_can_be_set_while_serving(tmp_path: Path) -> None:
    login = b'{"username": "root", "password": "correct-horse"}'
    with Gateway(tmp_path) as gateway:
        status, said, _ = _run(tmp_path, "reset-password", "root", said="correct-horse\n")
        answer = gateway.request(
            "POST", "/api/user/login", login, {"Content-Type": "application/json"}
        )
    assert (status, said) == (0, "the password of 'root' is set\n")
    assert answer.json()["success"]


@pytest.mark.parametrize(
    ("user", "password", "line"),
    [
        ("nobody", "correct-horse", "one-api: there is no user 'nobody'\n"),
        ("root", "short", "one-api: the password must have 8 to 20 characters\n"),
    ],
)
def test_a_password_that_cannot_be_set_is_refused_in_one_line(
    tmp_path: Path, user: str, password: str, line: str
) -> None:
    with Gateway(tmp_path):
        pass
    assert _run(tmp_path, "reset-password", user, said=f"{password}\n") == (1, "", line)


def test_a_backup_made_while_serving_is_a_whole_database(tmp_path: Path) -> None:
    with Gateway(tmp_path / "one") as gateway:
        gateway.add_key(name="before the backup")
        status, _, _ = _run(tmp_path / "one", "backup", str(tmp_path / "copy.db"))
    assert status == 0
    (tmp_path / "two").mkdir()
    (tmp_path / "copy.db").rename(tmp_path / "two" / "one-api.db")
    with Gateway(tmp_path / "two") as restored:
        headers = {"Authorization": ACCESS}
        names = [
            row["name"]
            for row in restored.request("GET", "/api/token/", headers=headers).json()["data"]
        ]
    assert "before the backup" in names
