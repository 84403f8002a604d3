"""Whom `TRUSTED_PROXIES` names: its words become networks, the gateway only in a container."""

from pathlib import Path

import pytest

from oneapi.app.proxies import trusted_networks
from oneapi.config import Flags, read
from oneapi.wire.client_address import LOOPBACK, PRIVATE

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
ROUTES_6 = f"""{"0" * 32} 00 {"0" * 32} 00 {"fd00" + "0" * 27 + "1"} 00000400 1 0 00000003     eth0
{"0" * 32} 00 {"0" * 32} 00 {"0" * 32} ffffffff 1 0 00200200       lo
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(ROUTES)
    (tmp_path / "proc/net/ipv6_route").write_text(ROUTES_6)
    return tmp_path


@pytest.mark.fault("A9")
@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_trusts_its_gateway_and_itself(machine: Path, mark: str) -> None:
    (machine / mark).parent.mkdir(exist_ok=True)
    (machine / mark).touch()
    said = read({}, Flags()).trusted_proxies
    assert trusted_networks(said, machine) == (*LOOPBACK, "172.17.0.1", "fd00::1")


@pytest.mark.fault("A9")
def test_elsewhere_the_router_is_a_stranger(machine: Path, tmp_path: Path) -> None:
    said = read({}, Flags()).trusted_proxies
    assert trusted_networks(said, machine) == LOOPBACK
    assert trusted_networks(said, tmp_path / "nothing") == LOOPBACK


def test_words_and_networks_mix() -> None:
    said = read({"TRUSTED_PROXIES": "Loopback, 203.0.113.7, private"}, Flags()).trusted_proxies
    assert trusted_networks(said) == (*LOOPBACK, "203.0.113.7/32", *PRIVATE[len(LOOPBACK) :])
    assert trusted_networks(read({"TRUSTED_PROXIES": "none"}, Flags()).trusted_proxies) == ()
