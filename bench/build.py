"""Compile the two C programs into `bench/.build`, when they are older than their sources."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE / ".build"


class ToolError(RuntimeError):
    """A program that the benchmark needs is not installed; the message says which."""


def needed(program: str, package: str) -> str:
    """Return the path of `program`, or say which Debian package brings it."""
    for folder in (None, "/usr/sbin:/usr/local/sbin"):
        if found := shutil.which(program, path=folder):
            return found
    raise ToolError(f"`{program}` is needed: apt-get install {package}")


def _compile(name: str) -> Path:
    source, program = HERE / f"{name}.c", BUILD / name
    newest = max(source.stat().st_mtime, (HERE / "marker.h").stat().st_mtime)
    if program.exists() and program.stat().st_mtime >= newest:
        return program
    BUILD.mkdir(exist_ok=True)
    fresh = BUILD / f"{name}.new"
    command = [needed("cc", "gcc libc6-dev"), "-O2", "-Wall", "-o", str(fresh), str(source)]
    subprocess.run(command, check=True, timeout=60)
    fresh.replace(program)
    return program


def vendor_program() -> Path:
    """Return the mock vendor, compiled."""
    return _compile("vendor")


def load_program() -> Path:
    """Return the load generator, compiled."""
    return _compile("load")
