"""Whose word a channel's address is."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    conform(op.get_context())
