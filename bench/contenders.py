"""Who runs in the benchmark: nothing in between, nginx, our gateway, and gateways that are given.

A contender is started afresh for every round, serves one `Target`, and is judged by its own gate when it has stopped.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench import machine
from bench.load import Tally, Target
from bench.nginx import configured
from bench.processes import Program, StartError, free_port
from bench.vendor import Vendor


class GateError(RuntimeError):
    """Something was lost, invented or charged wrongly: every figure of the run is void."""


class Contender(Protocol):
    """One contender in one round."""

    name: str
    target: Target
    tls_target: Target | None
    """How to reach the vendor over TLS, where the contender can."""
    pid: int | None

    def stop(self) -> None:
        """End it and, where there is something to check, check it."""
        ...


@dataclass
class Direct:
    """Load and vendor with nothing in between: what the machine gives."""

    target: Target
    name: str = "direct"
    tls_target: Target | None = None
    pid: int | None = None

    def stop(self) -> None:
        """Nothing was started."""


class Nginx:
    """One nginx worker as a reverse proxy."""

    name = "nginx"

    def __init__(self, vendor: Vendor, folder: Path) -> None:
        port, tls_port = free_port(), free_port()
        command = configured(
            "nginx.conf.in",
            folder,
            PORT=port,
            VENDOR=vendor.port,
            TLS_PORT=tls_port,
            TLS_VENDOR=vendor.tls_port or vendor.port,
        )
        self._program = Program(command, core=machine.cores()[0], log=folder / "nginx.log")
        self.target = Target(port, "sk-nginx")
        self.tls_target = Target(tls_port, "sk-nginx") if vendor.tls_port else None
        self.pid: int | None = self._program.pid
        self._program.wait_for_answer(port, "/__stats")

    def stop(self) -> None:
        """End it."""
        self._program.stop(5)


class Given:
    """A gateway that somebody else started and set up, named by `BENCH_PEER=name=http://127.0.0.1:port`."""

    def __init__(self, setting: str) -> None:
        self.name, _, url = setting.partition("=")
        scheme, _, address = url.rstrip("/").partition("://")
        host, _, port = address.partition(":")
        if scheme != "http" or host not in ("127.0.0.1", "localhost") or not port.isdigit():
            raise StartError("BENCH_PEER must be name=http://127.0.0.1:port")
        key = os.environ.get("BENCH_PEER_KEY", "sk-bench")
        self.target = Target(int(port), key, os.environ.get("BENCH_PEER_MODEL", "bench-chat"))
        self.tls_target: Target | None = None
        self.pid = machine.listener(int(port))
        if self.pid is None:
            raise StartError(f"nothing listens on 127.0.0.1:{port}")

    def stop(self) -> None:
        """It is not ours to end."""


def check_delivered(contender: Contender, vendor: Vendor, key: str, tally: Tally) -> None:
    """Raise `GateError` unless clients got exactly what the vendor delivered under `key`."""
    got = vendor.deliveries(key)
    delivered = (
        got.total(),
        sum(each.input_tokens * count for each, count in got.items()),
        sum(each.output_tokens * count for each, count in got.items()),
    )
    received = (tally.requests, tally.input_tokens, tally.output_tokens)
    if delivered != received:
        raise GateError(
            f"{contender.name}: clients received {received} (requests, input, output tokens), "
            f"the vendor delivered {delivered}"
        )
