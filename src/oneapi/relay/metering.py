"""How much a prompt is, by bytes and script, no tokenizer: at most (to hold), or most likely (to charge when nobody says).

A text has at most one token a byte; only arrays of parts are looked into, because an image, a recording or a file must not
be taken for text by the length of its base64. Numbers of tokens per image, second and file are upper bounds of what
OpenAI, Anthropic and Gemini document (read 2026-11-21).
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Protocol, cast

import msgspec

from oneapi.wire import shapes
from oneapi.wire.endpoints import ROWS, Body, Endpoint
from oneapi.wire.textmeter import BYTES_PER_TOKEN, most_tokens, text_bytes


class Sized(Protocol):
    """A body that is not in memory; `upstream.SpooledBody` is one."""

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        ...


class Rates(msgspec.Struct, frozen=True):
    """What a prompt's parts count. `size` measures a text, in units of which `per_token` make a token."""

    size: Callable[[str | bytes], int]
    per_token: int
    message: int
    tools: int  # vendors put instructions of their own before tools
    image: int
    large_image: int  # the models that count an image 33 times
    small_image: int  # `detail: low`
    audio_bytes_per_token: int
    file_bytes_per_token: int
    file: int  # a file that we only know the name of


# To hold: no prompt is more. To hold where the balance is too small for that, since it takes longer to find out.
HOLDING: Final = Rates(text_bytes, 1, 8, 800, 5000, 50_000, 3000, 125, 20, 20_000)
TIGHT: Final = Rates(most_tokens, 1, 8, 800, 3000, 50_000, 3000, 125, 20, 20_000)
# To charge: errs to neither side.
CHARGING: Final = Rates(text_bytes, BYTES_PER_TOKEN, 4, 0, 800, 26_000, 90, 1000, 60, 1500)

TOKENS_PER_SECOND_HEARD: Final = 20
_RECORDED_BYTES_PER_SECOND: Final = 4000  # sound can be packed tighter, speech seldom is
_TOKENS_PER_IMAGE_EDITED: Final = 7000
_TOKENS_PER_SEARCH: Final = 8000  # what one search of the vendor's own adds to the prompt
_USUAL_SEARCHES: Final = 5
_USUAL_ROUNDS: Final = 10  # Anthropic's loop over its own tools pauses after as many
_IMAGES: Final = frozenset({"image_url", "image", "input_image"})
_AUDIO: Final = frozenset({"input_audio", "audio"})
_FILES: Final = frozenset({"file", "input_file", "document", "video", "video_url"})
_LARGE_IMAGES: Final = ("gpt-4o-mini", "/gpt-4o-mini")
_OBJECTS: Final = re.compile(rb'\[\s*(?:\{\s*(?:"(role")?|\})|null)')
_MANY_BRACKETS: Final = 64
# Tools that the vendor runs itself, so that the model reads what they found; of Anthropic's other types the client runs
# the tool. Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview (read 2026-11-26).
_SEARCHES: Final = ("web_search", "web_fetch")
_RUN_BY_CLIENT: Final = ("function", "custom", "bash_", "text_editor_", "computer_", "memory_")


class PromptSize(NamedTuple):
    """A prompt in tokens; whether it has sound in it; how many searches the vendor may make for it."""

    tokens: int
    audio: bool = False
    searches: int = 0


class _Message(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()


class _Chat(msgspec.Struct):
    messages: list[_Message] = []
    system: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()


class _Part(msgspec.Struct):
    type: str = ""
    content: msgspec.Raw = msgspec.Raw()


class _Tool(msgspec.Struct):
    type: Any = None
    max_uses: Any = None


class _ProviderTools(msgspec.Struct):
    tools: list[_Tool] = []
    mcp_servers: list[Any] = []
    plugins: list[Any] = []
    web_search_options: Any = None
    context_management: Any = None


class Prompt(msgspec.Struct):
    """What completions, embeddings, moderations and speech are asked with."""

    prompt: Any = None
    input: Any = None
    suffix: Any = None
    echo: Any = None

    @property
    def prompts(self) -> int:
        """How many prompts a completion has: a list of texts or of token lists is several."""
        prompt = self.prompt
        if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int):
            return len(cast("list[Any]", prompt))
        return 1

    @property
    def characters(self) -> int:
        """How many characters are to be spoken."""
        return len(self.input) if isinstance(self.input, str) else 0


