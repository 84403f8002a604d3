"""The environment of commands that tests run: nothing of ours, but for what measures their coverage."""

import os


def measured() -> dict[str, str]:
    """Return the variables by which a child process reports its coverage; none when it is not measured."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}  # noqa: TID251 - for processes of their own


def clean(*, is_measured: bool = True) -> dict[str, str]:
    """Return the environment of a command that has been told nothing."""
    ours = ("PATH", "PYTHONPATH")  # where compiled modules may lie
    kept = {name: os.environ[name] for name in ours if name in os.environ}  # noqa: TID251 - for processes of their own
    return kept | measured() if is_measured else kept
