"""The short form: a few seconds of every shape of load through the gateway; no figures, only the gate."""

import contextlib
import tempfile
from pathlib import Path

from bench import load
from bench.contenders import Nginx, check_delivered
from bench.load import Tally
from bench.ours import Ours
from bench.vendor import Vendor

SHAPES: tuple[tuple[str, ...], ...] = (
    ("--requests", "2000", "--connections", "64"),
    ("--requests", "100", "--connections", "16", "--stream", "--chunks", "100"),
    ("--requests", "100", "--connections", "50", "--stream", "--chunks", "20", "--pace", "40"),
    ("--requests", "60", "--connections", "8", "--stream", "--chunks", "200", "--per-write", "7"),
    ("--requests", "200", "--connections", "16", "--prompt-bytes", "60000"),
    ("--requests", "500", "--connections", "64", "--rate", "1000"),
    ("--requests", "300", "--connections", "32", "--api", "embeddings"),
)
CONVERSIONS: tuple[tuple[str, ...], ...] = (
    ("--requests", "300", "--connections", "32", "--api", "messages"),
    ("--requests", "60", "--connections", "16", "--api", "messages", "--stream"),
)


def check_nginx() -> int:
    """Put every shape through nginx: the gate must hold where nothing can be lost."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        nginx = Nginx(vendor, folder)
        stack.callback(nginx.stop)
        tally = Tally()
        for seed, shape in enumerate(SHAPES, 1):
            load.run(nginx.target, list(shape), tally, seed)
        check_delivered(nginx, vendor, nginx.target.key, tally)
        return tally.requests


def check_ours(workers: int, shapes: tuple[tuple[str, ...], ...] = SHAPES + CONVERSIONS) -> int:
    """Put every shape through our gateway, stop it, and check its books; the number of requests."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        vendor = Vendor(folder)
        stack.callback(vendor.stop)
        ours = Ours(vendor, folder, workers=workers)
        stack.callback(ours.abandon)
        for seed, shape in enumerate(shapes, 1):
            load.run(ours.target, list(shape), ours.tally, seed)
        ours.stop()
        return ours.tally.requests
