"""How long vendors may take, and how many connections to them there may be."""

from typing import Final


class Timeouts:
    """Seconds.

    `connect` covers name, all addresses, TLS and the wait for a free connection; `first_byte` is
    from the request's last byte to the status line; `idle` between bytes; `total` over everything,
    0: no limit.
    """

    __slots__ = ("connect", "first_byte", "idle", "total")

    def __init__(
        self,
        connect: float = 10.0,
        first_byte: float = 600.0,
        idle: float = 300.0,
        total: float = 0.0,
    ) -> None:
        self.connect: Final = connect
        self.first_byte: Final = first_byte
        self.idle: Final = idle
        self.total: Final = total


class Limits:
    """Bounds of the pools; `sweep_seconds` is how coarse timeouts and idle expiry are.

    `distrust_seconds`: how long no connection is used twice to a vendor that answers without being asked. `rest_seconds`:
    how long a connection must have been silent before it carries another request.
    """

    __slots__ = (
        "distrust_seconds",
        "idle_seconds",
        "max_connections_per_origin",
        "max_idle_per_origin",
        "rest_seconds",
        "sweep_seconds",
    )

    def __init__(
        self,
        max_connections_per_origin: int = 8192,
        max_idle_per_origin: int = 512,
        # Shorter than what usual vendors' front ends keep (nginx: 75 s, AWS load balancers: 60 s, read 2026-11-21).
        idle_seconds: float = 55.0,
        sweep_seconds: float = 0.25,
        distrust_seconds: float = 60.0,
        rest_seconds: float = 0.1,
    ) -> None:
        self.rest_seconds: Final = rest_seconds
        self.distrust_seconds: Final = distrust_seconds
        self.max_connections_per_origin: Final = max_connections_per_origin
        self.max_idle_per_origin: Final = max_idle_per_origin
        self.idle_seconds: Final = idle_seconds
        self.sweep_seconds: Final = sweep_seconds
