"""What one request consumed, in one normal form; dialects translate each vendor's counts into it."""

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Consumed units. Token counts are inclusive, as OpenAI's are.

    `input_tokens` contains `cached_tokens`, `cache_write_tokens`, `cache_write_1h_tokens` and
    `audio_input_tokens`; `cache_write_tokens` (5-minute or unspecified lifetime) and
    `cache_write_1h_tokens` are disjoint. `output_tokens` contains `reasoning_tokens` and
    `audio_output_tokens`. A negative or absurd count is kept as the vendor sent it: the ledger clamps
    and marks it.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0
    seconds: float = 0.0
    characters: int = 0
    estimated: bool = False
