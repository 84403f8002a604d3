"""A lane without a network: the other side is the test, and the relay only writes down what it is asked."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from oneapi.errors import GatewayError
from oneapi.relay import cycle as cycles
from oneapi.relay.connections import Connections
from oneapi.relay.cycle import Cycle
from oneapi.relay.exchange import JSON, Request
from oneapi.relay.intake import Intake, Limits
from oneapi.relay.lane import LaneProtocol, make_lane

if not str(cycles.__file__).endswith(".py"):
    pytest.skip("compiled classes take no stand-in for the relay", allow_module_level=True)


class Transport:
    """What a protocol uses of a socket."""

    def __init__(self) -> None:
        self.written = b""
        self.unsent = 0  # bytes that the other side does not take
        self.closed = False
        self.aborted = False
        self.ended = False
        self.reading = True
        self.protocol: Any = None

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 9) if name in ("peername", "sockname") else None


class Asked:
    """The relay: answers at once with what `answers` returns, or never where it returns nothing."""

    def __init__(
        self, answers: Callable[[Request], bytes | None], connections: Connections | None
    ) -> None:
        self.connections = Connections() if connections is None else connections
        self.client_seconds = 60.0
        self.requests: list[Request] = []
        self.admitted: list[Intake] = []
        self.refused: list[GatewayError] = []
        self.open: list[Cycle] = []
        self._answers = answers

    def intake(self, method: str, url: bytes, headers: Any, peer: Any, http_1_0: bool) -> Intake:
        intake = Intake(method, url, headers, "request-1", Limits())
        intake.http_1_0 = http_1_0
        return intake

    def admit(self, intake: Intake, upload: Cycle) -> None:
        self.admitted.append(intake)
        upload.go_on()

    def begin(self, intake: Intake, cycle: Cycle) -> None:
        request = intake.request(lambda: 0.0)
        self.requests.append(request)
        answer = self._answers(request)
        if answer is None:
            self.open.append(cycle)
        else:
            cycle.send(200, JSON, answer)

    def refuse(self, intake: Intake, cycle: Cycle, error: GatewayError) -> None:
        self.refused.append(error)
        cycle.send(error.status, JSON, error.message.encode())


class Wire:
    """One connection to a lane; use it inside a running loop."""

    def __init__(
        self,
        answers: Callable[[Request], bytes | None] = lambda request: b"{}",
        connections: Connections | None = None,
    ) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None: ...

        self.relay = Asked(answers, connections)
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
        lane = make_lane(cast("Any", self.relay))
        self.lane: LaneProtocol = lane(config, ServerState(), {}, asyncio.get_running_loop())
        self.transport = Transport()
        self.lane.connection_made(cast("Any", self.transport))

    def send(self, *segments: bytes) -> None:
        for segment in segments:
            if not self.transport.closed:
                self.transport.protocol.data_received(segment)

    async def turn(self) -> None:
        """Let the loop run once."""
        await asyncio.sleep(0)

    @property
    def statuses(self) -> list[int]:
        """The status of every answer."""
        return [
            int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.transport.written)
        ]

    def asked(self) -> list[tuple[str, str, bytes]]:
        return [(r.method, r.path, cast("bytes", r.body)) for r in self.relay.requests]
