"""What a request may consume at most, and about what it consumed when nobody says: by bytes and
script, no tokenizer.

The text of a prompt is never looked at; only arrays of parts are, because an image, a recording or
a file must not be taken for text by the length of its base64. Numbers of tokens per image, second
and file are upper bounds of what OpenAI, Anthropic and Gemini document (read 2026-11-21).
"""

import re
from collections.abc import Iterable
from typing import Any, Final, Protocol, cast

import msgspec

from oneapi.errors import InvalidRequest
from oneapi.ledger.charging import SCALE, quota_of
from oneapi.ledger.pricing import Price
from oneapi.providers.base import Endpoint
from oneapi.wire.textmeter import BYTES_PER_TOKEN, TextMeter, estimate_text, text_bytes

__all__ = [
    "MAX_LIMIT",
    "Ceiling",
    "Demand",
    "TextMeter",
    "ceiling",
    "check_limit",
    "demand",
    "estimate_prompt",
    "estimate_text",
]

MAX_LIMIT: Final = 1_073_741_823  # the largest `max_tokens` that One API accepts
FLOOR: Final = 4096  # the least output that is allowed for when the client names no limit
ASSUMED_CAP: Final = 32_768  # the longest answer of a model that we know nothing of
SHARE: Final = 8  # of what the balance affords, for one answer without a limit


class Sized(Protocol):
    """A body that is not in memory; `upstream.SpooledBody` is one."""

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        ...


class Rates(msgspec.Struct, frozen=True):
    """What a prompt's parts count; one set errs upwards (to hold), the other not (to charge)."""

    bytes_per_token: int
    message: int
    tools: int  # vendors put instructions of their own before tools
    image: int
    large_image: int  # the models that count an image 33 times
    small_image: int  # `detail: low`
    audio_bytes_per_token: int
    file_bytes_per_token: int
    file: int  # a file that we only know the name of


HOLDING: Final = Rates(3, 8, 800, 3000, 50_000, 3000, 125, 20, 20_000)
CHARGING: Final = Rates(BYTES_PER_TOKEN, 4, 0, 800, 26_000, 90, 1000, 60, 1500)

_TOKENS_PER_SECOND_HEARD: Final = 20
_TOKENS_PER_SECOND_WRITTEN: Final = 5
_RECORDED_BYTES_PER_SECOND: Final = 4000  # sound can be packed tighter, speech seldom is
_TOKENS_PER_CHARACTER_SPOKEN: Final = 3
_TOKENS_PER_IMAGE_MADE: Final = 9000  # OpenAI's dearest size and quality, with partial images
_TOKENS_PER_IMAGE_EDITED: Final = 7000
_IMAGES: Final = frozenset({"image_url", "image", "input_image"})
_AUDIO: Final = frozenset({"input_audio", "audio"})
_FILES: Final = frozenset({"file", "input_file", "document", "video", "video_url"})
_LARGE_IMAGES: Final = ("gpt-4o-mini", "/gpt-4o-mini")
_OBJECTS: Final = re.compile(rb'\[\s*\{\s*"(role")?')
_MANY_BRACKETS: Final = 64


class Demand(msgspec.Struct, frozen=True):
    """The most that a request asks for: `limit` per answer; `audio`: sound comes in or goes out."""

    endpoint: Endpoint
    input_tokens: int = 0
    limit: int | None = None
    answers: int = 1
    images: int = 0
    seconds: int = 0
    characters: int = 0
    audio: bool = False


class Ceiling(msgspec.Struct, frozen=True):
    """The most that a request can cost, and the output limit to impose so that it is (or `None`)."""

    quota: int
    imposed_limit: int | None = None


