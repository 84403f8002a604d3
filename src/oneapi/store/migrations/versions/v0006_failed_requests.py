"""What failed, and how long the first token of a stream took, in the hours; how far slow work over many rows is."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    conform(op.get_context())
