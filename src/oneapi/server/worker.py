"""A worker: the event loop, uvicorn driven by hand, and a departure that loses nothing."""

import asyncio
import contextlib
import ctypes
import gc
import math
import os
import resource
import signal
import socket
import sys
from typing import Any, cast

import structlog
import uvloop
from uvicorn.config import Config as ServerConfig
from uvicorn.server import Server

from oneapi.app.application import Application
from oneapi.app.databases import CannotStart
from oneapi.app.preparation import prepare
from oneapi.config import Config
from oneapi.server import sockets
from oneapi.server.front import Front, Readiness
from oneapi.server.logs import Logs
from oneapi.server.metrics import Metrics
from oneapi.server.standby import Standby
from oneapi.server.supervisor import FOR_NOW, Post
from oneapi.store.outages import Outage

KEEP_ALIVE_SECONDS = 75
# Requests leave hardly any cycles behind; looking for them at every 700 allocations costs 6 % of the CPU.
GARBAGE_THRESHOLDS = (20_000, 20, 20)
# How long a request may wait for the interpreter while a thread makes log rows; Python's own 5 ms are many requests.
SWITCH_SECONDS = 0.0005
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
LARGE_BYTES = 1 << 20  # blocks from here on go back to the system when they are freed
TRIM_BYTES = 8 << 20  # so much may stay free at the heap's end: asking for it again costs more
LATE_REQUEST_SECONDS = 0.05  # for requests on connections that were accepted at the last moment
CANCELLED_SECONDS = 5.0  # for cancelled answers to settle
ROOM_SECONDS = 0.5  # after which a start on a full disk is tried again, at first

log = structlog.get_logger()


def work(post: Post) -> int:
    """Serve until told to stop; return the exit status. The calling process is a fork of the supervisor."""
    _share_heap()
    _take_all_descriptors()
    logs = Logs(post.config, post.slot)
    logs.open()
    try:
        is_prepared = not post.prepares or _is_prepared(post.config)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_Worker(post, is_prepared=is_prepared).serve())
    except CannotStart as error:
        log.error("cannot_start", reason=str(error))  # noqa: TRY400 - one line, for an operator
        return FOR_NOW if error.is_temporary else 1
    finally:
        logs.close()


def _is_prepared(config: Config) -> bool:
    """Prepare; false if the disk is full, which `_Worker` waits for."""
    try:
        prepare(config)
    except CannotStart as error:
        if not error.is_full:
            raise
        return False
    return True


def _share_heap() -> None:
    """Let all threads use one heap: each with its own, as glibc does it, keeps megabytes that the others cannot use.

    Nor are large blocks taken from it, as glibc does once one was freed: what lies between two of them would stay.
    """
    with contextlib.suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in (
            (M_ARENA_MAX, 1),
            (M_MMAP_THRESHOLD, LARGE_BYTES),
            (M_TRIM_THRESHOLD, TRIM_BYTES),
        ):
            mallopt(parameter, value)


def _take_all_descriptors() -> None:
    """Raise the limit of open files to what the system allows: every connection is one."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # macOS allows less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))


class _Worker:
    """One worker's way from start to end."""

    def __init__(self, post: Post, *, is_prepared: bool) -> None:
        self._post = post
        self._is_prepared = is_prepared
        self._application = self._fresh()
        self._is_broken = False
        self._server: Server | None = None
        self._standby = Standby(post.held)
        self._told = 0
        self._is_told = asyncio.Event()

    def _fresh(self) -> Application:
        post = self._post
        return Application(
            post.config, post.slot, keeps_house=post.keeps_house, on_broken=self._broken
        )

    async def serve(self) -> int:
        """Serve, and return the exit status."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._told_to_stop)
        loop.add_reader(self._post.lifeline_fd, self._orphaned)
        try:
            await self._start()
            if not self._told:
                await self._answer()
        finally:
            await self._standby.aclose()
            await self._application.aclose()
        return int(self._is_broken)

    async def _start(self) -> None:
        """Start; on a full disk, as soon as there is room."""
        outage = Outage("start")
        while not self._told:
            try:
                if not self._is_prepared:
                    await asyncio.to_thread(prepare, self._post.config)
                    self._is_prepared = True
                await self._application.start()
            except CannotStart as error:
                if not error.is_full:
                    raise
                outage.failed(error)
                await self._stand_by(error.condition)
            else:
                outage.succeeded()
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_told.wait(), outage.pause(ROOM_SECONDS))

    async def _stand_by(self, condition: str) -> None:
        """Undo what was begun, and say why to whoever asks."""
        if self._post.is_alone:
            await self._standby.open(condition)
        await self._application.aclose()
        self._application = self._fresh()
        gc.collect()  # it is off until everything has started

    def _broken(self) -> None:
        self._is_broken = True
        self._told_to_stop()

    def _told_to_stop(self) -> None:
        self._told += 1
        self._is_told.set()
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = self._told > 1

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self._post.lifeline_fd)
        log.error("supervisor_gone")
        self._told_to_stop()

    async def _answer(self) -> None:
        application = self._application
        front = Front(
            application.control,
            self._readiness,
            application.site,
            Metrics(application.figures, lambda: application.metrics_token),
        )
        config = ServerConfig(
            cast("Any", front),
            http=application.lane(),
            loop="none",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=sockets.BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=math.ceil(self._post.config.shutdown_timeout_seconds),
        )
        config.load()
        self._server = server = Server(config)
        server.lifespan = config.lifespan_class(config)
        gc.collect()
        gc.freeze()  # what was imported stays: the collector need not look at it again
        gc.enable()
        sys.setswitchinterval(SWITCH_SECONDS)
        own = sockets.listeners(self._post.held)
        await server.startup(sockets=own)
        self._say_ready()
        await self._standby.aclose()
        server.should_exit = bool(self._told)
        await server.main_loop()
        application.drain()
        await self._leave(server, own)

    def _readiness(self) -> Readiness:
        application = self._application
        if self._told or not application.is_ready:
            return Readiness(is_ready=False)
        words, is_ready = application.condition
        return Readiness(is_ready, words)

    def _say_ready(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._post.ready_fd, b"1")
        os.close(self._post.ready_fd)

    async def _leave(self, server: Server, own: list[socket.socket]) -> None:
        if sockets.has_own_sockets():
            await _accept_waiting(server, own)
        for listener in server.servers:
            listener.close()
        await asyncio.sleep(LATE_REQUEST_SECONDS)
        await server.shutdown(sockets=own)
        tasks = list(server.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCELLED_SECONDS)
        for connection in list(server.server_state.connections):
            connection.transport.abort()


async def _accept_waiting(server: Server, own: list[socket.socket]) -> None:
    """Take in the connections that wait in our queue: closing the socket would reset them."""
    config = server.config
    loop = asyncio.get_running_loop()

    def protocol() -> asyncio.Protocol:
        made = cast("Any", config.http_protocol_class)
        return made(
            config=config,
            server_state=server.server_state,
            app_state=server.lifespan.state,
            _loop=loop,
        )

    for listener in own:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                break
            connection.setblocking(False)
            await loop.connect_accepted_socket(protocol, connection)
