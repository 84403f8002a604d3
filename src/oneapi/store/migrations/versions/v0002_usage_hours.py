"""Usage by the hour, which statistics are made from."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    conform(op.get_context())
