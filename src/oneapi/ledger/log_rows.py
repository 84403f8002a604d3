"""Rows of the table `logs` made from journal entries: One API's columns and text, and our `detail`.

`detail` is JSON that says how the quota came about: the usage and whether the vendor `reported` it or it
is `estimated`; the price in nano-quota per unit; the factor, scaled 10^9; the rule that ended the
answer; the attempts before; the ceiling; what could not be collected.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from oneapi.ledger.costs import cost_of
from oneapi.ledger.details import Detail, FailureDetail
from oneapi.ledger.entry import Released, Settled, decoded_price
from oneapi.ledger.pricing import NANO, ONE, Price
from oneapi.store.enums import LogType
from oneapi.wire.endpoints import Unit, charged_by

COLUMNS: Final = (
    "user_id",
    "created_at",
    "type",
    "content",
    "username",
    "token_name",
    "model_name",
    "quota",
    "prompt_tokens",
    "completion_tokens",
    "channel_id",
    "request_id",
    "elapsed_time",
    "is_stream",
    "system_prompt_reset",
    "detail",
)
_NAME_LENGTH: Final = 191  # of One API's indexed text columns on MySQL
_IMAGES: Final = charged_by(Unit.IMAGE)
_SPOKEN: Final = charged_by(Unit.CHARACTER)
_HEARD: Final = charged_by(Unit.SECOND)

# Rows per statement. Few sizes: a driver keeps what it has prepared, and a statement of 100 rows is large.
_SIZES: Final = (100, 10, 1)

Row = tuple[Any, ...]
_FLAGS: Final = COLUMNS.index("is_stream")  # and the column behind it

_encoder = msgspec.json.Encoder()
_CONSUME: Final = int(LogType.CONSUME)
_FAILED: Final = int(LogType.FAILED)


def row(entry: Settled, uncollected: int = 0, from_key: int = 0) -> Row:
    """Return the values of `COLUMNS` for one charged request."""
    facts = entry.facts
    payer = entry.payer
    usage = entry.usage
    texts = _price_texts(entry.price, entry.factor, facts.endpoint)
    model = facts.model
    request_id = entry.request_id
    detail = Detail(
        "estimated" if usage.estimated else "reported",
        facts.ended,
        usage.counts(),
        texts.price,
        entry.factor,
        entry.ceiling,
        facts.endpoint,
        "" if facts.asked_model == model else facts.asked_model,
        facts.attempts,
        entry.oddity,
        uncollected,
        from_key,
        facts.vendor_request_id,
        facts.choice,
        facts.first_token_ms,
        facts.errors,
        facts.operations,
        cost_of(entry),
    )
    return (
        payer.user_id,
        facts.created_at,
        _CONSUME,
        texts.content,
        fit(payer.username),
        fit(payer.key_name),
        fit(model),
        entry.charge - uncollected,
        usage.input_tokens,
        usage.output_tokens,
        facts.channel_id,
        request_id if len(request_id) <= _NAME_LENGTH else request_id[:_NAME_LENGTH],
        facts.elapsed_ms,
        int(facts.is_stream),
        int(facts.system_prompt_reset),
        _encoder.encode(detail).decode(),
    )


def failed_row(entry: Released) -> Row | None:
    """Return the values of `COLUMNS` for a request that was not charged; none if it gets no row."""
    facts, payer, failure = entry.facts, entry.payer, entry.failure
    if facts is None or payer is None or failure is None or not failure.has_row:
        return None
    detail = FailureDetail(
        failure.code,
        failure.status,
        failure.message,
        facts.ended,
        entry.ceiling,
        facts.endpoint,
        "" if facts.asked_model == facts.model else facts.asked_model,
        facts.attempts,
        facts.errors,
        facts.choice,
        facts.vendor_request_id,
        failure.unwritten,
        facts.operations,
    )
    return (
        payer.user_id,
        facts.created_at,
        _FAILED,
        f"{failure.status}：{failure.message}".replace("\0", ""),
        fit(payer.username),
        fit(payer.key_name),
        fit(facts.model),
        0,
        0,
        0,
        facts.channel_id,
        entry.request_id[:_NAME_LENGTH],
        facts.elapsed_ms,
        int(facts.is_stream),
        int(facts.system_prompt_reset),
        _encoder.encode(detail).decode(),
    )


def request_of(values: Row) -> str:
    """Return the request id in a row."""
    return values[11]


def fit(text: str) -> str:
    """Return a name as every one of the three databases can hold it."""
    if len(text) <= _NAME_LENGTH and "\0" not in text:
        return text
    return text.replace("\0", "")[:_NAME_LENGTH]


class _PriceTexts:
    """What a row says of a price, kept by the identity of the price's bytes; `raw` keeps that its own."""

    __slots__ = ("content", "endpoint", "factor", "price", "raw")

    def __init__(self, raw: msgspec.Raw, factor: int, endpoint: str) -> None:
        price = decoded_price(raw)
        self.raw: Final = raw
        self.factor: Final = factor
        self.endpoint: Final = endpoint
        self.content: Final = _content(price, factor, endpoint)
        self.price: Final = msgspec.Raw(_encoder.encode(_plain(price)))


