"""Requests through an HTTP or SOCKS proxy: aiohttp behind the interface of `UpstreamResponse`.

Slower than our own connections, and imported only when a proxy is configured. The proxy's address
may hold credentials, so it never appears in a message.
"""

import asyncio
import select
import ssl
import time
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import structlog
from aiohttp.connector import Connection
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from oneapi.errors import Truncated, UpstreamError
from oneapi.providers.base import UpstreamRequest
from oneapi.upstream.bodies import Body
from oneapi.upstream.connection import MAX_HEAD_BYTES, MAX_HEADERS, timeout
from oneapi.upstream.decoding import decoder
from oneapi.upstream.heads import Origin, cleaned, located
from oneapi.upstream.limits import Limits, Timeouts
from oneapi.upstream.response import Sink

BUFFER_BYTES = 64 << 10
# aiohttp_socks knows no spelling for "the proxy resolves names"; here it always does.
_SOCKS = {"socks5": "socks5", "socks5h": "socks5", "socks4": "socks4", "socks4a": "socks4"}


log = structlog.get_logger()


class _RestingConnector(aiohttp.TCPConnector):
    """aiohttp's pool with the rules of ours (`pool`): a connection rests, and is silent, before it is used again."""

    def __init__(self, *, limits: Limits, **given: Any) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=0, keepalive_timeout=limits.idle_seconds, **given
        )
        self._limits = limits
        self._distrusted: dict[Any, float] = {}  # until when

    async def _get(self, key: Any, traces: Any) -> Connection | None:
        kept = self._conns.get(key)
        if kept and time.monotonic() - kept[0][1] < self._limits.rest_seconds:
            return None  # the others have rested even less
        connection = await super()._get(key, traces)
        if connection is None or _is_silent(connection):
            return connection
        if connection.protocol is not None and connection.protocol.is_connected():
            self._distrust(key)
        connection.close()
        return None

    def _distrust(self, key: Any) -> None:
        """The vendor has sent an answer that nobody asked for; see `Pool.distrust`."""
        seconds = self._limits.distrust_seconds
        self._distrusted[key] = time.monotonic() + seconds
        vendor = f"{key.host}:{key.port}"
        log.warning("unasked_answer", vendor=vendor, reuse_again_in=seconds)
        for protocol, _ in self._conns.pop(key, ()):
            protocol.close()

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        distrusted = time.monotonic() < self._distrusted.get(key, 0.0)
        super()._release(key, protocol, should_close=should_close or distrusted)


class _RestingSocksConnector(_RestingConnector, ProxyConnector):
    """The same through SOCKS."""


def _is_silent(connection: Connection) -> bool:
    """Whether a connection that was idle has said nothing, neither to aiohttp nor to the socket."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return False
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not poll.poll(0)


class ProxiedClient:
    """All connections through one proxy."""

    def __init__(self, proxy: str, context: ssl.SSLContext, limits: Limits) -> None:
        parts = urlsplit(proxy)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname)
        self._proxy = proxy if is_http else None
        connector = partial(_RestingConnector, limits=limits, ssl=context)
        self._session = aiohttp.ClientSession(
            connector=connector() if is_http else _socks_connector(proxy, context, limits),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=BUFFER_BYTES,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            max_headers=MAX_HEADERS,
            skip_auto_headers=("Accept", "Content-Type"),
        )

    async def send(
        self, request: UpstreamRequest, timeouts: Timeouts, address: str = ""
    ) -> "ProxiedResponse":
        """See `UpstreamClient.send`. The proxy is asked for `address` where there is one, not for the host by its name."""
        origin, target = located(request.url)
        host = origin.label
        asked = Origin(origin.scheme, address, origin.port).label if address else host
        headers = [(name, value.decode("latin-1")) for name, value in cleaned(request.headers)]
        headers.append(("Accept-Encoding", "identity"))
        if address:
            headers.append(("Host", host))
        body: Any = request.body
        if isinstance(body, Body):
            headers.append(("Content-Length", str(body.size)))
            body = _pieces(body)
        with _translated(host, timeouts):
            answer = await self._session.request(
                request.method,
                URL(f"{origin.scheme}://{asked}{target}", encoded=True),
                headers=headers,
                data=body or None,
                proxy=self._proxy,
                allow_redirects=False,
                server_hostname=origin.host if address else None,
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


def _socks_connector(proxy: str, context: ssl.SSLContext, limits: Limits) -> aiohttp.TCPConnector:
    try:
        parts = urlsplit(proxy)
        scheme = _SOCKS[parts.scheme]
        return _RestingSocksConnector.from_url(
            urlunsplit(parts._replace(scheme=scheme)),
            rdns=True,
            ssl=context,
            limits=limits,
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
