"""Reads LiteLLM's map of models (MIT): https://github.com/BerriAI/litellm, `model_prices_and_context_window_backup.json`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tools.model_data.offers import Line, Offer, in_steps, is_free, ordered, per_million
from tools.model_data.packages import document, pinned

PACKAGE = "litellm"
# Its providers, and the vendors that they are here.
VENDORS = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "xai": "x-ai",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "bigmodel": "zhipuai",
    "zai": "zai",
    "minimax": "minimax",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "perplexity": "perplexity",
    "meta": "meta",
    "groq": "groq",
    "voyage": "voyageai",
    "jina_ai": "jina",
    "dashscope": "alibaba",
    "volcengine": "volcengine",
    "tencent": "tencent",
    "xiaomi_mimo": "xiaomi",
    "ai21": "ai21",
    "cerebras": "cerebras",
    "together_ai": "together",
    "novita": "novita",
    "fireworks_ai": "fireworks",
    "deepinfra": "deepinfra",
    "nebius": "nebius",
    "sambanova": "sambanova",
    "inception": "inception",
    "morph": "morph",
}
# Who has a model beside its maker, by the plain name behind the slash.
RESELLERS = {"azure": "azure", "vertex_ai": "vertexai"}
TOKENS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "image_input": "input_cost_per_image_token",
    "image_output": "output_cost_per_image_token",
}
TIERS = ("priority", "flex", "ultrafast")
BY_WORD = "provider_specific_entry"  # factors of Anthropic's, by the word of the usage
PLAIN_TOKENS = ("input_cost_per_token", "output_cost_per_token")
LONGER = "cache_creation_input_token_cost_above_12hr"  # OpenAI's, in the place of an hour
SIZES = re.compile(r"(?:(hd|standard|low|medium|high)/)?(\d+)-x-(\d+)/(.+)")
STEPS = re.compile(r"input_cost_per_token_above_(\d+)k_tokens$")
COUNT_IMAGE_TOKENS = ("openai", "gemini", "xai")
USUAL_SEARCH = Decimal("0.01")  # what `ledger.pricing` takes where nothing else is said
PER_IMAGE = ("output_cost_per_image", "input_cost_per_image")
HEARD = ("audio_transcription", "audio_speech")
ABLE = {
    "tools": "supports_function_calling",
    "reasoning": "supports_reasoning",
    "cache": "supports_prompt_caching",
}
SHOWN = {
    "image": "supports_vision",
    "audio": "supports_audio_input",
    "video": "supports_video_input",
    "file": "supports_pdf_input",
}
KINDS = {
    *("chat", "completion", "responses", "embedding", "rerank", "moderation", "ocr", "realtime"),
    *("image_generation", "image_edit", "video_generation", "audio_speech", "audio_transcription"),
}
MODES = {"responses": "chat", "image_edit": "image_generation"}
GIVEN = {
    "image_generation": "image",
    "video_generation": "video",
    "audio_speech": "audio",
    "embedding": "vector",
    "rerank": "score",
}
# Fine-tuned ones, and prices of sizes and classes.
NO_MODEL = ("ft:", "hd/", "together-ai-", "fireworks-ai-")
TAKEN = {"audio_transcription": "audio"}


def offers() -> Iterator[Offer]:
    """Yield what the map says of the vendors that we know."""
    version, _ = pinned()[PACKAGE]
    entries: dict[str, Line] = document(PACKAGE)
    images = _images(entries)
    for key, entry in sorted(entries.items()):
        provider = entry.get("litellm_provider", "")
        vendor = VENDORS.get(provider)
        name = key.removeprefix(provider + "/").removeprefix("gemini/")
        if (
            vendor is None
            or entry.get("mode") not in KINDS
            or SIZES.match(name)
            or name.startswith(NO_MODEL)
        ):
            continue
        if vendor == "perplexity" and (not name.startswith("sonar") or name.endswith("-online")):
            continue  # other vendors' models: those that its agent runs, and those that it had once
        line = _line(entry, images.get(name, {}))
        line.pop("search", None) if vendor == "perplexity" else None  # a fee by the call
        if is_free(line) and not name.endswith(("-free", ":free")):
            line = {}
        url = entry.get("source") or "https://github.com/BerriAI/litellm"
        yield Offer(
            PACKAGE, vendor, name, ordered(line, name), f"{url} (litellm {version})", facts(entry)
        )


def varying() -> dict[tuple[str, str], Line]:
    """Return what models cost by tier of the vendor's service and by the hour, as factors, by vendor and name."""
    found: dict[tuple[str, str], Line] = {}
    entries: dict[str, Line] = document(PACKAGE)
    for key, entry in sorted(entries.items()):
        provider = entry.get("litellm_provider", "")
        name = key.removeprefix(provider + "/").removeprefix("gemini/")
        tiers = {tier: factors for tier in TIERS if (factors := _factors(entry, tier))}
        tiers |= {word: [factor, factor] for word, factor in entry.get(BY_WORD, {}).items()}
        line: Line = ({"tiers": tiers} if tiers else {}) | _off_peak(entry)
        if line and provider in VENDORS:
            found[VENDORS[provider], name] = line
    return found


