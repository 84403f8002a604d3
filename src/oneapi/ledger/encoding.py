"""Journal entries as bytes."""

from typing import Any, Final

import msgspec

from oneapi.ledger.entry import Entry, Facts, Released, countable
from oneapi.ledger.journal import LONGEST_RECORD
from oneapi.ledger.payer import Payer
from oneapi.ledger.pricing import Price
from oneapi.wire.usage import Usage

LONGEST_TEXT: Final = 2000  # characters of a name that an entry keeps when it must be cut


def _said(value: Any) -> Any:
    """Return how an entry says a value of a class that msgspec does not know."""
    if isinstance(value, Payer):
        return value.encoded()
    if isinstance(value, Usage):
        return value.counts()
    raise TypeError(f"an entry holds no {type(value).__name__}")


_encoder: Final = msgspec.msgpack.Encoder(enc_hook=_said)


def encoded(entry: Entry) -> bytes:
    """Return the entry's bytes; names that no encoding can carry are mended rather than refused."""
    try:
        payload = _encoder.encode(entry)
    except (UnicodeEncodeError, OverflowError):
        payload = b""
    if 0 < len(payload) <= LONGEST_RECORD:
        return payload
    return _encoder.encode(_mended(entry))


_PRICES_KEPT: Final = 512
_prices: Final[dict[int, tuple[Price, msgspec.Raw]]] = {}


def encoded_price(price: Price) -> msgspec.Raw:
    """Return a price's bytes. Prices are few and live long: each is encoded once.

    Kept by identity; the price is kept beside it, so that the identity stays its own.
    """
    known = _prices.get(id(price))
    if known is not None:
        return known[1]
    if len(_prices) >= _PRICES_KEPT:
        _prices.clear()
    raw = msgspec.Raw(_encoder.encode(price))
    _prices[id(price)] = (price, raw)
    return raw


def _mended(entry: Entry) -> Entry:
    if isinstance(entry, Released):
        failure = entry.failure
        return msgspec.structs.replace(
            entry,
            request_id=_text(entry.request_id),
            reason=_text(entry.reason),
            payer=None if entry.payer is None else _mended_payer(entry.payer),
            facts=None if entry.facts is None else _mended_facts(entry.facts),
            failure=failure
            and msgspec.structs.replace(
                failure, code=_text(failure.code), message=_text(failure.message)
            ),
        )
    return msgspec.structs.replace(
        entry,
        request_id=_text(entry.request_id),
        payer=_mended_payer(entry.payer),
        facts=_mended_facts(entry.facts),
        usage=countable(entry.usage),
        oddity=_text(entry.oddity),
    )


def _mended_payer(payer: Payer) -> Payer:
    return Payer(
        payer.user_id,
        payer.key_id,
        payer.key_limited,
        _text(payer.username),
        _text(payer.key_name),
    )


def _mended_facts(facts: Facts) -> Facts:
    return msgspec.structs.replace(
        facts,
        model=_text(facts.model),
        asked_model=_text(facts.asked_model),
        ended=_text(facts.ended),
        vendor_request_id=_text(facts.vendor_request_id),
        errors=tuple(_text(error) for error in facts.errors),
        operations=tuple(_text(label) for label in facts.operations),
    )


def _text(text: str) -> str:
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
