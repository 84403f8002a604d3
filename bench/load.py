"""Run the load generator and read its report."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import build, machine
from bench.processes import Program


class AnswerError(RuntimeError):
    """At least one answer was not what it should be: every figure of the run is void."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the load goes, and as whom."""

    port: int
    key: str
    model: str = "bench-chat"
    header: str = ""


@dataclass
class Tally:
    """What clients have received so far: the other half of the gate."""

    requests: int = 0
    aborted: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reports: list[dict[str, Any]] = field(default_factory=list)

    def add(self, report: dict[str, Any]) -> None:
        """Count one report of the load generator."""
        self.requests += report["requests"]
        self.aborted += report["aborted"]
        self.input_tokens += report["prompt_tokens"]
        self.output_tokens += report["completion_tokens"]


def _command(target: Target, arguments: list[str]) -> list[str]:
    command = [str(build.load_program()), "--port", str(target.port), "--key", target.key]
    command += ["--model", "bench-embedding" if "embeddings" in arguments else target.model]
    if target.header:
        command += ["--header", target.header]
    return command + arguments


def check(report: dict[str, Any]) -> None:
    """Raise `AnswerError` unless every answer of the report was right."""
    if report["errors"] or report["mismatches"]:
        raise AnswerError(
            f"{report['errors']} errors and {report['mismatches']} wrong answers of "
            f"{report['requests']}; the first: {report['first_error']}"
        )


def run(
    target: Target, arguments: list[str], tally: Tally, seed: int, seconds: float = 120
) -> dict[str, Any]:
    """Run one load to its end; its report, after every answer was found right."""
    command = ["taskset", "-c", str(machine.cores()[1]), *_command(target, arguments)]
    done = subprocess.run(
        [*command, "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        raise AnswerError(f"load ended with {done.returncode}: {done.stderr[-500:]}")
    report = json.loads(done.stdout)
    check(report)
    tally.add(report)
    return report


class Background:
    """A load that runs while something else is looked at."""

    def __init__(self, target: Target, arguments: list[str], seed: int, folder: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".json", delete=False) as file:
            log = Path(file.name)
        command = [*_command(target, arguments), "--seed", str(seed)]
        self.program = Program(command, core=machine.cores()[1], log=log)

    def report(self, seconds: float, tally: Tally) -> dict[str, Any]:
        """Wait for the end and return the report."""
        self.program.wait(seconds)
        report = json.loads(self.program.last_words())
        check(report)
        tally.add(report)
        return report


@contextmanager
def background(
    target: Target, arguments: list[str], seed: int, folder: Path
) -> Iterator[Background]:
    """Start a load, and end it on the way out if it still runs."""
    load = Background(target, arguments, seed, folder)
    try:
        yield load
    finally:
        load.program.stop(5)
