"""What a request may cost at most, before its channel is known: the dearest price among those that may serve it."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from oneapi.ledger.pricing import UNITS, Price, searching
from oneapi.ledger.variants import ALIASES, varies
from oneapi.providers.models import limits
from oneapi.relay.ceiling import ASSUMED_CAP, ASSUMED_WINDOW
from oneapi.relay.snapshot import Channel, Snapshot
from oneapi.wire.dialect import Envelope
from oneapi.wire.endpoints import Endpoint, Unit, charged_by

IMAGES: Final = charged_by(Unit.IMAGE)
_HEARD: Final = charged_by(Unit.SECOND)
_SPOKEN: Final = charged_by(Unit.CHARACTER)
_NO_TEXT: Final = IMAGES | _HEARD | _SPOKEN
_TOKENS_PER_IMAGE: Final = 4160  # OpenAI's 1024x1024 of high quality
_TOKENS_PER_SECOND: Final = 20  # of sound that is heard


class Worst:
    """The dearest price, the group's factor, and the most that any channel's model reads and gives.

    `window`: tokens that it reads; `output_cap`: that it gives (`None`: unknown); `instructions`: bytes that a channel adds
    to the prompt. `per_input` is the dearest a token of text can be, in nano-quota; `is_flat`: the same for contexts of any
    length. `is_common`: every channel has this price, at any hour and in any tier.
    """

    __slots__ = (
        "factor",
        "instructions",
        "is_common",
        "is_flat",
        "is_free",
        "output_cap",
        "per_call",
        "per_input",
        "per_output",
        "price",
        "window",
    )

    def __init__(
        self,
        prices: Sequence[Price],
        factor: int,
        output_cap: int | None,
        window: int = ASSUMED_WINDOW,
        instructions: int = 0,
    ) -> None:
        price = _dearest(prices)
        self.price: Final = price
        self.is_common: Final = price is prices[0] and not varies(price)
        self.factor: Final = factor
        self.output_cap: Final = output_cap
        self.window: Final = window
        self.instructions: Final = instructions
        self.is_free: Final = price.is_free
        self.is_flat: Final = price.long is None
        self.per_input: Final = max(
            price.input, price.cache_read, price.cache_write, price.cache_write_1h
        )
        self.per_output: Final = price.output
        self.per_call: Final = price.call


class Pricing:
    """Remembers the worst price of each route while the snapshot stays the same."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._worst: dict[tuple[str, str], Worst] = {}

    def worst(
        self,
        snapshot: Snapshot,
        route: tuple[str, str],
        envelope: Envelope,
        endpoint: Endpoint,
        pinned: Channel | None,
    ) -> Worst | None:
        """Return the price that the hold is computed with, `None` when no channel serves (group, model)."""
        if self._snapshot is not snapshot:
            self._snapshot = snapshot
            self._worst = {}
        if pinned is not None:
            return _worst(snapshot, route[0], envelope, endpoint, (pinned,))
        apart = endpoint in _NO_TEXT
        worst = None if apart else self._worst.get(route)
        if worst is None:
            candidates = candidates_of(snapshot, route)
            if not candidates:
                return None
            worst = _worst(snapshot, route[0], envelope, endpoint, candidates)
            if not apart:
                self._worst[route] = worst
        return worst


def candidates_of(snapshot: Snapshot, route: tuple[str, str]) -> tuple[Channel, ...]:
    """Return the channels that may serve (group, model)."""
    return tuple(channel for tier in snapshot.routes.get(route, ()) for channel in tier)


