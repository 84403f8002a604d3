"""A run of journal entries, decoded and added up: what one flush brings into the database."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from oneapi.ledger.accounts import Ref
from oneapi.ledger.entry import Settled, decoded
from oneapi.ledger.journal import Position, Records

HOUR_SECONDS: Final = 3600
HOUR_COUNTERS: Final = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "quota",
    "elapsed_ms",
)
_LONGEST_MS: Final = 10**9  # eleven days: what is longer is no time that a request took
Hour = tuple[int, int, int, int, str]

log = structlog.get_logger(__name__)


class Batch:
    """The entries from `start` to `end`.

    `covered`: by account, what comes out of the leases. `is_plain`: nothing is owed beyond that.
    """

    __slots__ = ("covered", "end", "is_plain", "settled", "start")

    def __init__(self, start: Position, end: Position, settled: list[Settled]) -> None:
        self.start: Final = start
        self.end: Final = end
        self.settled: Final = settled
        self.covered: Final[dict[Ref, int]] = {}
        self.is_plain = True
        by_user: dict[int, int] = {}
        by_key: dict[int, int] = {}
        for entry in settled:
            payer = entry.payer
            charge = entry.charge
            covered = entry.covered
            user_id = payer.user_id
            by_user[user_id] = by_user.get(user_id, 0) + covered
            if covered < charge:
                self.is_plain = False
            if payer.key_limited:
                key_covered = entry.key_covered
                by_key[payer.key_id] = by_key.get(payer.key_id, 0) + key_covered
                if key_covered < charge:
                    self.is_plain = False
        self.covered.update({Ref("user", id): total for id, total in by_user.items() if total})
        self.covered.update({Ref("key", id): total for id, total in by_key.items() if total})


def batch_of(start: Position, records: Records) -> Batch:
    """Decode and add up."""
    if records.skipped_bytes:
        log.warning("journal_damaged", skipped_bytes=records.skipped_bytes, end=tuple(records.end))
    settled = [entry for entry in map(decoded, records.payloads) if isinstance(entry, Settled)]
    return Batch(start, records.end, settled)


class Tally:
    """Counters to be added, by id: of users [used, requests], keys [used, last used at], channels used.

    `hours`: by (hour, user, key, channel, model) the counters of `usage_hours`, in the order of `HOUR_COUNTERS`.
    `from_users` and `from_keys` say, by the entry's index, what could not be collected.
    """

    __slots__ = ("channels", "hours", "keys", "users")

    def __init__(
        self,
        settled: Sequence[Settled],
        from_users: Mapping[int, int],
        from_keys: Mapping[int, int],
        now: int,
    ) -> None:
        self.users: dict[int, list[int]] = {}
        self.keys: dict[int, list[int]] = {}
        self.channels: dict[int, int] = {}
        self.hours: dict[Hour, list[int]] = {}
        for index, entry in enumerate(settled):
            payer = entry.payer
            charge = entry.charge
            used = charge - from_users.get(index, 0) if from_users else charge
            user = self.users.get(payer.user_id)
            if user is None:
                user = self.users[payer.user_id] = [0, 0]
            user[0] += used
            user[1] += 1
            key = self.keys.get(payer.key_id)
            if key is None:
                key = self.keys[payer.key_id] = [0, now]
            key[0] += charge - from_keys.get(index, 0) if payer.key_limited else used
            facts = entry.facts
            channel_id = facts.channel_id
            self.channels[channel_id] = self.channels.get(channel_id, 0) + used
            created_at = facts.created_at
            hour = (
                created_at - created_at % HOUR_SECONDS,
                payer.user_id,
                payer.key_id,
                channel_id,
                facts.model,
            )
            counters = self.hours.get(hour)
            if counters is None:
                counters = self.hours[hour] = [0, 0, 0, 0, 0, 0]
            usage = entry.usage
            counters[0] += 1
            counters[1] += usage.input_tokens
            counters[2] += usage.output_tokens
            counters[3] += usage.cached_tokens
            counters[4] += used
            counters[5] += min(facts.elapsed_ms, _LONGEST_MS)
