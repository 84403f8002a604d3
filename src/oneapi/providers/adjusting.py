"""A vendor's dialect as one channel speaks it: with the operations that its operator has put into the channel's `config`.

A channel without any speaks the dialect itself, so that nothing of this stands on its way.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from oneapi.errors import UpstreamError
from oneapi.providers.base import (
    Call,
    Dialect,
    Reply,
    StreamDecoder,
    UpstreamRequest,
    Watcher,
)
from oneapi.providers.operating import operated
from oneapi.providers.operations import Operation, OperationError, operations_in
from oneapi.providers.statuses import STATUS_MAPPING, Statuses, judge, statuses_in
from oneapi.wire.dialect import LIMITS
from oneapi.wire.reasoning import FORMS
from oneapi.wire.usage import Usage

OPERATIONS: Final = "operations"
REASONING: Final = "reasoning"
COST_FACTOR: Final = "cost_factor"
UNKNOWN_COST: Final = -1
_NAMES: Final = (OPERATIONS, STATUS_MAPPING, REASONING, COST_FACTOR)
_MOST_COST: Final = 1000
_ONE: Final = 10**9
NO_STATUSES: Final[Statuses] = {}
_LONG_CONTEXT: Final = "context-1m"  # an `anthropic-beta`, and the window it opens
_LONG_WINDOW: Final = 1_000_000


class Adjustments:
    """What a channel does otherwise than its vendor's row. `source`: what it was read from.

    `reasoning`: how clients get what a model thinks (`wire.reasoning`), blank for as it comes. `cost_factor`: what it costs
    its operator, in billionths of the list price.

    What it adds to what a request may cost, which is held: `instructions`, bytes; `limit`, the greatest output limit that it
    says, 0 for none; `window`, tokens, 0 for the model's own.
    """

    __slots__ = (
        "cost_factor",
        "instructions",
        "limit",
        "operations",
        "reasoning",
        "source",
        "statuses",
        "trouble",
        "window",
    )

    def __init__(
        self,
        operations: tuple[Operation, ...] = (),
        statuses: Statuses = NO_STATUSES,
        reasoning: str = "",
        cost_factor: int = UNKNOWN_COST,
        source: bytes = b"",
        trouble: str = "",
    ) -> None:
        self.operations: Final = operations
        self.source: Final = source
        self.statuses: Final = statuses
        self.reasoning: Final = reasoning
        self.cost_factor: Final = cost_factor
        self.trouble: Final = trouble
        values = [one.value for one in operations if one.value is not None]
        self.instructions: Final = sum(map(_added, operations))
        limits = [one.value for one in operations if one.path[0] in LIMITS]
        self.limit: Final[int] = max((n for n in limits if isinstance(n, int)), default=0)
        opens = any(isinstance(v, str) and _opens_long_context(v) for v in values)
        self.window: Final = _LONG_WINDOW if opens else 0

    @property
    def changes_requests(self) -> bool:
        """Whether requests are sent otherwise, or none can be."""
        return bool(self.operations or self.trouble)


def judged(error: UpstreamError, adjustments: Adjustments | None) -> str:
    """Change what is done about an error as its channel says; return what that is, blank for nothing."""
    return "" if adjustments is None else judge(error, adjustments.statuses)


def _opens_long_context(value: str) -> bool:
    """Say whether a header's value may ask for the longer window: in its own words, or in what a client puts into it."""
    return _LONG_CONTEXT in value or "{client_header:" in value


def _added(operation: Operation) -> int:
    """Return the most bytes that an operation puts into a body: its value, and all the names that lead there."""
    names = (*operation.path, *operation.target)
    return len(msgspec.json.encode((names, operation.value))) + 4 * len(names)


def check(config: Mapping[str, Any]) -> None:
    """Raise `OperationError` for what cannot be in a channel's `config`."""
    _read(config)


def adjustments_in(config: Mapping[str, Any]) -> Adjustments | None:
    """Return what a channel's `config` says, `None` if it is nothing; what cannot be read is said to whoever calls."""
    try:
        return _read(config)
    except OperationError as error:
        return Adjustments(source=msgspec.json.encode(config), trouble=str(error))


def _read(config: Mapping[str, Any]) -> Adjustments | None:
    said = {name: config[name] for name in _NAMES if config.get(name) not in (None, "", [], {})}
    if not said:
        return None
    return Adjustments(
        operations_in(said.get(OPERATIONS)),
        statuses_in(said.get(STATUS_MAPPING)),
        _reasoning(said.get(REASONING)),
        _cost_factor(said.get(COST_FACTOR)),
        msgspec.json.encode(said),
    )


def _reasoning(said: Any) -> str:
    if said is None or said in FORMS:
        return said or ""
    raise OperationError(REASONING, f"must be one of {', '.join(FORMS)}")


def _cost_factor(said: Any) -> int:
    if said is None:
        return UNKNOWN_COST
    try:
        factor = Decimal(str(said)) if isinstance(said, int | float | str) else Decimal("NaN")
    except InvalidOperation:
        factor = Decimal("NaN")
    if isinstance(said, bool) or not factor.is_finite() or not 0 <= factor <= _MOST_COST:
        raise OperationError(COST_FACTOR, f"must be a number from 0 to {_MOST_COST}, or nothing")
    return int(factor * _ONE)


class AdjustedDialect:
    """See `providers.base.Dialect`."""

    def __init__(self, dialect: Dialect, adjustments: Adjustments) -> None:
        self.name = dialect.name
        self.serves = dialect.serves
        self._dialect: Final = dialect
        self._adjustments: Final = adjustments

    def request(self, call: Call) -> UpstreamRequest:
        """Return the vendor's request as the channel's operations make it."""
        adjustments = self._adjustments
        if adjustments.trouble:
            raise UpstreamError(
                f"the channel's config cannot be read: {adjustments.trouble}",
                status=503,
                type="one_api_error",
                code="channel_misconfigured",
            )
        request = self._dialect.request(call)
        return operated(request, call, adjustments.operations)

    def response(self, call: Call, body: bytes) -> Reply:
        """Return the canonical reply of a whole chat answer."""
        return self._dialect.response(call, body)

    def usage(self, call: Call, body: bytes) -> Usage | None:
        """Return the usage of a whole answer that passes through unchanged."""
        return self._dialect.usage(call, body)

    def output_tokens(self, call: Call, body: bytes) -> int:
        """Estimate the tokens of a whole answer that passes through."""
        return self._dialect.output_tokens(call, body)

    def hides_reasoning(self, call: Call) -> bool:
        """Say whether the model is known to count reasoning that it does not show."""
        return self._dialect.hides_reasoning(call)

    def stream(self, call: Call) -> StreamDecoder:
        """Return the state machine that turns this vendor's events into canonical chunks."""
        return self._dialect.stream(call)

    def watch(self, call: Call) -> Watcher:
        """Return the fast lane's watcher."""
        return self._dialect.watch(call)

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> UpstreamError:
        """Return the vendor's refusal as an error."""
        return self._dialect.error(status, headers, body)

    def adapt(self, call: Call, error: UpstreamError) -> frozenset[str]:
        """Return what to do otherwise in the same call."""
        return self._dialect.adapt(call, error)

    def adapted(self, call: Call) -> None:
        """The vendor took a call that was adapted."""
        self._dialect.adapted(call)
