"""Who pays for a request, and how the journal says it."""

from typing import Any, Final

import msgspec

_encoder: Final = msgspec.msgpack.Encoder()


class Payer:
    """Who pays: the user always, the key too when it has a limit of its own."""

    __slots__ = ("_encoded", "key_id", "key_limited", "key_name", "user_id", "username")

    def __init__(
        self, user_id: int, key_id: int, key_limited: bool, username: str, key_name: str
    ) -> None:
        self.user_id: Final = user_id
        self.key_id: Final = key_id
        self.key_limited: Final = key_limited
        self.username: Final = username
        self.key_name: Final = key_name
        self._encoded: Any = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payer) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash(self.values())

    def __repr__(self) -> str:
        return f"Payer{self.values()}"

    def values(self) -> tuple[int, int, bool, str, str]:
        """Return what a journal entry says of it, in its order."""
        return (self.user_id, self.key_id, self.key_limited, self.username, self.key_name)

    def encoded(self) -> Any:
        """Return its part of a journal entry; payers live long, and each is encoded once."""
        if self._encoded is None:
            self._encoded = msgspec.Raw(_encoder.encode(self.values()))
        return self._encoded
