"""The room for all clients' bodies: nothing is taken twice, nobody is passed over, all of it comes back."""

import asyncio

import pytest

from oneapi.errors import GatewayError, Unavailable
from oneapi.relay.body_room import UNCOUNTED_BYTES, BodyRoom
from oneapi.relay.intake import IN_MEMORY_BYTES, Intake, Limits

MIB = 1 << 20


def room(memory: int, wait_seconds: float = 60.0) -> BodyRoom:
    return BodyRoom(memory, 64 * MIB, wait_seconds)


def intake(found: BodyRoom, **headers: bytes) -> Intake:
    given = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Intake("POST", b"/v1/x", given, "request-1", Limits(room=found))


def feed(work: Intake, pieces: int) -> None:
    for _ in range(pieces):
        work.feed(b"x" * 100_000)


async def bring(work: Intake) -> bytes:
    await work.bring(asyncio.to_thread)
    body = work.request(lambda: 0.0).body
    assert isinstance(body, bytes)
    return body


async def test_memory_is_given_in_the_order_of_asking() -> None:
    found = room(10)
    assert found.take_memory(8)
    order: list[int] = []

    async def ask(number: int, size: int) -> None:
        await found.wait_for_memory(size)
        order.append(number)

    async with asyncio.TaskGroup() as group:
        group.create_task(ask(1, 9))
        group.create_task(ask(2, 1))
        await asyncio.sleep(0)
        assert not found.take_memory(1)  # somebody waits for more
        found.free_memory(8)
    assert order == [1, 2]
    assert found.memory_left == 0


async def test_whoever_stops_waiting_gives_way() -> None:
    found = room(10)
    assert found.take_memory(8)
    first = asyncio.ensure_future(found.wait_for_memory(9))
    second = asyncio.ensure_future(found.wait_for_memory(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert found.memory_left == 0
    assert first.cancelled()


async def test_who_is_cancelled_in_the_moment_of_being_served_gives_it_back() -> None:
    found = room(10)
    assert found.take_memory(8)
    waiting = asyncio.ensure_future(found.wait_for_memory(9))
    await asyncio.sleep(0)
    found.free_memory(8)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert found.memory_left == 10


async def test_what_does_not_come_free_in_time_is_refused() -> None:
    found = room(10, wait_seconds=0.001)
    assert found.take_memory(8)
    with pytest.raises(Unavailable, match="large requests"):
        await found.wait_for_memory(9)
    with pytest.raises(Unavailable):
        await found.wait_for_memory(11)
    assert found.memory_left == 2
    assert found.take_memory(2)


@pytest.mark.fault("A5")
@pytest.mark.parametrize("piece", [1_000, 60_000, 250_000])
async def test_a_large_body_goes_to_a_file_and_comes_back(piece: int) -> None:
    found = room(8 * MIB)
    body = bytes(range(256)) * 12_000
    work = intake(found)
    for at in range(0, len(body), piece):
        work.feed(body[at : at + piece])
        assert 8 * MIB - found.memory_left <= IN_MEMORY_BYTES
    assert 64 * MIB - found.spool_left == len(body)
    assert work.is_raw
    assert await bring(work) == body
    assert 8 * MIB - found.memory_left == len(body)
    work.done()
    assert (found.memory_left, found.spool_left) == (8 * MIB, 64 * MIB)


@pytest.mark.fault("A5")
async def test_without_memory_bodies_go_to_files_and_wait_for_their_turn() -> None:
    found = room(MIB)
    bodies = [bytes([n]) * (MIB // 2) for n in range(6)]
    works = [intake(found) for _ in bodies]
    for work, body in zip(works, bodies, strict=True):
        work.feed(body)
    assert found.memory_left == 0
    assert [work.is_raw for work in works] == [False, False, True, True, True, True]

    async def serve(work: Intake) -> bytes:
        body = await bring(work)
        work.done()
        return body

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(serve(work)) for work in works[2:]]
        await asyncio.sleep(0)
        for work in works[:2]:
            work.done()
    assert [task.result() for task in asked] == bodies[2:]
    assert (found.memory_left, found.spool_left) == (MIB, 64 * MIB)


@pytest.mark.fault("A5")
async def test_a_body_without_any_room_is_refused() -> None:
    found = BodyRoom(0, MIB)
    work = intake(found)
    with pytest.raises(Unavailable):
        feed(work, 20)
    work.close()
    assert found.spool_left == MIB


@pytest.mark.fault("A5")
@pytest.mark.parametrize("content_type", [b"application/json", b"multipart/form-data; boundary=x"])
def test_a_body_beyond_the_limit_leaves_nothing(content_type: bytes) -> None:
    found = room(8 * MIB)
    limits = Limits(2 * MIB, room=found)
    work = Intake("POST", b"/v1/x", {b"content-type": content_type}, "request-1", limits)
    with pytest.raises(GatewayError, match="2 MiB"):
        feed(work, 40)
    assert (found.memory_left, found.spool_left) == (8 * MIB, 64 * MIB)


@pytest.mark.fault("A5")
def test_a_body_in_tiny_pieces_takes_no_more_memory_than_it_has_bytes() -> None:
    work = intake(room(8 * MIB))
    for _ in range(UNCOUNTED_BYTES):
        work.feed(b"x")
    assert work.request(lambda: 0.0).body == b"x" * UNCOUNTED_BYTES
    assert not work.is_raw
