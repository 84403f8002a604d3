"""What the journal says about one request: how it was settled, or that it was released.

An entry holds raw facts; the strings of a log row are made from it beside the hot path (`log_rows`).
Encoded as a MessagePack array: new fields go to the end, with a default, so that a new version reads
what an old one left behind.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from oneapi.ledger.charging import count
from oneapi.ledger.payer import Payer
from oneapi.ledger.pricing import Price
from oneapi.wire.usage import COUNTERS, Usage

COMPLETE: Final = "complete"  # `Facts.ended` of an answer that the client gets to its end
CLIENT_LEFT: Final = "client_left"  # of one that nobody waited for
LEFT: Final = 499  # nginx's status of a request whose client has closed the connection


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a log row says besides money.

    `created_at`: unix seconds. `ended`: the rule that ended the answer (`complete`, `client_left`,
    `upstream_broke` …). `attempts`: (channel id, status) of the attempts before this one, `errors` what they said.
    `vendor_request_id`: under which the vendor knows the request, where it says so. `choice`: why this channel (`routing`).
    `first_token_ms`: of a stream, from the request's arrival; 0 where nobody has seen one. `operations`: what the channel's
    own have made of the request. `cost_factor`: what the channel costs its operator, in billionths of the list price;
    -1: nobody has said.
    """

    model: str
    channel_id: int
    is_stream: bool
    elapsed_ms: int
    created_at: int
    ended: str
    attempts: tuple[tuple[int, int], ...] = ()
    system_prompt_reset: bool = False
    asked_model: str = ""
    endpoint: str = "chat"
    vendor_request_id: str = ""
    choice: str = ""
    first_token_ms: int = 0
    errors: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    cost_factor: int = -1


class Settled(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A request was charged.

    `covered` and `key_covered` came out of the worker's leases; the rest of `charge` is still to be
    collected from the accounts. `oddity`: what the vendor reported, when that could not be believed (`is_doubted`).
    """

    request_id: str
    payer: Payer
    ceiling: int
    charge: int
    covered: int
    key_covered: int
    factor: int
    usage: Usage
    price: msgspec.Raw
    facts: Facts
    is_doubted: bool = False
    oddity: str = ""


class Failure(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the client of a request was told that cost nothing; `status` is `LEFT` when nobody was there to be told.

    `has_row`: it gets a row in the log. `unwritten`: how many of the same user got none since the last one that did.
    """

    status: int
    code: str
    message: str
    has_row: bool = True
    unwritten: int = 0


class Released(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """A request ended without a charge; the last three are there when it had been admitted."""

    request_id: str
    user_id: int
    ceiling: int
    reason: str
    payer: Payer | None = None
    facts: Facts | None = None
    failure: Failure | None = None


Entry = Settled | Released

_encoder = msgspec.msgpack.Encoder()


def _meant(kind: type, said: Any) -> Any:
    """Return what an entry says as a value of a class that msgspec does not know."""
    if kind is Payer:
        return Payer(*msgspec.convert(said[:5], tuple[int, int, bool, str, str]))
    return _usage(msgspec.convert(said, dict[str, Any]))


def _usage(said: dict[str, Any]) -> Usage:
    """Return a usage; what is not of its type was never consumed."""
    counts = {name: said[name] for name in COUNTERS if name in said}
    usage = Usage(**counts, estimated=said.get("estimated") is True)
    typed = [type(counts[name]) is (float if name == "seconds" else int) for name in counts]
    return usage if all(typed) else countable(usage)


_decoder: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry, dec_hook=_meant)
_price_decoder = msgspec.msgpack.Decoder(Price)


def decoded(payload: bytes) -> Entry:
    """Return the entry that the bytes of one journal record hold.

    An entry is money: if what it says for the log is not of its type, that part is mended and the
    money still counts. Raises `msgspec.ValidationError` for what no version of ours has written.
    """
    try:
        return _decoder.decode(payload)
    except msgspec.ValidationError:
        parts: list[Any] = msgspec.msgpack.decode(payload)
        if parts[0] != 1:
            raise
        parts[_FACTS] = _loose_facts(parts[_FACTS])
        return _decoder.decode(_encoder.encode(parts))


_FACTS: Final = Settled.__struct_fields__.index("facts") + 1  # the tag comes first


def _loose_facts(said: Sequence[Any]) -> Facts:
    loose: list[Any] = []
    for value, kind in zip(said, (str, int, bool, int, int, str), strict=False):
        loose.append(count(value) if kind is int else kind(value))
    return Facts(*loose)


def decoded_price(raw: bytes | msgspec.Raw) -> Price:
    """Return the price that an entry carries."""
    return _price_decoder.decode(raw)


def countable(usage: Usage) -> Usage:
    """Return the usage with everything that is negative or not a number as zero."""
    return Usage(
        input_tokens=count(usage.input_tokens),
        output_tokens=count(usage.output_tokens),
        cached_tokens=count(usage.cached_tokens),
        cache_write_tokens=count(usage.cache_write_tokens),
        cache_write_1h_tokens=count(usage.cache_write_1h_tokens),
        audio_input_tokens=count(usage.audio_input_tokens),
        audio_output_tokens=count(usage.audio_output_tokens),
        reasoning_tokens=count(usage.reasoning_tokens),
        images=count(usage.images),
        seconds=count(usage.seconds, 1000) / 1000,
        characters=count(usage.characters),
        searches=count(usage.searches),
        estimated=usage.estimated is True,
    )
