"""The mock vendor as seen from Python: start it, and ask it what it has delivered."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bench import build, machine
from bench.nginx import configured
from bench.processes import Program, free_port, http

PORT_VARIABLE = "BENCH_VENDOR_PORT"


class Delivery(NamedTuple):
    """What one answer cost according to the vendor."""

    model: str
    input_tokens: int
    output_tokens: int


class Vendor:
    """A running mock vendor; on demand it speaks TLS as well, on a port and with a certificate of its own."""

    def __init__(self, folder: Path, *, with_tls: bool = False) -> None:
        self.port = int(os.environ.get(PORT_VARIABLE, "0")) or free_port()
        command = [str(build.vendor_program()), str(self.port)]
        self.program = Program(command, core=machine.cores()[1], log=folder / "vendor.log")
        self.program.wait_for_answer(self.port, "/__stats")
        self.tls_port = free_port() if with_tls else 0
        self.certificate = folder / "vendor.crt"
        self._tls = self._start_tls(folder) if with_tls else None

    def _start_tls(self, folder: Path) -> Program:
        """Put TLS in front, with a certificate of its own, on the vendor's core."""
        make = [build.needed("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-nodes"]
        make += ["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=127.0.0.1", "-days", "2"]
        make += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(self.certificate)]
        make += ["-keyout", str(folder / "vendor.key")]
        subprocess.run(make, check=True, capture_output=True, timeout=30)
        command = configured("tls.conf.in", folder, VENDOR=self.port, PORT=self.tls_port)
        program = Program(command, core=machine.cores()[1], log=folder / "tls.log")
        program.wait_until_open(self.tls_port)
        return program

    def stats(self) -> dict[str, int]:
        """Return its counters."""
        return json.loads(http("GET", self.port, "/__stats")[1])

    def deliveries(self, key: str) -> Counter[Delivery]:
        """Return what was delivered to the client that showed `key`."""
        found: Counter[Delivery] = Counter()
        for line in http("GET", self.port, "/__records")[1].decode().splitlines():
            shown, model, prompt, completion, count = line.split("\t")
            if shown == f"Bearer {key}":
                found[Delivery(model, int(prompt), int(completion))] += int(count)
        return found

    def stop(self) -> None:
        """End it."""
        if self._tls is not None:
            self._tls.stop(5)
        self.program.stop(5)
