"""Files and folders for the owner alone, from their first moment; those that were open to others are closed.

A umask may only take rights away, so a mode that is asked for at creation needs no second step.
"""

import os
import stat
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, or close one that is there."""
    if not folder.is_dir():
        make_folder(folder)
    close_to_others(folder, FOLDER)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for the owner alone; one that is there stays as it is."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def open_private(path: Path, flags: int) -> int:
    """Open a file, which is the owner's alone if it has to be made; return the descriptor."""
    return os.open(path, flags, FILE)


def make_private_file(path: Path) -> None:
    """Make an empty file unless there is one; one that is there is closed to others, and never opened."""
    # To close a descriptor of a SQLite file would free the locks that this process has on it
    # (https://www.sqlite.org/howtocorrupt.html, read 2026-11-26).
    try:
        os.close(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        close_to_others(path, FILE)


def close_to_others(path: Path, mode: int) -> None:
    """Take from group and others what `mode` does not give them; what is not ours to change stays."""
    try:
        found = stat.S_IMODE(path.stat().st_mode)
        if found & ~mode:
            path.chmod(found & mode)
    except OSError:
        return  # another's file, or a file system without rights: whoever mounted it decides
