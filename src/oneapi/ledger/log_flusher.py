"""Log rows into a database of their own (`LOG_SQL_DSN`): a second reader of the journal, with its own offset.

It follows the main flusher and never overtakes it: only then is it known what could be collected. Such
rows are written into the main database's `logs` in the transaction that found it out; here they are
taken over from there.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from oneapi.ledger import accounts, log_rows
from oneapi.ledger.batches import Batch
from oneapi.ledger.entry import Settled
from oneapi.ledger.flusher import (
    ROW_FAULTS,
    Orders,
    failed_rows,
    insert_guarded,
    transaction,
)
from oneapi.ledger.log_rows import Row
from oneapi.store.database import Database
from oneapi.store.enums import LogType
from oneapi.store.tables import logs

_DAY: Final = 86_400


def flush_logs(
    log_database: Database, database: Database, holder: str, batch: Batch, orders: Orders
) -> None:
    """Insert the rows of a batch and move the log database's offset, in one transaction."""
    rows: list[Row] = []
    if orders.logs_consumption and batch.settled:
        written = _written(database, batch.settled)
        made = [log_rows.row(entry) for entry in batch.settled]
        rows = [written.get(log_rows.request_of(row), row) for row in made]
    rows += failed_rows(batch)
    try:
        with transaction(log_database) as connection:
            accounts.move_offset(connection, holder, batch.start, batch.end, orders.now)
            log_rows.insert_rows(connection, rows)
            return
    except ROW_FAULTS:
        pass  # nothing of it has happened; one of the rows does not fit
    with transaction(log_database) as connection:
        accounts.move_offset(connection, holder, batch.start, batch.end, orders.now)
        for row in rows:
            insert_guarded(connection, row)


def _written(database: Database, settled: Sequence[Settled]) -> dict[str, Row]:
    """Return the rows that the main flusher wrote itself, by request."""
    times = [entry.facts.created_at for entry in settled]
    latest = max(times)
    statement = select(*(logs.c[name] for name in log_rows.COLUMNS)).where(
        logs.c.created_at.between(max(min(times), latest - _DAY), latest),
        logs.c.type == LogType.CONSUME.value,
    )
    with database.connect() as connection:
        found = [tuple(row) for row in connection.execute(statement)]
    return {log_rows.request_of(row): row for row in found}
