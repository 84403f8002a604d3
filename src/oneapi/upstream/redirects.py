"""Which redirects of a vendor are followed: those that keep method and body, at the same host, a few in a row.

The request carries the channel's key, so it goes nowhere that the operator has not named: another host, another port, or
from https to http is refused, and the error says where to.
Source: RFC 9110 §15.4.8 and §15.4.9 (read 2026-11-26).
"""

from typing import Final
from urllib.parse import urljoin

from oneapi.errors import InvalidRequest, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream.heads import Origin, located

REDIRECTS: Final = frozenset({307, 308})
MAX_HOPS: Final = 3


def redirected(request: UpstreamRequest, location: str | None) -> UpstreamRequest | None:
    """Return the same request to where its vendor points, `None` if it must not go there."""
    if not location:
        return None
    try:
        url = urljoin(request.url, location).partition("#")[0]
        before, after = located(request.url)[0], located(url)[0]
    except (InvalidRequest, UpstreamError, ValueError):
        return None
    if not _is_same_place(before, after):
        return None
    return UpstreamRequest(request.method, url, request.headers, request.body)


def _is_same_place(before: Origin, after: Origin) -> bool:
    if before.host.lower() != after.host.lower():
        return False
    if before.scheme == after.scheme:
        return before.port == after.port
    return after.scheme == "https"
