"""A vendor's stream through the lane that it takes in the product, without sockets."""

from dataclasses import dataclass

from oneapi.errors import UpstreamError
from oneapi.providers import registry
from oneapi.providers.base import Call
from oneapi.relay.offers import Offer
from oneapi.relay.translation import StreamTranslation, of_stream
from oneapi.wire.registry import client_dialect
from oneapi.wire.usage import Usage


@dataclass(frozen=True)
class Relayed:
    """What the client got, and how the stream was understood."""

    out: bytes
    usage: Usage | None
    output_tokens: int
    failure: UpstreamError | None


def translation(call: Call, client: str | None = None) -> StreamTranslation:
    """Return the translation of a stream; without `client`, for one that speaks the vendor's dialect."""
    spoken = client_dialect(client or call.service.dialect)
    return of_stream(
        spoken,
        Offer(
            call.service,
            registry.dialect_of(call.target, call.service),
            spoken.name,
            forms_answer=bool(call.reasoning),
        ),
        call,
    )


def relayed(call: Call, *pieces: bytes, client: str | None = None) -> Relayed:
    """Return what becomes of a whole stream that arrives in these pieces."""
    running = translation(call, client)
    out: list[bytes] = []
    for piece in pieces:
        if not running.ended:
            out.append(running.feed(piece))
    out.append(running.finish())
    return Relayed(b"".join(out), running.usage, running.output_tokens, running.failure)
