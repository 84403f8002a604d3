"""The journal: append-only files that keep what was charged until the database has it.

`<folder>/<slot>-<seq>.log`, one series per worker slot; a record is its length, its CRC-32 (both 32
bits, little-endian) and its payload. A file is never written again after a restart: a new owner starts
the next one, so that a torn end stays an end. Whoever holds `<slot>.lock` owns the slot's files.
"""

import fcntl
import os
from collections import deque
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

_HEADER: Final = Struct("<II")
HEADER_SIZE: Final = _HEADER.size
LONGEST_RECORD: Final = 1 << 20
_CHUNK: Final = 2 * LONGEST_RECORD  # a whole record always fits
ROTATE_AT: Final = 8 << 20
_PER_FILE: Final = 1 << 40  # positions; more than any file has bytes


class Position(NamedTuple):
    """A place in a slot's series of files."""

    seq: int
    position: int

    @property
    def number(self) -> int:
        """Return it as one number, of the same order."""
        return self.seq * _PER_FILE + self.position

    @classmethod
    def numbered(cls, number: int) -> "Position":
        """Return the position that has this number."""
        return cls(*divmod(number, _PER_FILE))


class Records(NamedTuple):
    """Payloads read in one go; `end` is where to go on, `skipped_bytes` what was torn or damaged."""

    payloads: list[bytes]
    end: Position
    skipped_bytes: int


class SlotLock:
    """The right to write a slot's journal, or to replay that of a slot whose worker is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path, slot: int) -> "SlotLock | None":
        """Return the lock, or None when a living process has it."""
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / f"{slot}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        """Let another process have the slot."""
        os.close(self._descriptor)


class Journal:
    """The writing end, used by one thread; `sync` alone may run in another.

    `base + size` is the number of the position where the next record goes.
    """

    def __init__(self, folder: Path, slot: int, seq: int, *, rotate_at: int = ROTATE_AT) -> None:
        self._folder = folder
        self._slot = slot
        self._rotate_at = rotate_at
        self._unwritten: deque[bytes] = deque()
        self._unsynced: list[int] = []  # files that are full and still to be synced and closed
        self._is_closed = False
        self._open(seq)

    def _open(self, seq: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._descriptor = os.open(_path(self._folder, self._slot, seq), flags, 0o600)
        self._seq = seq
        self.base = Position(seq, 0).number
        self.size = 0
        self._is_dirty = True

    @property
    def position(self) -> Position:
        """Say where the next record goes; everything before can be read back."""
        return Position(self._seq, self.size)

    @property
    def is_blocked(self) -> bool:
        """Say whether records wait because the disk does not take them."""
        return bool(self._unwritten)

    def append(self, payload: bytes) -> None:
        """Write one record; it survives the process as soon as this returns.

        A disk that is full does not lose the record: it is kept and written by `retry`; meanwhile
        `is_blocked` is true and nothing new should be begun.
        """
        record = _HEADER.pack(len(payload), crc32(payload)) + payload
        if self._unwritten or not self._write(record):
            self._unwritten.append(record)

    def retry(self) -> None:
        """Write what the disk did not take before."""
        while self._unwritten and self._write(self._unwritten[0]):
            self._unwritten.popleft()

    def _write(self, record: bytes) -> bool:
        try:
            written = os.write(self._descriptor, record)
        except OSError:
            if self._is_closed:
                raise
            return False
        self._is_dirty = True
        self.size += written
        if written != len(record):
            return False  # a reader skips the piece, and finds the whole record behind it
        if self.size >= self._rotate_at:
            self._rotate()
        return True

    def _rotate(self) -> None:
        full = self._descriptor
        try:
            self._open(self._seq + 1)
        except OSError:
            return  # the record is written; the file just grows on
        self._unsynced.append(full)

    def unsynced(self) -> list[int]:
        """Hand over descriptors for `sync`: of full files, and a copy of the current one's."""
        if not self._is_dirty:
            return []
        self._is_dirty = False
        handed = [*self._unsynced, os.dup(self._descriptor)]
        self._unsynced = []
        return handed

    def sync(self, descriptors: list[int]) -> None:
        """Bring files to the disk, and close the descriptors; runs in any thread."""
        for descriptor in descriptors:
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Sync and close; what is appended from now on raises."""
        self.sync(self.unsynced())
        os.close(self._descriptor)
        self._descriptor = -1
        self._is_closed = True


def sequences(folder: Path, slot: int) -> list[int]:
    """Return the numbers of a slot's files, in order."""
    return sorted(seq for owner, seq in _files(folder) if owner == slot)


