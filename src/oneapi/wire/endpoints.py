"""What a client can ask for: an endpoint is a row here, and what an endpoint is stands in its row.

Whoever treats some endpoints apart (routes, prices, estimates, answers) asks for those that have a property, and names none.
Nothing here is read per request but the members of `Endpoint`: sets are made once, where they are used.
Source: the OpenAI API reference, https://platform.openai.com/docs/api-reference, and Anthropic's,
https://platform.claude.com/docs/en/api (read 2026-11-26).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from oneapi.wire.canonical import CHAT_CHUNK, TEXT_COMPLETION

OPENAI: Final = "openai"
ANTHROPIC: Final = "anthropic"


class Endpoint(StrEnum):
    """What the client wants done, whatever its dialect calls it."""

    CHAT = "chat"
    COUNT_TOKENS = "count_tokens"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    MODERATIONS = "moderations"
    EDITS = "edits"
    IMAGES = "images"
    IMAGE_EDITS = "image_edits"
    IMAGE_VARIATIONS = "image_variations"
    SPEECH = "speech"
    TRANSCRIPTIONS = "transcriptions"
    TRANSLATIONS = "translations"

    __hash__ = str.__hash__  # Enum's own is a Python function, and tables are looked up per request


class Body(StrEnum):
    """What a request is asked with, which says how its prompt is measured."""

    MESSAGES = "messages"  # JSON: a chat
    PROMPT = "prompt"  # JSON: texts, or numbers of tokens, in `prompt` or `input`
    SPOKEN = "spoken"  # JSON: a text in `input` that is measured by its characters
    DESCRIPTION = "description"  # JSON that is measured as it is
    RECORDING = "recording"  # a form with sound in it
    PICTURE = "picture"  # a form with pictures in it


class Answer(StrEnum):
    """What an answer is: in OpenAI's dialect the field without which it is none."""

    CHOICES = "choices"
    DATA = "data"
    RESULTS = "results"
    TEXT = "text"  # or no JSON at all: a text, subtitles
    SOUND = "sound"  # no JSON
    COUNT = "input_tokens"


class Unit(StrEnum):
    """What a request is charged by, where its vendor does not count tokens."""

    TEXT = "text"  # tokens read and written
    READ = "read"  # tokens read; nothing is written
    IMAGE = "image"
    SECOND = "second"
    CHARACTER = "character"
    NOTHING = "nothing"


