"""What is held covers what is charged, for every price of the table: on each endpoint, and between vendors that differ."""

from random import Random
from typing import Any

from oneapi.ledger.catalogue import entries
from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import ONE, Price, searching
from oneapi.ledger.variants import dearest, in_force
from oneapi.providers import registry
from oneapi.providers.base import Target
from oneapi.providers.secret import Secret
from oneapi.relay.ceiling import ASSUMED_CAP, Demand, ceiling
from oneapi.relay.pricing import Pricing, price_of
from oneapi.relay.snapshot import Channel
from oneapi.wire.dialect import Envelope
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.usage import Usage
from tests.relay.test_routing import snapshot

ENDPOINTS = (
    *(
        Endpoint.CHAT,
        Endpoint.COMPLETIONS,
        Endpoint.EMBEDDINGS,
        Endpoint.IMAGES,
        Endpoint.IMAGE_EDITS,
    ),
    *(Endpoint.SPEECH, Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS),
)
TEXTS = (Endpoint.CHAT, Endpoint.COMPLETIONS)
DRAWN = (Endpoint.IMAGES, Endpoint.IMAGE_EDITS)
HEARD = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)
# What a client asks for, and what a vendor may answer: that, or that it was served plainly.
TIERS = ("", "auto", "priority", "fast", "flex", "ultrafast", "fast us", "standard_only us")
WEEK = 7 * 24 * 3600
ROUTE = ("default", "m")
ASKED = Envelope(model="m")
LENGTHS = (10, 1_000, 40_000, 130_000, 210_000, 280_000, 600_000, 1_100_000)
FACTORS = (ONE, ONE // 3, 7 * ONE // 2)


def channel(number: int, kind: int, model: str) -> Channel:
    """A channel of a type that serves `m` with this model."""
    provider = registry.provider(kind)
    assert provider is not None
    return Channel(
        id=number,
        type=kind,
        name=f"c{number}",
        target=Target(number, provider, "http://vendor", Secret("k")),
        priority=0,
        weight=0,
        models=("m",),
        groups=("default",),
        model_mapping={"m": model},
        system_prompt=None,
        enabled=True,
    )


def asked(random: Random, endpoint: Endpoint) -> Demand:
    """A request of some size."""
    images = random.randint(1, 4) if endpoint in DRAWN else 0
    return Demand(
        endpoint,
        random.choice(LENGTHS),
        random.choice((None, 1, 500, 64_000)),
        random.randint(1, 3),
        images=images,
        seconds=random.randint(1, 600) if endpoint in HEARD else 0,
        characters=random.randint(1, 4_000) if endpoint is Endpoint.SPEECH else 0,
        audio=random.random() < 0.5,
        searches=random.choice((0, 0, 3)) if endpoint is Endpoint.CHAT else 0,
        caches=random.choice(("", "5m", "1h")),
    )


def used(random: Random, wanted: Demand, output: int) -> Usage:
    """A usage that a vendor may report of it."""
    total = random.choice((wanted.input_tokens, random.randint(0, wanted.input_tokens)))
    left = total
    parts: dict[str, Any] = {}
    for name, is_asked in (
        ("cached_tokens", True),
        ("cache_write_tokens", bool(wanted.caches)),
        ("cache_write_1h_tokens", wanted.caches == "1h"),
        ("audio_input_tokens", wanted.audio),
    ):
        parts[name] = random.choice((0, left, random.randint(0, left))) if is_asked else 0
        left -= parts[name]
    made = random.choice((output, random.randint(0, output)))
    return Usage(
        total,
        made,
        reasoning_tokens=random.randint(0, made),
        audio_output_tokens=random.randint(0, made) if wanted.audio else 0,
        images=random.randint(0, wanted.images),
        seconds=random.uniform(0, wanted.seconds),
        characters=random.randint(0, wanted.characters),
        searches=random.randint(0, wanted.searches),
        **parts,
    )


def excess(random: Random, worst: Price, price: Price, endpoint: Endpoint) -> tuple[int, int]:
    """Return what is held at the dearest price, and what one usage costs at a channel's."""
    wanted, factor = asked(random, endpoint), random.choice(FACTORS)
    affordable, tier = random.choice((0, 10**6, 10**12)), random.choice(TIERS)
    held = ceiling(wanted, dearest(worst, tier), factor, None, affordable)
    each = wanted.limit or held.imposed_limit or ASSUMED_CAP
    usage = used(random, wanted, each * wanted.answers if endpoint in TEXTS else 0)
    served = random.choice((tier, tier, "default", "standard global"))
    price = in_force(price, served, random.randrange(WEEK))
    return held.quota, charge(usage, searching(price) if usage.searches else price, factor)


def test_no_believable_usage_costs_more_than_was_held_at_any_price() -> None:
    random = Random(20261126)
    short: list[str] = []
    for model, known in entries():
        for kind in (1, *(kind for kind in known.types if registry.provider(kind))):
            one = channel(1, kind, model)
            state = snapshot(one)
            for endpoint in ENDPOINTS:
                price = price_of(state, one, ASKED, endpoint)
                assert price.source == "table", model
                held, owed = excess(random, price, price, endpoint)
                short += [f"{model} ({kind}): {endpoint}"] if owed > held else []

    assert short == []


def test_two_channels_are_held_at_the_dearer_of_each_unit() -> None:
    random = Random(20261127)
    names = [model for model, _ in entries()]
    short: list[str] = []
    for _ in range(1_500):
        some = (channel(1, 1, random.choice(names)), channel(2, 45, random.choice(names)))
        state = snapshot(*some)
        for endpoint in ENDPOINTS:
            worst = Pricing().worst(state, ROUTE, ASKED, endpoint, None)
            assert worst is not None
            for one in some:
                price = price_of(state, one, ASKED, endpoint)
                held, owed = excess(random, worst.price, price, endpoint)
                short += [f"{dict(one.model_mapping)}: {endpoint}"] if owed > held else []

    assert short == []
