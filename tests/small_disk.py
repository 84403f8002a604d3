"""A small file system that a test fills and frees: a tmpfs of its own. Mounting takes the rights of root.

Where they are missing, `small_disk` says so in the summary of the run, and gives a limit on the size of files instead
(`RLIMIT_FSIZE`, which hits what had been allocated, too).
"""

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Generator, Iterable
from functools import cache
from pathlib import Path

NOTES: list[str] = []  # for the summary of the run
Processes = Callable[[], Iterable[int]]


class SmallDisk:
    """A mounted one; `folder` is its root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take the last byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 16, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def free(self) -> None:
        """Give everything back."""
        self._ballast.unlink(missing_ok=True)

    def take_every_inode(self) -> None:
        """Make empty files until there are no more to be made."""
        (self.folder / "inodes").mkdir()
        with contextlib.suppress(OSError):
            for number in range(1 << 20):
                (self.folder / "inodes" / str(number)).touch()

    def free_inodes(self) -> None:
        for path in (self.folder / "inodes").iterdir():
            path.unlink()
        (self.folder / "inodes").rmdir()


class LimitedFiles(SmallDisk):
    """The way out without a mount: some processes may not make a file larger."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        super().__init__(folder)
        self._processes = processes

    def fill(self) -> None:
        limit_files(self._processes(), 0)

    def free(self) -> None:
        limit_files(self._processes(), resource.RLIM_INFINITY)


def limit_files(processes: Iterable[int], size: int) -> None:
    """Let nothing be written behind `size` bytes of a file, room that was allocated included."""
    for pid in processes:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Generator[Path, None, None]:
    """A tmpfs at `folder`, gone afterwards whatever has happened."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "one-api-tests", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@cache
def can_mount() -> bool:
    """Whether this run may mount; if not, the summary says what was done instead."""
    probe = Path(f"/tmp/one-api-mount-{os.getpid()}")
    try:
        with mounted(probe, "size=1m"):
            return True
    except (OSError, subprocess.CalledProcessError) as error:
        NOTES.append(
            f"no file system can be mounted here ({error}): a full disk was a limit on the size of files instead, "
            "and what needs a real one was left out"
        )
        return False
    finally:
        probe.rmdir()


@contextlib.contextmanager
def small_disk(
    folder: Path, megabytes: int, processes: Processes = lambda: [os.getpid()]
) -> Generator[SmallDisk, None, None]:
    """A disk of so many MiB at `folder`; `processes` are those that a limit must reach where nothing can be mounted."""
    if can_mount():
        with mounted(folder, f"size={megabytes}m,mode=755"):
            yield SmallDisk(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    limited = LimitedFiles(folder, processes)
    try:
        yield limited
    finally:
        limited.free()
