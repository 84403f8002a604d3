"""What one worker's ledger has seen since it started: the numbers behind `/metrics`. They only grow."""


class Counters:
    """Changed by the event loop's thread only.

    `charges`: requests charged. `estimated`: of these, with a usage that is ours in part or whole; `doubted`: because the
    vendor's could not be counted or believed. `above_hold`: charged more than was held. `uncollected`: of these, where the
    payer did not have the rest, and `uncollected_quota`: how much that was.
    """

    __slots__ = (
        "above_hold",
        "charges",
        "doubted",
        "estimated",
        "uncollected",
        "uncollected_quota",
    )

    def __init__(self) -> None:
        self.charges = 0
        self.estimated = 0
        self.doubted = 0
        self.above_hold = 0
        self.uncollected = 0
        self.uncollected_quota = 0

    def note(self, estimated: bool, doubted: bool, above_hold: bool) -> None:
        """Count what was unusual about a charge."""
        self.estimated += estimated
        self.doubted += doubted
        self.above_hold += above_hold