# Too deep a document raises `RecursionError`; what cannot be read is refused elsewhere, and estimated by its size here.
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_read_chat = msgspec.json.Decoder(_Chat).decode
_read_parts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_part = msgspec.json.Decoder(_Part).decode
_read_prompt = msgspec.json.Decoder(Prompt).decode
_read_tools = msgspec.json.Decoder(list[_Tool]).decode
_read_provider_tools = msgspec.json.Decoder(_ProviderTools).decode


def estimate_prompt(
    endpoint: Endpoint, body: bytes | Sized, *, model: str = "", rates: Rates = CHARGING
) -> int:
    """Return how many tokens a request's prompt is, by these rates.

    Arrays of token numbers count exactly. Never raises: a body that is no JSON is not sent
    anywhere.
    """
    match ROWS[endpoint].body:
        case Body.MESSAGES:
            if rates is CHARGING:
                return _likely_chat(body, model)
            return chat_size(body, model, rates).tokens
        case Body.PROMPT:
            return _prompt_tokens(read_prompt(body), rates)
        case Body.RECORDING:
            return 0 if rates is CHARGING else heard(body) * TOKENS_PER_SECOND_HEARD
        case Body.PICTURE:
            return _TOKENS_PER_IMAGE_EDITED
        case Body.SPOKEN:
            return read_prompt(body).characters // rates.per_token
        case Body.DESCRIPTION:
            return _size(body, rates) // rates.per_token


def heard(body: bytes | Sized) -> int:
    """Return the most seconds that a recording of this size lasts."""
    size = len(body) if isinstance(body, bytes) else body.size
    return size // _RECORDED_BYTES_PER_SECOND + 1


def provider_rounds(body: bytes | Sized) -> int:
    """Return how often the model may read its prompt: again after each round of tools that the vendor runs itself."""
    if not isinstance(body, bytes):
        return 1
    try:
        asked = _read_provider_tools(body)
    except _UNREADABLE:
        return 1
    others = len(asked.mcp_servers) + len(asked.plugins) + (asked.web_search_options is not None)
    rounds = 1 + others * _USUAL_ROUNDS
    for tool in asked.tools:
        if is_providers(tool.type):
            rounds += max(shapes.count(tool.max_uses), _USUAL_ROUNDS)
    return rounds * 2 if compacts(asked.context_management) else rounds


def is_providers(tool: Any) -> bool:
    """Say whether the vendor runs a tool of this type itself."""
    return isinstance(tool, str) and not tool.startswith(_RUN_BY_CLIENT)


def compacts(context_management: Any) -> bool:
    """Say whether a prompt that has become too long is summed up first, which is one more reading of it.

    Source: https://platform.claude.com/docs/en/build-with-claude/compaction (read 2026-11-26).
    """
    edits = shapes.objects(shapes.section(context_management).get("edits"))
    return any(shapes.text(edit.get("type")).startswith("compact") for edit in edits)


def _size(body: bytes | Sized, rates: Rates) -> int:
    return rates.size(body) if isinstance(body, bytes) else body.size


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
    if body.rfind(b'"type"') >= 0 or body.rfind(b'"plugins"') >= 0:
        return True
    return body.rfind(b"\\u00") >= 0  # spelled so that it cannot be found


