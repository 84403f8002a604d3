"""A run of journal entries, decoded and added up: what one flush brings into the database."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any, Final

import structlog

from oneapi.ledger.accounts import Ref
from oneapi.ledger.costs import cost_of
from oneapi.ledger.entry import CLIENT_LEFT, COMPLETE, LEFT, Facts, Released, Settled, decoded
from oneapi.ledger.journal import Position, Records
from oneapi.ledger.payer import Payer
from oneapi.store.calendar import HOUR, hour_shift
from oneapi.store.tables.statistics import COUNTERS, FIRST_TOKEN_CLASSES, FIRST_TOKEN_MS

# What the hours do not keep, behind what they do: classes of the time that a request took, for `traffic`.
ELAPSED_MS: Final = (100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000)
FIRST_TOKEN: Final = COUNTERS.index(FIRST_TOKEN_CLASSES[0])
ELAPSED: Final = len(COUNTERS)
_COST: Final = COUNTERS.index("cost")
_COSTED: Final = COUNTERS.index("costed")
_FIRST_TOKEN_SUM: Final = ELAPSED + len(ELAPSED_MS) + 1
LENGTH: Final = _FIRST_TOKEN_SUM + 1
_ELAPSED_BOUNDS: Final = list(ELAPSED_MS)
_BOUNDS: Final = list(FIRST_TOKEN_MS)
_LONGEST_MS: Final = 10**9  # eleven days: what is longer is no time that a request took
Hour = tuple[int, int, int, int, str]

log = structlog.get_logger(__name__)


class Batch:
    """The entries from `start` to `end`: what was charged, and what failed.

    `covered`: by account, what comes out of the leases. `is_plain`: nothing is owed beyond that.
    """

    __slots__ = ("covered", "end", "failed", "is_plain", "settled", "start")

    def __init__(self, start: Position, end: Position, entries: list[Any]) -> None:
        self.start: Final = start
        self.end: Final = end
        failed: list[Released] = [entry for entry in entries if isinstance(entry, Released)]
        settled: list[Settled] = entries
        if failed:
            settled = [entry for entry in entries if isinstance(entry, Settled)]
        self.settled: Final = settled
        self.failed: Final = failed
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
    entries = [
        entry
        for entry in map(decoded, records.payloads)
        if not isinstance(entry, Released) or entry.facts is not None
    ]
    return Batch(start, records.end, entries)


class Tally:
    """Counters to be added, by id: of users [used, requests], keys [used, last used at], channels used.

    What failed counts in the hours only.

    `hours`: by (hour, user, key, channel, model) the counters of `usage_hours`, in the order of `COUNTERS`, and behind
    them how many requests took how long (`ELAPSED_MS`), and the sum of the first tokens' times.
    `from_users` and `from_keys` say, by the entry's index, what could not be collected.
    """

    __slots__ = ("_hour_shift", "channels", "hours", "keys", "users")

    def __init__(
        self,
        batch: Batch,
        from_users: Mapping[int, int],
        from_keys: Mapping[int, int],
        now: int,
    ) -> None:
        self.users: dict[int, list[int]] = {}
        self.keys: dict[int, list[int]] = {}
        self.channels: dict[int, int] = {}
        self.hours: dict[Hour, list[int]] = {}
        shift = self._hour_shift = hour_shift(now)
        last: Payer | None = None  # most entries are the next of the same payer, model and channel
        last_place = (0, 0, "")
        user: list[int] = []
        key: list[int] = []
        counters: list[int] = []
        for index, entry in enumerate(batch.settled):
            payer = entry.payer
            charge = entry.charge
            used = charge - from_users.get(index, 0) if from_users else charge
            if payer is not last:
                user = self._user(payer.user_id)
                key = self._key(payer.key_id, now)
            user[0] += used
            user[1] += 1
            key[0] += charge - from_keys.get(index, 0) if payer.key_limited else used
            facts = entry.facts
            channel_id = facts.channel_id
            self.channels[channel_id] = self.channels.get(channel_id, 0) + used
            place = ((facts.created_at + shift) // HOUR, channel_id, facts.model)
            if payer is not last or place != last_place:
                counters = self._hour(payer, facts)
                last, last_place = payer, place
            _add(counters, entry, used)
        for failed in batch.failed:
            self._fail(failed)

    def _user(self, user_id: int) -> list[int]:
        found = self.users.get(user_id)
        if found is None:
            found = self.users[user_id] = [0, 0]
        return found

    def _key(self, key_id: int, now: int) -> list[int]:
        found = self.keys.get(key_id)
        if found is None:
            found = self.keys[key_id] = [0, now]
        return found

    def _hour(self, payer: Payer, facts: Facts) -> list[int]:
        """Return the counters of a request's hour."""
        created_at = facts.created_at
        hour = (
            created_at - (created_at + self._hour_shift) % HOUR,
            payer.user_id,
            payer.key_id,
            facts.channel_id,
            facts.model,
        )
        counters = self.hours.get(hour)
        if counters is None:
            counters = self.hours[hour] = [0] * LENGTH
        return counters

    def _fail(self, entry: Released) -> None:
        payer, facts, failure = entry.payer, entry.facts, entry.failure
        if payer is None or facts is None or failure is None:
            return
        counters = self._hour(payer, facts)
        counters[0] += 1
        counters[5] += min(facts.elapsed_ms, _LONGEST_MS)
        counters[ELAPSED + bisect_left(_ELAPSED_BOUNDS, facts.elapsed_ms)] += 1
        counters[6] += failure.status != LEFT


def _add(counters: list[int], entry: Settled, used: int) -> None:
    """Count a charged request."""
    facts = entry.facts
    usage = entry.usage
    counters[0] += 1
    counters[1] += usage.input_tokens
    counters[2] += usage.output_tokens
    counters[3] += usage.cached_tokens
    counters[4] += used
    elapsed_ms = facts.elapsed_ms
    counters[5] += min(elapsed_ms, _LONGEST_MS)
    counters[ELAPSED + bisect_left(_ELAPSED_BOUNDS, elapsed_ms)] += 1
    if facts.ended != COMPLETE and facts.ended != CLIENT_LEFT:
        counters[6] += 1
    if facts.cost_factor >= 0:
        counters[_COST] += cost_of(entry) or 0
        counters[_COSTED] += used
    first_token_ms = facts.first_token_ms
    if first_token_ms:
        counters[_FIRST_TOKEN_SUM] += first_token_ms
        counters[FIRST_TOKEN + bisect_left(_BOUNDS, first_token_ms)] += 1
