"""A supervisor whose workers do what the command line says, instead of serving a gateway.

`python -m tests.server.scripted WORKERS BEHAVIOUR`: `serve` answers each connection with its slot; `die` is a
worker of slot 1 that ends at once until there is a file `well`; `faint` ends as soon as it is ready; `away` is one
that ends for now, four times, and then serves; `broken` is a first worker that ends at once; `deaf` ignores SIGTERM.
"""

import os
import select
import signal
import sys
import time
from pathlib import Path

from oneapi.config import Config, ConfigError
from oneapi.server import sockets
from oneapi.server.supervisor import FOR_NOW, Post, Supervisor


def _serve(post: Post) -> int:
    own = sockets.listeners(post.held)
    told, tell = os.pipe()
    signal.signal(signal.SIGTERM, lambda number, frame: os.write(tell, b"t") and None)
    os.write(post.ready_fd, b"1")
    os.close(post.ready_fd)
    while True:
        readable, _, _ = select.select([*own, told, post.lifeline_fd], [], [])
        if told in readable or post.lifeline_fd in readable:
            return 0
        connection, _ = own[0].accept()
        with connection:
            connection.sendall(f"{post.slot} {os.getpid()} {post.config.log_format}".encode())


def _die(post: Post) -> int:
    return 7 if post.slot == 1 and not Path("well").exists() else _serve(post)


def _faint(post: Post) -> int:
    with Path("ready-at").open("a") as file:
        file.write(f"{time.monotonic()}\n")
    os.write(post.ready_fd, b"1")
    return 7


def _away(post: Post) -> int:
    attempts = Path(f"attempts-{post.slot}")
    count = len(attempts.read_text()) if attempts.exists() else 0
    attempts.write_text("x" * (count + 1))
    return FOR_NOW if post.slot == 1 and count < 4 else _serve(post)


def _broken(post: Post) -> int:
    raise RuntimeError("this worker is broken")


def _deaf(post: Post) -> int:
    os.write(post.ready_fd, b"1")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.read(post.lifeline_fd, 1)
    return 0


def main(workers: str, behaviour: str) -> int:
    """Run; `reread` reads the log format from the file `format`."""
    work = {
        "serve": _serve,
        "die": _die,
        "faint": _faint,
        "away": _away,
        "broken": _broken,
        "deaf": _deaf,
    }[behaviour]
    config = Config(
        host="127.0.0.1", port=0, workers=int(workers), shutdown_timeout_seconds=0.0, log_dir="logs"
    )

    def reread() -> Config:
        if not Path("format").exists():
            raise ConfigError("there is no file `format`")
        return config._replace(log_format=Path("format").read_text())

    return Supervisor(config, reread, work).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
