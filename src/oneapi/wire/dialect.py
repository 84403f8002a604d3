"""What a client dialect does: read a client's request, and say answers and errors in the client's words.

`Envelope` is the little that routing, metering and admission need to know about a request; the rest
of it is decoded only when it has to be changed.
"""

from typing import Annotated, Any, Protocol

import msgspec

from oneapi.errors import GatewayError
from oneapi.wire.usage import Usage

MAX_LIMIT = 1_073_741_823  # the largest `max_tokens` that One API accepts
Limit = Annotated[int, msgspec.Meta(ge=0, le=MAX_LIMIT)]


class StreamOptions(msgspec.Struct, frozen=True):
    """What a client wants besides the answer's text."""

    include_usage: bool | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A request's outside. `characters`, `size` and `quality` matter to speech and images only."""

    model: str = ""
    stream_flag: bool | None = msgspec.field(default=None, name="stream")
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=128)] | None = None
    stream_options: StreamOptions | None = None

    @property
    def stream(self) -> bool:
        """Whether the client wants a stream of events."""
        return self.stream_flag is True

    @property
    def shows_usage(self) -> bool:
        """Whether a stream's usage is shown to the client."""
        return self.stream_options is not None and self.stream_options.include_usage is True

    @property
    def max_output_tokens(self) -> int | None:
        """The client's own limit of the answer, `None` if it named none."""
        limit = self.max_completion_tokens
        return self.max_tokens if limit is None else limit

    @property
    def answers(self) -> int:
        """How many answers (or images) the client wants."""
        return self.n or 1

    @property
    def characters(self) -> int:
        """How many characters a speech request wants spoken."""
        return 0


class Asked(Protocol):
    """What a stream encoder must know of the request; `providers.base.Call` is one."""

    @property
    def asked_model(self) -> str: ...
    @property
    def shows_usage(self) -> bool: ...
    @property
    def request_id(self) -> str: ...
    @property
    def created(self) -> int: ...
    @property
    def input_estimate(self) -> int: ...


class StreamEncoder(Protocol):
    """Canonical chunks in, the client's bytes out."""

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        ...

    def feed(self, chunk: dict[str, Any]) -> bytes:
        """Return what one canonical chunk is in the client's dialect (possibly nothing)."""
        ...

    def finish(self) -> bytes:
        """Return the normal end of the stream."""
        ...


class ClientDialect(Protocol):
    """A client's wire format."""

    name: str
    keepalive: bytes

    def envelope(self, body: bytes, endpoint: str = "chat") -> Envelope:
        """Read a request's outside; raise `InvalidRequest` naming the field that is wrong."""
        ...

    def to_canonical(self, body: bytes) -> dict[str, Any]:
        """Return a chat request in canonical form; raise `InvalidRequest` if it cannot be understood."""
        ...

    def render(self, document: dict[str, Any], usage: Usage | None) -> bytes:
        """Return a whole canonical reply in the client's dialect."""
        ...

    def stream(self, call: Asked) -> StreamEncoder:
        """Return the state machine that says canonical chunks in the client's dialect."""
        ...

    def error(self, error: GatewayError, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        ...

    def error_event(self, error: GatewayError, request_id: str) -> bytes:
        """Return an error inside a stream that has begun."""
        ...