class ClientPath:
    """A path that clients of a dialect may use; one value for each, compared by identity.

    `path` is a template of `{model}` where the model stands in it.
    """

    __slots__ = ("dialect", "endpoint", "path")

    def __init__(self, dialect: str, endpoint: Endpoint, path: str) -> None:
        self.dialect: Final = dialect
        self.endpoint: Final = endpoint
        self.path: Final = path

    def __repr__(self) -> str:
        return f"<{self.dialect} {self.path}>"


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint, and the paths under which clients ask for it, of each dialect the usual one first.

    `file_field`: where a form has its file. `default_model`: the one that is meant when none is named. `streams_by`: the
    field that asks for a stream, "" where there is none; `events`: how the events of such a stream are called in OpenAI's
    dialect. `limits`: the words for a limit of the answer that every vendor of the client's dialect obeys. `is_converted`:
    clients of one dialect are served by vendors of another.
    """

    endpoint: Endpoint
    paths: tuple[ClientPath, ...]
    body: Body
    answer: Answer
    unit: Unit
    file_field: str = ""
    default_model: str = ""
    streams_by: str = ""
    events: str = ""
    limits: frozenset[str] = frozenset()
    is_converted: bool = False


def _openai(  # noqa: PLR0913 - one per column of the row
    endpoint: Endpoint,
    suffix: str,
    body: Body,
    answer: Answer,
    unit: Unit,
    *also: ClientPath,
    file_field: str = "",
    default_model: str = "",
    streams_by: str = "",
    events: str = "",
    limits: tuple[str, ...] = (),
    is_converted: bool = False,
) -> EndpointRow:
    return EndpointRow(
        endpoint,
        (ClientPath(OPENAI, endpoint, f"/v1{suffix}"), *also),
        body,
        answer,
        unit,
        file_field,
        default_model,
        streams_by,
        events,
        frozenset(limits),
        is_converted,
    )


_COUNT_PATH: Final = ClientPath(ANTHROPIC, Endpoint.COUNT_TOKENS, "/v1/messages/count_tokens")
_ROWS: Final = (
    _openai(
        Endpoint.CHAT,
        "/chat/completions",
        Body.MESSAGES,
        Answer.CHOICES,
        Unit.TEXT,
        ClientPath(ANTHROPIC, Endpoint.CHAT, "/v1/messages"),
        streams_by="stream",
        events=CHAT_CHUNK,
        limits=("max_tokens", "max_completion_tokens"),
        is_converted=True,
    ),
    EndpointRow(Endpoint.COUNT_TOKENS, (_COUNT_PATH,), Body.MESSAGES, Answer.COUNT, Unit.NOTHING),
    _openai(
        Endpoint.COMPLETIONS,
        "/completions",
        Body.PROMPT,
        Answer.CHOICES,
        Unit.TEXT,
        streams_by="stream",
        events=TEXT_COMPLETION,
        limits=("max_tokens",),
    ),
    _openai(
        Endpoint.EMBEDDINGS,
        "/embeddings",
        Body.PROMPT,
        Answer.DATA,
        Unit.READ,
        ClientPath(OPENAI, Endpoint.EMBEDDINGS, "/v1/engines/{model}/embeddings"),
    ),
    _openai(
        Endpoint.MODERATIONS,
        "/moderations",
        Body.PROMPT,
        Answer.RESULTS,
        Unit.READ,
        default_model="text-moderation-latest",
    ),
    _openai(Endpoint.EDITS, "/edits", Body.DESCRIPTION, Answer.CHOICES, Unit.TEXT),
    _openai(
        Endpoint.IMAGES,
        "/images/generations",
        Body.DESCRIPTION,
        Answer.DATA,
        Unit.IMAGE,
        default_model="dall-e-2",
        streams_by="stream",
        events="image_generation",
    ),
    _openai(
        Endpoint.IMAGE_EDITS,
        "/images/edits",
        Body.PICTURE,
        Answer.DATA,
        Unit.IMAGE,
        file_field="image",
        default_model="dall-e-2",
        streams_by="stream",
        events="image_edit",
    ),
    _openai(
        Endpoint.IMAGE_VARIATIONS,
        "/images/variations",
        Body.PICTURE,
        Answer.DATA,
        Unit.IMAGE,
        file_field="image",
        default_model="dall-e-2",
    ),
    _openai(
        Endpoint.SPEECH,
        "/audio/speech",
        Body.SPOKEN,
        Answer.SOUND,
        Unit.CHARACTER,
        streams_by="stream_format",
        events="speech.audio",
    ),
    _openai(
        Endpoint.TRANSCRIPTIONS,
        "/audio/transcriptions",
        Body.RECORDING,
        Answer.TEXT,
        Unit.SECOND,
        file_field="file",
        default_model="whisper-1",
        streams_by="stream",
        events="transcript.text",
    ),
    _openai(
        Endpoint.TRANSLATIONS,
        "/audio/translations",
        Body.RECORDING,
        Answer.TEXT,
        Unit.SECOND,
        file_field="file",
        default_model="whisper-1",
    ),
)
ROWS: Final[Mapping[Endpoint, EndpointRow]] = {row.endpoint: row for row in _ROWS}
PATHS: Final = tuple(path for row in _ROWS for path in row.paths)


def client_path(dialect: str, endpoint: Endpoint) -> ClientPath:
    """Return the usual path of an endpoint in a dialect that has it."""
    return next(path for path in ROWS[endpoint].paths if path.dialect == dialect)


def spoken_in(dialect: str) -> frozenset[Endpoint]:
    """Return the endpoints that a dialect has."""
    return frozenset(path.endpoint for path in PATHS if path.dialect == dialect)


def endpoints(has: Callable[[EndpointRow], bool]) -> frozenset[Endpoint]:
    """Return the endpoints whose rows have something in common."""
    return frozenset(row.endpoint for row in _ROWS if has(row))


def charged_by(*units: Unit) -> frozenset[Endpoint]:
    """Return the endpoints that are charged by one of some units."""
    return endpoints(lambda row: row.unit in units)


def answered_with(*answers: Answer) -> frozenset[Endpoint]:
    """Return the endpoints whose answer is one of some kinds."""
    return endpoints(lambda row: row.answer in answers)


# The endpoints that answer in choices, and in chunks of them when they stream.
CHUNKED: Final = endpoints(lambda row: row.answer is Answer.CHOICES and row.streams_by != "")
