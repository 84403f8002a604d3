"""What a model costs on which endpoint: nothing that is counted is free, unless the model is."""

import pytest

from oneapi.ledger.charging import charge
from oneapi.ledger.pricing import ONE, Price
from oneapi.relay.pricing import Pricing, price_of
from oneapi.relay.snapshot import Channel
from oneapi.wire.dialect import Envelope
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.usage import Usage
from tests.relay.test_routing import channel, snapshot

TEXT = Usage(input_tokens=10, output_tokens=5)


def price(model: str, endpoint: Endpoint) -> Price:
    one = channel(1)
    return price_of(snapshot(one), one, Envelope(model=model), endpoint)


@pytest.mark.parametrize(
    ("model", "endpoint", "usage", "quota"),
    [
        ("dall-e-3", Endpoint.CHAT, TEXT, 300),  # 20 quota a token, as in One API
        ("tts-1", Endpoint.CHAT, TEXT, 113),
        ("dall-e-3", Endpoint.IMAGES, Usage(images=1), 20_000),
        ("gpt-image-1", Endpoint.IMAGES, Usage(images=1), 83_200),
        ("seedream-image-v5.0-pro", Endpoint.IMAGES, Usage(images=1), 45_000),
        ("gemini-3.8-flash-tts", Endpoint.SPEECH, Usage(characters=100), 750),
        ("gpt-4o", Endpoint.SPEECH, Usage(characters=100), 125),
        ("gpt-4o-transcribe", Endpoint.TRANSCRIPTIONS, Usage(seconds=60), 3000),
        ("whisper-1", Endpoint.TRANSCRIPTIONS, Usage(seconds=60), 3000),
        ("omni-moderation-latest", Endpoint.MODERATIONS, TEXT, 0),
        ("glm-4-flash", Endpoint.CHAT, TEXT, 0),
    ],
)
def test_what_is_counted_costs_something(
    model: str, endpoint: Endpoint, usage: Usage, quota: int
) -> None:
    assert charge(usage, price(model, endpoint), ONE) == quota


def test_a_price_that_has_the_unit_stays_as_it_is() -> None:
    one = channel(1)
    state = snapshot(one)
    found = price_of(state, one, Envelope(model="gpt-4o"), Endpoint.CHAT)
    assert found is state.prices.price("gpt-4o", 1)


def test_each_endpoint_holds_at_its_own_price() -> None:
    one: Channel = channel(1)
    state, pricing = snapshot(one), Pricing()
    asked = Envelope(model="m")
    chat = pricing.worst(state, ("default", "m"), asked, Endpoint.CHAT, None)
    speech = pricing.worst(state, ("default", "m"), asked, Endpoint.SPEECH, None)
    assert chat is not None
    assert speech is not None
    assert chat is pricing.worst(state, ("default", "m"), asked, Endpoint.EMBEDDINGS, None)
    assert chat is not speech