def chat_size(body: bytes | Sized, model: str, rates: Rates) -> PromptSize:
    """Return how much a chat is."""
    size = _size(body, rates)
    plain = PromptSize(size // rates.per_token + rates.message)
    if not isinstance(body, bytes):
        return plain
    if not has_parts(body):
        return PromptSize(_close_size(body)) if rates is TIGHT else plain
    try:
        chat = _read_chat(body)
    except _UNREADABLE:
        return plain
    tally = _Tally(model, rates)
    for message in chat.messages:
        tally.content(message.content)
    tally.content(chat.system)
    text = (size - tally.hidden) // rates.per_token + rates.message
    tokens = (text if rates is not TIGHT else _close_size(body)) + tally.tokens
    if not chat.tools:
        return PromptSize(tokens, tally.audio)
    searches = _searches(bytes(chat.tools))
    return PromptSize(tokens + rates.tools + searches * _TOKENS_PER_SEARCH, tally.audio, searches)


def _close_size(body: bytes) -> int:
    """Return the most tokens that a chat is but for its media: its texts, and what it says of tools and schemas."""
    try:
        document: Any = msgspec.json.decode(body)
    except _UNREADABLE:
        document = None
    if not isinstance(document, dict):
        return most_tokens(body)
    chat = cast("dict[str, Any]", document)
    messages = chat.get("messages")
    number = len(cast("list[Any]", messages)) if isinstance(messages, list) else 0
    tokens = sum(map(most_tokens, _close_texts([messages, chat.get("system")])))
    others: list[Any] = [
        v for k, v in chat.items() if isinstance(v, dict | list) and k not in _NO_PROMPT
    ]
    return tokens + most_tokens(msgspec.json.encode(others)) + TIGHT.message * (number + 1)


_NO_PROMPT: Final = frozenset({"messages", "system", "stream_options", "metadata", "logit_bias"})


def _close_texts(values: Iterable[Any]) -> Iterable[str]:
    """Yield all that a model may read of some messages: texts, numbers, and the names in what is no message or part."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting.extend(cast("list[Any]", value))
        elif isinstance(value, dict):
            part = cast("dict[str, Any]", value)
            kind = shapes.text(part.get("type"))
            if kind in _FILES and b'"text/plain"' in msgspec.json.encode(part):
                kind = ""
            if kind not in _NO_TEXT:
                waiting.extend(part.values() if "role" in part or kind else [*part, *part.values()])
        elif value is not None:
            yield str(value)


def _searches(tools: bytes) -> int:
    """Return how often the vendor may search, or fetch, for one answer."""
    if not any(name.encode() in tools for name in _SEARCHES):
        return 0
    try:
        known = [tool for tool in _read_tools(tools) if isinstance(tool.type, str)]
    except _UNREADABLE:
        return 0
    return sum(
        max(shapes.count(tool.max_uses), 0) or _USUAL_SEARCHES
        for tool in known
        if tool.type.startswith(_SEARCHES)
    )


class _Tally:
    """Adds up the parts that are no text: what is `hidden` of the body's size counts as `tokens` instead."""

    __slots__ = ("_image", "_rates", "audio", "hidden", "tokens")

    def __init__(self, model: str, rates: Rates) -> None:
        self._rates = rates
        self._image = rates.large_image if _counts_images_dearly(model) else rates.image
        self.hidden = 0
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
            self._hide(raw, rates.small_image if low else self._image)
        elif part.type in _AUDIO:
            self.audio = True
            self._hide(raw, size // rates.audio_bytes_per_token)
        elif part.type in _FILES:
            if b'"text/plain"' not in bytes(raw):
                self._hide(raw, max(rates.file, size // rates.file_bytes_per_token))
        elif part.content:
            self.content(part.content)

    def _hide(self, raw: msgspec.Raw, tokens: int) -> None:
        self.hidden += self._rates.size(bytes(raw))
        self.tokens += tokens


def _counts_images_dearly(model: str) -> bool:
    return model.startswith(_LARGE_IMAGES[0]) or _LARGE_IMAGES[1] in model


def _likely_chat(body: bytes | Sized, model: str) -> int:
    """Return the likely number of tokens of a chat: its texts, decoded, and what is no text."""
    if not isinstance(body, bytes):
        return body.size // CHARGING.per_token
    try:
        document: Any = msgspec.json.decode(body)
    except _UNREADABLE:
        return len(body) // CHARGING.per_token
    if not isinstance(document, dict):
        return 0
    chat = cast("dict[str, Any]", document)
    messages = chat.get("messages")
    number = len(cast("list[Any]", messages)) if isinstance(messages, list) else 0
    size = sum(map(text_bytes, _texts([messages, chat.get("system")])))
    tools = chat.get("tools") or chat.get("functions")
    tools_bytes = len(msgspec.json.encode(tools)) if tools else 0
    tally = _Tally(model, CHARGING)
    if has_parts(body):
        read = _read_leniently(body)
        for raw in [message.content for message in read.messages] + [read.system]:
            tally.content(raw)
    text_tokens = size / CHARGING.per_token + tools_bytes / _TOOL_BYTES_PER_TOKEN
    return round(text_tokens) + tally.tokens + CHARGING.message * number + _ANSWER_BEGINS


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
            if shapes.text(part.get("type")) not in _NO_TEXT:
                waiting.extend(held for key, held in part.items() if key not in _NO_TEXT_KEYS)


def read_prompt(body: bytes | Sized) -> Prompt:
    """Return what stands in a request without messages; nothing if that cannot be read."""
    if not isinstance(body, bytes):
        return Prompt()
    try:
        return _read_prompt(body)
    except _UNREADABLE:
        return Prompt()


def _prompt_tokens(prompt: Prompt, rates: Rates) -> int:
    """Count a completion's prompt or an embedding's input: texts, tokens, or lists of them."""
    tokens, size, texts = 0, 0, 0
    waiting: list[Any] = [prompt.prompt, prompt.input, prompt.suffix]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            size += rates.size(value)
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
    return tokens + size // rates.per_token + texts
