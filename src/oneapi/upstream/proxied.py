"""Requests through an HTTP or SOCKS proxy: aiohttp behind the interface of `UpstreamResponse`.

Slower than our own connections, and imported only when a proxy is configured. The proxy's address
may hold credentials, so it never appears in a message.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream.bodies import Body
from oneapi.upstream.connection import MAX_HEAD_BYTES, MAX_HEADERS, timeout
from oneapi.upstream.decoding import decoder
from oneapi.upstream.heads import cleaned, located
from oneapi.upstream.limits import Timeouts
from oneapi.upstream.response import Sink

BUFFER_BYTES = 64 << 10
# aiohttp_socks knows no spelling for "the proxy resolves names"; here it always does.
_SOCKS = {"socks5": "socks5", "socks5h": "socks5", "socks4": "socks4", "socks4a": "socks4"}


class ProxiedClient:
    """All connections through one proxy."""

    def __init__(self, proxy: str, context: ssl.SSLContext, idle_seconds: float) -> None:
        parts = urlsplit(proxy)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname)
        self._proxy = proxy if is_http else None
        if is_http:
            connector = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=idle_seconds)
        else:
            connector = _socks_connector(proxy, context, idle_seconds)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=BUFFER_BYTES,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            max_headers=MAX_HEADERS,
            skip_auto_headers=("Accept", "Content-Type"),
        )

    async def send(self, request: UpstreamRequest, timeouts: Timeouts) -> "ProxiedResponse":
        """See `UpstreamClient.send`."""
        origin, target = located(request.url)
        host = origin.label
        headers = [(name, value.decode("latin-1")) for name, value in cleaned(request.headers)]
        headers.append(("Accept-Encoding", "identity"))
        body: Any = request.body
        if isinstance(body, Body):
            headers.append(("Content-Length", str(body.size)))
            body = _pieces(body)
        with _translated(host, timeouts):
            answer = await self._session.request(
                request.method,
                URL(f"{origin.scheme}://{host}{target}", encoded=True),
                headers=headers,
                data=body or None,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=timeouts.total or None,
                    connect=timeouts.connect,
                    sock_read=timeouts.first_byte,
                ),
            )
        try:
            return ProxiedResponse(answer, host, timeouts)
        except UpstreamError:
            answer.close()
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


class ProxiedResponse:
    """An answer that comes through a proxy; see `UpstreamResponse`."""

    def __init__(self, answer: aiohttp.ClientResponse, host: str, timeouts: Timeouts) -> None:
        self.status: int = answer.status
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self._decoder = decoder(headers, host) if "content-encoding" in headers else None
        self.headers: Mapping[str, str] = headers
        self._answer = answer
        self._host = host
        self._timeouts = timeouts
        self._running = asyncio.Event()
        self._running.set()
        self._abandoned = False
        self._complete = False

    async def read(self, limit: int) -> bytes:
        """See `UpstreamResponse`."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self._content():
            size += len(piece)
            if size > limit:
                self.close()
                raise UpstreamError(f"the answer of {self._host} is too large")
            pieces.append(piece)
        return b"".join(pieces)

    async def pump(self, sink: Sink) -> None:
        """See `UpstreamResponse`."""
        try:
            async for piece in self._content():
                sink(piece)
        except BaseException:
            self.close()
            raise

    async def _content(self) -> AsyncIterator[bytes]:
        while packed := await self._next():
            if self._decoder is None:
                yield packed
                continue
            for piece in self._decoder.feed(packed):
                yield piece
        if self._decoder is not None:
            self._decoder.finish()
        self._complete = True

    async def _next(self) -> bytes:
        """Return some bytes, or none at the end; pauses and timeouts are here."""
        await self._running.wait()
        if self._abandoned:
            raise self._gone()
        idle = self._timeouts.idle
        limit = asyncio.timeout(idle)
        try:
            async with limit:
                return await self._answer.content.readany()
        except asyncio.CancelledError:
            self.close()
            raise
        except TimeoutError as error:
            self.close()
            if limit.expired():
                raise timeout(self._host, "go on", idle, "idle") from error
            raise timeout(self._host, "finish its answer", self._timeouts.total, "total") from error
        except (aiohttp.ClientError, OSError) as error:
            gone = self._gone()
            self.close()
            raise gone from error

    def _gone(self) -> Truncated:
        if self._abandoned:
            return Truncated(f"the answer of {self._host} was abandoned", channel_at_fault=False)
        return Truncated(f"{self._host} broke off in the middle of its answer")

    def pause(self) -> None:
        """See `UpstreamResponse`."""
        self._running.clear()

    def resume(self) -> None:
        """See `UpstreamResponse`."""
        self._running.set()

    def close(self) -> None:
        """See `UpstreamResponse`."""
        if not self._complete and not self._abandoned:
            self._abandoned = True
            self._answer.close()
            self._running.set()


def _socks_connector(
    proxy: str, context: ssl.SSLContext, idle_seconds: float
) -> aiohttp.TCPConnector:
    try:
        parts = urlsplit(proxy)
        scheme = _SOCKS[parts.scheme]
        return ProxyConnector.from_url(
            urlunsplit(parts._replace(scheme=scheme)),
            rdns=True,
            limit=0,
            ssl=context,
            keepalive_timeout=idle_seconds,
        )
    except (KeyError, ValueError):
        text = "the proxy's address is not a usable http, https or socks5 URL"
        raise UpstreamError(text) from None


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    for segment in body.segments():
        yield segment


@contextmanager
def _translated(host: str, timeouts: Timeouts) -> Generator[None, None, None]:
    """Say what went wrong before the head in our own words; the proxy's address stays out of it."""
    try:
        yield
    except (aiohttp.ConnectionTimeoutError, ProxyTimeoutError) as error:
        raise timeout(host, "accept a connection", timeouts.connect, "connect") from error
    except aiohttp.SocketTimeoutError as error:
        raise timeout(host, "answer", timeouts.first_byte, "first-byte") from error
    except TimeoutError as error:
        raise timeout(host, "finish its answer", timeouts.total, "total") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise UpstreamError(f"the certificate of {host} is not valid") from error
    except aiohttp.ClientHttpProxyError as error:
        raise UpstreamError(f"the proxy refused to connect to {host} ({error.status})") from None
    except (aiohttp.ClientProxyConnectionError, ProxyConnectionError, ProxyError) as error:
        raise UpstreamError(f"the proxy does not lead to {host}") from error
    except (aiohttp.ClientError, OSError) as error:
        text = f"no answer from {host} through the proxy: {type(error).__name__}"
        raise UpstreamError(text) from error
