"""The port: taken early, shared by the workers, given by nobody else."""

import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from oneapi.server import sockets


@pytest.fixture
def stack() -> Generator[ExitStack, None, None]:
    with ExitStack() as opened:
        yield opened


def test_a_free_port_is_found_and_two_workers_share_it(stack: ExitStack) -> None:
    held = [stack.enter_context(one) for one in sockets.reserve("127.0.0.1", 0)]
    port = held[0].getsockname()[1]
    second_held = [stack.enter_context(one.dup()) for one in held]
    first = stack.enter_context(sockets.listeners(held)[0])
    second = stack.enter_context(sockets.listeners(second_held)[0])
    assert first.getsockname() == second.getsockname() == ("127.0.0.1", port)
    socket.create_connection(("127.0.0.1", port)).close()


def test_the_supervisors_socket_takes_no_connections(stack: ExitStack) -> None:
    held = [stack.enter_context(one) for one in sockets.reserve("127.0.0.1", 0)]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(held[0].getsockname())


def test_a_port_in_use_is_refused_in_one_line(stack: ExitStack) -> None:
    other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = other.getsockname()[1]
    with pytest.raises(sockets.PortError, match=f"^port {port} is in use by another program"):
        sockets.reserve("127.0.0.1", port)


@pytest.mark.fault("A4")
def test_a_port_of_workers_that_are_dying_is_waited_for(stack: ExitStack) -> None:
    other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    dying = stack.enter_context(ThreadPoolExecutor(1)).submit(Event().wait, 0.3)
    dying.add_done_callback(lambda _: other.close())
    port = other.getsockname()[1]
    held = [stack.enter_context(one) for one in sockets.reserve("127.0.0.1", port)]
    assert held[0].getsockname() == ("127.0.0.1", port)


def test_a_port_of_another_gateway_is_refused_although_it_could_be_shared(stack: ExitStack) -> None:
    other = stack.enter_context(socket.create_server(("127.0.0.1", 0), reuse_port=True))
    with pytest.raises(sockets.PortError, match="is in use"):
        sockets.reserve("127.0.0.1", other.getsockname()[1])


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(sockets.PortError, match=r"^cannot listen on 192\.0\.2\.1, port 0"):
        sockets.reserve("192.0.2.1", 0)


def test_a_name_that_means_nothing_is_refused() -> None:
    with pytest.raises(
        sockets.PortError, match=r"^HOST 'no\.such\.host\.invalid' cannot be resolved"
    ):
        sockets.reserve("no.such.host.invalid", 0)
