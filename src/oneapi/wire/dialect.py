"""What a client dialect does: read a client's request, and say answers and errors in the client's words.

`Envelope` is the little that routing, metering and admission need to know about a request; the rest
of it is decoded only when it has to be changed.
"""

from typing import Annotated, Any, Final, Protocol

import msgspec

from oneapi.errors import GatewayError
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.shapes import count, section
from oneapi.wire.textmeter import text_bytes
from oneapi.wire.usage import Usage

MAX_LIMIT = 1_073_741_823  # the largest `max_tokens` that One API accepts
Limit = Annotated[int, msgspec.Meta(ge=0, le=MAX_LIMIT)]
# llama.cpp and Ollama take -1 for no limit, and -2 for as much as the context holds.
NativeLimit = Annotated[int, msgspec.Meta(ge=-2, le=MAX_LIMIT)]
Answers = Annotated[int, msgspec.Meta(ge=0, le=128)]
# Every word in which a vendor takes the limit of an answer. The last five are native to the servers behind compatible
# endpoints, which read them beside OpenAI's: the Responses API's, text-generation-inference's, Anthropic's old completions',
# llama.cpp's (it beats `max_tokens`), Ollama's.
# Sources: https://platform.openai.com/docs/api-reference/chat/create, https://github.com/ggml-org/llama.cpp/blob/master/tools/server
# (`json_value(data, "n_predict", json_value(data, "max_tokens", …))`) (read 2026-11-26).
LIMITS: Final = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "max_tokens_to_sample",
    "n_predict",
    "num_predict",
)


class StreamOptions(msgspec.Struct, frozen=True):
    """What a client wants besides the answer's text."""

    include_usage: bool | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A request's outside. `characters`, `size` and `quality` matter to speech and images only.

    `stream_options` is unset when the document does not name them: nobody may then name them twice.
    """

    model: str = ""
    stream_flag: bool | None = msgspec.field(default=None, name="stream")
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=128)] | None = None
    stream_options: StreamOptions | msgspec.UnsetType | None = msgspec.UNSET
    # What seldom is said, and makes the answer longer or dearer; see `SELDOM`.
    max_output_tokens: Limit | None = None
    max_new_tokens: Limit | None = None
    max_tokens_to_sample: Limit | None = None
    n_predict: NativeLimit | None = None
    num_predict: NativeLimit | None = None
    best_of: Answers | None = None
    num_return_sequences: Answers | None = None
    num_generations: Answers | None = None
    candidate_count: Answers | None = None
    thinking: Any = None
    thinking_budget: Any = None
    reasoning: Any = None
    prediction: Any = None
    audio: Any = None
    web_search_options: Any = None
    models: Any = None
    fallbacks: Any = None
    service_tier: Any = None
    speed: Any = None
    inference_geo: Any = None
    context_management: Any = None

    @property
    def stream(self) -> bool:
        """Whether the client wants a stream of events."""
        return self.stream_flag is True

    @property
    def shows_usage(self) -> bool:
        """Whether a stream's usage is shown to the client."""
        options = self.stream_options
        return isinstance(options, StreamOptions) and options.include_usage is True

    @property
    def output_limit(self) -> int | None:
        """The smallest limit of an answer that the client named, in whatever word; `None` if it named none."""
        named = [limit for name in LIMITS if (limit := getattr(self, name)) and limit > 0]
        return min(named, default=None)

    def says_limit(self, words: frozenset[str]) -> bool:
        """Say whether the limit stands in the body once, in one of these words: then it may travel as it is."""
        named = [name for name in LIMITS if getattr(self, name) is not None]
        return len(named) == 1 and named[0] in words

    @property
    def output_beside(self) -> int:
        """How many tokens an answer may have beside its limit, in all.

        Anthropic's and OpenRouter's thinking is a part of the limit unless the budget is larger (interleaved thinking);
        Qwen's is not; a prediction that does not come true is paid like output.
        Sources: https://platform.claude.com/docs/en/build-with-claude/extended-thinking,
        https://openrouter.ai/docs/use-cases/reasoning-tokens, https://help.aliyun.com/zh/model-studio/deep-thinking,
        https://platform.openai.com/docs/guides/predicted-outputs (read 2026-11-26).
        """
        inside = max(
            count(section(self.thinking).get("budget_tokens")),
            count(section(self.reasoning).get("max_tokens")),
        )
        limit = self.output_limit
        beside = inside if limit is not None and inside >= limit else 0
        beside += max(count(self.thinking_budget), 0)
        if self.prediction is not None:
            beside += text_bytes(msgspec.json.encode(self.prediction))
        return min(beside, MAX_LIMIT)

    @property
    def answers(self) -> int:
        """How many answers (or images) are made for the client, whether it gets them all or the best."""
        said = (self.n, self.best_of, self.num_return_sequences, self.num_generations)
        return max(1, *(count or 0 for count in (*said, self.candidate_count)))

    @property
    def characters(self) -> int:
        """How many characters a speech request wants spoken."""
        return 0


