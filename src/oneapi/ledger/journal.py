"""The journal: files that keep what was charged until the database has it.

`<folder>/<slot>-<seq>.log`, one series per worker slot; a record is its length, its CRC-32 (both 32
bits, little-endian) and its payload. Room for records is allocated before it is promised to a request, so that
a disk that fills up takes from nobody who was admitted; what is allocated and not used is zeros. A file is never
written again after a restart: a new owner starts the next one, so that a torn end stays an end. Whoever holds
`<slot>.lock` owns the slot's files.
"""

import errno
import fcntl
import os
import re
from bisect import insort
from collections import deque
from collections.abc import Callable
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

from oneapi.store.private_files import make_private_folder, open_private

_HEADER: Final = Struct("<II")
_append: Final = os.write
_checksum: Final = crc32
HEADER_SIZE: Final = _HEADER.size
LONGEST_RECORD: Final = 1 << 20
_CHUNK: Final = 2 * LONGEST_RECORD  # a whole record always fits
ROTATE_AT: Final = 1 << 20
# What is put aside for the record of one request; few are half as long. A longer one takes what others left.
PROMISE: Final = 1024
_PER_FILE: Final = 1 << 40  # positions; more than any file has bytes
_NO_ROOM: Final = 1 << 60  # taken from the room while the disk takes nothing
_ZEROS: Final = bytes(1 << 16)
_SOMETHING: Final = re.compile(rb"[^\0]")
_LEADING_ZEROS: Final = 2  # that a record may begin with: a length of 65 536 has two
# What says that a file system allocates nothing in advance; there, zeros are written instead.
_CANNOT_ALLOCATE: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


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
    """Payloads read in one go; `end` is where to go on, `skipped_bytes` what was torn or damaged.

    Zeros at the end of a file are room that was not used, and not counted.
    """

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
        make_private_folder(folder)
        descriptor = open_private(folder / f"{slot}.lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        """Let another process have the slot."""
        os.close(self._descriptor)


class Segment(NamedTuple):
    """A file with room, of which nothing is written yet."""

    seq: int
    descriptor: int


class Journal:
    """The writing end, used by one thread; `make_segment` and `sync` may run in another.

    `base + size` is the number of the position where the next record goes. `room`: bytes that are allocated and
    neither written nor promised; whoever is admitted takes `PROMISE` from it, and gives it back when its record is
    written. `refusal` is the error that made room impossible, until there is some again.
    """

    def __init__(self, folder: Path, slot: int, seq: int, *, rotate_at: int = ROTATE_AT) -> None:
        """Raise `OSError` when there is no room for the first file."""
        self._folder = folder
        self._slot = slot
        self._rotate_at = rotate_at
        self._next_seq = seq
        self._spares: list[Segment] = []  # in order
        self._unwritten: deque[bytes] = deque()
        self._unsynced: list[int] = []  # files that are full and still to be synced and closed
        self._is_closed = False
        self._is_dirty = True
        self.refusal: OSError | None = None
        self.on_switch: Callable[[], None] | None = None  # called when a file is full
        self.room = rotate_at
        self._use(self.make_segment(self.claim()))

    def _use(self, segment: Segment) -> None:
        self._seq = segment.seq
        self._descriptor = segment.descriptor
        self.base = Position(segment.seq, 0).number
        self.size = 0

    @property
    def position(self) -> Position:
        """Say where the next record goes; everything before can be read back."""
        return Position(self._seq, self.size)

    @property
    def is_blocked(self) -> bool:
        """Say whether records wait because the disk does not take them."""
        return bool(self._unwritten)

    @property
    def wants_room(self) -> bool:
        """Say whether less than a whole file is left beyond what is promised."""
        return self.room < self._rotate_at

    def claim(self) -> int:
        """Return the number for the next `make_segment`."""
        seq = self._next_seq
        self._next_seq = seq + 1
        return seq

    def make_segment(self, seq: int) -> Segment:
        """Make a file and allocate its room; raise `OSError`, and leave nothing, when that cannot be. In any thread."""
        path = _path(self._folder, self._slot, seq)
        descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            _allocate(descriptor, self._rotate_at + PROMISE)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return Segment(seq, descriptor)

    def add(self, segment: Segment) -> None:
        """Have a file with room; a later one may have been begun meanwhile, then it comes too late."""
        self.refusal = None
        if self._is_closed or segment.seq < self._seq:
            self._discard(segment)
            return
        insort(self._spares, segment)
        self.room += self._rotate_at

    def _discard(self, segment: Segment) -> None:
        os.close(segment.descriptor)
        _path(self._folder, self._slot, segment.seq).unlink(missing_ok=True)

    def extend(self) -> bool:
        """Make room at once because none is left; false if there is none to be had."""
        while self.room < PROMISE:
            if self.refusal is not None or self._unwritten:
                return False
            try:
                self.add(self.make_segment(self.claim()))
            except OSError as error:
                self.refusal = error
        return True

    def append(self, payload: bytes) -> bool:
        """Write one record; it survives the process as soon as this returns true.

        False: the disk did not take it, and nobody may be told that it is written. See `keep`.
        """
        record = _HEADER.pack(len(payload), _checksum(payload)) + payload
        return self._write(record)

    def keep(self, payload: bytes) -> None:
        """Keep a record in memory until `retry` can write it; nothing new should be begun meanwhile."""
        if not self._unwritten:
            self.room -= _NO_ROOM
        self._unwritten.append(_HEADER.pack(len(payload), crc32(payload)) + payload)

    def retry(self) -> None:
        """Write what the disk did not take before."""
        if not self._unwritten:
            return
        while self._unwritten and self._write(self._unwritten[0]):
            self._unwritten.popleft()
        if not self._unwritten:
            self.room += _NO_ROOM
            self.refusal = None

    def _write(self, record: bytes) -> bool:
        size = len(record)
        if self.size + size > self._rotate_at + PROMISE and self._spares:
            self._switch()
        try:
            written = _append(self._descriptor, record)
        except OSError as error:
            if self._is_closed:
                raise
            self.refusal = error
            return False
        self._is_dirty = True
        self.size += written
        self.room -= written
        if written != size:
            return False  # a reader skips the piece, and finds the whole record behind it
        if self.size >= self._rotate_at and self._spares:
            self._switch()
        return True

    def _switch(self) -> None:
        """Go on in the next file."""
        self._unsynced.append(self._descriptor)
        self.room -= self._rotate_at - self.size  # what is left there is not used any more
        self._use(self._spares.pop(0))
        if self.on_switch is not None:
            self.on_switch()

    def unsynced(self) -> list[int]:
        """Hand over descriptors for `sync`: of full files, and a copy of the current one's."""
        if not self._is_dirty:
            return []
        handed = [*self._unsynced, os.dup(self._descriptor)]
        self._is_dirty = False
        self._unsynced = []
        return handed

    def sync(self, descriptors: list[int]) -> None:
        """Bring files to the disk, and close the descriptors; runs in any thread."""
        try:
            for descriptor in descriptors:
                os.fdatasync(descriptor)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Sync and close, and give back the room that was not used; what is appended from now on raises."""
        self._is_closed = True
        for spare in self._spares:
            self._discard(spare)
        self._spares.clear()
        try:
            os.ftruncate(self._descriptor, self.size)
            self.sync(self.unsynced())
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def _allocate(descriptor: int, size: int) -> None:
    """Make sure that `size` bytes can be written whatever else fills the disk; raise `OSError` if they cannot."""
    try:
        os.posix_fallocate(descriptor, 0, size)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _CANNOT_ALLOCATE:
            raise
        for offset in range(0, size, len(_ZEROS)):
            os.pwrite(descriptor, _ZEROS[: size - offset], offset)


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
        skipped = zeros = 0
        descriptor = os.open(_path(self._folder, self._slot, seq), os.O_RDONLY)
        try:
            end = os.fstat(descriptor).st_size
            end = end if stop is None else min(end, stop)
            while position < end and len(payloads) < most:
                chunk = os.pread(descriptor, min(_CHUNK, end - position), position)
                at_end = position + len(chunk) >= end
                piece = _split(chunk, at_end, most, payloads)
                position += piece.used
                if (
                    piece.zeros < piece.used
                ):  # what was zero before lies amid records: something is lost there
                    skipped += zeros + piece.lost
                    zeros = 0
                zeros += piece.zeros
        finally:
            os.close(descriptor)
        return Position(seq, position), skipped


class _Piece(NamedTuple):
    """Bytes that are done with, how many of them hold no record, and how many zeros they end with (not lost)."""

    used: int
    lost: int
    zeros: int


def _split(chunk: bytes, at_end: bool, most: int, payloads: list[bytes]) -> _Piece:
    """Append the chunk's records to `payloads`."""
    # Whatever begins before `safe` ends inside the chunk: what is not intact there is damaged.
    safe = len(chunk) if at_end else len(chunk) - LONGEST_RECORD - HEADER_SIZE
    offset = lost = 0
    while offset < safe and len(payloads) < most:
        size = _intact(chunk, offset)
        if size:
            payloads.append(chunk[offset + HEADER_SIZE : offset + size])
            offset += size
            continue
        something = _SOMETHING.search(chunk, offset)
        if something is None:
            end = len(chunk) if at_end else len(chunk) - _LEADING_ZEROS
            return _Piece(end, lost, end - offset)
        next_offset = max(offset + 1, something.start() - _LEADING_ZEROS)
        lost += next_offset - offset
        offset = next_offset
    return _Piece(offset, lost, 0)


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
