"""How an admitted request ends that is not charged: what its client is told, and what the log keeps of it."""

import asyncio

from msgspec.structs import replace

from oneapi.errors import GatewayError, Unavailable, UpstreamError
from oneapi.ledger import Facts, Failure, Hold
from oneapi.ledger.entry import CLIENT_LEFT, LEFT
from oneapi.relay.job import Job

MESSAGE_LENGTH = 400  # characters of an error that the log keeps


def as_told(error: Exception) -> GatewayError:
    """Return an error as a client may see it."""
    if not isinstance(error, GatewayError):
        return GatewayError("the gateway failed on this request", code="internal_error")
    if isinstance(error, UpstreamError) and error.auth_failed:
        return _channel_refused(error)
    return error


def _channel_refused(error: UpstreamError) -> UpstreamError:
    """Say that the vendor refused the channel's key; as it came, a client would take it for its own."""
    return UpstreamError(
        f"the vendor refused the channel's key: {error.message}",
        status=502,
        code="channel_key_refused",
        request_id=error.request_id,
    )


def fail(job: Job, error: BaseException | None, now: float) -> None:
    """Give the hold back, if it is still open, and keep why. `now`: monotonic seconds.

    Without an error, the client has left or we are shutting down.
    """
    if not job.hold.is_open:
        return
    request, attempts = job.request, tuple(job.attempts)
    facts = Facts(
        model=job.route[1],
        channel_id=attempts[-1][0] if attempts else 0,
        is_stream=job.stream,
        elapsed_ms=int((now - request.arrived) * 1000),
        created_at=request.created_at,
        ended="failed",
        attempts=attempts,
        asked_model=job.route[1],
        endpoint=str(job.endpoint),
        vendor_request_id=error.request_id if isinstance(error, UpstreamError) else "",
        choice=job.choice,
        errors=job.errors,
        operations=job.operated,
    )
    end(job.hold, facts, error, left=job.responder.left)


def end(hold: Hold, facts: Facts, error: BaseException | None, *, left: bool) -> None:
    """Give an open hold back: its request failed with `error`, or its client has left."""
    if left:
        facts = _ended(facts, CLIENT_LEFT)
        hold.fail(facts, Failure(LEFT, CLIENT_LEFT, "the client closed the connection"))
        return
    if error is None or isinstance(error, asyncio.CancelledError):
        facts = _ended(facts, "shutdown")
        error = Unavailable("the gateway is stopping")
    assert isinstance(error, Exception), "nothing else ends a request"
    told = as_told(error)
    failure = Failure(told.status, told.code or told.type, told.message[:MESSAGE_LENGTH])
    hold.fail(facts, failure)


def _ended(facts: Facts, rule: str) -> Facts:
    return replace(facts, ended=rule)
