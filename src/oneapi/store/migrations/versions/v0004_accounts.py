"""Sessions, mailed codes, and what is known of this installation."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    conform(op.get_context())
