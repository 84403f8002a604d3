"""Which switches of channels somebody was told about."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    conform(op.get_context())
