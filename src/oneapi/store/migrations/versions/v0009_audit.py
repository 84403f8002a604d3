"""What administrators have changed."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    conform(op.get_context())
