"""Who has to go when connections become many: never one that is being served, strangers before those with a good key."""

import pytest

from oneapi.relay.connections import Connections


class Fake:
    """A connection of which only this matters."""

    def __init__(self, number: int, address: str = "192.0.2.1", waiting: bool = True) -> None:
        self.number = number
        self.address = address
        self.is_waiting = waiting
        self.is_proven = False
        self.dropped = False

    def sweep(self, now: float) -> None: ...

    def drop(self) -> None:
        self.dropped = True


def filled(connections: Connections, count: int, waiting: bool = True) -> list[Fake]:
    found = [Fake(number, f"192.0.2.{number}", waiting) for number in range(count)]
    for connection in found:
        assert connections.add(connection)
    return found


@pytest.mark.fault("A5")
def test_the_stranger_that_was_waited_for_longest_makes_room() -> None:
    connections = Connections(most_unproven=3)
    strangers = filled(connections, 3)
    connections.prove(strangers[0])
    strangers += filled(connections, 1)
    strangers[1].is_waiting = False
    assert connections.add(Fake(10))
    assert [stranger.dropped for stranger in strangers] == [False, False, True, False]
    assert connections.add(Fake(11))
    assert [stranger.dropped for stranger in strangers] == [False, False, True, True]


@pytest.mark.fault("A5")
def test_requests_in_progress_are_never_dropped() -> None:
    connections = Connections(most=6, most_unproven=3)
    served = filled(connections, 6, waiting=False)
    assert not connections.add(Fake(7))
    assert not any(connection.dropped for connection in served)


@pytest.mark.fault("A5")
def test_idle_ones_with_a_good_key_go_last() -> None:
    connections = Connections(most=3)
    proven, *strangers = filled(connections, 3)
    connections.prove(proven)
    assert connections.add(Fake(4, waiting=False))
    assert [proven.dropped, *(s.dropped for s in strangers)] == [False, True, False]
    strangers[1].is_waiting = False
    assert connections.add(newest := Fake(5, waiting=False)) is True
    assert proven.dropped
    assert not newest.dropped


@pytest.mark.fault("A5")
def test_an_address_has_its_share_and_gets_it_back() -> None:
    connections = Connections(per_address=2, is_trusted=lambda address: address == "192.0.2.9")
    first, second, third = (Fake(number) for number in range(3))
    assert connections.add(first)
    assert connections.add(second)
    assert not connections.add(third)
    assert all(connections.add(Fake(number, "192.0.2.9")) for number in range(5))
    connections.discard(third)
    connections.discard(first)
    connections.discard(first)
    assert connections.add(Fake(3))
    assert len(connections) == 7


def test_nothing_is_left_of_who_has_gone() -> None:
    connections = Connections()
    found = filled(connections, 5)
    connections.prove(found[2])
    assert set(connections) == set(found)
    for connection in found:
        connections.discard(connection)
    assert (len(connections), connections.by_address) == (0, {})


@pytest.mark.fault("A5", "A9")
def test_who_has_many_addresses_has_so_many_connections_all_the_same() -> None:
    connections = Connections(per_address=2)
    kept = [Fake(n, f"2001:db8:1:2::{n}") for n in range(2)]
    assert all(connections.add(connection) for connection in kept)
    another = Fake(3, "2001:db8:1:2:ffff::9")
    assert not connections.add(another)
    assert connections.add(Fake(4, "2001:db8:1:3::1"))
    for connection in (another, kept[0]):
        connections.discard(connection)
    assert connections.add(Fake(5, "2001:db8:1:2::5"))
