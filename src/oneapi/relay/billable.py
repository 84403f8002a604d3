"""The one rule of what is charged: the vendor's usage as far as it can be believed, otherwise an estimate, marked.

Never the most that a request could cost, and never nothing: what was sent and what was delivered is always known. The table
of causes and charges is decision 20; `tests/bad_days/test_charges.py` is that table.
"""

from typing import Any, Final

from oneapi.ledger.charging import charge, is_countable
from oneapi.ledger.pricing import ONE, Price
from oneapi.relay.metering import Sized, estimate_prompt, heard, provider_rounds, read_prompt
from oneapi.wire.endpoints import Endpoint, Unit, charged_by
from oneapi.wire.usage import Usage

TEXT: Final = charged_by(Unit.TEXT)
_IMAGES: Final = charged_by(Unit.IMAGE)
_HEARD: Final = charged_by(Unit.SECOND)
_SPOKEN: Final = charged_by(Unit.CHARACTER)
# What is counted in images, seconds or characters, unless the vendor and its price count tokens.
OTHER_UNITS: Final = _IMAGES | _HEARD | _SPOKEN
_TOKENS_PER_SECOND: Final = 3  # of speech that is written down
_MOST_SEARCHES: Final = 100  # for one answer, of a vendor whose request names no tool
_ODDITY_LENGTH: Final = 500
_NO_PRICE: Final = Price()


class Sent:
    """What is known of a request whatever the vendor says of it.

    `window`: tokens that the model reads at most; `limit`: of each answer, where there is one; `answers`: how many are made.
    `price`: what it is charged by.
    """

    __slots__ = ("answers", "body", "endpoint", "limit", "model", "price", "window")

    def __init__(
        self,
        endpoint: Endpoint,
        body: bytes | Sized,
        model: str,
        window: int,
        limit: int = 0,
        answers: int = 1,
    ) -> None:
        self.endpoint: Final = endpoint
        self.body: Final = body
        self.model: Final = model
        self.window: Final = window
        self.limit: Final = limit
        self.answers: Final = answers
        self.price = _NO_PRICE


def billable_usage(sent: Sent, reported: Usage | None, delivered: int, *, is_whole: bool) -> Usage:
    """Return what is charged.

    `delivered`: tokens of text that came, by estimate; of a stream of pictures, how many came. `is_whole`: the vendor has
    said the end of its answer, so that what it reported counts all of it; otherwise at least what was delivered is owed.
    """
    if sent.endpoint is Endpoint.COMPLETIONS:
        delivered = _without_echo(sent, delivered)
    if reported is None:
        return estimate(sent, delivered)
    oddity = reported.oddity or _doubt(sent, reported)
    if oddity:
        return estimate(sent, delivered, oddity)
    if not reported.says_something:
        return estimate(sent, delivered)
    if sent.endpoint not in TEXT:
        return _in_the_prices_unit(sent, _split(sent, reported), delivered)
    return _completed(sent, reported, delivered, is_whole=is_whole)


def estimate(sent: Sent, delivered: int, oddity: str = "") -> Usage:
    """Return what was sent and delivered, in the unit of the endpoint."""
    endpoint, body = sent.endpoint, sent.body
    said: dict[str, Any] = {"estimated": True, "oddity": oddity[:_ODDITY_LENGTH]}
    if endpoint in _IMAGES:
        return Usage(images=delivered or sent.answers, **said)
    if endpoint in _HEARD:
        return Usage(seconds=float(max(delivered // _TOKENS_PER_SECOND, 1)), **said)
    if endpoint in _SPOKEN:
        return Usage(characters=read_prompt(body).characters, **said)
    prompt = estimate_prompt(endpoint, body, model=sent.model)
    return Usage(prompt, delivered if endpoint in TEXT else 0, **said)


def _without_echo(sent: Sent, delivered: int) -> int:
    """Return how much was made of a text that may begin with its prompt."""
    if not read_prompt(sent.body).echo:
        return delivered
    echoed = estimate_prompt(sent.endpoint, sent.body, model=sent.model) * sent.answers
    return max(delivered - echoed, 0)


def _split(sent: Sent, usage: Usage) -> Usage:
    """Return a usage without output: a total is all input, and a vector is no output."""
    if usage.total_tokens and not usage.input_tokens:
        return Usage(usage.total_tokens, images=usage.images, estimated=usage.estimated)
    if usage.output_tokens and sent.endpoint not in OTHER_UNITS:
        if not usage.input_tokens:
            return estimate(sent, 0)
        return Usage(usage.input_tokens, cached_tokens=usage.cached_tokens)
    return usage


def _in_the_prices_unit(sent: Sent, usage: Usage, delivered: int) -> Usage:
    """Return a usage whose units have a price: a vendor may count tokens of what is priced by the image, the second."""
    if sent.endpoint not in OTHER_UNITS or sent.price.is_free:
        return usage
    if usage.images and (usage.input_tokens or usage.output_tokens):
        tokens = Usage(**{n: count for n, count in usage.counts().items() if n != "images"})
        return tokens if charge(tokens, sent.price, ONE) else usage
    return usage if charge(usage, sent.price, ONE) else estimate(sent, delivered)


def _completed(sent: Sent, usage: Usage, delivered: int, *, is_whole: bool) -> Usage:
    """Return the usage of a text, with what the vendor left open.

    No model answers without reading something, and what was delivered has been made.
    """
    read: int = usage.input_tokens
    made: int = usage.output_tokens
    if not read:
        read = estimate_prompt(sent.endpoint, sent.body, model=sent.model)
        if usage.total_tokens:
            read = min(read, usage.total_tokens)
            made = made or usage.total_tokens - read
    if not made or (not is_whole and made < delivered):
        made = max(made, delivered)
    if read == usage.input_tokens and made == usage.output_tokens:
        return usage
    return usage.completed(read, made)


def _doubt(sent: Sent, usage: Usage) -> str:
    """Return what a vendor said that cannot be, empty if it can.

    A model reads no more than its window, again after each round of tools that the vendor runs; a prompt of so many bytes
    is not above what it has bytes, however old our table of windows is.
    """
    if not is_countable(usage):
        return repr(usage)
    body = sent.body
    size = len(body) if isinstance(body, bytes) else body.size
    most_read = max(sent.window, size)
    most_made = max(sent.window, sent.limit) * sent.answers
    read = max(usage.input_tokens, usage.total_tokens)
    if usage.searches or read > most_read or usage.output_tokens > most_made:
        prompts = read_prompt(body).prompts if sent.endpoint is Endpoint.COMPLETIONS else 1
        rounds = provider_rounds(body)
        if usage.searches > max(rounds, _MOST_SEARCHES):
            return repr(usage)
        rounds = max(rounds, 1 + usage.searches)
        if (
            read > most_read * rounds * prompts
            or usage.output_tokens > most_made * rounds * prompts
        ):
            return repr(usage)
    too_long = usage.seconds > 100 * heard(body)
    return repr(usage) if too_long and sent.endpoint in _HEARD else ""
