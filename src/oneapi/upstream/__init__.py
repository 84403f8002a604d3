"""The only door to vendors: an HTTP/1.1 client of our own, and proxies behind the same interface."""

from oneapi.upstream.bodies import Body, Edit, EditedBody, SpooledBody
from oneapi.upstream.client import UpstreamClient
from oneapi.upstream.limits import Limits, Timeouts
from oneapi.upstream.redirects import REDIRECTS, redirected
from oneapi.upstream.response import Exchange, UnansweredError, UpstreamResponse

__all__ = [
    "REDIRECTS",
    "Body",
    "Edit",
    "EditedBody",
    "Exchange",
    "Limits",
    "SpooledBody",
    "Timeouts",
    "UnansweredError",
    "UpstreamClient",
    "UpstreamResponse",
    "redirected",
]
