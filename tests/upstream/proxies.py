"""Two small real proxies: HTTP (CONNECT and absolute URLs) and SOCKS5, with credentials if wanted."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


@dataclass
class Proxy:
    """Where it listens, and the targets it was asked for."""

    credentials: str = ""  # "user:password"
    port: int = 0
    targets: list[str] = field(default_factory=list[str])
    refuses: bool = False


async def _copy(source: Reader, sink: Writer) -> None:
    try:
        while piece := await source.read(1 << 16):
            sink.write(piece)
            await sink.drain()
    finally:
        sink.close()


async def _joined(reader: Reader, writer: Writer, host: str, port: int, first: bytes = b"") -> None:
    far_reader, far_writer = await asyncio.open_connection(host, port)
    far_writer.write(first)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_copy(reader, far_writer))
        tasks.create_task(_copy(far_reader, writer))


async def http_proxy(proxy: Proxy, reader: Reader, writer: Writer) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, url, _ = head.split("\r\n", 1)[0].split(" ")
    proxy.targets.append(f"{method} {url}")
    wanted = base64.b64encode(proxy.credentials.encode()).decode()
    if proxy.refuses or (wanted and f"Basic {wanted}" not in head):
        writer.write(b"HTTP/1.1 407 Authenticate\r\nContent-Length: 0\r\n\r\n")
    elif method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        host, port = url.rsplit(":", 1)
        await _joined(reader, writer, host, int(port))
    else:
        host, port = url.split("/")[2].rsplit(":", 1)
        relative = head.replace(f"http://{host}:{port}", "", 1)
        await _joined(reader, writer, host, int(port), relative.encode("latin-1"))


async def socks5_proxy(proxy: Proxy, reader: Reader, writer: Writer) -> None:
    _, count = await reader.readexactly(2)
    await reader.readexactly(count)
    writer.write(b"\x05\x02" if proxy.credentials else b"\x05\x00")
    if proxy.credentials:
        user = await reader.readexactly((await reader.readexactly(2))[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        good = b"%b:%b" % (user, password) == proxy.credentials.encode()
        writer.write(b"\x01\x00" if good else b"\x01\x01")
        if not good:
            return
    kind = (await reader.readexactly(4))[3]
    if kind == 1:
        host = ".".join(str(part) for part in await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    port = int.from_bytes(await reader.readexactly(2), "big")
    proxy.targets.append(f"{host}:{port}")
    reply = b"\x05\x00" if not proxy.refuses else b"\x05\x02"
    writer.write(reply + b"\x00\x01\x00\x00\x00\x00\x00\x00")
    if not proxy.refuses:
        await _joined(reader, writer, host, port)


@asynccontextmanager
async def running(
    serve: Callable[[Proxy, Reader, Writer], Awaitable[None]], proxy: Proxy
) -> AsyncGenerator[Proxy, None]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(proxy, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ExceptionGroup):
            pass  # either side went away
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


SERVERS = {"http": http_proxy, "socks5": socks5_proxy}
