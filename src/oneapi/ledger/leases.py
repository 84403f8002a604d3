"""What this worker holds on lease, in memory: the accounts that a request is admitted from.

Touched by the event loop's thread only. For every account, `free + held + spent` is the amount in its
row of the table `leases`: `held` covers requests under way, `spent` is journaled and not yet in the
database. `free` may be negative for a while, when a lease was found smaller than we thought.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from oneapi.ledger.accounts import Kind, Ref

if TYPE_CHECKING:
    from oneapi.ledger.hold import Hold

RICH: Final = (
    64  # an account with this many times a request's ceiling is leased from in large pieces
)
IDLE_CYCLES: Final = 2  # flush intervals


class Account:
    """One account's lease."""

    __slots__ = ("free", "held", "kind", "low", "ref", "spent", "touched", "usual")

    def __init__(self, ref: Ref, cycle: int) -> None:
        self.ref = ref
        self.kind: Kind = ref.kind
        self.free = 0
        self.held = 0
        self.spent = 0
        self.low = 0  # refill in the background when less than this is free
        self.usual = 0  # a ceiling seen lately
        self.touched = cycle

    @property
    def amount(self) -> int:
        """What the row in the database says, as far as we know."""
        return self.free + self.held + self.spent

    def take(self, ceiling: int, cycle: int) -> None:
        """Put the ceiling of a request aside."""
        self.free -= ceiling
        self.held += ceiling
        self.usual = ceiling
        self.touched = cycle

    def coverable(self, ceiling: int, charge: int) -> int:
        """Return how much of a charge the hold, and then what is free, can cover."""
        if charge <= ceiling:
            return charge
        return min(charge, ceiling + max(self.free, 0))

    def spend(self, ceiling: int, covered: int, cycle: int) -> None:
        """Turn a hold into a charge; the rest of it is free again."""
        self.held -= ceiling
        self.free += ceiling - covered
        self.spent += covered
        self.touched = cycle


class Leases:
    """All accounts that this worker has something of."""

    def __init__(self) -> None:
        self.users: dict[int, Account] = {}
        self.keys: dict[int, Account] = {}
        self.cycle = 0
        self.wanting: set[Account] = set()  # to be refilled in the background
        self._recalled: set[Account] = set()

    def __iter__(self) -> Iterator[Account]:
        yield from self.users.values()
        yield from self.keys.values()

    def account(self, ref: Ref) -> Account:
        """Return an account, empty if it is new."""
        known = self.users if ref.kind == "user" else self.keys
        account = known.get(ref.id)
        if account is None:
            account = known[ref.id] = Account(ref, self.cycle)
        return account

    def admit(self, hold: "Hold") -> bool:
        """Put a request's ceiling aside, from all accounts that pay for it or from none."""
        payer = hold.payer
        ceiling = hold.ceiling
        user = self.users.get(payer.user_id)
        if user is None or user.free < ceiling:
            return False
        if payer.key_limited:
            key = self.keys.get(payer.key_id)
            if key is None or key.free < ceiling:
                return False
            key.take(ceiling, self.cycle)
            hold.key = key
            if key.free < key.low:
                self.wanting.add(key)
        user.take(ceiling, self.cycle)
        hold.user = user
        if user.free < user.low:
            self.wanting.add(user)
        return True

    def granted(self, ref: Ref, amount: int, *, is_large: bool) -> None:
        """Add what the account gave."""
        account = self.account(ref)
        account.free += amount
        account.low = amount // 2 if is_large else 0

    def flushed(self, covered: Mapping[Ref, int]) -> None:
        """Forget what is in the database now."""
        for ref, amount in covered.items():
            self.account(ref).spent -= amount

    def idle(self) -> dict[Ref, int]:
        """Take out what nobody has used for two cycles, or was recalled, to be returned; what is empty is forgotten."""
        found = [
            account
            for account in self
            if account.held == 0
            and account.free >= 0
            and self.cycle - account.touched >= IDLE_CYCLES
        ]
        returned: dict[Ref, int] = {}
        for account in found:
            if account.amount:
                returned[account.ref] = account.free
                account.free = 0
            else:
                self._forget(account)
        for account in self._recalled:
            if account.free > 0:
                returned[account.ref] = account.free
                account.free = 0
        self._recalled.clear()
        return returned

    def recall(self, ref: Ref) -> None:
        """Have what nothing under way needs of an account returned at the next opportunity, however busy it is."""
        account = (self.users if ref.kind == "user" else self.keys).get(ref.id)
        if account is not None:
            account.low = 0
            self.wanting.discard(account)
            self._recalled.add(account)

    def not_returned(self, returned: Mapping[Ref, int]) -> None:
        """Put back what could not be returned."""
        for ref, amount in returned.items():
            self.account(ref).free += amount

    def correct(self, amounts: Mapping[Ref, int]) -> None:
        """Believe the database about every lease."""
        for ref in amounts:
            self.account(ref)
        for account in self:
            account.free = amounts.get(account.ref, 0) - account.held - account.spent

    def _forget(self, account: Account) -> None:
        known = self.users if account.kind == "user" else self.keys
        del known[account.ref.id]
        self.wanting.discard(account)
