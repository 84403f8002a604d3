"""The most that a request can cost: what the sent body allows, at the price in force. It is what is held.

What is charged may be more, when a vendor reports more and can be believed (`relay.billable`); nothing here has to foresee
that. Decision 20.
"""

from typing import Final

import msgspec

from oneapi.ledger.charging import SCALE, quota_of
from oneapi.ledger.pricing import Price, searching
from oneapi.relay.billable import TEXT
from oneapi.relay.metering import (
    HOLDING,
    TIGHT,
    Rates,
    Sized,
    chat_size,
    estimate_prompt,
    heard,
    read_prompt,
)
from oneapi.wire.endpoints import ROWS, Endpoint, Unit

_CHAT: Final = Endpoint.CHAT
_COMPLETIONS: Final = Endpoint.COMPLETIONS
FLOOR: Final = 4096  # the least output that is allowed for when the client names no limit
ASSUMED_CAP: Final = 32_768  # the longest answer of a model that we know nothing of
ASSUMED_WINDOW: Final = 2_000_000  # tokens that such a model reads at most
SHARE: Final = 8  # of what the balance affords, for one answer without a limit

_TOKENS_PER_SECOND_WRITTEN: Final = 5
_TOKENS_PER_CHARACTER_SPOKEN: Final = 3
_TOKENS_PER_IMAGE_MADE: Final = 9000  # OpenAI's dearest size and quality, with partial images


class Demand(msgspec.Struct, frozen=True):
    """The most that a request asks for.

    `limit` is per answer, `beside` are tokens that all answers may have in addition; `audio`: sound comes in or goes out;
    `searches`: made by the vendor, each at its own price. `caches`: that the prompt may be written into a cache, which is
    dearer than reading it: `""` not at all, `"5m"` or `"1h"` for so long.
    """

    endpoint: Endpoint
    input_tokens: int = 0
    limit: int | None = None
    answers: int = 1
    images: int = 0
    seconds: int = 0
    characters: int = 0
    audio: bool = False
    beside: int = 0
    searches: int = 0
    caches: str = "1h"


class Ceiling(msgspec.Struct, frozen=True):
    """The most that a request can cost, and the output limit to impose so that it is (or `None`)."""

    quota: int
    imposed_limit: int | None = None


class Asked(msgspec.Struct, frozen=True):
    """What a request's envelope says of its size, and its model and channels of its prompt.

    `window`: tokens that the model reads at most; `instructions`: bytes that a channel adds to the prompt; `compacts`: the
    vendor may sum the prompt up first.
    """

    limit: int | None = None
    answers: int = 1
    beside: int = 0
    characters: int = 0
    audio: bool = False
    model: str = ""
    window: int = ASSUMED_WINDOW
    instructions: int = 0
    compacts: bool = False


_NOTHING: Final = Asked()


def demand(
    endpoint: Endpoint, body: bytes | Sized, asked: Asked = _NOTHING, rates: Rates = HOLDING
) -> Demand:
    """Return what a request may consume."""
    answers = asked.answers
    if endpoint is _CHAT:
        return _of_chat(body, asked, rates)
    if endpoint is _COMPLETIONS:
        prompts = read_prompt(body).prompts
        tokens = estimate_prompt(endpoint, body, rates=rates) + asked.instructions * prompts
        tokens = min(tokens, asked.window * prompts)
        return Demand(endpoint, tokens, asked.limit or None, answers * prompts)
    match ROWS[endpoint].unit:
        case Unit.CHARACTER:
            spoken = asked.characters or read_prompt(body).characters
            return Demand(endpoint, spoken, characters=spoken, audio=True)
        case Unit.IMAGE:
            tokens = estimate_prompt(endpoint, body, rates=rates) + asked.instructions
            return Demand(endpoint, tokens, images=answers)
        case Unit.SECOND:
            tokens = estimate_prompt(endpoint, body, rates=rates)
            return Demand(endpoint, tokens, seconds=heard(body), audio=True)
        case _:
            tokens = estimate_prompt(endpoint, body, rates=rates) + asked.instructions
            return Demand(endpoint, tokens, asked.limit or None, answers)