def _factors(entry: Line, tier: str) -> list[Decimal]:
    """Return by how much a tier is dearer, and by how much reading the cache is: one factor each, as vendors have it."""
    priced = (PLAIN_TOKENS, (TOKENS["cache_read"],))
    found = [
        [_ratio(entry, field, entry.get(f"{field}_{tier}")) for field in some] for some in priced
    ]
    each, of_cache = ([factor for factor in some if factor is not None] for some in found)
    if not each:
        return []
    return [max(each), max(of_cache, default=max(each))]


def _ratio(entry: Line, field: str, price: Any) -> Decimal | None:
    base = entry.get(field)
    return None if price is None or not base else Decimal(price) / Decimal(base)


def _off_peak(entry: Line) -> Line:
    rule: Line = entry.get("off_peak_pricing") or {}
    factors = {_ratio(entry, field, rule.get(field)) for field in TOKENS.values()} - {None}
    if not factors:
        return {}
    if len(factors) > 1:
        raise ValueError(f"off-peak prices differ by unit: {entry}")
    return {"off_peak": factors.pop(), "off_hours": sorted(_minutes(rule["windows"]))}


def _minutes(windows: list[Line]) -> Iterator[list[int]]:
    """Yield (from, to) in minutes of the week from Monday, UTC."""
    for window in windows:
        hours: Any = window["hours_utc"]
        for day in window["weekdays"]:
            for spell in [hours] if isinstance(hours, str) else hours:
                begin, end = (int(at[:2]) * 60 + int(at[3:]) for at in spell.split("-"))
                first = (day - 1) * 24 * 60
                yield [first + begin, first + (end or 24 * 60)]


def resellers() -> Iterator[tuple[str, str]]:
    """Yield who has a model beside its maker: (vendor, name)."""
    for key in document(PACKAGE):
        prefix, _, name = key.partition("/")
        if prefix in RESELLERS and "/" not in name:
            yield RESELLERS[prefix], name


def _images(entries: dict[str, Line]) -> dict[str, dict[str, Decimal]]:
    """Return USD per image by `size` or `quality size`, of each model that is priced so."""
    found: dict[str, dict[str, Decimal]] = {}
    for key, entry in sorted(entries.items()):
        sized = SIZES.fullmatch(key)
        price = next((entry[unit] for unit in PER_IMAGE if entry.get(unit)), None)
        if sized and price and entry.get("litellm_provider") == "openai":
            quality, width, height, name = sized.groups()
            size = f"{width}x{height}"
            found.setdefault(name, {})[
                f"{quality} {size}" if quality not in (None, "standard") else size
            ] = Decimal(price)
    return found


