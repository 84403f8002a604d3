"""One API's numbers for roles, states and kinds of log rows, in the tables and in `/api`'s JSON."""

from enum import IntEnum


class Role(IntEnum):
    """What a person may do; compared with `>=`."""

    GUEST = 0
    COMMON = 1
    ADMIN = 10
    ROOT = 100


class UserStatus(IntEnum):
    """`users.status`; a deleted user's row stays, under another name."""

    ENABLED = 1
    DISABLED = 2
    DELETED = 3


class KeyStatus(IntEnum):
    """`tokens.status`."""

    ENABLED = 1
    DISABLED = 2
    EXPIRED = 3
    EXHAUSTED = 4


class ChannelStatus(IntEnum):
    """`channels.status`: switched off by a person, or by the gateway on evidence."""

    UNKNOWN = 0
    ENABLED = 1
    DISABLED = 2
    AUTO_DISABLED = 3


class RedemptionStatus(IntEnum):
    """`redemptions.status`."""

    ENABLED = 1
    DISABLED = 2
    USED = 3


class LogType(IntEnum):
    """`logs.type`; 0 asks for all of them in a query."""

    UNKNOWN = 0
    TOP_UP = 1
    CONSUME = 2
    MANAGE = 3
    SYSTEM = 4
    TEST = 5
    FAILED = 6  # ours: a request that was admitted and cost nothing, because it failed or nobody waited for it