_TEXTS_KEPT: Final = 1024
_texts: Final[dict[int, _PriceTexts]] = {}


def _price_texts(raw: msgspec.Raw, factor: int, endpoint: str) -> _PriceTexts:
    known = _texts.get(id(raw))
    if (
        known is not None
        and known.raw is raw
        and known.factor == factor
        and known.endpoint == endpoint
    ):
        return known
    if len(_texts) >= _TEXTS_KEPT:
        _texts.clear()
    made = _texts[id(raw)] = _PriceTexts(raw, factor, endpoint)
    return made


def _content(price: Price, factor: int, endpoint: str) -> str:
    """Return One API's words: model ratio × group ratio, and × completion ratio where there is text."""
    group = factor / ONE
    if endpoint in _IMAGES:
        return f"倍率：{price.image / NANO / 1000:.2f} × {group:.2f}"
    if endpoint in _SPOKEN:
        return f"倍率：{price.character / NANO:.2f} × {group:.2f}"
    ratio = price.input / NANO
    if endpoint in _HEARD:
        return f"倍率：{ratio:.2f} × {group:.2f}"
    completion = price.output / price.input if price.input else 1.0
    return f"倍率：{ratio:.2f} × {group:.2f} × {completion:.2f}"


def _plain(price: Price) -> dict[str, Any]:
    """Return what a price says, without the units that it does not price."""
    said = {name: getattr(price, name) for name in Price.__struct_fields__}
    if price.long is not None:
        said["long"] = _plain(price.long)
    return {name: value for name, value in said.items() if value}


@lru_cache(maxsize=2 * len(_SIZES))
def _insertion(placeholder: str, rows: int) -> str:
    values = f"({', '.join([placeholder] * len(COLUMNS))})"
    return f"INSERT INTO logs ({', '.join(COLUMNS)}) VALUES {', '.join([values] * rows)}"  # noqa: S608 - constants


def insert_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert many rows, many by one statement.

    Log rows are the one thing that is written per request. Given to the driver as they are, they cost a
    third of what SQLAlchemy's `executemany` costs, and the interpreter's lock changes hands less often.
    """
    placeholder = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    if connection.dialect.name == "postgresql":
        rows = [_with_booleans(row) for row in rows]
    begin = 0
    for size in _SIZES:
        statement = _insertion(placeholder, size)
        while len(rows) - begin >= size:
            some = rows[begin : begin + size]
            connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))
            begin += size


def _with_booleans(row: Row) -> Row:
    """Return a row for the one engine whose drivers tell a boolean from 0 and 1."""
    return (*row[:_FLAGS], bool(row[_FLAGS]), bool(row[_FLAGS + 1]), *row[_FLAGS + 2 :])
