"""Room in the journal: made ahead of need, beside the path; and what is said when there is none."""

import asyncio
import os
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, NamedTuple

from oneapi.errors import StorageFailed
from oneapi.ledger.journal import Journal
from oneapi.store.failures import condition, is_full, is_full_here
from oneapi.store.outages import Outage

LOOK_SECONDS: Final = 1.0
RETRY_AFTER_SECONDS: Final = 5.0


class Condition(NamedTuple):
    """What is the matter with the place where charges are kept, in words; empty when it is well.

    `is_ready`: requests are welcome all the same.
    """

    words: str = ""
    is_ready: bool = True


class RoomKeeper:
    """Keeps a file's worth of room in the journal beyond what is promised; tries on for as long as there is none."""

    def __init__(self, journal: Journal, executor: Executor) -> None:
        self._journal = journal
        self._executor = executor
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._outage = Outage("journal")

    async def run(self) -> None:
        """Serve until stopped."""
        journal, loop = self._journal, asyncio.get_running_loop()
        journal.on_switch = self._wake.set
        while not self._is_stopping:
            alarm = loop.call_later(LOOK_SECONDS, self._wake.set)
            await self._wake.wait()
            self._wake.clear()
            alarm.cancel()
            journal.retry()
            if journal.wants_room and not self._is_stopping:
                await self._make_room()

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._is_stopping = True
        self._wake.set()

    async def _make_room(self) -> None:
        journal = self._journal
        make = journal.make_segment
        loop = asyncio.get_running_loop()
        try:
            journal.add(await loop.run_in_executor(self._executor, make, journal.claim()))
        except OSError as error:
            journal.refusal = error
            self._outage.failed(error)
        else:
            self._outage.succeeded()


def unrecordable(refusal: OSError | None) -> StorageFailed:
    """Return the error of a request whose charge could not be written down, or might not be."""
    if refusal is None:
        return StorageFailed("charges cannot be written down", retry_after=RETRY_AFTER_SECONDS)
    return StorageFailed(
        f"{condition(refusal)}, so that charges cannot be written down; try again later",
        code="disk_full" if is_full(refusal) else None,
        retry_after=RETRY_AFTER_SECONDS,
    )


def condition_of(journal: Journal, folder: Path, size: int, failure: Exception | None) -> Condition:
    """Judge by the journal, the disk of its folder, and what the database has said last.

    A disk of our own that is full lets no request in before long. A database that is away is the same for every node;
    what is on lease is served.
    """
    refusal = journal.refusal
    if refusal is not None:
        return Condition(condition(refusal), is_ready=False)
    if is_disk_full(folder, size):
        return Condition("the disk is full", is_ready=False)
    if failure is not None:
        return Condition(condition(failure), is_ready=not is_full_here(failure))
    return Condition()


def is_disk_full(folder: Path, size: int) -> bool:
    """Say whether the disk has no room for another file of this size, as far as it says so."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    blocks, files = (
        (disk.f_bfree, disk.f_ffree) if os.geteuid() == 0 else (disk.f_bavail, disk.f_favail)
    )
    # Some file systems tell nothing, or have no fixed number of files: all their figures are zero.
    return bool((disk.f_blocks and blocks * disk.f_frsize < size) or (disk.f_files and files == 0))
