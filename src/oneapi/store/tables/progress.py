"""How far slow work over many rows is: it is done in slices, and goes on where it was when a process ends."""

from sqlalchemy import Column, String, Table

from oneapi.store.tables.columns import BIGINT, metadata

progress = Table(
    "progress",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("place", BIGINT, nullable=False),  # what it means says whoever does the work
)
