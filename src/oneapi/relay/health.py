"""How channels are doing: who rests until when, who is probed, who has earned being switched off.

Resting is per (channel, model), in memory, told to the other workers at once; a rest is extended, never shortened.
When it is over, one real request probes the channel (half-open) before the others follow. A channel that nobody can stand
in for rests only as long as its vendor asks: otherwise it is probed at once, by one request at a time.
"""

from collections import deque
from collections.abc import Callable

from oneapi.errors import UpstreamError

PROBE_SECONDS = 30.0
MAX_TOLD_REST = 24 * 3600.0

Place = tuple[int, str]
# Channel, model, and until when it rests: by our own rule and its vendor's word together, and by the latter alone.
News = Callable[[int, str, float, float], None]


class _Rest:
    __slots__ = ("asked_until", "failures", "probe_until", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self.asked_until = 0.0  # as the vendor said
        self.failures = 0
        self.probe_until = 0.0


class Health:
    """Rests of one worker. Times are unix seconds, so that workers can tell each other."""

    def __init__(
        self,
        clock: Callable[[], float],
        tell: News,
        *,
        base_seconds: float = 5.0,
        max_seconds: float = 300.0,
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._rests: dict[Place, _Rest] = {}
        self.base_seconds = base_seconds
        self.max_seconds = max_seconds

    @property
    def calm(self) -> bool:
        """Whether no channel rests or is being probed, which is nearly always."""
        return not self._rests

    def may_try(self, channel_id: int, model: str) -> bool:
        """Say whether a request may go there now."""
        rest = self._rests.get((channel_id, model))
        if rest is None:
            return True
        now = self._clock()
        return now >= rest.until and now >= rest.probe_until

    def may_try_alone(self, channel_id: int, model: str) -> bool:
        """Say whether a request may go there now because it can go nowhere else."""
        rest = self._rests.get((channel_id, model))
        if rest is None:
            return True
        now = self._clock()
        return now >= rest.asked_until and now >= rest.probe_until

    def begin(self, channel_id: int, model: str) -> None:
        """A request goes there: when the channel was resting, it is the probe."""
        if not self._rests:
            return
        rest = self._rests.get((channel_id, model))
        if rest is not None:
            rest.probe_until = self._clock() + PROBE_SECONDS

    def abandoned(self, channel_id: int, model: str) -> None:
        """The attempt ended without a verdict (the client left): the next request probes again."""
        rest = self._rests.get((channel_id, model))
        if rest is not None:
            rest.probe_until = 0.0

    def succeeded(self, channel_id: int, model: str) -> None:
        """The channel answers (the first piece is enough): whatever rest it had is over, here and on the other workers."""
        if self._rests and self._rests.pop((channel_id, model), None) is not None:
            self._tell(channel_id, model, 0.0, 0.0)

    def failed(self, channel_id: int, model: str, error: UpstreamError) -> None:
        """Put the channel to rest, as long as the vendor says, otherwise exponentially."""
        if not error.channel_at_fault:
            self.abandoned(channel_id, model)
            return
        rest = self._rests.setdefault((channel_id, model), _Rest())
        rest.failures += 1
        rest.probe_until = 0.0
        now = self._clock()
        asked = error.retry_after
        if asked is not None:
            seconds = min(max(asked, 0.0), MAX_TOLD_REST)
            rest.asked_until = max(rest.asked_until, now + seconds)
        else:
            seconds = min(self.base_seconds * 2 ** min(rest.failures - 1, 20), self.max_seconds)
        if now + seconds > rest.until:
            rest.until = now + seconds
            self._tell(channel_id, model, rest.until, rest.asked_until)

    def heard(self, channel_id: int, model: str, until: float, asked_until: float) -> None:
        """Another worker's news."""
        if until <= 0:
            self._rests.pop((channel_id, model), None)
            return
        rest = self._rests.setdefault((channel_id, model), _Rest())
        rest.failures = max(rest.failures, 1)
        rest.until = max(rest.until, until)
        rest.asked_until = max(rest.asked_until, asked_until)

    def rest_seconds(self, places: list[Place]) -> float:
        """Return the seconds until the first of these places may be tried; probes that run count as over."""
        now = self._clock()
        rests = [self._rests.get(place) for place in places]
        if len(rests) == 1 and rests[0] is not None:
            return max(0.0, rests[0].asked_until - now)
        return max(0.0, min((rest.until - now if rest else 0.0 for rest in rests), default=0.0))

    def forget(self, channel_ids: set[int]) -> None:
        """Drop the rests of channels that are gone or were edited by the operator."""
        self._rests = {place: r for place, r in self._rests.items() if place[0] not in channel_ids}

    def resting(self) -> list[tuple[int, str, float]]:
        """Return (channel id, model, until) of every rest, for the operator's view."""
        return [(place[0], place[1], rest.until) for place, rest in list(self._rests.items())]


class Evidence:
    """Outcomes of a channel's last requests; decides when it has failed too often to stay enabled."""

    def __init__(self, *, samples: int = 10, success_rate: float = 0.8) -> None:
        self._samples = samples
        self._success_rate = success_rate
        self._outcomes: dict[int, deque[bool]] = {}

    def record(self, channel_id: int, success: bool) -> bool:
        """Add an outcome; return True when the rate over a full window is too low (the window then restarts)."""
        outcomes = self._outcomes.get(channel_id)
        if outcomes is None:
            outcomes = self._outcomes[channel_id] = deque(maxlen=self._samples)
        outcomes.append(success)
        if success or len(outcomes) < self._samples:
            return False
        if sum(outcomes) / len(outcomes) >= self._success_rate:
            return False
        outcomes.clear()
        return True
