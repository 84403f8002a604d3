"""A vendor's key."""


class Secret(str):
    """A vendor's key: usable as a string, prints and logs as `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def reveal(self) -> str:
        """Return the plain value, as a real `str`."""
        return self[:]
