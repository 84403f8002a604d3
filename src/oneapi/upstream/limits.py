"""How long vendors may take, and how many connections to them there may be."""

import msgspec


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds.

    `connect` covers name, all addresses, TLS and the wait for a free connection; `first_byte` is
    from the request's last byte to the status line; `idle` between bytes; `total` over everything,
    0: no limit.
    """

    connect: float = 10.0
    first_byte: float = 600.0
    idle: float = 300.0
    total: float = 0.0


class Limits(msgspec.Struct, frozen=True):
    """Bounds of the pools; `sweep_seconds` is how coarse timeouts and idle expiry are."""

    max_connections_per_origin: int = 8192
    max_idle_per_origin: int = 512
    # Shorter than what usual vendors' front ends keep (nginx: 75 s, AWS load balancers: 60 s, read 2026-11-21).
    idle_seconds: float = 55.0
    sweep_seconds: float = 0.25