def is_free(folder: Path, slot: int) -> bool:
    """Say whether no living process writes the slot's journal."""
    lock = SlotLock.take(folder, slot)
    if lock is not None:
        lock.release()
    return lock is not None


def slots(folder: Path) -> list[int]:
    """Return the slots that have files."""
    return sorted({owner for owner, _ in _files(folder)})


def _files(folder: Path) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for path in folder.glob("*-*.log"):
        owner, _, seq = path.stem.partition("-")
        if owner.isdecimal() and seq.isdecimal():
            found.append((int(owner), int(seq)))
    return found


def _path(folder: Path, slot: int, seq: int) -> Path:
    return folder / f"{slot}-{seq}.log"


def drop_before(folder: Path, slot: int, seq: int) -> None:
    """Delete a slot's files before a number."""
    for old in sequences(folder, slot):
        if old < seq:
            _path(folder, slot, old).unlink(missing_ok=True)


class Reader:
    """The reading end of one slot's series, from any thread or process."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._folder = folder
        self._slot = slot

    def read(self, start: Position, limit: Position | None = None, most: int = 2000) -> Records:
        """Return up to `most` records after `start`; fewer mean that there are no more.

        `limit` is how far to read, the writer's position while it lives; None for all there is. What is
        torn or damaged is skipped up to the next intact record.
        """
        payloads: list[bytes] = []
        skipped = 0
        place = start
        for seq in sequences(self._folder, self._slot):
            if seq < start.seq or (limit is not None and seq > limit.seq):
                continue
            begin = start.position if seq == start.seq else 0
            stop = limit.position if limit is not None and seq == limit.seq else None
            place, lost = self._read_file(Position(seq, begin), stop, most, payloads)
            skipped += lost
            if len(payloads) >= most:
                break
        else:
            place = place if limit is None else limit
        return Records(payloads, place, skipped)

    def _read_file(
        self, start: Position, stop: int | None, most: int, payloads: list[bytes]
    ) -> tuple[Position, int]:
        seq, position = start
        skipped = 0
        descriptor = os.open(_path(self._folder, self._slot, seq), os.O_RDONLY)
        try:
            end = os.fstat(descriptor).st_size
            end = end if stop is None else min(end, stop)
            while position < end and len(payloads) < most:
                chunk = os.pread(descriptor, min(_CHUNK, end - position), position)
                at_end = position + len(chunk) >= end
                used, lost = _split(chunk, at_end, most, payloads)
                position += used
                skipped += lost
        finally:
            os.close(descriptor)
        return Position(seq, position), skipped


def _split(chunk: bytes, at_end: bool, most: int, payloads: list[bytes]) -> tuple[int, int]:
    """Append the chunk's records to `payloads`; return how many bytes are done with, and lost."""
    # Whatever begins before `safe` ends inside the chunk: what is not intact there is damaged.
    safe = len(chunk) if at_end else len(chunk) - LONGEST_RECORD - HEADER_SIZE
    offset = 0
    lost = 0
    while offset < safe and len(payloads) < most:
        size = _intact(chunk, offset)
        if size:
            payloads.append(chunk[offset + HEADER_SIZE : offset + size])
            offset += size
        else:
            lost += 1
            offset += 1
    return offset, lost


def _intact(chunk: bytes, offset: int) -> int:
    """Return the size of the record at `offset`, header included; 0 if there is none."""
    begin = offset + HEADER_SIZE
    if begin > len(chunk):
        return 0
    length, checksum = _HEADER.unpack_from(chunk, offset)
    end = begin + length
    # No record is empty: a power cut may leave a tail of zeros, and the CRC of nothing is zero.
    if not 0 < length <= LONGEST_RECORD or end > len(chunk):
        return 0
    return HEADER_SIZE + length if crc32(memoryview(chunk)[begin:end]) == checksum else 0
