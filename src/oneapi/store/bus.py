"""News between the workers of one node: small datagrams on UNIX sockets in the data directory.

For what is worth knowing at once and harmless to miss: a channel that rests, "poll now". A datagram
that finds a full or dead socket is lost; a dead socket's file is removed by whoever meets it.
"""

import asyncio
import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from oneapi.store.failures import is_away
from oneapi.store.private_files import make_folder

_PREFIX: Final = "bus-"
_SUFFIX: Final = ".sock"
_LARGEST: Final = 65_536
_LONGEST_PATH: Final = 100  # of the 108 bytes in `sockaddr_un`


class Bus:
    """One worker's socket. `receive(topic, payload)` is called on the event loop."""

    def __init__(
        self, directory: Path, slot: int | str, receive: Callable[[str, bytes], None]
    ) -> None:
        self._directory = directory
        # With the process's number no name is used twice, so removing a dead one hits no living one.
        self._name = f"{_PREFIX}{slot}-{os.getpid()}{_SUFFIX}"
        self._receive = receive
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._directory_number: int | None = None

    def start(self) -> None:
        """Listen; needs a running event loop."""
        self._loop = asyncio.get_running_loop()
        make_folder(self._directory)
        if len(os.fsencode(self._directory / self._name)) > _LONGEST_PATH:
            self._directory_number = os.open(self._directory, os.O_RDONLY)
        (self._directory / self._name).unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        if (
            sys.platform == "linux"
        ):  # its file is born with the rights that the socket has (unix(7), read 2026-11-26)
            os.fchmod(self._socket.fileno(), 0o600)
        self._socket.bind(self._address(self._name))
        (self._directory / self._name).chmod(0o600)
        self._loop.add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        """Stop listening and remove the socket's file."""
        if self._socket is None or self._loop is None:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = None
        self._remove(self._name)
        if self._directory_number is not None:
            os.close(self._directory_number)
            self._directory_number = None

    def publish(self, topic: str, payload: bytes = b"") -> None:
        """Send to every other worker of this node; never waits."""
        message = topic.encode() + b"\n" + payload
        if len(message) > _LARGEST:
            raise ValueError(f"a message of {len(message)} bytes is larger than {_LARGEST}")
        if self._socket is None:
            return
        try:
            names = os.listdir(self._directory)  # noqa: PTH208 - names are what we need
        except OSError as error:
            if not is_away(error):
                raise
            return  # no descriptor, or a broken disk
        for name in names:
            is_other = name.startswith(_PREFIX) and name.endswith(_SUFFIX) and name != self._name
            if is_other:
                self._send(self._socket, name, message)

    def _send(self, sender: socket.socket, name: str, message: bytes) -> None:
        try:
            sender.sendto(message, self._address(name))
        except ConnectionRefusedError:  # its process is gone
            self._remove(name)
        except OSError as error:
            # Full, or gone meanwhile: the news is lost to that worker.
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS, errno.ENOENT):
                raise

    def _remove(self, name: str) -> None:
        with contextlib.suppress(
            OSError
        ):  # gone, or on a disk that takes nothing; whoever comes next tries again
            (self._directory / name).unlink()

    def _read(self) -> None:
        if self._socket is None:
            return
        while True:
            try:
                message = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return
            topic, _, payload = message.partition(b"\n")
            self._receive(topic.decode(errors="replace"), payload)

    def _address(self, name: str) -> str:
        if self._directory_number is None:
            return str(self._directory / name)
        return f"/proc/self/fd/{self._directory_number}/{name}"