def _line(entry: Line, images: dict[str, Decimal]) -> Line:
    line = in_steps(_steps(entry))
    mode = entry.get("mode")
    if mode in HEARD:
        seconds = entry.get("input_cost_per_second") or entry.get("output_cost_per_second")
        line["second"] = Decimal(seconds) if seconds and mode == HEARD[0] else None
        characters = entry.get("input_cost_per_character")
        line["character"] = per_million(characters) if characters else None
        if mode == HEARD[1] and not characters:
            line["character"] = _spoken(line)
    if mode in ("image_generation", "image_edit"):
        line = _drawn(entry, line, images)
    if mode == "rerank" and entry.get("input_cost_per_query"):
        line["call"] = Decimal(entry["input_cost_per_query"])
    searched = entry.get("search_context_cost_per_query") or {}
    if searched and mode in ("chat", "responses"):
        most = max(Decimal(price) for price in searched.values())
        line["search"] = None if most == USUAL_SEARCH else most
    return line


def _drawn(entry: Line, line: Line, images: dict[str, Decimal]) -> Line:
    """Return what an image costs: by the token where the vendor reports those, otherwise by the image.

    What stands as a token's price at the others is that of a step.
    """
    counts_tokens = entry["litellm_provider"] in COUNT_IMAGE_TOKENS
    if counts_tokens and (line.get("output") or line.get("image_output")):
        return line
    price = next((entry[unit] for unit in PER_IMAGE if entry.get(unit)), None)
    return {"image": Decimal(price), "images": images} if price else {}


def _spoken(line: Line) -> Decimal | None:
    """Return what a character costs whose sound is priced by the token, since the answer is sound without a count.

    Google counts 25 tokens a second (https://ai.google.dev/gemini-api/docs/tokens, read 2026-11-26); 15 characters are said.
    """
    made = line.get("audio_output") or line.get("output")
    return made * 25 / 15 if made else None


def _steps(entry: Line) -> Iterator[tuple[int, Line]]:
    tiers: list[Line] = entry.get("tiered_pricing") or []
    if tiers and all("range" in tier for tier in tiers):
        for tier in tiers:
            yield int(tier["range"][0]), _tokens(tier, "")
        return
    yield 0, _tokens(entry, "")
    for field in entry:
        if above := STEPS.fullmatch(field):
            yield int(above[1]) * 1000, _tokens(entry, f"_above_{above[1]}k_tokens")


def _tokens(entry: Line, suffix: str) -> Line:
    line = {
        unit: per_million(entry[field + suffix])
        for unit, field in TOKENS.items()
        if entry.get(field + suffix) is not None
    }
    if entry.get(LONGER + suffix):
        line["cache_write_1h"] = per_million(entry[LONGER + suffix])
    if line.get("cache_write") == 0:  # a cache that is written for nothing beyond the input
        del line["cache_write"]
    thought = entry.get("output_cost_per_reasoning_token" + suffix)
    if thought:  # whether a model has thought is not always said: the dearer
        line["output"] = max(per_million(thought), line.get("output", Decimal(0)))
    return line


def facts(entry: Line) -> Line:
    """Return what a model can do."""
    mode = entry.get("mode", "")
    given = entry.get("supported_output_modalities") or [GIVEN.get(mode, "text")]
    found: Line = {"kind": MODES.get(mode, mode), "context": _tokens_of(entry, "max_input_tokens")}
    longest = _tokens_of(entry, "max_output_tokens")
    if mode in ("chat", "responses", "completion") and longest != found["context"]:
        found["output"] = longest
    found["takes"] = _kinds(entry, mode)
    found["gives"] = [str(kind) for kind in given]
    found |= {name: True for name, field in ABLE.items() if entry.get(field)}
    if re.fullmatch(r"20\d\d-\d\d-\d\d", str(entry.get("deprecation_date", ""))):
        found["retires"] = entry["deprecation_date"]
    if entry.get("successor_model"):
        found["successor"] = str(entry["successor_model"]).removeprefix(
            f"{entry['litellm_provider']}/"
        )
    return {name: value for name, value in found.items() if value}


def _kinds(entry: Line, mode: str) -> list[str]:
    said: Any = entry.get("supported_modalities")
    kinds = [str(kind) for kind in said] if said else [TAKEN.get(mode, "text")]
    return kinds + [kind for kind, field in SHOWN.items() if entry.get(field) and kind not in kinds]


def _tokens_of(entry: Line, field: str) -> int | None:
    value = entry.get(field)
    return int(value) if isinstance(value, int | Decimal) and value > 0 else None
