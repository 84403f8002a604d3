"""A real nginx for tests."""

import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes import wait_until


@contextmanager
def nginx(configuration: str, port: int, folder: Path) -> Generator[None]:
    """Run nginx with a configuration that listens on `port`, as long as the block lasts."""
    command = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert command, "nginx is not installed: make deps"
    written = folder / "nginx.conf"
    written.write_text(configuration)
    process = subprocess.Popen([command, "-c", str(written), "-e", str(folder / "log")])
    try:
        wait_until(lambda: _is_listening(port))
        yield
    finally:
        process.terminate()
        process.wait()


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
