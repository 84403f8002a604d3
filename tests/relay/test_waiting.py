"""How long a client is waited for: heads, bodies, answers that are not taken; with a clock in the test's hand."""

import pytest

from oneapi.relay.connections import Connections
from oneapi.relay.front import Front
from tests.relay.spellings import CHAT, HOST, head
from tests.relay.wire import Wire

BODY = head(HOST, "Content-Length: 100000")


def sweep(wire: Wire, *moments: float) -> None:
    front = wire.transport.protocol
    assert isinstance(front, Front)
    for moment in moments:
        front.sweep(moment)


@pytest.mark.fault("A5")
@pytest.mark.parametrize("begin", [BODY, head(HOST, "Transfer-Encoding: chunked") + b"1\r\nx\r\n"])
async def test_a_body_that_does_not_come_is_given_up(begin: bytes) -> None:
    wire = Wire()
    wire.send(begin)
    sweep(wire, 1, 30)
    assert wire.statuses == []
    sweep(wire, 62)
    assert wire.statuses == [408]
    assert wire.transport.ended
    sweep(wire, 63, 74)
    assert wire.transport.closed


@pytest.mark.fault("A5")
async def test_a_body_that_trickles_is_given_up() -> None:
    """A byte a second is no silence, and no body either."""
    wire = Wire()
    wire.send(BODY)
    for second in range(1, 40):
        wire.send(b"x")
        sweep(wire, second)
    assert wire.statuses == [408]


async def test_a_body_may_take_its_time_as_long_as_it_comes() -> None:
    wire = Wire()
    wire.send(BODY)
    for second in range(1, 91):
        wire.send(b"x" * 1_100)
        sweep(wire, second)
    wire.send(b"x" * 1_000)
    assert wire.statuses == [200]


async def test_the_rest_of_a_refused_body_is_thrown_away_for_a_while_only() -> None:
    wire = Wire()
    wire.send(head(HOST, "Transfer-Encoding: chunked"))
    for second in range(1, 90):
        wire.send(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        sweep(wire, second)
    assert wire.statuses == [413]
    assert wire.transport.closed


@pytest.mark.fault("A5")
async def test_a_head_that_trickles_is_given_up() -> None:
    wire = Wire()
    wire.send(f"POST {CHAT} HTTP/1.1\r\nX: ".encode())
    for second in range(1, 40):
        wire.send(b"x")
        sweep(wire, second)
    assert wire.statuses == [408]


async def test_who_says_nothing_is_told_nothing() -> None:
    wire = Wire()
    sweep(wire, 1, 32)
    assert wire.transport.closed
    assert wire.transport.written == b""


async def test_an_idle_connection_is_kept_for_a_while() -> None:
    wire = Wire()
    wire.send(head(HOST))
    sweep(wire, 1, 70)
    assert not wire.transport.closed
    sweep(wire, 80)
    assert wire.transport.closed
    assert wire.statuses == [200]


async def test_a_request_in_progress_has_all_the_time() -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST))
    sweep(wire, 1, 10_000)
    assert not wire.transport.closed


@pytest.mark.fault("A5")
async def test_time_in_which_we_do_not_read_is_not_the_clients() -> None:
    wire = Wire()
    wire.send(BODY)
    wire.transport.protocol.flow.pause_reading()
    sweep(wire, *range(1, 50))
    wire.transport.protocol.flow.resume_reading()
    sweep(wire, 50)
    assert wire.statuses == []


@pytest.mark.fault("A7")
@pytest.mark.parametrize("is_answered", [False, True])
async def test_who_takes_nothing_is_given_up(is_answered: bool) -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST))
    cycle = wire.relay.open[0]
    cycle.start(200, b"a/b")
    if is_answered:
        cycle.end(b"x")
    wire.transport.unsent = 70_000
    sweep(wire, *range(1, 61))
    assert not wire.transport.aborted
    sweep(wire, 62)
    assert wire.transport.aborted


@pytest.mark.fault("A7")
async def test_an_answer_that_is_not_taken_holds_no_closed_connection() -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST, "Connection: close"))
    wire.relay.open[0].send(200, b"a/b", b"x")
    assert wire.transport.closed
    wire.transport.unsent = 5
    sweep(wire, 1, 62)
    assert wire.transport.aborted


async def test_who_reads_slowly_reads() -> None:
    wire = Wire(lambda request: None)
    wire.send(head(HOST))
    for second in range(1, 200):
        wire.transport.unsent = 100_000 - second
        sweep(wire, second)
    assert not wire.transport.aborted


@pytest.mark.fault("A5")
async def test_a_connection_too_many_is_told_so() -> None:
    wire = Wire(connections=Connections(most=0))
    assert wire.statuses == [429]
    assert wire.transport.closed


async def test_a_good_key_proves_a_connection_and_nothing_else_does() -> None:
    connections = Connections()
    wire = Wire(lambda request: None, connections)
    for status, proven in ((204, False), (401, False), (404, False), (200, True)):
        wire.send(head(HOST))
        wire.relay.open[-1].send(status, b"a/b", b"")
        assert wire.lane.front.is_proven is proven