def _of_chat(body: bytes | Sized, asked: Asked, rates: Rates) -> Demand:
    size = chat_size(body, asked.model, rates)
    tokens = min(size.tokens + asked.instructions, asked.window)
    beside = asked.beside
    if asked.compacts:  # the prompt is read, and a summary written, before the answer begins
        tokens, beside = 2 * tokens, beside + (asked.limit or FLOOR)
    return Demand(
        _CHAT,
        tokens,
        asked.limit or None,
        asked.answers,
        audio=size.audio or asked.audio,
        beside=beside,
        searches=size.searches,
        caches=_caches(body) if rates is TIGHT else "1h",
    )


def ceiling(
    wanted: Demand, price: Price, factor: int, model_cap: int | None, affordable: int
) -> Ceiling:
    """Return the most that a request can cost; `affordable` is the quota that its payer has.

    A client that names no limit is allowed an eighth of what it can pay, at least 4096 tokens and
    at most what the model gives; when that is less than the model gives, it has to be imposed
    upstream.
    """
    nano, per_output = _before_output(wanted, price)
    output, imposed = _output(wanted, per_output * factor, nano * factor, model_cap, affordable)
    nano += output * per_output
    return Ceiling(quota_of(nano, factor), imposed)


def largest_limit(wanted: Demand, price: Price, factor: int, affordable: int) -> int | None:
    """Return the largest limit of each answer that `affordable` quota covers; `None` where no limit would help."""
    nano, per_output = _before_output(wanted, price)
    if wanted.endpoint not in TEXT or per_output * factor <= 0:
        return None
    return max(affordable * SCALE - nano * factor, 0) // (per_output * factor) // wanted.answers


def _before_output(wanted: Demand, price: Price) -> tuple[int, int]:
    """Return the nano-quota of everything but the answers themselves, and of each of their tokens."""
    per_output, per_input, step = 0, 0, price
    while True:  # a prompt may turn out shorter, and a shorter one need not be cheaper
        per_output = max(per_output, _per_output(step, wanted.audio))
        per_input = max(per_input, _per_input(step, wanted))
        if step.long is None or wanted.input_tokens <= step.long_from:
            break
        step = step.long
    nano = wanted.input_tokens * per_input + wanted.beside * per_output + price.call
    nano += wanted.images * price.image + wanted.seconds * price.second
    nano += wanted.characters * price.character
    if wanted.searches:
        nano += wanted.searches * searching(price).search
    return nano, per_output


def _per_input(price: Price, wanted: Demand) -> int:
    dearest = max(price.input, price.cache_read)
    if wanted.caches:
        dearest = max(dearest, price.cache_write)
    if wanted.caches == "1h":
        dearest = max(dearest, price.cache_write_1h)
    return max(dearest, price.audio_input) if wanted.audio else dearest


def _caches(body: bytes | Sized) -> str:
    """Return how long a request asks for its prompt to be kept, at most."""
    if not isinstance(body, bytes) or b"cache_control" not in body:
        return ""
    return "1h" if b'"1h"' in body else "5m"


def _per_output(price: Price, audio: bool) -> int:
    return max(price.output, price.audio_output) if audio else price.output


def _output(
    wanted: Demand, per_token: int, spent: int, model_cap: int | None, affordable: int
) -> tuple[int, int | None]:
    """Return the most output tokens of all answers, and the limit to impose on each."""
    if wanted.endpoint not in TEXT:
        return _beside_text(wanted), None
    if wanted.limit is not None:
        return wanted.limit * wanted.answers, None
    cap = model_cap or ASSUMED_CAP
    if per_token <= 0:
        return cap * wanted.answers, None
    left = max(affordable * SCALE - spent, 0) // per_token // wanted.answers
    allowance = min(cap, max(FLOOR, left // SHARE))
    return allowance * wanted.answers, allowance if allowance < cap else None


def _beside_text(wanted: Demand) -> int:
    """Return the most tokens of answers that are no texts asked for."""
    match ROWS[wanted.endpoint].unit:
        case Unit.IMAGE:
            return wanted.images * _TOKENS_PER_IMAGE_MADE
        case Unit.SECOND:
            return wanted.seconds * _TOKENS_PER_SECOND_WRITTEN
        case Unit.CHARACTER:
            return wanted.characters * _TOKENS_PER_CHARACTER_SPOKEN
        case _:
            return 0
