"""What the machine says: CPU time and memory of process trees from `/proc`, cores, and facts for the report."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path

from bench.build import ToolError, needed

PROC = Path("/proc")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """Return the core of the contender and the core of mock vendor and load (the same if there is one)."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def _parents() -> dict[int, int]:
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def tree(root: int) -> list[int]:
    """Return `root` and all its living descendants."""
    parents = _parents()
    members = [root]
    for member in members:
        members.extend(pid for pid, parent in parents.items() if parent == member)
    return members


def cpu_seconds(root: int) -> float:
    """Return user and system time used so far by the tree of `root`; dead, reaped children count."""
    total = 0
    for pid in tree(root):
        try:
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total * TICK_SECONDS


def _kilobytes(pid: int, file: str, field: str) -> int:
    try:
        text = (PROC / str(pid) / file).read_text()
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def rss_bytes(pid: int) -> int:
    """Return the resident memory of one process."""
    return _kilobytes(pid, "status", "VmRSS") * 1024


def tree_rss_bytes(root: int) -> int:
    """Return the sum of resident memory over the tree; shared pages count once per process."""
    return sum(rss_bytes(pid) for pid in tree(root))


def tree_pss_bytes(root: int) -> int:
    """Return the proportional memory of the tree; shared pages count once."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss") * 1024 for pid in tree(root))


def listener(port: int) -> int | None:
    """Return the id of a process that listens on 127.0.0.1:`port` or on all addresses."""
    inodes: set[str] = set()
    for table in ("net/tcp", "net/tcp6"):
        for line in (PROC / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            links = [str(link.readlink()) for link in (entry / "fd").iterdir()]
        except OSError:
            continue
        if inodes.intersection(links):
            return int(entry.name)
    return None


def busy_share(seconds: float = 2.0) -> float:
    """Return how much of all cores is in use now, before the benchmark adds to it: 0 to 1."""
    before = _idle_and_all()
    time.sleep(seconds)
    after = _idle_and_all()
    passed = after[1] - before[1]
    return 1 - (after[0] - before[0]) / passed if passed else 0.0


def _idle_and_all() -> tuple[int, int]:
    ticks = [int(each) for each in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def facts() -> list[tuple[str, str]]:
    """Return what a reader needs to judge the figures: no host name, no path."""
    cpuinfo = (PROC / "cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    memory_kb = int((PROC / "meminfo").read_text().split()[1])
    try:
        nginx = _first_line([needed("nginx", "nginx-light"), "-v"]).rpartition("/")[2]
    except ToolError:
        nginx = "not installed"
    return [
        ("CPU", f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores"),
        ("Memory", f"{memory_kb / 1024 / 1024:.0f} GiB"),
        ("Kernel", f"Linux {platform.release().partition('-')[0]}"),
        ("Python", platform.python_version()),
        ("nginx", nginx),
        ("C compiler", _first_line(["cc", "--version"])),
    ]