class _Message(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()


class _Chat(msgspec.Struct):
    messages: list[_Message] = []
    system: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    audio: msgspec.Raw = msgspec.Raw()


class _Part(msgspec.Struct):
    type: str = ""
    content: msgspec.Raw = msgspec.Raw()


class _Prompt(msgspec.Struct):
    prompt: Any = None
    input: Any = None
    suffix: Any = None
    best_of: Any = None
    n: Any = None


# Too deep a document raises `RecursionError`; what cannot be read is refused elsewhere, and estimated by its size here.
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_read_chat = msgspec.json.Decoder(_Chat).decode
_read_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_part = msgspec.json.Decoder(_Part).decode
_read_prompt = msgspec.json.Decoder(_Prompt).decode


def check_limit(value: object, name: str = "max_tokens") -> int | None:
    """Return a client's output limit, `None` for none; raise `InvalidRequest` naming the field."""
    if value is None or value == 0:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_LIMIT:
        raise InvalidRequest(f"`{name}` must be a whole number from 0 to {MAX_LIMIT}", param=name)
    return value


def demand(
    endpoint: Endpoint,
    body: bytes | Sized,
    *,
    limit: int | None = None,
    answers: int = 1,
    characters: int = 0,
    model: str = "",
) -> Demand:
    """Return what a request may consume, from its body and the fields that are decoded already."""
    match endpoint:
        case Endpoint.CHAT:
            tokens, audio = _chat(body, model, HOLDING)
            return Demand(endpoint, tokens, limit or None, answers, audio=audio)
        case Endpoint.COMPLETIONS:
            prompt = _prompt(body)
            answers = max(answers, _whole(prompt.best_of)) * _prompts(prompt.prompt)
            return Demand(endpoint, _prompt_tokens(prompt, HOLDING), limit or None, answers)
        case Endpoint.SPEECH:
            spoken = characters or _length(_prompt(body).input)
            return Demand(endpoint, spoken, characters=spoken, audio=True)
        case Endpoint.IMAGES | Endpoint.IMAGE_EDITS | Endpoint.IMAGE_VARIATIONS:
            return Demand(endpoint, estimate_prompt(endpoint, body), images=answers)
        case Endpoint.TRANSCRIPTIONS | Endpoint.TRANSLATIONS:
            seconds = _heard(body)
            tokens = seconds * _TOKENS_PER_SECOND_HEARD
            return Demand(endpoint, tokens, seconds=seconds, audio=True)
        case _:
            return Demand(endpoint, estimate_prompt(endpoint, body), limit or None, answers)


def estimate_prompt(
    endpoint: Endpoint, body: bytes | Sized, *, model: str = "", margin: bool = True
) -> int:
    """Return about how many tokens a request's prompt is: at most (`margin`, cheap), or most
    likely.

    Arrays of token numbers count exactly. Never raises: a body that is no JSON is not sent
    anywhere.
    """
    rates = HOLDING if margin else CHARGING
    match endpoint:
        case Endpoint.CHAT:
            return _chat(body, model, rates)[0] if margin else _likely_chat(body, model)
        case Endpoint.COMPLETIONS | Endpoint.EMBEDDINGS | Endpoint.MODERATIONS:
            return _prompt_tokens(_prompt(body), rates)
        case Endpoint.TRANSCRIPTIONS | Endpoint.TRANSLATIONS:
            return _heard(body) * _TOKENS_PER_SECOND_HEARD if margin else 0  # the text is charged
        case Endpoint.IMAGE_EDITS | Endpoint.IMAGE_VARIATIONS:
            return _TOKENS_PER_IMAGE_EDITED
        case Endpoint.SPEECH:
            return _length(_prompt(body).input) // rates.bytes_per_token
        case _:
            return _size(body) // rates.bytes_per_token


def _heard(body: bytes | Sized) -> int:
    """Return the most seconds that a recording of this size lasts."""
    return _size(body) // _RECORDED_BYTES_PER_SECOND + 1


def _size(body: bytes | Sized) -> int:
    return len(body) if isinstance(body, bytes) else body.size


def has_parts(body: bytes) -> bool:
    """Say whether a body has arrays of objects other than messages: parts or tools.

    Looking for one byte is some 40 times faster than looking for a word; a text full of brackets
    gets the word.
    """
    at = body.find(b"[")
    arrays = 0  # the first may be the messages
    for _ in range(_MANY_BRACKETS):
        if at < 0:
            return False
        found = _OBJECTS.match(body, at)
        if found is not None:
            arrays += 1
            if arrays > 1 or found[1] is None:
                return True
        at = body.find(b"[", at + 1)
    return body.rfind(b'"type"') >= 0


def _chat(body: bytes | Sized, model: str, rates: Rates) -> tuple[int, bool]:
    size = _size(body)
    if not isinstance(body, bytes) or not has_parts(body):
        return size // rates.bytes_per_token + rates.message, False
    try:
        chat = _read_chat(body)
    except _UNREADABLE:
        return size // rates.bytes_per_token + rates.message, False
    tally = _Tally(model, rates)
    for message in chat.messages:
        tally.content(message.content)
    tally.content(chat.system)
    tokens = (size - tally.hidden_bytes) // rates.bytes_per_token + rates.message + tally.tokens
    return tokens + (rates.tools if chat.tools else 0), tally.audio or bool(chat.audio)


class _Tally:
    """Adds up the parts that are no text: `hidden_bytes` of the body count as `tokens` instead."""

    __slots__ = ("_image", "_rates", "audio", "hidden_bytes", "tokens")

    def __init__(self, model: str, rates: Rates) -> None:
        self._rates = rates
        self._image = rates.large_image if _counts_images_dearly(model) else rates.image
        self.hidden_bytes = 0
        self.tokens = 0
        self.audio = False

    def content(self, raw: msgspec.Raw) -> None:
        """Look at a content: a text (nothing to do) or an array of parts."""
        if not raw or bytes(memoryview(raw)[:1]) != b"[":
            return
        try:
            parts = _read_parts(raw)
            for part in parts:
                self._part(part, _read_part(part))
        except _UNREADABLE:
            return

    def _part(self, raw: msgspec.Raw, part: _Part) -> None:
        size = len(memoryview(raw))
        rates = self._rates
        if part.type in _IMAGES:
            low = b'"low"' in bytes(memoryview(raw)[-64:])
            self._hide(size, rates.small_image if low else self._image)
        elif part.type in _AUDIO:
            self.audio = True
            self._hide(size, size // rates.audio_bytes_per_token)
        elif part.type in _FILES:
            if b'"text/plain"' not in bytes(memoryview(raw)[:256]):
                self._hide(size, max(rates.file, size // rates.file_bytes_per_token))
        elif part.content:
            self.content(part.content)

    def _hide(self, size: int, tokens: int) -> None:
        self.hidden_bytes += size
        self.tokens += tokens


def _counts_images_dearly(model: str) -> bool:
    return model.startswith(_LARGE_IMAGES[0]) or _LARGE_IMAGES[1] in model


def _likely_chat(body: bytes | Sized, model: str) -> int:
    """Return the likely number of tokens of a chat: its texts, decoded, and what is no text."""
    if not isinstance(body, bytes):
        return _size(body) // CHARGING.bytes_per_token
    try:
        document: Any = msgspec.json.decode(body)
    except _UNREADABLE:
        return 0
    if not isinstance(document, dict):
        return 0
    chat = cast("dict[str, Any]", document)
    messages = chat.get("messages")
    count = len(cast("list[Any]", messages)) if isinstance(messages, list) else 0
    size = sum(map(text_bytes, _texts([messages, chat.get("system")])))
    tools = chat.get("tools") or chat.get("functions")
    tools_bytes = len(msgspec.json.encode(tools)) if tools else 0
    tally = _Tally(model, CHARGING)
    if has_parts(body):
        read = _read_leniently(body)
        for raw in [message.content for message in read.messages] + [read.system]:
            tally.content(raw)
    text_tokens = size / CHARGING.bytes_per_token + tools_bytes / _TOOL_BYTES_PER_TOKEN
    return round(text_tokens) + tally.tokens + CHARGING.message * count + _ANSWER_BEGINS


_ANSWER_BEGINS: Final = 3  # tokens that open the answer
_TOOL_BYTES_PER_TOKEN: Final = 5  # JSON schemas are told to the model in a shorter form
_NO_TEXT: Final = _IMAGES | _AUDIO | _FILES
_NO_TEXT_KEYS: Final = frozenset({"role", "type", "id", "tool_call_id", "tool_use_id", "signature"})


def _read_leniently(body: bytes) -> _Chat:
    try:
        return _read_chat(body)
    except _UNREADABLE:
        return _Chat()


def _texts(values: Iterable[Any]) -> Iterable[str]:
    """Yield every text in a document but what is counted otherwise; of any depth, so iterative."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting.extend(cast("list[Any]", value))
        elif isinstance(value, dict):
            part = cast("dict[str, Any]", value)
            if part.get("type") not in _NO_TEXT:
                waiting.extend(held for key, held in part.items() if key not in _NO_TEXT_KEYS)


def _prompt(body: bytes | Sized) -> _Prompt:
    if not isinstance(body, bytes):
        return _Prompt()
    try:
        return _read_prompt(body)
    except _UNREADABLE:
        return _Prompt()


def _prompt_tokens(prompt: _Prompt, rates: Rates) -> int:
    """Count a completion's prompt or an embedding's input: texts, tokens, or lists of them."""
    tokens, size, texts = 0, 0, 0
    waiting: list[Any] = [prompt.prompt, prompt.input, prompt.suffix]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            size += text_bytes(value)
            texts += 1
        elif isinstance(value, int):
            tokens += 1
        elif isinstance(value, list):
            values = cast("list[Any]", value)
            if values and isinstance(values[0], int):
                tokens += len(values)
            else:
                waiting.extend(values)
        elif isinstance(value, dict):  # a moderation's part
            tokens += rates.image
    return tokens + size // rates.bytes_per_token + texts


def _prompts(prompt: Any) -> int:
    """Return how many prompts a completion has: a list of texts or of token lists is several."""
    if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int):
        return len(cast("list[Any]", prompt))
    return 1


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 1


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def ceiling(
    wanted: Demand, price: Price, factor: int, model_cap: int | None, affordable: int
) -> Ceiling:
    """Return the most that a request can cost; `affordable` is the quota that its payer has.

    A client that names no limit is allowed an eighth of what it can pay, at least 4096 tokens and
    at most what the model gives; when that is less than the model gives, it has to be imposed
    upstream.
    """
    long = price.long if price.long is not None and wanted.input_tokens > price.long_from else None
    per_input = _per_input(price, wanted.audio)
    per_output = _per_output(price, wanted.audio)
    if long is not None:
        per_input = max(per_input, _per_input(long, wanted.audio))
        per_output = max(per_output, _per_output(long, wanted.audio))
    nano = wanted.input_tokens * per_input + wanted.images * price.image + price.call
    nano += wanted.seconds * price.second + wanted.characters * price.character
    output, imposed = _output(wanted, per_output * factor, nano * factor, model_cap, affordable)
    nano += output * per_output
    return Ceiling(quota_of(nano, factor), imposed)


def _per_input(price: Price, audio: bool) -> int:
    plain = max(price.input, price.cache_read, price.cache_write, price.cache_write_1h)
    return max(plain, price.audio_input) if audio else plain


def _per_output(price: Price, audio: bool) -> int:
    return max(price.output, price.audio_output) if audio else price.output


def _output(
    wanted: Demand, per_token: int, spent: int, model_cap: int | None, affordable: int
) -> tuple[int, int | None]:
    """Return the most output tokens of all answers, and the limit to impose on each."""
    match wanted.endpoint:
        case Endpoint.CHAT | Endpoint.COMPLETIONS | Endpoint.EDITS:
            pass
        case Endpoint.IMAGES | Endpoint.IMAGE_EDITS | Endpoint.IMAGE_VARIATIONS:
            return wanted.images * _TOKENS_PER_IMAGE_MADE, None
        case Endpoint.TRANSCRIPTIONS | Endpoint.TRANSLATIONS:
            return wanted.seconds * _TOKENS_PER_SECOND_WRITTEN, None
        case Endpoint.SPEECH:
            return wanted.characters * _TOKENS_PER_CHARACTER_SPOKEN, None
        case _:
            return 0, None
    if wanted.limit is not None:
        return wanted.limit * wanted.answers, None
    cap = model_cap or ASSUMED_CAP
    if per_token <= 0:
        return cap * wanted.answers, None
    left = max(affordable * SCALE - spent, 0) // per_token // wanted.answers
    allowance = min(cap, max(FLOOR, left // SHARE))
    return allowance * wanted.answers, allowance if allowance < cap else None