def _worst(
    snapshot: Snapshot,
    group: str,
    envelope: Envelope,
    endpoint: Endpoint,
    candidates: tuple[Channel, ...],
) -> Worst:
    prices = [price_of(snapshot, channel, envelope, endpoint) for channel in candidates]
    asked = envelope.model
    known = [limits(channel.model_mapping.get(asked, asked)) for channel in candidates]
    adjusted = [one.target.adjustments for one in candidates if one.target.adjustments is not None]
    windows = [found.context or ASSUMED_WINDOW for found in known]
    windows += [one.window for one in adjusted]
    outputs = [found.output for found in known if found.output is not None]
    prompts = [_added(channel) for channel in candidates]
    output_cap = max(outputs) if len(outputs) == len(known) else None
    highest = max([one.limit for one in adjusted], default=0)
    if highest > (output_cap or ASSUMED_CAP):
        output_cap = highest
    return Worst(
        prices,
        snapshot.prices.factor(group),
        output_cap,
        max(windows),
        max(prompts),
    )


def _added(channel: Channel) -> int:
    """Return the bytes that a channel adds to a prompt: its system prompt, and what its operations say."""
    adjustments = channel.target.adjustments
    said = 0 if adjustments is None else int(adjustments.instructions)
    return said + len((channel.system_prompt or "").encode())


def _dearest(prices: Sequence[Price]) -> Price:
    """Return a price that is, unit by unit, as dear as the dearest; the first itself when all are equal."""
    first = prices[0]
    if all(price == first for price in prices):
        return first
    longs = [price.long for price in prices if price.long is not None]
    units = {name: max(getattr(price, name) for price in prices) for name in UNITS}
    units["search"] = max(searching(price).search for price in prices)
    return Price(
        **units,
        long=_dearest(longs) if longs else None,
        long_from=min((price.long_from for price in prices if price.long is not None), default=0),
        tiers=_dearest_tiers(prices),
    )


def _dearest_tiers(prices: Sequence[Price]) -> tuple[tuple[str, int, int], ...]:
    found: dict[str, tuple[int, int]] = {}
    for name, factor, cache_factor in (tier for price in prices for tier in price.tiers):
        factors = found.get(name, (0, 0))
        found[name] = max(factor, factors[0]), max(cache_factor, factors[1])
    for word, name in ALIASES.items():  # which one vendor has by this name, and another by that
        of_word, of_name = found.get(word, (0, 0)), found.get(name, (0, 0))
        found[word] = max(of_word[0], of_name[0]), max(of_word[1], of_name[1])
    return tuple((name, *factors) for name, factors in found.items() if factors[0])


def price_of(snapshot: Snapshot, channel: Channel, envelope: Envelope, endpoint: Endpoint) -> Price:
    """Return what the channel's model costs on an endpoint; images by size and quality."""
    model = channel.model_mapping.get(envelope.model, envelope.model)
    if endpoint not in IMAGES:
        return _counted(endpoint, snapshot.prices.price(model, channel.type))
    size = getattr(envelope, "size", None) or ""
    quality = getattr(envelope, "quality", None) or ""
    return _counted(endpoint, snapshot.prices.image_price(model, channel.type, size, quality))


def _counted(endpoint: Endpoint, price: Price) -> Price:
    """Return a price that has the unit in which the endpoint's answers are counted, unless the model is free.

    A model may be asked for on another endpoint than the one it is priced for (gateways draw pictures in a chat), and a
    vendor that asks for tokens may not report them. As One API reads a ratio, a token costs what a character does, or a
    thousandth of an image.
    """
    if price.call or price.is_free:
        return price
    text = price.input or price.output
    if endpoint in IMAGES:
        picture = (price.output or text) * _TOKENS_PER_IMAGE
        return price if price.image else replace(price, image=picture)
    if endpoint in _HEARD:
        second = (price.audio_input or text) * _TOKENS_PER_SECOND
        return price if price.second else replace(price, second=second)
    if endpoint in _SPOKEN:
        return price if price.character else replace(price, character=text)
    return price if text else _by_token(price)


def _by_token(price: Price) -> Price:
    per_token = max(price.character, price.image // 1000, price.second * 3 // 10)
    inputs = dict.fromkeys(("input", "cache_read", "cache_write", "cache_write_1h"), per_token)
    return replace(price, **inputs, output=per_token, audio_input=per_token, audio_output=per_token)
