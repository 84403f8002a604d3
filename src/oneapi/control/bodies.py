"""The bodies of management requests, read whole and within bounds: each by itself, and all of them together.

Who asks is found out in the database only when the body is there. So a stranger's body may be small only, and those of all
clients take up a bounded memory. How long a body may take is the connection's affair.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import Receive

BODY_LIMIT: Final = 1 << 20
STRANGERS_LIMIT: Final = 64 << 10  # sign-in, registration: a few fields
FREE_BYTES: Final = 16 << 10  # of each body, which are not counted
ROOM_BYTES: Final = 32 << 20


class BodyTooLargeError(Exception):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class NoRoomError(Exception):
    """Too many large bodies are being received."""


class ClientLeftError(Exception):
    """The client left before its body was whole."""


class Bodies:
    """Reads bodies; `room` is what they may take up together, in bytes."""

    def __init__(self, room: int = ROOM_BYTES) -> None:
        self.left = room

    async def read(self, headers: Headers, receive: Receive) -> bytes:
        """Return the whole body; raise one of the errors above, and read no more then."""
        shows_something = "authorization" in headers or "cookie" in headers
        limit = BODY_LIMIT if shows_something else STRANGERS_LIMIT
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise BodyTooLargeError(limit)
        body = bytearray()
        counted = 0
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientLeftError
                body += message.get("body", b"")
                if len(body) > limit:
                    raise BodyTooLargeError(limit)
                more = max(0, len(body) - FREE_BYTES) - counted
                if more > self.left:
                    raise NoRoomError
                self.left -= more
                counted += more
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self.left += counted
