"""What requests cost the operator, in the hours."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    conform(op.get_context())
