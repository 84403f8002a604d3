"""What a request cost the operator: a channel's factor on the list price, which knows nothing of groups and free users."""

from functools import lru_cache

from oneapi.ledger.charging import charge
from oneapi.ledger.entry import Settled, decoded_price
from oneapi.ledger.pricing import Price


def cost_of(entry: Settled) -> int | None:
    """Return the cost in quota, rounded up as charges are; `None` where the channel does not say what it costs."""
    factor = entry.facts.cost_factor
    return None if factor < 0 else charge(entry.usage, _price(bytes(entry.price)), factor)


@lru_cache(maxsize=512)
def _price(raw: bytes) -> Price:
    return decoded_price(raw)
