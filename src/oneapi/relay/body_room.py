"""How much of all clients' bodies one worker keeps at a time: in memory, and in files.

What a body takes is asked for here and given back; so memory is bounded, whatever many clients send. Small bodies
(`UNCOUNTED_BYTES`) are not worth counting: their number is bounded by that of connections.
"""

import asyncio
from collections import deque
from typing import Final

from oneapi.errors import Unavailable

UNCOUNTED_BYTES: Final = 64 << 10
MEMORY_BYTES: Final = 256 << 20
SPOOL_BYTES: Final = 4096 << 20
WAIT_SECONDS: Final = 30.0
RETRY_AFTER_SECONDS: Final = 5.0


class BodyRoom:
    """Bytes that are left; whoever takes some gives them back."""

    __slots__ = ("_memory", "_spool", "_waiting", "memory_bytes", "wait_seconds")

    def __init__(
        self,
        memory_bytes: int = MEMORY_BYTES,
        spool_bytes: int = SPOOL_BYTES,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self.memory_bytes: Final = memory_bytes
        self.wait_seconds: Final = wait_seconds
        self._memory = memory_bytes
        self._spool = spool_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def memory_left(self) -> int:
        """Bytes of memory that nobody has taken."""
        return self._memory

    @property
    def spool_left(self) -> int:
        """Bytes of files that nobody has taken."""
        return self._spool

    def take_memory(self, size: int) -> bool:
        """Take memory if there is as much, and nobody waits for it."""
        if size > self._memory or self._waiting:
            return False
        self._memory -= size
        return True

    async def wait_for_memory(self, size: int) -> None:
        """Take memory, in the order of asking; raise `Unavailable` if it does not come free in time."""
        if self.take_memory(size):
            return
        if size > self.memory_bytes:
            raise _crowded()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (size, turn)
        self._waiting.append(place)
        try:
            async with asyncio.timeout(self.wait_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.free_memory(size)
            else:
                self._waiting.remove(place)
                self._serve()
            if isinstance(error, TimeoutError):
                raise _crowded() from error
            raise

    def free_memory(self, size: int) -> None:
        """Give memory back."""
        self._memory += size
        if self._waiting:
            self._serve()

    def _serve(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= self._memory:
            size, turn = waiting.popleft()
            if not turn.done():
                self._memory -= size
                turn.set_result(None)

    def take_spool(self, size: int) -> None:
        """Take room in files; raise `Unavailable` if there is not as much."""
        if size > self._spool:
            raise _crowded()
        self._spool -= size

    def free_spool(self, size: int) -> None:
        """Give room in files back."""
        self._spool += size


def _crowded() -> Unavailable:
    return Unavailable(
        "too many large requests are being served at the moment; try again",
        code="too_many_large_requests",
        retry_after=RETRY_AFTER_SECONDS,
    )
