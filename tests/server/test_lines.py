"""Log lines: their look, their files, and what never gets into them."""

import json
import time
from pathlib import Path

import pytest

from oneapi.server.lines import Lines

MOMENT = 1_700_000_000.25


def _text(**fields: object) -> str:
    lines = Lines(as_json=False, directory=None, one_file=False)
    return lines.line(MOMENT, "info", "req-1", "key_made", fields)


def test_a_text_line_looks_like_one_apis() -> None:
    stamp = time.strftime("%Y/%m/%d - %H:%M:%S", time.localtime(MOMENT))
    assert _text(user_id=7) == f"[INFO] {stamp} | req-1 | key_made user_id=7"


def test_a_json_line_is_one_object() -> None:
    lines = Lines(as_json=True, directory=None, one_file=False)
    line = lines.line(MOMENT, "error", "", "vendor_failed", {"reason": "名\n前"})
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "error",
        "event": "vendor_failed",
        "reason": "名\n前",
    }
    assert "\n" not in line


@pytest.mark.parametrize(
    "text",
    [
        "the key sk-abcdEFGH1234 was refused",
        "Authorization: Bearer abcdEFGH1234",
        "dial oneapi:abcdEFGH1234@tcp(db:3306)/one-api",
        "postgres://oneapi:abcdEFGH1234@db:5432/one",
        "proxy http://me:abcdEFGH1234@proxy.example:8080",
    ],
)
def test_a_secret_in_a_text_is_not_written(text: str) -> None:
    assert "abcdEFGH1234" not in _text(reason=text)
    assert "***" in _text(reason=text)


@pytest.mark.parametrize("field", ["password", "api_key", "authorization", "cookie"])
def test_a_secret_field_is_not_written(field: str) -> None:
    assert _text(**{field: "hunter2"}).endswith(f"{field}=***")


def test_an_ordinary_line_is_not_touched() -> None:
    said = "channel 7 at https://api.openai.com:443/v1 failed: 429 at 12:30:45, risk-free"
    assert _text(reason=said).endswith(said)


def test_a_forged_line_break_cannot_make_a_line() -> None:
    forged = _text(user_agent="x\n[INFO] 2026/01/01 - 00:00:00 | - | all is well")
    assert [line for line in forged.splitlines() if line.startswith("[")] == [
        forged.splitlines()[0]
    ]


@pytest.mark.parametrize("unseen", ["\x1b[2J", "\x9b1m", "\x00", "\u2028", "\u202e", "\x85"])
def test_what_a_terminal_would_obey_is_written_as_a_number(unseen: str) -> None:
    as_json = Lines(as_json=True, directory=None, one_file=False)
    line = as_json.line(MOMENT, "info", "", "vendor_failed", {"reason": f"a{unseen}b"})
    assert json.loads(line)["reason"] == f"a{unseen}b"
    for said in (line, _text(reason=f"a{unseen}b")):
        assert unseen[0] not in said
        assert f"a\\u{ord(unseen[0]):04x}" in said


def test_lines_go_to_the_file_of_the_day(tmp_path: Path) -> None:
    lines = Lines(as_json=False, directory=str(tmp_path / "logs"), one_file=False)
    for moment in (MOMENT, MOMENT + 86_400):
        lines.write(moment, "a line")
    days = [time.strftime("%Y%m%d", time.localtime(MOMENT + s)) for s in (0, 86_400)]
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == [f"oneapi-{day}.log" for day in days]


def test_one_file_is_used_when_asked_for_and_found_again_after_rotation(tmp_path: Path) -> None:
    lines = Lines(as_json=False, directory=str(tmp_path), one_file=True)
    lines.write(MOMENT, "before")
    (tmp_path / "oneapi.log").rename(tmp_path / "oneapi.log.1")
    lines.write(MOMENT, "after")
    assert (tmp_path / "oneapi.log").read_text() == "after\n"
    assert (tmp_path / "oneapi.log.1").read_text() == "before\n"
