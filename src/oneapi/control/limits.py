"""What a route does when somebody asks too often: the refusal, and the buckets of what guessing must not exhaust."""

import unicodedata

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


def count_guess(request: Request, name: str) -> None:
    """Count a password that somebody tries for an account, from wherever they do; `take_back_guess` if it was right."""
    accounts: RateLimiter = request.app.state.accounts
    wait = accounts.wait_seconds(_alike(name))
    if wait:
        raise TooManyRequests(wait)


def take_back_guess(request: Request, name: str) -> None:
    """Forget the last guess: the password was right."""
    accounts: RateLimiter = request.app.state.accounts
    accounts.forgive(_alike(name))


def _alike(name: str) -> str:
    """Return what is the same for all names that one of the three databases may take for one account's."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip()
