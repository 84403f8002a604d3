"""Jobs with their results, and what watching channels has shown."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    conform(op.get_context())
