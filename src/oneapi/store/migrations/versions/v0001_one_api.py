"""One API's tables and ours: created, or completed where One API has created them."""

from alembic import op

from oneapi.store.migrations.conform import conform

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring every table of the scope to this version's form."""
    conform(op.get_context())
