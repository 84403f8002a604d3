"""Which models a channel type is known to have, and who owns a model: for forms and `/v1/models`.

One API's lists (`one_api_models.json`), and behind each what `models.json` knows of the same vendor; read when asked for.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from oneapi.providers.models import Model, model, models, source
from oneapi.wire.model_names import undated

# One API's names of the lists, by channel type; the list of a type that is not here has the vendor's slug.
_LISTS: Final = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 21, 22, 50), "openai"),
    11: "palm",
    14: "anthropic",
    15: "baidu",
    16: "zhipu",
    17: "ali",
    18: "xunfei",
    19: "ai360",
    20: "openrouter",
    23: "tencent",
    24: "gemini",
    25: "moonshot",
    26: "baichuan",
    27: "minimax",
    28: "mistral",
    29: "groq",
    30: "ollama",
    31: "lingyiwanwu",
    32: "stepfun",
    33: "aws",
    34: "coze",
    35: "cohere",
    36: "deepseek",
    37: "cloudflare",
    38: "deepl",
    39: "togetherai",
    40: "doubao",
    41: "novita",
    42: "vertexai",
    43: "proxy",
    44: "siliconflow",
    45: "xai",
    46: "replicate",
    47: "baiduv2",
    48: "xunfeiv2",
    49: "alibailian",
    51: "geminiv2",
}
# One API's order: of a model in several lists, the last owner counts.
_OWNERS: Final = (
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("palm", "google palm"),
    ("baidu", "baidu"),
    ("zhipu", "zhipu"),
    ("ali", "ali"),
    ("xunfei", "xunfei"),
    ("tencent", "tencent"),
    ("gemini", "google gemini"),
    ("ollama", "ollama"),
    ("aws", "aws"),
    ("coze", "coze"),
    ("cohere", "Cohere"),
    ("cloudflare", "cloudflare"),
    ("deepl", "deepl"),
    ("vertexai", "vertexai"),
    ("proxy", "proxy"),
    ("replicate", "replicate"),
    ("ai360", "360"),
    ("moonshot", "moonshot"),
    ("baichuan", "baichuan"),
    ("minimax", "minimax"),
    ("doubao", "doubao"),
    ("mistral", "mistralai"),
    ("groq", "groq"),
    ("lingyiwanwu", "lingyiwanwu"),
    ("stepfun", "stepfun"),
    ("deepseek", "deepseek"),
    ("togetherai", "together.ai"),
    ("novita", "novita"),
    ("siliconflow", "siliconflow"),
    ("xai", "xai"),
    ("baiduv2", "baiduv2"),
    ("xunfeiv2", "xunfeiv2"),
)


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    data = files("oneapi.providers").joinpath("one_api_models.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, list[str]])


def models_of(number: int, slug: str = "openai") -> tuple[str, ...]:
    """Return the models a channel type (of the vendor `slug`) is known to have: One API's, then today's that it lacks.

    Not added are versions with a date beside the undated name, what was ended when the table was made, and names with
    a vendor's in front: gateways have hundreds of those, and tell them when asked.
    """
    listed = _LISTS.get(number, slug)
    return (*_lists().get(listed, ()), *_newer().get(listed, ()))


_SERVED: Final = frozenset(
    {
        "audio_speech",
        "audio_transcription",
        "chat",
        "completion",
        "embedding",
        "image_generation",
        "moderation",
    }
)


@lru_cache(maxsize=1)
def _newer() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, known in models():
        vendor = known.vendors[0]
        is_old = name in _lists().get(vendor, ())
        if not is_old and known.kind in _SERVED and _is_current(name, known):
            found.setdefault(vendor, []).append(name)
    return found


def _is_current(name: str, known: Model) -> bool:
    undated_name = undated(name)
    has_shorter = undated_name != name and model(undated_name) is not None
    ended = known.retires and known.retires <= source(known).date
    return not ("/" in name or has_shorter or ended)


def channel_types() -> tuple[int, ...]:
    """Return every channel type of One API."""
    return tuple(sorted(_LISTS))


@lru_cache(maxsize=1)
def owners() -> dict[str, str]:
    """Return the owner of every model in One API's catalogue, in its order."""
    found: dict[str, str] = {}
    for name, shown in _OWNERS:
        found |= dict.fromkeys(_lists().get(name, ()), shown)
    return found


def slug_of(shown: str) -> str:
    """Return the slug of the vendor that `owner` names so."""
    return next((slug for slug, name in _OWNERS if name == shown), shown)


def owner(name: str) -> str | None:
    """Return who owns a model, `None` for one that nobody knows."""
    listed = owners().get(name)
    if listed is not None:
        return listed
    known = model(name)
    if known is None:
        return None
    return dict(_OWNERS).get(known.vendors[0], known.vendors[0])
