"""Who has been told that their balance is low."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    conform(op.get_context())
