"""The figures of one node: each worker keeps its own in a file, and a scrape adds up the files of all.

`<state>/metrics/<slot>.json` is written once a second if anything in it has changed. Whoever takes a slot over goes on from
what is there: counters never fall. What is true of a moment (`Momentary`) counts from workers that live. How it
is said to Prometheus: `exposition`.
"""

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from oneapi.ledger import Ledger, leased_by
from oneapi.store.database import Database, DatabaseAway
from oneapi.store.private_files import FILE, make_private_folder

FOLDER: Final = "metrics"
_MOMENTS_MOST: Final = 100

log = structlog.get_logger()


class Momentary(msgspec.Struct, frozen=True):
    """What a worker has of its charges in the journal only: how much, and for how long (seconds)."""

    unflushed_bytes: int = 0
    lag_seconds: float = 0.0


class Figures(msgspec.Struct):
    """One worker's figures; of them all, `pid` is 0. `traffic`: channel, model, and the counters of a `Tally`."""

    pid: int = 0
    numbers: dict[str, int] = {}
    traffic: list[tuple[int, str, list[int]]] = []
    error_answers: dict[int, int] = {}  # by status
    now: Momentary = Momentary()

    @property
    def is_alive(self) -> bool:
        """Say whether the worker lives."""
        if self.pid <= 0:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class Reading(NamedTuple):
    """Figures, and the moment that they are of."""

    figures: Figures
    at: float


class Known(NamedTuple):
    """What the worker that is asked knows of its node: channels (id, name, whether enabled) and what rests of them."""

    is_ready: bool
    channels: Sequence[tuple[int, str, bool]]
    resting: Sequence[tuple[int, str, float]]


_decoder = msgspec.json.Decoder(Figures)
_encoder = msgspec.json.Encoder()


class Meter:
    """Keeps one worker's figures. `answers`: what the relay counts. All of it belongs to the event loop but `write`."""

    def __init__(self, state_dir: Path, slot: int, ledger: Ledger, answers: dict[int, int]) -> None:
        self._folder = state_dir / FOLDER
        self._path = self._folder / f"{slot}.json"
        self._ledger = ledger
        self._answers = answers
        self._waiting: list[tuple[float, int]] = []  # what was journaled when, and not flushed yet
        self._written = b""
        self._written_at = 0.0
        self._writing = threading.Lock()

    def begin(self) -> None:
        """Go on from what the one before in this slot has left; blocking, before anything is counted."""
        make_private_folder(self._folder)
        before = read(self._path)
        counters = self._ledger.counters
        counters.go_on(before.numbers)
        counters.traffic.go_on(before.traffic)
        for status, count in before.error_answers.items():
            self._answers[status] = self._answers.get(status, 0) + count

    def reading(self, now: float) -> Reading:
        """Return the figures of this moment; `now` in seconds of any clock that goes on."""
        counters = self._ledger.counters
        figures = Figures(
            pid=os.getpid(),
            numbers=counters.numbers(),
            traffic=counters.traffic.said(),
            error_answers=dict(self._answers),
            now=self._momentary(now),
        )
        return Reading(figures, now)

    def _momentary(self, now: float) -> Momentary:
        written, flushed = self._ledger.journaled()
        waiting = [moment for moment in (*self._waiting, (now, written)) if moment[1] > flushed]
        if len(waiting) > _MOMENTS_MOST:
            waiting[1:] = waiting[2::2]
        self._waiting = waiting
        if not waiting:
            return Momentary()
        return Momentary(written - flushed, round(now - waiting[0][0], 1))

    def write(self, reading: Reading) -> None:
        """Keep figures of a moment for the scrapes of other workers, if they have changed; blocking."""
        with self._writing:
            if reading.at >= self._written_at:  # else another thread has overtaken us
                self._written_at = reading.at
                self._replace(reading.figures)

    def _replace(self, figures: Figures) -> None:
        said = _encoder.encode(figures)
        if said == self._written:
            return
        beside = self._path.with_suffix(f".{figures.pid}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE)
        try:
            os.write(descriptor, said)
        finally:
            os.close(descriptor)
        beside.replace(self._path)
        self._written = said

    def everybody(self, own: Reading) -> list[Figures]:
        """Return the figures of all slots of this node, this worker's of this moment among them; blocking.

        They are kept before they are told: a scrape that another worker answers next must not tell less.
        """
        with contextlib.suppress(OSError):  # a disk that is full hides nothing of this moment
            self.write(own)
        others = [read(path) for path in self._folder.glob("*.json") if path != self._path]
        return [own.figures, *others]


def read(path: Path) -> Figures:
    """Return what a worker has left; nothing, where there is no such file or another version wrote it otherwise."""
    try:
        return _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return Figures()
    except (OSError, msgspec.DecodeError) as error:
        log.warning("metrics_unreadable", path=str(path), reason=str(error))
        return Figures()


def backlogs(state_dir: Path, node: str) -> dict[str, tuple[int, float]]:
    """Return what the living workers of this node have in journals only: name, bytes and age in seconds; blocking."""
    found = {path.stem: read(path) for path in (state_dir / FOLDER).glob("*.json")}
    return {
        f"{node}:{slot}": (one.now.unflushed_bytes, one.now.lag_seconds)
        for slot, one in found.items()
        if one.is_alive
    }


def added(all_of_them: Sequence[Figures]) -> Figures:
    """Add up."""
    numbers: dict[str, int] = {}
    answers: dict[int, int] = {}
    traffic: dict[tuple[int, str], list[int]] = {}
    unflushed, lag = 0, 0.0
    for one in all_of_them:
        for name, number in one.numbers.items():
            numbers[name] = numbers.get(name, 0) + number
        for status, count in one.error_answers.items():
            answers[status] = answers.get(status, 0) + count
        for channel_id, model, counters in one.traffic:
            known = traffic.get((channel_id, model))
            if known is None or len(known) != len(counters):
                traffic[channel_id, model] = list(counters)
            else:
                traffic[channel_id, model] = [a + b for a, b in zip(known, counters, strict=True)]
        if one.is_alive:
            unflushed += one.now.unflushed_bytes
            lag = max(lag, one.now.lag_seconds)
    said = [(channel_id, model, counters) for (channel_id, model), counters in traffic.items()]
    return Figures(0, numbers, said, answers, Momentary(unflushed, lag))


def page(
    meter: Meter, own: Reading, known: Known, database: Database, node: str
) -> tuple[str, bytes]:
    """Return content type and text of what Prometheus gets, for all workers of the node; blocking."""
    from oneapi.app import exposition  # heavy, and seldom needed

    everybody = meter.everybody(own)
    leased: dict[str, int] = {}
    with contextlib.suppress(DatabaseAway, SQLAlchemyError), database.connect() as connection:
        leased = leased_by(connection, node)
    workers = sum(one.is_alive for one in everybody)
    text = exposition.page(added(everybody), known, workers, leased)
    return exposition.CONTENT_TYPE, text
