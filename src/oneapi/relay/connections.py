"""The client connections of one worker, and which of them have to go when they become too many.

A connection is proven once a request on it was answered with 200 or 201 on a path that demands a key. Those that are not
may only take up a part of the descriptors: when they are more, the one that has been waited for longest makes room.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from oneapi.wire.client_address import counted_as

MOST: Final = 1 << 20
_SCANNED: Final = 256  # connections that are looked at for one that may go


class Connection(Protocol):
    """A client connection."""

    @property
    def address(self) -> str:
        """The other side's address, empty for none."""
        ...

    @property
    def is_waiting(self) -> bool:
        """Whether nothing but the client is waited for."""
        ...

    @property
    def is_proven(self) -> bool:
        """Whether a good key was used on it."""
        ...

    def sweep(self, now: float) -> None:
        """End it if it has waited too long for something; `now` is the event loop's time."""
        ...

    def drop(self) -> None:
        """End it at once."""
        ...


class Connections:
    """All of a worker's. `most`: connections at all; `most_unproven`: of those without a good key, while they wait."""

    __slots__ = (
        "_is_trusted",
        "_most",
        "_most_unproven",
        "_per_address",
        "_proven",
        "_unproven",
        "by_address",
    )

    def __init__(
        self,
        most: int = MOST,
        most_unproven: int = MOST,
        per_address: int = 0,
        is_trusted: Callable[[str], bool] = lambda address: False,
    ) -> None:
        self._most: Final = most
        self._most_unproven: Final = most_unproven
        self._per_address: Final = per_address
        self._is_trusted: Final = is_trusted
        # In the order of their coming, which a dict keeps.
        self._unproven: dict[Any, None] = {}
        self._proven: dict[Any, None] = {}
        self.by_address: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._unproven) + len(self._proven)

    def __iter__(self) -> Iterator[Any]:
        """Return all of them as they are now."""
        return iter([*self._unproven, *self._proven])

    def add(self, connection: Connection) -> bool:
        """Take a new connection in and tell whether it may stay; others may have to go for it."""
        address = connection.address
        counted = counted_as(address)
        count = self.by_address.get(counted, 0)
        self.by_address[counted] = count + 1
        self._unproven[connection] = None
        if 0 < self._per_address <= count and not self._is_trusted(address):
            return False
        if len(self._unproven) > self._most_unproven:
            self._make_room(self._unproven, connection)
        if len(self) <= self._most or self._make_room(self._unproven, connection):
            return True
        return self._make_room(self._proven, connection)

    def prove(self, connection: Connection) -> None:
        """A good key was used on it."""
        if connection in self._unproven:
            del self._unproven[connection]
            self._proven[connection] = None

    def discard(self, connection: Connection) -> None:
        """It is gone."""
        if connection in self._unproven:
            del self._unproven[connection]
        elif connection in self._proven:
            del self._proven[connection]
        else:
            return
        address = counted_as(connection.address)
        left = self.by_address.get(address, 0) - 1
        if left > 0:
            self.by_address[address] = left
        else:
            self.by_address.pop(address, None)

    def _make_room(self, connections: dict[Any, None], newest: Connection) -> bool:
        """Drop the oldest of these that only waits for its client; tell whether there was one."""
        for number, connection in enumerate(connections):
            if number >= _SCANNED:
                return False
            if connection is not newest and connection.is_waiting:
                self.discard(connection)
                connection.drop()
                return True
        return False
