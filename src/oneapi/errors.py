"""The error tree: what can go wrong, and the status, type and code a client sees for it.

Raised where known; caught in three places only: `relay.attempts` (try another channel?),
`relay.delivery` (after the first byte) and one handler per plane. Rendering into a client's dialect is
`wire`'s job.

    GatewayError                 anything we answer with an error body
    ├── InvalidRequest      400  the client's document is wrong; `param` names the field
    ├── Unauthorized        401  no key, or one that may not be used any more
    ├── Forbidden           403  the key is good, this use of it is not
    │   └── InsufficientQuota    the balance (or the key's own limit) does not cover the request
    ├── NotFound            404  path or model
    ├── MethodNotAllowed    405
    ├── RequestTimedOut     408
    ├── PayloadTooLarge     413
    ├── NotImplementedHere  501
    ├── HttpVersionNotSupported  505
    ├── Unavailable         503  we cannot serve this now (no channel, database away); may carry `retry_after`
    │   ├── StorageFailed        charges cannot be written down: the disk is full
    │   └── Saturated            every channel rests; carries `retry_after`
    └── UpstreamError            the vendor's answer; adds the vendor's facts
        ├── UpstreamTimeout 504
        └── Truncated       502  the vendor broke off after it had begun
"""


class GatewayError(Exception):
    """Anything a client is told as an error; class attributes are the defaults of each kind."""

    status: int = 500
    type: str = "one_api_error"
    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after  # seconds
        if status is not None:
            self.status = status
        if type is not None:
            self.type = type
        if code is not None:
            self.code = code


class InvalidRequest(GatewayError):
    """The client's own mistake, or what no vendor that serves the model can be told."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request"


class Unauthorized(GatewayError):
    """No key, an unknown key, or one that is disabled, expired or exhausted."""

    status = 401
    code = "invalid_api_key"


class Forbidden(GatewayError):
    """The key is known but may not do this."""

    status = 403
    code = "forbidden"


class InsufficientQuota(Forbidden):
    """Neither lease nor account covers the ceiling of this request: `needed` is that, `left` what there is, in quota."""

    code = "insufficient_user_quota"

    def __init__(self, whose: str, needed: int, left: int, *, code: str | None = None) -> None:
        super().__init__(
            f"{whose} is not enough: the request may cost up to {needed}, {left} is left", code=code
        )
        self.whose = whose
        self.needed = needed
        self.left = left


class NotFound(GatewayError):
    """No such path or model."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class MethodNotAllowed(GatewayError):
    """The path exists, the method does not; the answer's `Allow` names those that do."""

    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class RequestTimedOut(GatewayError):
    """The client did not send its request in time."""

    status = 408
    type = "invalid_request_error"
    code = "request_timeout"


class PayloadTooLarge(GatewayError):
    """The body is larger than the configured limit."""

    status = 413
    type = "invalid_request_error"
    code = "payload_too_large"


class NotImplementedHere(GatewayError):
    """An OpenAI endpoint that this gateway knows and does not serve."""

    status = 501
    code = "api_not_implemented"


class HttpVersionNotSupported(GatewayError):
    """The client speaks another HTTP than 1.0 and 1.1."""

    status = 505
    type = "invalid_request_error"
    code = "http_version_not_supported"


class Unavailable(GatewayError):
    """We cannot serve this now; the same request may succeed later."""

    status = 503
    code = "service_unavailable"


class StorageFailed(Unavailable):
    """What has to be kept cannot be written, mostly because the disk is full; then the code is `disk_full`."""

    code = "storage_failed"


class Saturated(Unavailable):
    """Every channel that could serve this is resting."""

    code = "channels_resting"


class UpstreamError(GatewayError):
    """What a vendor answered instead of a result.

    `retryable`: another channel may succeed. `channel_at_fault`: counts against the channel's health
    (never the client's own mistakes). `auth_failed`: the vendor refused the channel's key itself.
    `body`: the vendor's own error body, when it is JSON, for clients of the same dialect. `said`: whatever its body was.
    `request_id`: the vendor's. `vendor_status`: what it answered with, or named in its error; 0 when it has not answered.
    """

    status = 502
    type = "upstream_error"
    code = "bad_response_status_code"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        retryable: bool = True,
        channel_at_fault: bool = True,
        auth_failed: bool = False,
        body: bytes | None = None,
        said: bytes = b"",
        request_id: str = "",
        vendor_status: int = 0,
    ) -> None:
        super().__init__(
            message, status=status, type=type, code=code, param=param, retry_after=retry_after
        )
        self.retryable = retryable
        self.channel_at_fault = channel_at_fault
        self.auth_failed = auth_failed
        self.body = body
        self.said = said
        self.request_id = request_id
        self.vendor_status = vendor_status


class UpstreamTimeout(UpstreamError):
    """The vendor did not connect, answer or go on in time."""

    status = 504
    code = "upstream_timeout"


class Truncated(UpstreamError):
    """The vendor closed the connection, or stopped, before the answer was complete."""

    code = "upstream_truncated"