# Where the seldom fields stand among an envelope's values, of whatever kind it is; and what an ordinary request says there.
SELDOM: Final = slice(
    Envelope.__struct_fields__.index("max_output_tokens"), len(Envelope.__struct_fields__)
)
NOTHING_SELDOM: Final[tuple[object, ...]] = (None,) * (SELDOM.stop - SELDOM.start)


class PlainEnvelope(Envelope, frozen=True, kw_only=True):
    """A chat's outside that says nothing seldom, kept for other requests that say the same; no document is read as one.

    `bound` is how many tokens all its answers have at most, 0 if it names no limit.
    """

    bound: int
    usage_shown: bool

    @classmethod
    def of(cls, envelope: Envelope, bound: int) -> "PlainEnvelope":
        """Return what is kept of an envelope."""
        return cls(
            model=envelope.model,
            stream_flag=envelope.stream_flag,
            max_tokens=envelope.max_tokens,
            max_completion_tokens=envelope.max_completion_tokens,
            n=envelope.n,
            stream_options=envelope.stream_options,
            bound=bound,
            usage_shown=envelope.shows_usage,
        )

    @property
    def shows_usage(self) -> bool:
        """Whether a stream's usage is shown to the client: in some dialects always."""
        return self.usage_shown


class Asked(Protocol):
    """What a stream encoder must know of the request; `providers.base.Call` is one."""

    @property
    def asked_model(self) -> str: ...
    @property
    def shows_usage(self) -> bool: ...
    @property
    def request_id(self) -> str: ...
    @property
    def created(self) -> int: ...
    @property
    def input_estimate(self) -> int: ...


class StreamEncoder(Protocol):
    """Canonical chunks in, the client's bytes out."""

    @property
    def output_tokens(self) -> int:
        """Return an estimate of the tokens delivered so far."""
        ...

    def feed(self, chunk: dict[str, Any]) -> bytes:
        """Return what one canonical chunk is in the client's dialect (possibly nothing)."""
        ...

    def finish(self) -> bytes:
        """Return the normal end of the stream."""
        ...


class ClientDialect(Protocol):
    """A client's wire format."""

    name: str

    def envelope(self, body: bytes, endpoint: Endpoint = Endpoint.CHAT) -> Envelope:
        """Read a request's outside; raise `InvalidRequest` naming the field that is wrong."""
        ...

    def to_canonical(self, body: bytes) -> dict[str, Any]:
        """Return a chat request in canonical form; raise `InvalidRequest` if it cannot be understood."""
        ...

    def render(self, document: dict[str, Any], usage: Usage | None) -> bytes:
        """Return a whole canonical reply in the client's dialect."""
        ...

    def stream(self, call: Asked) -> StreamEncoder:
        """Return the state machine that says canonical chunks in the client's dialect."""
        ...

    def keepalive(self, endpoint: Endpoint, model: str, request_id: str, created: int) -> bytes:
        """Return what is sent while there is nothing to say: no reader may take it for text, or stumble over it."""
        ...

    def error(self, error: GatewayError, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        ...

    def error_event(self, error: GatewayError, request_id: str) -> bytes:
        """Return an error inside a stream that has begun."""
        ...
