"""`/metrics`: a node's figures as Prometheus reads them. Imported at the first scrape.

Names and units as Prometheus wants them (seconds, `_total`); every label is bounded: channels and models that there are, at
most `ledger.counters.SERIES_MOST` pairs of them, statuses of HTTP, kinds that stand here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric

from oneapi.app.metrics import Figures, Known
from oneapi.config import VERSION
from oneapi.ledger.batches import ELAPSED, ELAPSED_MS, FIRST_TOKEN
from oneapi.store.tables.statistics import COUNTERS, FIRST_TOKEN_MS

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_ROUTE: Final = ("channel", "model")


class _Collector:
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return what there is, as `generate_latest` asks for it."""
        return self._families


def page(figures: Figures, known: Known, workers: int, leased: Mapping[str, int]) -> bytes:
    """Return what a scrape gets; `leased` is what the database says is on lease, by kind of account."""
    families = [*_traffic(figures), *_numbers(figures), *_moment(figures, workers, leased)]
    families += _channels(known)
    return generate_latest(_Collector(families))


def _counter(name: str, help: str, labels: Sequence[str] = ()) -> Any:
    return CounterMetricFamily(f"oneapi_{name}", help, labels=labels)


def _gauge(name: str, help: str, labels: Sequence[str] = (), value: float | None = None) -> Any:
    return GaugeMetricFamily(f"oneapi_{name}", help, labels=labels or None, value=value)


def _traffic(figures: Figures) -> Iterator[Metric]:
    requests = _counter("requests", "Requests that were admitted and have ended.", _ROUTE)
    failures = _counter("failed_requests", "Of these, whose client was told an error.", _ROUTE)
    charged = _counter("charged_quota", "Quota charged (500000 are one US dollar).", _ROUTE)
    cost = _counter("cost_quota", "What that cost, where channels say it.", _ROUTE)
    costed = _counter("costed_quota", "Of what was charged, where the cost is known.", _ROUTE)
    tokens = _counter("tokens", "Tokens of models; input holds cached.", (*_ROUTE, "kind"))
    first = _histogram("first_token_seconds", "From a stream's arrival to its first token.")
    took = _histogram("request_duration_seconds", "From a request's arrival to its answer's end.")
    for channel_id, model, counters in figures.traffic:
        route = (str(channel_id), model)
        found = dict(zip(COUNTERS, counters, strict=False))
        requests.add_metric(route, found["requests"])
        failures.add_metric(route, found["failed"])
        charged.add_metric(route, found["quota"])
        cost.add_metric(route, found["cost"])
        costed.add_metric(route, found["costed"])
        for kind in ("input", "output", "cached"):
            tokens.add_metric((*route, kind), found[f"{kind}_tokens"])
        classes = counters[FIRST_TOKEN:ELAPSED]
        first.add_metric(route, _buckets(FIRST_TOKEN_MS, classes), counters[-1] / 1000)
        classes = counters[ELAPSED:-1]
        took.add_metric(route, _buckets(ELAPSED_MS, classes), found["elapsed_ms"] / 1000)
    yield from (requests, failures, charged, cost, costed, tokens, first, took)


def _histogram(name: str, help: str) -> Any:
    return HistogramMetricFamily(f"oneapi_{name}", help, labels=_ROUTE)


def _buckets(bounds_ms: Sequence[int], classes: Sequence[int]) -> list[tuple[str, float]]:
    bounds = (*(repr(bound / 1000) for bound in bounds_ms), "+Inf")
    return [*zip(bounds, (float(count) for count in accumulate(classes)), strict=True)]


def _numbers(figures: Figures) -> Iterator[Metric]:
    number = figures.numbers.get
    charges = _counter("charges", "Charges, by what is to be said of them.", ("kind",))
    charges.add_metric(("all",), number("charges", 0))
    for kind in ("estimated", "doubted", "above_hold", "uncollected"):
        charges.add_metric((kind,), number(kind, 0))
    yield charges
    yield CounterMetricFamily(
        "oneapi_uncollected_quota",
        "Quota that was used and that its payer did not have.",
        value=number("uncollected_quota", 0),
    )
    answers = _counter("error_answers", "Errors told to clients of /v1, by status.", ("status",))
    for status, count in sorted(figures.error_answers.items()):
        answers.add_metric((str(status),), count)
    yield answers


def _moment(figures: Figures, workers: int, leased: Mapping[str, int]) -> Iterator[Metric]:
    info = _gauge("build_info", "Always 1; says the version.", ("version",))
    info.add_metric((VERSION,), 1)
    yield info
    yield _gauge("workers", "Workers of this node that live.", value=workers)
    lag = figures.now
    yield _gauge(
        "journal_unflushed_bytes", "Charges that only journals have.", value=lag.unflushed_bytes
    )
    yield _gauge("journal_lag_seconds", "Age of the oldest of them.", value=lag.lag_seconds)
    quota = _gauge("leased_quota", "Quota that this node has on lease.", ("account",))
    for account, amount in sorted(leased.items()):
        quota.add_metric((account,), amount)
    yield quota


def _channels(known: Known) -> Iterator[Metric]:
    yield _gauge("ready", "1 while requests are welcome.", value=int(known.is_ready))
    enabled = _gauge("channel_enabled", "1 where a channel is enabled.", ("channel", "name"))
    for channel_id, name, is_enabled in known.channels:
        enabled.add_metric((str(channel_id), name), int(is_enabled))
    yield enabled
    resting = _gauge("resting_models", "Models of a channel that rest.", ("channel",))
    by_channel = {channel_id: 0 for channel_id, _, _ in known.channels}
    for channel_id, _, _ in known.resting:
        by_channel[channel_id] = by_channel.get(channel_id, 0) + 1
    for channel_id, count in by_channel.items():
        resting.add_metric((str(channel_id),), count)
    yield resting
