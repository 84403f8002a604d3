"""Fields by which a client picks another tier of a vendor's service, and so what the operator pays for the same tokens.

Not every price of a tier is known (`ledger.variants`), so these fields stay here unless the channel lets clients pick
(`allow_service_tier` in its config). Left alone are words that pick what is served without them: OpenAI's `auto` and
`default`, Gemini's `standard`, Anthropic's `standard_only`, Groq's `on_demand`.
Sources: https://platform.openai.com/docs/api-reference/chat/create, https://developers.openai.com/api/docs/guides/fast-mode
(`priority` or `fast`), https://openrouter.ai/docs/guides/features/service-tiers, https://console.groq.com/docs/flex-processing,
https://platform.claude.com/docs/en/api/service-tiers, …/build-with-claude/fast-mode, …/manage-claude/data-residency
(read 2026-11-26).
"""

from typing import Any, Final

import msgspec

from oneapi.wire.decoding import decode_as

# By name: the words that pick nothing.
TIER_FIELDS: Final[dict[str, frozenset[str]]] = {
    "service_tier": frozenset({"auto", "default", "standard", "standard_only", "on_demand"}),
    "speed": frozenset({"standard"}),
    "inference_geo": frozenset(),
}
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def picked_tiers(fields: Any) -> tuple[str, ...]:
    """Return the names of the fields by which a request, whose attributes these fields are, picks another tier."""
    return tuple(
        [
            name
            for name, plain in TIER_FIELDS.items()
            if (value := getattr(fields, name)) is not None
            and not (isinstance(value, str) and value in plain)
        ]
    )


def without_tiers(body: bytes, picked: tuple[str, ...]) -> bytes:
    """Return a request's JSON without some of its fields; everything else stays as it was written."""
    fields = decode_as(_FIELDS, body)
    return msgspec.json.encode({name: raw for name, raw in fields.items() if name not in picked})
