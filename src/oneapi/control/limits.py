"""What a route does when somebody asks too often: the refusal, and the bucket of routes that guessing must not exhaust."""

from fastapi import Request

from oneapi.errors import GatewayError
from oneapi.store.rate_limit import RateLimiter
from oneapi.wire.client_address import counted_as


class TooManyRequests(GatewayError):
    """The client's address has used up its share for now; answered with an empty body."""

    status = 429

    def __init__(self, wait_seconds: int) -> None:
        super().__init__("too many requests", retry_after=wait_seconds)
        self.wait_seconds = wait_seconds


async def critical(request: Request) -> None:
    """Count one use of a route that guessing must not exhaust (passwords, codes): one bucket for all of them."""
    limiter: RateLimiter = request.app.state.critical
    wait = limiter.wait_seconds(counted_as(request.state.client.address))
    if wait:
        raise TooManyRequests(wait)
