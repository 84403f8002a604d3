"""Request bodies that can be sent again and again: in memory up to a limit, then in a file.

A body of a multipart request is received once and may go to several channels, each of which wants
its own model name in it: `replaced` gives a view with some bytes exchanged and copies nothing else.
Reads are positional (`pread`), so that several attempts may read the same spool.
"""

import os
import tempfile
from collections.abc import Iterator
from typing import Final, Protocol, Self, runtime_checkable

import msgspec

from oneapi.errors import StorageFailed
from oneapi.store.failures import condition, is_full

MEMORY_LIMIT: Final = 1 << 20
RETRY_AFTER_SECONDS: Final = 5.0
SEGMENT_BYTES: Final = 256 << 10


@runtime_checkable
class Body(Protocol):
    """What can be sent as a request body besides `bytes`; `segments` starts anew at every call."""

    @property
    def size(self) -> int:
        """Return the number of bytes that `segments` yields."""
        ...

    def segments(self) -> Iterator[bytes]:
        """Yield the body from its beginning, in pieces of bounded size."""
        ...


class Edit(msgspec.Struct, frozen=True):
    """Put `replacement` where bytes `start` to `stop` are now."""

    start: int
    stop: int
    replacement: bytes


class SpooledBody:
    """Bytes collected piece by piece. The owner closes it; the file has no name and leaves no trace."""

    def __init__(self, memory_limit: int = MEMORY_LIMIT) -> None:
        self._memory_limit = memory_limit
        self._memory = bytearray()
        self._file: int | None = None
        self._size = 0
        self._closed = False

    @property
    def size(self) -> int:
        """Return the number of bytes collected so far."""
        return self._size

    @property
    def in_memory(self) -> bool:
        """Whether nothing had to go to a file yet."""
        return self._file is None

    def append(self, piece: bytes) -> None:
        """Add `piece` at the end; raise `StorageFailed`, and keep nothing, when the disk does not take it."""
        self._demand_open()
        try:
            if self._file is None and self._size + len(piece) > self._memory_limit:
                self._spill()
            if self._file is not None:
                _write_all(self._file, piece)
        except OSError as error:
            self.close()
            raise StorageFailed(
                f"the request is too large to be kept in memory, and {condition(error)}; try again later",
                code="disk_full" if is_full(error) else None,
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        if self._file is None:
            self._memory += piece
        self._size += len(piece)

    def _spill(self) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            self._file = os.dup(file.fileno())
        _write_all(self._file, self._memory)
        self._memory = bytearray()

    def slice(self, start: int, stop: int) -> bytes:
        """Return bytes `start` to `stop` (less at the end of the body)."""
        self._demand_open()
        if self._file is None:
            return bytes(self._memory[start:stop])
        pieces: list[bytes] = []
        while start < stop and (piece := os.pread(self._file, stop - start, start)):
            pieces.append(piece)
            start += len(piece)
        return b"".join(pieces)

    def segments(self) -> Iterator[bytes]:
        """Yield the whole body in pieces of at most 256 KiB."""
        return self.between(0, self._size)

    def between(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes `start` to `stop` in pieces of at most 256 KiB."""
        while start < stop:
            end = min(start + SEGMENT_BYTES, stop)
            yield self.slice(start, end)
            start = end

    def replaced(self, *edits: Edit) -> "EditedBody":
        """Return a view of this body with `edits` applied; they must not overlap."""
        return EditedBody(self, edits)

    def _demand_open(self) -> None:
        if self._closed:
            raise ValueError("the spooled body is closed")

    def close(self) -> None:
        """Free memory and file; nothing can be read any more. Closing twice is harmless."""
        self._closed = True
        self._memory = bytearray()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class EditedBody:
    """A spooled body seen through some edits; it lives as long as the spool that it looks at."""

    def __init__(self, spool: SpooledBody, edits: tuple[Edit, ...]) -> None:
        self._spool = spool
        self._edits = sorted(edits, key=lambda edit: edit.start)
        at = 0
        for edit in self._edits:
            if not at <= edit.start <= edit.stop <= spool.size:
                raise ValueError("edits of a body must lie inside it and not overlap")
            at = edit.stop

    @property
    def size(self) -> int:
        """Return the number of bytes after the edits."""
        grown = sum(len(edit.replacement) - (edit.stop - edit.start) for edit in self._edits)
        return self._spool.size + grown

    def segments(self) -> Iterator[bytes]:
        """Yield the edited body from its beginning."""
        at = 0
        for edit in self._edits:
            yield from self._spool.between(at, edit.start)
            if edit.replacement:
                yield edit.replacement
            at = edit.stop
        yield from self._spool.between(at, self._spool.size)


def _write_all(file: int, piece: bytes | bytearray) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(file, view) :]
