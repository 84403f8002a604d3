"""The words every dialect is written in: `Provider`, `Target`, `Call`, `UpstreamRequest`, `Dialect`.

Pure values and interfaces: no sockets, no clock, no randomness. The canonical form of a chat is OpenAI's JSON as
plain dicts; see `wire.canonical` for the named extra fields that carry what OpenAI's form cannot.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from oneapi.errors import UpstreamError
from oneapi.providers.provider import Headers, Provider, Service
from oneapi.providers.quirks import NO_FIELDS
from oneapi.providers.secret import Secret
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.sse import Event
from oneapi.wire.usage import Usage

Document = dict[str, Any]

NOTHING: Final[dict[Any, Any]] = {}  # for who has none; nobody changes it
GUARDED: Final = "guarded:"  # before a proxy, or instead of one: where it leads is somebody else's word than root's


class Observed:
    """What a vendor has shown of itself at one target; kept as long as the channel's row stays as it is.

    `refused`: by service and model, what of ours it did not take (see `Quirks.omits`). `sends_reasoning`: the models
    whose answers had `reasoning_content`. `hidden_reasoning`: by model, how many tokens a second are thought before the
    first text, counted and not shown. `faceless`: by client path and model, what its first face has and the other has not.
    """

    __slots__ = ("faceless", "hidden_reasoning", "refused", "sends_reasoning")

    def __init__(self) -> None:
        self.refused: Final[dict[tuple[Service, str], frozenset[str]]] = {}
        self.sends_reasoning: Final[set[str]] = set()
        self.faceless: Final[set[tuple[Any, str]]] = set()
        self.hidden_reasoning: Final[dict[str, float]] = {}


class Target:
    """One channel as a dialect sees it: where to, with which key, configured how.

    `memo` is the dialect's own: what it has worked out from this target before (a URL, headers). `adjustments`: what its
    operator has it do otherwise (`providers.adjusting.Adjustments`), mostly `None`.
    """

    __slots__ = (
        "adjustments",
        "base_url",
        "channel_id",
        "config",
        "key",
        "memo",
        "observed",
        "provider",
    )

    def __init__(
        self,
        channel_id: int,
        provider: Provider,
        base_url: str,
        key: Secret,
        config: dict[str, str] = NOTHING,
        adjustments: Any = None,
    ) -> None:
        self.adjustments: Final = adjustments
        self.channel_id: Final = channel_id
        self.provider: Final = provider
        self.base_url: Final = base_url
        self.key: Final = key
        self.config: Final = config
        self.memo: Final[dict[Any, Any]] = {}
        self.observed = Observed()


class Call:
    """One client request, addressed to one service of one channel.

    `body` is what the client sent (bytes; for multipart endpoints a source that `upstream` can send again and
    again, see `upstream.bodies`). `document` is `None` in the fast lane (client and vendor speak the same dialect
    and nothing has to be decoded); otherwise the canonical document, not to be changed in place.
    `model` is what the vendor calls the model, `asked_model` what the client asked for. `max_output_tokens` is set
    when the gateway says the limit: the client named none and the balance is small, or it named several. It is sent under
    the one word that the vendor obeys, and every other word for it is left out. `system_prompt` is the
    channel's forced one. `headers` are the client's headers that may travel (lower-case names). `created` is unix
    seconds, for the ids and dates that a converted answer needs. `has_stream_options` is false when the client's document is
    known to have none, which saves looking for them. `input_estimate` (tokens) is for answers that begin with the count.
    `adapted` is what this attempt does otherwise because the vendor has just refused it (see `Dialect.adapt`).
    `client_headers` are all that the client sent, for the conditions of a channel's operations; `operated` says which of
    these its request went through.
    """

    __slots__ = (
        "adapted",
        "asked_model",
        "body",
        "client_headers",
        "content_type",
        "created",
        "document",
        "endpoint",
        "has_stream_options",
        "headers",
        "input_estimate",
        "max_output_tokens",
        "model",
        "operated",
        "query",
        "request_id",
        "service",
        "shows_usage",
        "stream",
        "system_prompt",
        "target",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        service: Service,
        target: Target,
        model: str,
        asked_model: str,
        stream: bool,
        body: Any,
        document: Document | None = None,
        content_type: str = "application/json",
        shows_usage: bool = True,
        max_output_tokens: int | None = None,
        system_prompt: str | None = None,
        headers: Mapping[str, str] = NOTHING,
        query: str = "",
        request_id: str = "",
        created: int = 0,
        has_stream_options: bool = True,
        input_estimate: int = 0,
        adapted: frozenset[str] = NO_FIELDS,
        client_headers: Mapping[bytes, bytes] = NOTHING,
    ) -> None:
        self.endpoint: Final = endpoint
        self.service: Final = service
        self.target: Final = target
        self.model: Final = model
        self.asked_model: Final = asked_model
        self.stream: Final = stream
        self.body: Final = body
        self.document: Final = document
        self.content_type: Final = content_type
        self.shows_usage: Final = shows_usage
        self.max_output_tokens: Final = max_output_tokens
        self.system_prompt: Final = system_prompt
        self.headers: Final = headers
        self.query: Final = query
        self.request_id: Final = request_id
        self.created: Final = created
        self.has_stream_options: Final = has_stream_options
        self.input_estimate: Final = input_estimate
        self.adapted: Final = adapted
        self.client_headers: Final = client_headers
        self.operated: tuple[str, ...] = ()

    @property
    def reasoning(self) -> str:
        """How the client gets what the model thinks (`wire.reasoning`), blank for as it comes."""
        adjustments = self.target.adjustments
        if adjustments is None or self.endpoint is not Endpoint.CHAT:
            return ""
        return str(adjustments.reasoning)


class UpstreamRequest:
    """What goes to the vendor. `headers` never contains Host, Content-Length or Transfer-Encoding."""

    __slots__ = ("body", "headers", "method", "url")

    def __init__(self, method: str, url: str, headers: Headers, body: Any = b"") -> None:
        self.method: Final = method
        self.url: Final = url
        self.headers: Final = headers
        self.body: Final = body


class Reply:
    """A whole answer in canonical form (OpenAI chat completion), and what it consumed (`None`: not said)."""

    __slots__ = ("document", "usage")

    def __init__(self, document: Document, usage: Usage | None) -> None:
        self.document: Final = document
        self.usage: Final = usage


class Progress(Protocol):
    """How far a vendor's stream has come.

    `usage` is the last one reported. `said`: something of an answer has come (a text, a thought, a tool call), not only what
    introduces it. `finished`: the vendor has said why the answer ended. `ended`: its end mark has come (`[DONE]`,
    `message_stop`), after which nothing is read. `tier`: in which the vendor says that it served (`wire.served_tiers`).
    """

    @property
    def usage(self) -> Usage | None: ...
    @property
    def tier(self) -> str: ...
    @property
    def said(self) -> bool: ...
    @property
    def finished(self) -> bool: ...
    @property
    def ended(self) -> bool: ...


class StreamDecoder(Progress, Protocol):
    """Vendor events in, canonical chunks out."""

    def feed(self, event: Event) -> list[Document]:
        """Return the canonical chunks of one event, none for what says nothing; raise `UpstreamError` for an error."""
        ...

    def finish(self) -> list[Document]:
        """The stream has ended: return what is left to say."""
        ...


class Watcher(Progress, Protocol):
    """The fast lane's eye on a stream that passes through.

    `output_tokens` estimates what has been delivered so far, for answers whose usage never comes; `counted_at` is what it
    was when the vendor last reported.
    """

    @property
    def output_tokens(self) -> int: ...
    @property
    def counted_at(self) -> int: ...

    def skim(self, events: bytes) -> int:
        """Return how many bytes at the beginning of some whole events need not be looked at: they pass unchanged."""
        ...

    def say(self, event: Event) -> bytes:
        """Return what the client gets of one event, possibly nothing; raise `UpstreamError` for an error."""
        ...

    def close(self) -> bytes:
        """The stream has ended: return what ends it for the client."""
        ...


class Dialect(Protocol):
    """A wire format: pure functions and small state machines, for the endpoints that it `serves`."""

    name: str
    serves: frozenset[Endpoint]

    def request(self, call: Call) -> UpstreamRequest:
        """Return the vendor's request; raise `InvalidRequest` naming the field for what cannot be said to it."""
        ...

    def response(self, call: Call, body: bytes) -> Reply:
        """Return the canonical reply of a whole chat answer; raise `UpstreamError` if it is not one."""
        ...

    def usage(self, call: Call, body: bytes) -> Usage | None:
        """Return the usage of a whole answer that passes through unchanged (any endpoint)."""
        ...

    def output_tokens(self, call: Call, body: bytes) -> int:
        """Estimate the tokens of a whole answer that passes through: of its texts, and nothing around them."""
        ...

    def hides_reasoning(self, call: Call) -> bool:
        """Say whether the model is known to count reasoning that it does not show."""
        ...

    def stream(self, call: Call) -> StreamDecoder:
        """Return the state machine that turns this vendor's events into canonical chunks."""
        ...

    def watch(self, call: Call) -> Watcher:
        """Return the fast lane's watcher."""
        ...

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """Return the vendor's refusal as an error: retryable, channel at fault, when again."""
        ...

    def adapt(self, call: Call, error: UpstreamError) -> frozenset[str]:
        """Return what to do otherwise in the same call, because the vendor refused something that is ours.

        It contains `call.adapted`; empty when the refusal is about something else, or nothing is left to change.
        """
        ...

    def adapted(self, call: Call) -> None:
        """The vendor took a call that was adapted: remember how."""
        ...
